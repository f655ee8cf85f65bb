package e2e_test

import (
	"database/sql"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"slices"
	"testing"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/gateway-app/access"
	"github.com/tallystick/tallystick/gateway-app/client"
	"github.com/tallystick/tallystick/gateway-app/keys"
	"github.com/tallystick/tallystick/gateway-app/person"
	"github.com/tallystick/tallystick/gateway-app/store"
)

// A platform's record is purged under what the custodian's and the regulator's people sign at their own apps,
// whose keys the platform's settings name; by two of the platform's people, and under nothing less.
func TestARecordIsPurgedUnderTwoMembersSignatures(t *testing.T) {
	c := onNetwork(t)
	c.withGateways(t, c.members()...)
	here := c.deskAt(t, harbor, access.PlatformOperator, access.RiskOfficer)
	finance := c.nobodyAt(t, harbor).As(c.staffAt(t, harbor, c.administratorAt(t, harbor), access.Finance))
	who := planted()
	secrets.add("a person who is forgotten", who.Name, who.IdentityNumber, who.Phone)
	made := posted[person.Record](t, here.intake, "/v1/people", map[string]any{"kind": party.Natural, "fields": who})
	path := "/v1/people/" + made.ID
	posted[person.Erasure](t, here.intake, path+"/erasure", struct{}{})
	c.begins(t, harbor, made.ID, "2009-01-01T00:00:00.000000Z")
	c.ends(t, here, path, "2010-01-29")
	asked, err := client.Get[person.Erasure](within(t, patience), here.decision, path+"/erasure", nil)
	if err != nil {
		t.Fatal(err)
	}

	bank := c.signsErasure(t, meridian, access.CustodianOperator, asked)
	regulator := c.signsErasure(t, authority, access.Supervisor, asked)
	forged := map[string]any{"kind": bank.Kind, "member": bank.Member, "reference": bank.Reference, "signature": regulator.Signature}
	_, err = client.Send[json.RawMessage](within(t, patience), here.decision, http.MethodPost, path+"/erasure/authorities", forged)
	if refusal := fault.Of(err); refusal.Code != fault.SignatureInvalid || refusal.Field != "signature" {
		t.Errorf("another's signature: %v", err)
	}
	posted[json.RawMessage](t, here.decision, path+"/erasure/authorities", bank)
	posted[json.RawMessage](t, finance, path+"/erasure/authorities", regulator)
	purged := posted[person.Erasure](t, here.decision, path+"/erasure/purge", struct{}{})

	var signed person.SignedReceipt
	if err := json.Unmarshal([]byte(purged.Receipt), &signed); err != nil {
		t.Fatal(err)
	}
	receipts, err := keys.Load(c.gatewayFolder(harbor, "data", "receipts.key"))
	if err != nil {
		t.Fatal(err)
	}
	receipt, err := person.VerifyReceipt(purged.Receipt, receipts.PublicKey())
	if err != nil || purged.Status != person.Purged || receipt.Person != made.ID || len(receipt.Authorities) != 2 {
		t.Errorf("the receipt is %+v, %v", receipt, err)
	}
}

// erasureSignature is an authority as a member's app answers it and another's takes it.
type erasureSignature struct {
	Kind      party.MemberKind `json:"kind"`
	Member    string           `json:"member"`
	Reference string           `json:"reference"`
	Signature []byte           `json:"signature"`
}

// signsErasure has one of a member's people sign, and holds the signature's key against the settings of the
// platform.
func (c *consortium) signsErasure(t *testing.T, member string, role access.Role, e person.Erasure) erasureSignature {
	t.Helper()
	who := c.nobodyAt(t, member).As(c.staffAt(t, member, c.administratorAt(t, member), role))
	own, err := client.Get[struct{ PEM string }](within(t, patience), who, "/v1/erasure-authority", nil)
	if err != nil {
		t.Fatal(err)
	}
	var settings struct {
		Authorities map[string][]string `json:"erasure_authorities"`
	}
	text, err := os.ReadFile(c.gatewayFolder(harbor, "settings.json"))
	if err != nil || json.Unmarshal(text, &settings) != nil {
		t.Fatalf("read the settings of %s: %v", harbor, err)
	}
	if !slices.Contains(settings.Authorities[member], own.PEM) {
		t.Errorf("the settings of %s have not the key of %s", harbor, member)
	}
	return posted[erasureSignature](t, who, "/v1/erasure-authorities/"+e.Person, map[string]any{
		"keeper": harbor, "party": e.Request.Party, "requested_at": e.RequestedAt, "reason": e.Request.Reason, "duties": e.Request.Duties,
		"open": e.Request.Open, "reference": "erasure-" + client.NewKey()[:8],
	})
}

// begins lets a record have begun earlier, as no request can: nobody waits ten years here.
func (c *consortium) begins(t *testing.T, member, id, at string) {
	t.Helper()
	var settings struct {
		Database string `json:"database_url"`
	}
	text, err := os.ReadFile(c.gatewayFolder(member, "settings.json"))
	if err != nil || json.Unmarshal(text, &settings) != nil {
		t.Fatalf("read the settings of %s: %v", member, err)
	}
	db, err := store.Open(t.Context(), settings.Database)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	err = db.Write(t.Context(), func(tx *sql.Tx) error {
		_, err := tx.ExecContext(t.Context(), `UPDATE person SET created_at = $2 WHERE id = $1`, id, at)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// ends says that a relation ended, which an operator asks for and an officer approves.
func (c *consortium) ends(t *testing.T, here desk, path, on string) {
	t.Helper()
	body, key := map[string]string{"on": on}, client.NewKey()
	end := func() error {
		_, err := client.SendAs[json.RawMessage](within(t, patience), here.intake, http.MethodPost, path+"/end", key, body)
		return err
	}
	var refused *client.Problem
	if err := end(); !errors.As(err, &refused) || refused.Code != "approval_due" {
		t.Fatalf("one person ends a relation: %v", err)
	}
	posted[json.RawMessage](t, here.decision, refused.Location+"/approve", struct{}{})
	if err := end(); err != nil {
		t.Fatalf("two people end a relation: %v", err)
	}
}
