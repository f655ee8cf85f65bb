package loan_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/base64"
	"errors"
	"math/big"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/mandate"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/core/schedule"
)

var (
	harbor    = party.Actor{Member: "harbor", Kind: party.Platform, Role: party.Machine}
	lantern   = party.Actor{Member: "lantern", Kind: party.Platform, Role: party.Machine}
	meridian  = party.Actor{Member: "meridian", Kind: party.Custodian, Role: party.Machine}
	authority = party.Actor{Member: "authority", Kind: party.Regulator, Role: party.Supervisor}
	today     = day("2024-01-15")
)

var secret = func() *ecdsa.PrivateKey {
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), bytes.Repeat([]byte{9}, 32))
	if err != nil {
		panic(err)
	}
	return key
}()

// sign is a signature of the one form of two that the ledger takes.
func sign(message []byte) string {
	hashed := sha256.Sum256(message)
	raw, err := secret.Sign(nil, hashed[:], crypto.SHA256)
	if err != nil {
		panic(err)
	}
	var pair struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(raw, &pair); err != nil {
		panic(err)
	}
	if n := elliptic.P256().Params().N; pair.S.Cmp(new(big.Int).Rsh(n, 1)) > 0 {
		pair.S.Sub(n, pair.S)
	}
	if raw, err = asn1.Marshal(pair); err != nil {
		panic(err)
	}
	return base64.StdEncoding.EncodeToString(raw)
}

func someone(handle string) party.State {
	point, err := secret.PublicKey.Bytes()
	if err != nil {
		panic(err)
	}
	return party.State{
		Handle: handle, Platform: "harbor", Custodian: "meridian", Kind: party.Natural, KYCLevel: 2, Expires: day("2030-01-01"),
		PlatformAttested: today, CustodianAttested: today, AccountDigest: strings.Repeat("ab", 32),
		Keys: []party.HeldKey{{Key: party.Key{Algorithm: party.P256, Public: base64.StdEncoding.EncodeToString(point)}}},
	}
}

func pack() regime.Pack {
	return regime.Pack{
		ID: "sandbox", EffectiveFrom: day("2024-01-01"), AppliesTo: regime.NewLoans,
		Approvals: []regime.Approval{{Member: "authority", Kind: party.Regulator}, {Member: "meridian", Kind: party.Custodian}},
		Rules: regime.Rules{
			Currency: "CNY", RateCapPPM: 200_000, PenaltyCapPPM: 365_000, MinKYCLevel: 2, MinPrincipal: 1_000, MaxPrincipal: 1_000_000,
			MaxInstalments: 36, Methods: []string{"equal_principal"}, ClearanceDays: 10, FundingDays: 15, WriteOffDays: 90,
		},
	}
}

func propose() loan.Propose {
	return loan.Propose{Terms: terms(), Pack: pack(), Borrower: someone(terms().Borrower), Actor: harbor, On: today}
}

// expect checks that a refusal has a code and speaks of a field, or that there is none.
func expect(t *testing.T, what string, err error, code fault.Code, field string) {
	t.Helper()
	switch {
	case code == "" && err != nil:
		t.Errorf("%s: %v", what, err)
	case code != "" && (!errors.Is(err, fault.New(code)) || fault.Of(err).Field != field):
		t.Errorf("%s: got %v, want %s in %q", what, err, code, field)
	}
}

func TestProposalsThatAreRefused(t *testing.T) {
	for _, c := range []struct {
		what   string
		change func(*loan.Propose)
		code   fault.Code
		field  string
	}{
		{"as it is", func(*loan.Propose) {}, "", ""},
		{"another platform's", func(c *loan.Propose) { c.Actor = lantern }, fault.WrongMember, "terms.platform"},
		{"platform frozen", func(c *loan.Propose) { c.PlatformFrozen = true }, fault.PlatformFrozen, ""},
		{"salt missing", func(c *loan.Propose) { c.Terms.Salt = "" }, fault.InvalidField, "terms.salt"},
		{"salt of no form", func(c *loan.Propose) { c.Terms.Salt = strings.Repeat("zz", 32) }, fault.InvalidField, "terms.salt"},
		{"digest cut", func(c *loan.Propose) { c.Terms.AgreementDigest = "ab" }, fault.DigestMalformed, "terms.agreement_digest"},
		{"no project", func(c *loan.Propose) { c.Terms.Project = "" }, fault.MissingField, "terms.project"},
		{"penalty below zero", func(c *loan.Propose) { c.Terms.PenaltyRatePPM = -1 }, fault.InvalidField, "terms.penalty_rate_ppm"},
		{"graded, to a related party", func(c *loan.Propose) { c.Terms.Grade, c.Terms.Related = "AA0+-99Z", true }, "", ""},
		{"grade too long", func(c *loan.Propose) { c.Terms.Grade = "AAAAAAAAA" }, fault.InvalidField, "terms.grade"},
		{"grade in small letters", func(c *loan.Propose) { c.Terms.Grade = "aa" }, fault.InvalidField, "terms.grade"},
		{"grade in words", func(c *loan.Propose) { c.Terms.Grade = "A 优" }, fault.InvalidField, "terms.grade"},
		{"guarantor", func(c *loan.Propose) {
			c.Terms.Charges = []schedule.Charge{{Payee: schedule.PayeeGuarantor, Basis: schedule.BasisFlat, FlatMinor: 1}}
		}, fault.InvalidField, "terms.charges"},
		{"no schedule", func(c *loan.Propose) { c.Terms.Instalments = 0 }, fault.InvalidField, "instalments"},
		{"regime of another name", func(c *loan.Propose) { c.Terms.Regime = "other" }, fault.RegimeUnknown, "terms.regime"},
		{"regime not adopted", func(c *loan.Propose) { c.Pack.Approvals = c.Pack.Approvals[:1] }, fault.RegimeUnknown, "regime"},
		{"regime too early", func(c *loan.Propose) { c.Pack.EffectiveFrom = today + 1 }, fault.RegimeNotEffective, "regime"},
		{"regime retired", func(c *loan.Propose) { c.Pack.Until = today - 1 }, fault.RegimeRetired, "regime"},
		{"currency", func(c *loan.Propose) { c.Terms.Currency = "USD" }, fault.CurrencyMismatch, "terms.currency"},
		{"too little", func(c *loan.Propose) { c.Terms.PrincipalMinor = 999 }, fault.TermNotAllowed, "terms.principal_minor"},
		{"too much", func(c *loan.Propose) { c.Terms.PrincipalMinor = 1_000_001 }, fault.TermNotAllowed, "terms.principal_minor"},
		{"too long", func(c *loan.Propose) { c.Terms.Instalments = 37 }, fault.TermNotAllowed, "terms.instalments"},
		{"method", func(c *loan.Propose) { c.Terms.Method = schedule.Bullet }, fault.MethodNotAllowed, "terms.method"},
		{"penalty above cap", func(c *loan.Propose) { c.Terms.PenaltyRatePPM = 365_001 }, fault.PenaltyAboveCap, "terms.penalty_rate_ppm"},
		{"borrower of another name", func(c *loan.Propose) { c.Borrower = someone("x") }, fault.PartyUnknown, "terms.borrower"},
		{"borrower is the platform", func(c *loan.Propose) { c.Borrower.Affiliate = "harbor" }, fault.SelfFinancing, "terms.borrower"},
		{"borrower frozen", func(c *loan.Propose) {
			c.Borrower.Freeze = &party.Freeze{From: today, Until: today}
		}, fault.PartyFrozen, ""},
		{"borrower's level", func(c *loan.Propose) { c.Borrower.KYCLevel = 1 }, fault.KYCLevelTooLow, ""},
		{"financed before", func(c *loan.Propose) { c.ProjectFinanced = true }, fault.ProjectFinanced, "terms.project"},
		{"interest alone above the cap", func(c *loan.Propose) { c.Terms.RatePPM = 210_000 }, fault.RateAboveCap, "terms.rate_ppm"},
		{"interest and charges above the cap", func(c *loan.Propose) {
			c.Terms.Charges = []schedule.Charge{{Payee: schedule.PayeePlatform, Basis: schedule.BasisFlat, FlatMinor: 900}}
		}, fault.RateAboveCap, "terms.rate_ppm"},
	} {
		command := propose()
		c.change(&command)
		_, err := loan.Decide(loan.State{}, command, command.Actor, today)
		expect(t, c.what, err, c.code, c.field)
	}
}

// cleared is the loan of the golden files with its clearance.
func cleared(t *testing.T) loan.State {
	t.Helper()
	s := loan.Apply(loan.State{}, mustDecide(t, loan.State{}, propose(), harbor))
	clear := loan.Clear{Clearance: loan.Clearance{Handle: "c", Digest: "published", ExpiresOn: today + 10}}
	return loan.Apply(s, mustDecide(t, s, clear, authority))
}

func mustDecide(t *testing.T, s loan.State, c loan.Command, actor party.Actor) loan.Event {
	t.Helper()
	events, err := loan.Decide(s, c, actor, today)
	if err != nil {
		t.Fatalf("%T: %v", c, err)
	}
	return events[0]
}

func lender(name string, amount money.Minor) loan.Lender {
	return loan.Lender{
		Allocation: loan.Allocation{Lender: name, Mandate: "mandate-" + name, Hold: "hold-" + name, PrincipalMinor: amount},
		Party:      someone(name),
		Mandate: mandate.State{Confirmed: today, Terms: mandate.Terms{
			Handle: "mandate-" + name, Party: name, Platform: "harbor", Custodian: "meridian", Purpose: mandate.Invest, Currency: "CNY",
			TotalMinor: 100_000, Expires: day("2025-01-01"), PerLoanMinor: 90_000, MaxInstalments: 12, MaxShareOfLoanPPM: 700_000,
		}},
	}
}

func fund(s loan.State) loan.Fund {
	return loan.Fund{
		Terms: terms(), Pack: pack(), Borrower: someone(terms().Borrower), Lenders: []loan.Lender{lender("a", 40_000), lender("b", 80_000)},
		BorrowerSignature:  sign(loan.CommitmentStatement(s.ID, s.Borrower, s.Commitment)),
		PublishedClearance: "published", Actor: harbor, On: today,
	}
}

func TestFundingsThatAreRefused(t *testing.T) {
	s := cleared(t)
	for _, c := range []struct {
		what   string
		change func(*loan.Fund)
		code   fault.Code
		field  string
	}{
		{"as it is", func(*loan.Fund) {}, "", ""},
		{"platform frozen", func(c *loan.Fund) { c.PlatformFrozen = true }, fault.PlatformFrozen, ""},
		{"regime retired", func(c *loan.Fund) { c.Pack.Until = today - 1 }, fault.RegimeRetired, "regime"},
		{"regime on its last day", func(c *loan.Fund) { c.Pack.Until = today }, "", ""},
		{"clearance of nobody", func(c *loan.Fund) { c.PublishedClearance = "" }, fault.ClearanceMissing, ""},
		{"clearance of another", func(c *loan.Fund) { c.PublishedClearance = "x" }, fault.ClearanceMissing, ""},
		{"clearance lapsed", func(c *loan.Fund) { c.On = today + 11 }, fault.ClearanceExpired, ""},
		{"other terms", func(c *loan.Fund) { c.Terms.RatePPM++ }, fault.CommitmentMismatch, "terms"},
		{"borrower of another name", func(c *loan.Fund) { c.Borrower = someone("x") }, fault.PartyUnknown, "borrower"},
		{"no signature", func(c *loan.Fund) { c.BorrowerSignature = "" }, fault.SignatureInvalid, "borrower_signature"},
		{"signature of another text", func(c *loan.Fund) { c.BorrowerSignature = sign([]byte("x")) }, fault.SignatureInvalid, "borrower_signature"},
		{"nobody lends", func(c *loan.Fund) { c.Lenders = nil }, fault.AllocationMismatch, "allocations"},
		{"a fen too little", func(c *loan.Fund) { c.Lenders[1].Allocation.PrincipalMinor-- }, fault.AllocationMismatch, "allocations"},
		{"nothing from one", func(c *loan.Fund) { c.Lenders[1].Allocation.PrincipalMinor = 0 }, fault.AllocationMismatch, "allocations[1].principal_minor"},
		{"one twice", func(c *loan.Fund) { c.Lenders[1] = lender("a", 80_000) }, fault.AllocationMismatch, "allocations[1]"},
		{"one hold twice", func(c *loan.Fund) { c.Lenders[1].Allocation.Hold = "hold-a" }, fault.AllocationMismatch, "allocations[1]"},
		{"lender unknown", func(c *loan.Fund) { c.Lenders[1].Party = party.State{} }, fault.PartyUnknown, "allocations[1].lender"},
		{"lender is the platform", func(c *loan.Fund) { c.Lenders[0].Party.Affiliate = "harbor" }, fault.SelfFinancing, "allocations[0].lender"},
		{"borrower lends", func(c *loan.Fund) { c.Lenders[0] = lender(terms().Borrower, 40_000) }, fault.SelfFinancing, "allocations[0].lender"},
		{"lender expired", func(c *loan.Fund) { c.Lenders[0].Party.Expires = today - 1 }, fault.AttestationExpired, "allocations[0].lender"},
		{"mandate not confirmed", func(c *loan.Fund) { c.Lenders[0].Mandate.Confirmed = 0 }, fault.MandateNotConfirmed, "allocations[0].mandate"},
		{"share of the loan", func(c *loan.Fund) {
			c.Lenders = []loan.Lender{lender("a", 85_000), lender("b", 35_000)}
		}, fault.MandateLimitExceeded, "allocations[0].mandate"},
	} {
		command := fund(s)
		c.change(&command)
		_, err := loan.Decide(s, command, harbor, command.On)
		expect(t, c.what, err, c.code, c.field)
	}
	s.Frozen = "order"
	_, err := loan.Decide(s, fund(s), harbor, today)
	expect(t, "loan frozen", err, fault.LoanFrozen, "")
}

// From cleared to active, with what each step refuses on the way.
func TestHoldsAndDisbursement(t *testing.T) {
	s := cleared(t)
	s = loan.Apply(s, mustDecide(t, s, fund(s), harbor))
	refuse := func(c loan.Command, actor party.Actor, on calendar.Date, code fault.Code, field string) {
		t.Helper()
		_, err := loan.Decide(s, c, actor, on)
		expect(t, string(s.Status), err, code, field)
	}
	refuse(loan.Hold{AmountMinor: 120_001}, meridian, today, fault.AllocationMismatch, "amount_minor")
	refuse(loan.Hold{AmountMinor: 0}, meridian, today, fault.AllocationMismatch, "amount_minor")
	refuse(loan.Hold{AmountMinor: 1}, party.Actor{Member: "pearl", Kind: party.Custodian}, today, fault.WrongMember, "")
	refuse(loan.Expire{On: s.ExpiresOn}, harbor, today, fault.NotYetDue, "expires_on")
	refuse(loan.Cancel{}, meridian, today, fault.InvalidField, "reason")
	refuse(loan.Cancel{Reason: strings.Repeat("x", 65)}, meridian, today, fault.InvalidField, "reason")
	for _, amount := range []money.Minor{40_000, 80_000} {
		if s.Status != loan.Collecting {
			t.Fatalf("%d held and %s", s.HeldMinor, s.Status)
		}
		s = loan.Apply(s, mustDecide(t, s, loan.Hold{Instruction: "h", AmountMinor: amount}, meridian))
	}
	borrower := someone(s.Borrower)
	disburse := loan.Disburse{Instruction: "d", Borrower: borrower, On: today}
	refuse(loan.Disburse{Borrower: someone("x"), On: today}, harbor, today, fault.PartyUnknown, "borrower")
	borrower.Freeze = &party.Freeze{From: today, Until: today}
	refuse(loan.Disburse{Borrower: borrower, On: today}, harbor, today, fault.PartyFrozen, "")
	refuse(disburse, lantern, today, fault.WrongMember, "")
	s = loan.Apply(s, mustDecide(t, s, disburse, harbor))
	other := terms()
	other.RatePPM++
	refuse(loan.Activate{Terms: other, ValueDate: today}, meridian, today, fault.CommitmentMismatch, "terms")
	s = loan.Apply(s, mustDecide(t, s, loan.Activate{Terms: terms(), ValueDate: today}, meridian))
	if s.Status != loan.Active || s.Outstanding() != 120_000 || s.HeldMinor != 0 {
		t.Fatalf("%+v", s)
	}
	refuse(loan.WriteOff{Reason: "lost", OverdueDays: 89, AfterDays: 90}, harbor, today, fault.NotYetDue, "overdue_days")
	refuse(loan.Net{Run: "r"}, meridian, today, fault.NotYetDue, "")
	refuse(loan.Release{Order: "o"}, authority, today, fault.NotFound, "order")
	refuse(loan.Freeze{}, authority, today, fault.InvalidField, "order")
	s = loan.Apply(s, mustDecide(t, s, loan.Freeze{Order: "o"}, authority))
	refuse(loan.Freeze{Order: "p"}, authority, today, fault.LoanFrozen, "order")
}
