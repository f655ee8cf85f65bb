package contracttest

import (
	"testing"

	"github.com/tallystick/tallystick/core/books"
	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/core/wire"
)

// booksSecret is the custodian's secret in every test, so that a scene finds the payouts of its runs
// also on a ledger whose books another scene has opened.
const booksSecret = "5ca1ab1e5ca1ab1e5ca1ab1e5ca1ab1e5ca1ab1e5ca1ab1e5ca1ab1e5ca1ab1e"

// Scene is a world in which loans are made: an open business day, open books on both platforms and a
// regime of its own. Every step that it takes is followed by a check of the books.
type Scene struct {
	*World
	Regime string
	Rules  regime.Rules

	auditor *books.Auditor
	audited uint64 // blocks that the auditor has seen
}

// OpenScene sets a scene under the sandbox's figures.
func OpenScene(t *testing.T, open func(t *testing.T) Ledger) *Scene {
	t.Helper()
	return OpenSceneUnder(t, open, Sandbox())
}

// OpenSceneUnder sets a scene under a regime.
func OpenSceneUnder(t *testing.T, open func(t *testing.T) Ledger, pack wire.ProposedRegime) *Scene {
	t.Helper()
	return sceneOn(t, open(t), pack)
}

func sceneOn(t testing.TB, l Ledger, pack wire.ProposedRegime) *Scene {
	t.Helper()
	world, _ := Opened(t, l)
	s := &Scene{World: world, Rules: pack.Rules, auditor: books.New()}
	s.Regime = world.Adopt(pack)
	for _, collection := range []string{Pair, OtherPair} {
		result := s.Submit(t, s.asBank("Custody:OpenBooks", Private(collection, wire.OpenBooks{Secret: booksSecret})))
		if result.Fault != nil && result.Fault.Code != fault.AlreadyExists {
			t.Fatalf("open the books of %s: %v", collection, result.Fault)
		}
	}
	s.Secret(booksSecret)
	s.CheckBooks()
	return s
}

// Do submits a call that is to be applied, and checks the books.
func (s *Scene) Do(c Call) wire.Answer {
	s.T.Helper()
	answer := s.Must(c)
	s.CheckBooks()
	return answer
}

// within lets a subtest play on the scene.
func (s *Scene) within(t *testing.T, play func()) {
	before := s.T
	defer func() { s.T = before }()
	s.T = t
	play()
}

// Refuses submits a call whose first item is to be refused with this code at this field.
func (s *Scene) Refuses(c Call, code fault.Code, field string) {
	s.T.Helper()
	s.Refused(c, fault.In(code, field).At(0))
	s.CheckBooks()
}

// What the four members' gateways send.
func (s *Scene) asPlatform(function string, request any) Call {
	return Call{Member: Harbor, Role: party.Machine, Function: function, Request: request}
}

func (s *Scene) asBank(function string, request any) Call {
	role := party.Machine
	if function == "Custody:OpenBooks" {
		role = party.Admin
	}
	return Call{Member: Meridian, Role: role, Function: function, Request: request}
}

func (s *Scene) asRegulator(function string, request any) Call {
	return Call{Member: Authority, Role: party.Machine, Function: function, Request: request}
}

func (s *Scene) asSupervisor(function string, request any) Call {
	return Call{Member: Authority, Role: party.Supervisor, Function: function, Request: request}
}

// Today is the custodian's business date.
func (s *Scene) Today() calendar.Date {
	s.T.Helper()
	return s.Day().Date
}

// AdvanceTo closes the business day and opens the first one on or after the date, by way of as many days
// between as the longest step wants.
func (s *Scene) AdvanceTo(date calendar.Date) calendar.Date {
	s.T.Helper()
	for date.Weekday() > 5 {
		date = date.AddDays(1)
	}
	day := s.Day()
	for day.Date != date {
		if day.Open {
			s.Do(s.asBank("Custody:CloseDay", Public(wire.BusinessDay{Date: day.Date})))
		}
		next := min(date, calendar.Holidays{}.RollPreceding(day.Date.AddDays(custody.LongestStepDays)))
		s.Do(s.asBank("Custody:OpenDay", Public(wire.BusinessDay{Date: next, Regime: s.Regime})))
		day = s.Day()
	}
	return date
}

// customerDays is for how long the attestation of a customer holds.
const customerDays = 400

// Customer is somebody with a key, an account at the bank and, perhaps, cash and a mandate.
type Customer struct {
	Handle, Platform, Pseudonym, Mandate string
	Signer                               Signer
}

// pair is the collection in which a customer is known.
func (c Customer) pair() string { return wire.PairCollection(c.Platform, Meridian) }

// Customer brings a person to a platform: attested by both sides, linked to a common pseudonym.
func (s *Scene) Customer(platform string) Customer {
	s.T.Helper()
	return s.CustomerLinkedTo(platform, NewHandle())
}

// CustomerLinkedTo brings a person whose common pseudonym is known already.
func (s *Scene) CustomerLinkedTo(platform, pseudonym string) Customer {
	s.T.Helper()
	algorithm := party.P256
	if pseudonym[0] < '8' {
		algorithm = party.SM2
	}
	c := Customer{Handle: NewHandle(), Platform: platform, Pseudonym: pseudonym, Signer: NewSigner(s.T, algorithm)}
	identity := party.Identity{
		Handle: c.Handle, Platform: platform, Custodian: Meridian, Kind: party.Natural, KYCLevel: 2,
		Expires: s.Today().AddDays(customerDays), Key: c.Signer.Key,
	}
	s.Secret(c.Handle, c.Pseudonym)
	s.attest(identity)
	s.Do(s.asBank("Party:Link", Private(c.pair(), wire.PartyLink{Handle: c.Handle, Pseudonym: pseudonym})))
	return c
}

func (s *Scene) attest(identity party.Identity) {
	s.T.Helper()
	collection := wire.PairCollection(identity.Platform, Meridian)
	s.Do(Call{
		Member: identity.Platform, Role: party.Operator, Function: "Party:Attest",
		Request: Private(collection, wire.Attestation{Identity: identity}),
	})
	s.Do(s.asBank("Party:Attest", Private(collection, wire.Attestation{
		Identity: identity, AccountDigest: NewDigest(),
	})))
}

// Lender brings a customer to Harbor who may lend and has cash.
func (s *Scene) Lender(cash money.Minor) Customer {
	s.T.Helper()
	c := s.Customer(Harbor)
	c.Mandate = s.InvestMandate(c, 100_000_000)
	if cash > 0 {
		s.Deposit(c, cash)
	}
	return c
}

// Lenders brings several lenders with equal cash.
func (s *Scene) Lenders(count int, cash money.Minor) []Customer {
	s.T.Helper()
	list := make([]Customer, count)
	for i := range list {
		list[i] = s.Lender(cash)
	}
	return list
}

// Borrower brings a customer to Harbor who may borrow.
func (s *Scene) Borrower() Customer {
	s.T.Helper()
	return s.Customer(Harbor)
}
