package api_test

import (
	"context"
	"maps"
	"net/http/httptest"
	"testing"

	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/gateway-app/access"
	"github.com/tallystick/tallystick/gateway-app/api"
	"github.com/tallystick/tallystick/gateway-app/keys"
	"github.com/tallystick/tallystick/gateway-app/person"
)

// authorityAt is the app of a member that signs erasures, with a key of its own.
func authorityAt(t *testing.T, kind party.MemberKind, name string) *scene {
	t.Helper()
	key, err := keys.Generate(party.P256)
	if err != nil {
		t.Fatal(err)
	}
	return newScene(t, func(p *api.Parts) {
		p.Member = name
		if p.Authority, err = person.NewAuthoriser(kind, name, key, nothingOpen{}); err != nil {
			t.Fatal(err)
		}
	})
}

// nothingOpen are books in which a party's business is over.
type nothingOpen struct{}

func (nothingOpen) Open(context.Context, string) ([]string, error) { return nil, nil }

// publicKeyOf is a member's key as its app answers it, read as settings are.
func publicKeyOf(t *testing.T, s *scene) party.Key {
	t.Helper()
	answer := want[struct{ PEM string }](t, s.get("/v1/erasure-authority"), 200)
	key, err := keys.ParsePublicPEM(answer.PEM)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

type signature struct {
	Kind      party.MemberKind `json:"kind"`
	Member    string           `json:"member"`
	Reference string           `json:"reference"`
	Signature []byte           `json:"signature,omitempty"`
}

// A record is purged at its keeper only under what custodian and regulator have signed at their own apps.
func TestThreeMembersPurgeARecord(t *testing.T) {
	bank, regulator := authorityAt(t, party.Custodian, "meridian"), authorityAt(t, party.Regulator, "authority")
	known := person.Authorities{
		"meridian":  {Kind: party.Custodian, Keys: []party.Key{publicKeyOf(t, bank)}},
		"authority": {Kind: party.Regulator, Keys: []party.Key{publicKeyOf(t, regulator)}},
	}
	s, key := withCustomersUnder(t, known)
	made := want[person.Record](t, s.post("/v1/people", inJSON(t, someone(1))), 200)
	path := "/v1/people/" + made.ID
	want[person.Erasure](t, s.post(path+"/erasure", `{"reason":"account_closed"}`, officer()...), 200)
	running := want[person.Erasure](t, s.get(path+"/erasure", officer()...), 200).Request
	begunIn2009(t, s)
	want[struct{}](t, s.post(path+"/end", `{"on":"2010-01-31"}`, officer()...), 200)
	asked := want[person.Erasure](t, s.get(path+"/erasure", officer()...), 200).Request
	if asked.Reason != "account_closed" || asked.Party != made.Party || len(asked.Duties) != 1 || asked.Duties[0].Until.String() != "2020-01-31" {
		t.Errorf("the authorities are asked %+v", asked)
	}

	answered := want[struct{ Request map[string]any }](t, s.get(path+"/erasure", officer()...), 200)
	request := answered.Request // the very answer, and the signer's own reference
	request["reference"] = "M-1"
	signing := "/v1/erasure-authorities/" + made.ID
	changed := func(name string, value any) map[string]any {
		body := maps.Clone(request)
		body[name] = value
		return body
	}
	refusedAs(t, bank.post(signing, inJSON(t, changed("duties", running.Duties))), 422, "not_yet_due", "duties[0].until")
	refusedAs(t, bank.post(signing, inJSON(t, changed("open", []string{"loans"}))), 409, "wrong_status", "open")
	refusedAs(t, bank.post(signing, inJSON(t, changed("keeper", "nobody"))), 404, "member_unknown", "keeper")
	refusedAs(t, bank.post(signing, inJSON(t, changed("person", handle(9)))), 400, "invalid_field", "person")
	refusedAs(t, bank.post(signing, inJSON(t, changed("party", ""))), 400, "invalid_field", "party")
	byBank := want[signature](t, bank.post(signing, inJSON(t, request)), 200)
	request["reference"] = "A-1"
	byRegulator := want[signature](t, regulator.post(signing, inJSON(t, request)), 200)
	for _, at := range []*scene{bank, regulator} {
		if logged := at.door.recorded(); len(logged) == 0 || logged[len(logged)-1].Operation != "erasure.sign" {
			t.Errorf("the signature is not in the access log: %+v", logged)
		}
	}

	authorities := path + "/erasure/authorities"
	forged := byBank
	forged.Signature = byRegulator.Signature
	refusedAs(t, s.post(authorities, inJSON(t, forged), officer()...), 422, "signature_invalid", "signature")
	forged.Signature = nil
	refusedAs(t, s.post(authorities, inJSON(t, forged), officer()...), 400, "missing_field", "signature")
	want[person.Erasure](t, s.post(authorities, inJSON(t, byBank), officer()...), 200)
	refusedAs(t, s.post(path+"/erasure/purge", "{}", officer()...), 400, "missing_field", "authority.regulator")
	want[person.Erasure](t, s.post(authorities, inJSON(t, byRegulator)), 200)
	purged := want[person.Erasure](t, s.post(path+"/erasure/purge", "{}", officer()...), 200)

	receipt, err := person.VerifyReceipt(purged.Receipt, key.PublicKey())
	if err != nil || receipt.Member != "harbor" || len(receipt.Authorities) != 2 {
		t.Fatalf("the receipt is %+v, %v", receipt, err)
	}
	for _, a := range receipt.Authorities {
		statement := person.Statement(receipt.Request(),
			person.Authority{Kind: a.Kind, Member: a.Member, Reference: a.Reference})
		if err := party.Verify(known[a.Member].Keys[0], statement, a.Signature); err != nil {
			t.Errorf("the receipt does not prove that %s agreed: %v", a.Member, err)
		}
	}
}

// A custodian whose own relation with a party goes on lets nobody else's record of it be purged.
func TestACustodianSignsNothingOfWhoIsItsCustomer(t *testing.T) {
	key, err := keys.Generate(party.P256)
	if err != nil {
		t.Fatal(err)
	}
	bank := newScene(t, func(p *api.Parts) {
		p.Member, p.Customers = "meridian", customers(t, p, key, nil)
		if p.Authority, err = person.NewAuthoriser(party.Custodian, "meridian", key, nothingOpen{}); err != nil {
			t.Fatal(err)
		}
	})
	bank.door.callers[officerToken] = access.Principal{ID: "rita", Kind: access.KindUser, Roles: []access.Role{access.RiskOfficer}}
	made := want[person.Record](t, bank.post("/v1/people", inJSON(t, someone(1))), 200)
	begunIn2009(t, bank)
	request := map[string]any{
		"keeper": "harbor", "person": handle(7), "party": made.Party, "requested_at": "2026-01-02T03:04:05.000000Z", "reason": "asked_by_person",
		"duties": []map[string]string{{"kind": "aml", "until": "2020-01-31"}}, "open": []string{}, "reference": "M-1",
	}
	sign := func() *httptest.ResponseRecorder {
		return bank.post("/v1/erasure-authorities/"+handle(7), inJSON(t, request))
	}
	refusedAs(t, sign(), 409, "wrong_status", "party")
	want[struct{}](t, bank.post("/v1/people/"+made.ID+"/end", `{"on":"2010-01-31"}`, officer()...), 200)
	want[signature](t, sign(), 200)
	request["party"] = handle(8) // nobody whom it knows
	want[signature](t, sign(), 200)
}

// The person reads how far its erasure has come, and nothing in the place of what it is not told.
func TestThePersonReadsItsErasure(t *testing.T) {
	s, _ := withCustomers(t)
	made := want[person.Record](t, s.post("/v1/people", inJSON(t, someone(1))), 200)
	path := "/v1/people/" + made.ID + "/erasure"
	want[person.Erasure](t, s.post(path, `{}`, officer()...), 200)
	if got := want[map[string]any](t, s.get(path, borrower()...), 200); got["request"] != nil || got["status"] != "restricted" || got["requested_by"] != "" {
		t.Errorf("the person reads %v", got)
	}
}
