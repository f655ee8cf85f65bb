package ledger_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/hyperledger/fabric-contract-api-go/v2/contractapi"

	"github.com/tallystick/tallystick/chaincode/fakeledger"
	"github.com/tallystick/tallystick/chaincode/ledger"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/wire"
)

// Every way in which an envelope can be wrong, each with its refusal.
func TestAnEnvelopeMustBeAsDocumented(t *testing.T) {
	n := founded(t, command(apply))
	good := request(n.handle(), pair, move{n.handle(), 1, ""})
	text := string(encoded(t, good))
	altered := func(alter func(r *wire.Request[move])) string {
		r := good
		alter(&r)
		return string(encoded(t, r))
	}
	many := make([]move, 501)
	for i := range many {
		many[i] = good.Items[0]
	}
	cases := []struct {
		name, body string
		want       *fault.Fault
	}{
		{"no JSON", "{", fault.New(fault.MalformedRequest)},
		{"two values", text + "{}", fault.New(fault.MalformedRequest)},
		{"an unknown field", strings.Replace(text, `"mode"`, `"surprise":1,"mode"`, 1), fault.In(fault.MalformedRequest, "?")},
		{"a field in other letters", strings.Replace(text, `"mode"`, `"Mode"`, 1), fault.In(fault.MalformedRequest, "?")},
		{"a field said twice", strings.Replace(text, `"mode"`, `"version":1,"mode"`, 1), fault.In(fault.MalformedRequest, "?")},
		{"an item's unknown field", strings.Replace(text, `"purse"`, `"prse"`, 1), fault.In(fault.MalformedRequest, "items[0].?")},
		{"no mode", strings.Replace(text, `"mode":"atomic",`, "", 1), fault.In(fault.MissingField, "mode")},
		{"another version", altered(func(r *wire.Request[move]) { r.Version = 2 }), fault.In(fault.InvalidField, "version")},
		{"an id of no handle", altered(func(r *wire.Request[move]) { r.ID = "1" }), fault.In(fault.InvalidField, "id")},
		{"an unknown mode", altered(func(r *wire.Request[move]) { r.Mode = "some" }), fault.In(fault.InvalidField, "mode")},
		{"no salt", altered(func(r *wire.Request[move]) { r.Salt = "" }), fault.In(fault.MissingField, "salt")},
		{"a short salt", altered(func(r *wire.Request[move]) { r.Salt = "ab" }), fault.In(fault.InvalidField, "salt")},
		{"no collection", altered(func(r *wire.Request[move]) { r.Collection = "" }), fault.In(fault.MissingField, "collection")},
		{"no item", altered(func(r *wire.Request[move]) { r.Items = []move{} }), fault.New(fault.BatchEmpty)},
		{"too many items", altered(func(r *wire.Request[move]) { r.Items = many }), fault.New(fault.BatchTooLarge)},
	}
	for _, c := range cases {
		t.Log(c.name)
		n.mustRefuse(n.private(harbor, "machine", privately, c.body), c.want)
	}
	n.mustSubmit(n.private(harbor, "machine", privately, text))
}

func TestAPrivateRequestTravelsAsTheOneTransientValue(t *testing.T) {
	n := founded(t, command(apply))
	p := n.private(harbor, "machine", privately, request(n.handle(), pair, move{n.handle(), 1, ""}))
	missing, besides, argued := p, p, p
	missing.Transient = nil
	n.mustRefuse(missing, fault.In(fault.MissingField, wire.TransientRequest))
	besides.Transient = map[string][]byte{wire.TransientRequest: p.Transient[wire.TransientRequest], "more": []byte("1")}
	n.mustRefuse(besides, fault.New(fault.MalformedRequest))
	argued.Args = []string{"{}"}
	n.mustRefuse(argued, fault.New(fault.MalformedRequest))
}

func TestAPublicRequestNamesNeitherSaltNorCollection(t *testing.T) {
	n := founded(t, command(apply))
	public := func(r wire.Request[move]) fakeledger.Proposal { return n.public(harbor, "machine", openly, r) }
	salted, placed := request(n.handle(), "", move{"x", 1, ""}), request(n.handle(), pair, move{"x", 1, ""})
	salted.Salt = wire.Digest(nil)
	n.mustRefuse(public(salted), fault.In(fault.InvalidField, "salt"))
	placed.Salt = ""
	n.mustRefuse(public(placed), fault.In(fault.InvalidField, "collection"))
	n.mustSubmit(public(request(n.handle(), "", move{"x", 1, ""})))
}

func TestAuthorityIsTheCertificatesAndTheCollections(t *testing.T) {
	n := founded(t, command(apply))
	cases := []struct {
		name, member, role, collection string
		want                           *fault.Fault
	}{
		{"a platform in its own pair", harbor, "operator", pair, nil},
		{"a custodian in its own pair", meridian, "supervisor", pair, nil},
		{"the regulator, whom the row does not name", authority, "machine", pair, fault.New(fault.WrongMember)},
		{"an administrator", harbor, "admin", pair, fault.New(fault.WrongRole)},
		{"an auditor", harbor, "auditor", pair, fault.New(fault.WrongRole)},
		{"a role that nobody has", harbor, "owner", pair, fault.New(fault.WrongRole)},
		{"no role at all", harbor, "", pair, fault.New(fault.WrongRole)},
		{"a platform in another's pair", lantern, "machine", pair, fault.In(fault.WrongMember, "collection")},
		{"a platform in exposure", harbor, "machine", wire.Exposure, fault.In(fault.WrongMember, "collection")},
		{"a collection of no pair", harbor, "machine", "harbor-authority", fault.In(fault.InvalidField, "collection")},
		{"a custodian in a collection of no pair", meridian, "machine", "club", fault.In(fault.InvalidField, "collection")},
	}
	for _, c := range cases {
		t.Log(c.name)
		p := n.private(c.member, c.role, privately, request(n.handle(), c.collection, move{n.handle(), 1, ""}))
		if c.want == nil {
			n.mustSubmit(p)
		} else {
			n.mustRefuse(p, c.want)
		}
	}
}

// An auditor reads the collections that its certificate names, and no other.
func TestAnAuditorReadsWithinItsScope(t *testing.T) {
	n := founded(t, command(apply))
	n.mustSubmit(n.private(harbor, "machine", privately, request(n.handle(), pair, move{n.handle(), 1, ""})))
	for scope, want := range map[string]bool{
		"all": true, pair: true, "lantern-meridian " + pair: true,
		"": false, "lantern-meridian": false, "lending": false, pair + "-more": false, "overall": false,
	} {
		attributes := map[string]string{"role": "auditor", "scope": scope}
		if scope == "" {
			delete(attributes, "scope")
		}
		p := n.private(authority, "auditor", reading, wire.Read{Version: wire.Version, Collection: pair, Items: []string{n.handle()}})
		p.Creator = n.Ledger().Enroll(authority, "auditor of "+scope, attributes)
		p.Endorsers = []string{authority}
		_, err := n.Evaluate(p)
		var refusal *fakeledger.Refusal
		switch {
		case want && err != nil:
			t.Errorf("with the scope %q: %v", scope, err)
		case !want && (!errors.As(err, &refusal) || refusal.Message != fault.In(fault.WrongRole, "scope").Encode()):
			t.Errorf("with the scope %q: got %v, want it refused", scope, err)
		}
	}
}

func TestACertificateCountsWithinItsDates(t *testing.T) {
	n := founded(t, command(apply))
	for _, at := range []time.Time{
		time.Date(1999, time.December, 31, 0, 0, 0, 0, time.UTC), time.Date(2101, time.January, 1, 0, 0, 0, 0, time.UTC),
	} {
		p := n.private(harbor, "machine", privately, request(n.handle(), pair, move{n.handle(), 1, ""}))
		p.Timestamp = at
		n.mustRefuse(p, fault.In(fault.WrongRole, "certificate"))
	}
}

func TestBeforeBootstrapNothingElseWorks(t *testing.T) {
	n := unfounded(t, command(apply))
	n.mustRefuse(n.private(harbor, "machine", privately, request(n.handle(), pair, move{n.handle(), 1, ""})),
		fault.New(fault.NotBootstrapped))
	n.mustRefuse(n.public(meridian, "admin", "Consortium:Bootstrap", request(n.handle(), "", founders...)),
		fault.New(fault.WrongMember))
	n.mustRefuse(n.public(authority, "admin", "Consortium:Bootstrap", request(n.handle(), "", founders[:3]...)),
		fault.New(fault.MemberUnknown))
	n.mustSubmit(n.public(authority, "admin", "Consortium:Bootstrap", request(n.handle(), "", founders...)))
}

// A member whose entry was altered beside the root key is a member no more.
func TestAMemberCountsOnlyAsTheRootListsIt(t *testing.T) {
	chaincode := command(apply)
	n := founded(t, chaincode)
	forged := founders[0]
	forged.Kind = "regulator"
	chaincode[openly] = forge(wire.MemberKey("harbor"), wire.MemberEntry{Version: wire.Version, Member: forged})
	n.mustSubmit(n.public(meridian, "machine", openly, request(n.handle(), "", move{"x", 1, ""})))
	n.mustRefuse(n.private(harbor, "machine", privately, request(n.handle(), pair, move{n.handle(), 1, ""})),
		fault.New(fault.MemberUnknown))
}

func TestARequestIDIsAnsweredOnce(t *testing.T) {
	n := founded(t, command(apply))
	mine := n.handle()
	r := request(n.handle(), pair, move{mine, 10, ""}, move{mine, -50, ""})
	r.Mode = wire.Each
	first, _ := n.mustSubmit(n.private(harbor, "machine", privately, r))
	again, _ := n.mustSubmit(n.private(harbor, "machine", privately, r))
	if string(first.Response.GetPayload()) != string(again.Response.GetPayload()) {
		t.Fatalf("answered %s, then %s", first.Response.GetPayload(), again.Response.GetPayload())
	}
	if len(again.Private()) != 0 || len(again.Writes()) != 0 || again.Event != nil {
		t.Fatal("a repeated request wrote something or raised an event")
	}
	other := r
	other.Items = []move{{mine, 11, ""}}
	n.mustRefuse(n.private(harbor, "machine", privately, other), fault.In(fault.RequestIDReused, "id"))
	if got := n.stored(mine); got.Sequence != 1 {
		t.Fatalf("the record is %+v", got)
	}
}

// A request id answers for one function: what was accepted was not cancelled by the same words.
func TestARequestIDBelongsToItsFunction(t *testing.T) {
	const elsewhere = "Custody:Accept"
	chaincode := command(apply)
	chaincode[elsewhere] = func(ctx contractapi.TransactionContextInterface) (string, error) {
		return ledger.Run(ctx, elsewhere, apply)
	}
	n := founded(t, chaincode)
	r := request(n.handle(), pair, move{n.handle(), 1, ""})
	n.mustSubmit(n.private(meridian, "machine", privately, r))
	n.mustRefuse(n.private(meridian, "machine", elsewhere, r), fault.In(fault.RequestIDReused, "id"))
}

func TestARefusalIsNotRemembered(t *testing.T) {
	n := founded(t, command(apply))
	mine := n.handle()
	withdrawal := request(n.handle(), pair, move{mine, -10, ""})
	p := n.private(harbor, "machine", privately, withdrawal)
	n.mustRefuse(p, fault.In(fault.InsufficientFunds, "amount_minor").At(0))
	n.mustSubmit(n.private(harbor, "machine", privately, request(n.handle(), pair, move{mine, 10, ""})))
	n.mustSubmit(p)
}

// The envelope comes before authority, authority before the request id, that before the business.
func TestRefusalsComeInTheirOrder(t *testing.T) {
	n := founded(t, command(apply))
	r := request(n.handle(), pair, move{n.handle(), 1, ""})
	n.mustSubmit(n.private(harbor, "machine", privately, r))
	r.Items[0].AmountMinor = -5
	n.mustRefuse(n.private(harbor, "machine", privately, r), fault.In(fault.RequestIDReused, "id"))
	n.mustRefuse(n.private(harbor, "admin", privately, r), fault.New(fault.WrongRole))
	n.mustRefuse(n.private(lantern, "admin", privately, r), fault.New(fault.WrongRole))
	r.Salt = ""
	n.mustRefuse(n.private(lantern, "admin", privately, r), fault.In(fault.MissingField, "salt"))
}

func TestATransactionRaisesOneEventThatTellsNothing(t *testing.T) {
	n := founded(t, command(apply))
	mine := n.handle()
	r := request(n.handle(), pair, move{mine, 700_001, "sentinel"}, move{mine, -900_002, ""})
	r.Mode = wire.Each
	tx, _ := n.mustSubmit(n.private(harbor, "machine", privately, r))
	if tx.Event.GetEventName() != wire.NoticeName {
		t.Fatalf("the event is called %q", tx.Event.GetEventName())
	}
	var got wire.Notice
	if err := json.Unmarshal(tx.Event.GetPayload(), &got); err != nil {
		t.Fatal(err)
	}
	if want := (wire.Notice{Version: wire.Version, Function: privately, Collection: pair, Applied: 1, Refused: 1}); got != want {
		t.Fatalf("the notice is %+v, want %+v", got, want)
	}
	for _, secret := range []string{"sentinel", "700001", "900002", mine, r.ID, r.Salt, n.stored(mine).Salt} {
		for _, place := range n.Ledger().Scan([]byte(secret)) {
			t.Errorf("a private value is public: %s", place)
		}
	}
}
