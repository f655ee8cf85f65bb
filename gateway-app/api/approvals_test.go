package api_test

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/access"
	"github.com/tallystick/tallystick/gateway-app/api"
)

// penned signs by writing down who signed what.
type penned struct{}

func (penned) Approve(_ context.Context, identity, digest string) (wire.Approval, error) {
	return wire.Approval{Certificates: []string{identity}, Signature: digest}, nil
}

// supervisors are two users of a guarded scene, the second of whom may have a certificate.
func supervisors(t *testing.T, s *scene, first access.Credentials, certificate string) (anna, ben []string) {
	t.Helper()
	administrator := s.signedIn(first.Name, first.Password)
	one := s.made(administrator, "Anna", access.Supervisor)
	two := s.made(administrator, "Ben", access.Supervisor)
	if _, err := s.parts.Users.SetCertificate(t.Context(), one.User.ID, "staff-anna"); err != nil {
		t.Fatal(err)
	}
	if certificate != "" {
		if _, err := s.parts.Users.SetCertificate(t.Context(), two.User.ID, certificate); err != nil {
			t.Fatal(err)
		}
	}
	return s.signedIn("Anna", one.Password), s.signedIn("Ben", two.Password)
}

// A supervisor's order reaches the ledger with the signature of another, over the very request that the
// ledger sees, and with the id that the first question fixed.
func TestASecondSupervisorSignsWhatTheLedgerSees(t *testing.T) {
	s, first := guarded(t)
	anna, ben := supervisors(t, s, first, "staff-ben")
	key, body := []string{"Idempotency-Key", "freeze-of-monday"}, commandBody(order(1), order(2))
	w := s.post("/v1/loans/freezes", body, slices.Concat(anna, key)...)
	refusedAs(t, w, 403, api.CodeApprovalDue, "")
	place := w.Header().Get("Location")

	seen := want[api.ApprovalView](t, s.get(place, ben...), 200)
	var shown, sent any
	if err := json.Unmarshal(seen.Request, &shown); err != nil || json.Unmarshal([]byte(body), &sent) != nil || inJSON(t, shown) != inJSON(t, sent) {
		t.Errorf("the approver reads %s, %v, want %s", seen.Request, err, body)
	}
	approved := want[access.Approval](t, s.post(place+"/approve", "", ben...), 200)
	if approved.Ledger == nil || approved.Ledger.Signed == nil {
		t.Fatalf("approved as %+v", approved)
	}
	refusedAs(t, s.post("/v1/loans/freezes", body, slices.Concat(anna, []string{"Idempotency-Key", "freeze-of-tuesday"})...), 403, api.CodeApprovalDue, "")
	want[api.CommandAnswer](t, s.post("/v1/loans/freezes", body, slices.Concat(anna, key)...), 200)

	c := s.ledger.only()
	digest, err := wire.Approvable{
		Channel: s.parts.Channel, Function: c.Function, ID: c.ID, Collection: c.Collection, Mode: c.Mode, Items: c.Items,
	}.Digest()
	if err != nil || len(c.Signed) != 1 || c.Signed[0].Signature != digest || c.Signed[0].Certificates[0] != "staff-ben" {
		t.Errorf("the command carries %+v, %v, want a signature of %s", c.Signed, err, digest)
	}
	if c.ID != approved.Ledger.ID || !strings.Contains(string(c.Approvals), approved.DecidedBy) {
		t.Errorf("command %s with approvals %s, approved as %+v", c.ID, c.Approvals, approved.Ledger)
	}
	if gone := want[api.ApprovalView](t, s.get(place, ben...), 200); gone.Request != nil || gone.Status != access.Used {
		t.Errorf("after its use the approval is %+v", gone)
	}
}

func TestAnApproverOfTheLedgersNeedsACertificate(t *testing.T) {
	s, first := guarded(t)
	anna, ben := supervisors(t, s, first, "")
	w := s.post("/v1/loans/freezes", commandBody(order(1)), anna...)
	refusedAs(t, w, 403, api.CodeApprovalDue, "")
	refusedAs(t, s.post(w.Header().Get("Location")+"/approve", "", ben...), 403, "approval_invalid", "certificate")
}

// What could never be proposed is not put to anybody.
func TestAQuestionThatCannotBeReadIsNotAsked(t *testing.T) {
	s, first := guarded(t)
	anna, ben := supervisors(t, s, first, "staff-ben")
	for _, body := range []string{"{", `{"items":[]}`, `{"collection":"harbor-meridian","items":[]}`, `{"items":[{"loan":1}]}`} {
		if w := s.post("/v1/loans/freezes", body, anna...); w.Code != http.StatusBadRequest {
			t.Errorf("%s: status %d: %s", body, w.Code, w.Body)
		}
	}
	if waiting := want[struct{ Items []access.Approval }](t, s.get("/v1/approvals", ben...), 200); len(waiting.Items) != 0 {
		t.Errorf("%+v wait for an approval", waiting.Items)
	}
}
