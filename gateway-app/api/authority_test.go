package api_test

import (
	"testing"

	"github.com/tallystick/tallystick/core/party"
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
		if p.Authority, err = person.NewAuthoriser(kind, name, key); err != nil {
			t.Fatal(err)
		}
	})
}

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
	asked := want[person.Erasure](t, s.post(path+"/erasure", "{}", officer()...), 200)
	want[struct{}](t, s.post(path+"/end", `{"on":"2010-01-31"}`, officer()...), 200)

	request := map[string]string{"keeper": "harbor", "requested_at": asked.RequestedAt, "reference": "M-1"}
	signing := "/v1/erasure-authorities/" + made.ID
	refusedAs(t, bank.post(signing, inJSON(t, map[string]string{"keeper": "nobody", "requested_at": asked.RequestedAt, "reference": "M-1"})), 404, "member_unknown", "keeper")
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
		statement := person.Statement(person.ErasureRequest{Keeper: receipt.Member, Person: receipt.Person, RequestedAt: receipt.RequestedAt},
			person.Authority{Kind: a.Kind, Member: a.Member, Reference: a.Reference})
		if err := party.Verify(known[a.Member].Keys[0], statement, a.Signature); err != nil {
			t.Errorf("the receipt does not prove that %s agreed: %v", a.Member, err)
		}
	}
}
