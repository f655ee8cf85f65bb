package access_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/access"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
)

// penned signs by writing down who signed what.
type penned struct{ away error }

func (p penned) Approve(_ context.Context, identity, digest string) (wire.Approval, error) {
	return wire.Approval{Certificates: []string{identity}, Signature: digest}, p.away
}

// forLedger is a write-off as the ledger will see it.
func forLedger(body, command string) access.Ask {
	asked := asking(body, command)
	asked.Ledger = &wire.Approvable{
		Channel: "lending", Function: "Loan:WriteOff", ID: command, Collection: "harbor-meridian", Mode: wire.Each,
		Items: json.RawMessage(`[{"loan":"loan-1","reason":"` + body + `"}]`),
	}
	return asked
}

func neededFor(t *testing.T, a *access.Approvals, p access.Principal, asked access.Ask) access.Approval {
	t.Helper()
	_, err := a.Redeem(context.Background(), p, asked)
	var needed *access.ApprovalNeeded
	if !errors.As(err, &needed) {
		t.Fatalf("got %v", err)
	}
	return needed.Approval
}

// What goes to the ledger is approved as one request, under one id, and signed with the approver's own key.
func TestACommandForTheLedgerIsSignedByItsApprover(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		a := access.NewApprovals(db, builtIn(t), plainSeal{}, penned{}, nil)
		anna, ben := caller("anna", access.Supervisor), caller("ben", access.Supervisor)
		asked := forLedger("uncollectable", "command-1")
		waiting := neededFor(t, a, anna, asked)
		digest, err := asked.Ledger.Digest()
		if err != nil || waiting.Ledger == nil || waiting.Ledger.Digest != digest || waiting.Ledger.ID != "command-1" || waiting.Ledger.Function != "Loan:WriteOff" {
			t.Fatalf("got %+v, %v", waiting.Ledger, err)
		}
		if other := neededFor(t, a, anna, forLedger("uncollectable", "command-2")); other.ID == waiting.ID {
			t.Error("another command of the same items is the same question")
		}
		if _, err := a.Approve(ctx, ben, waiting.ID); fault.Of(err).Code != fault.ApprovalInvalid || fault.Of(err).Field != "certificate" {
			t.Errorf("approved without a certificate: %v", err)
		}
		ben.Certificate = "staff-ben"
		approved, err := a.Approve(ctx, ben, waiting.ID)
		if err != nil || approved.Ledger.Signed == nil {
			t.Fatalf("got %+v, %v", approved, err)
		}
		neededFor(t, a, anna, forLedger("uncollectable", "command-3"))
		for range 2 {
			got, err := a.Redeem(ctx, anna, asked)
			if err != nil || got.DecidedBy != "ben" || got.Ledger.Signed.Certificates[0] != "staff-ben" || got.Ledger.Signed.Signature != digest {
				t.Fatalf("got %+v, %v", got, err)
			}
		}
	})
}

func TestWhatCannotBeSignedIsNotApproved(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		anna, ben := caller("anna", access.Supervisor), caller("ben", access.Supervisor)
		ben.Certificate = "staff-ben"
		none := access.NewApprovals(db, builtIn(t), plainSeal{}, nil, nil)
		waiting := neededFor(t, none, anna, forLedger("uncollectable", "command-1"))
		if _, err := none.Approve(ctx, ben, waiting.ID); !errors.Is(err, fault.New(fault.ApprovalInvalid)) {
			t.Errorf("approved where nobody signs: %v", err)
		}
		away := access.NewApprovals(db, builtIn(t), plainSeal{}, penned{fault.New(fault.Unavailable)}, nil)
		if _, err := away.Approve(ctx, ben, waiting.ID); !errors.Is(err, fault.New(fault.Unavailable)) {
			t.Errorf("approved without a signature: %v", err)
		}
		if got, err := away.Approval(ctx, waiting.ID); err != nil || got.Status != access.Pending {
			t.Errorf("got %+v, %v", got, err)
		}
		if got, err := away.Decline(ctx, ben, waiting.ID); err != nil || got.Status != access.Declined || got.Ledger.Signed != nil {
			t.Errorf("got %+v, %v", got, err)
		}
	})
}

// The approver reads the very body, and nobody who has no say in it; when there is nothing to say any more it
// is gone.
func TestAnApproverSeesWhatIsApproved(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx, at := context.Background(), &clock{time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)}
		a := access.NewApprovals(db, builtIn(t), plainSeal{}, nil, at.now)
		anna, ben := caller("anna", access.Supervisor), caller("ben", access.Supervisor)
		olga := caller("olga", access.PlatformOperator)
		sees := func(p access.Principal, id, want string) {
			t.Helper()
			if got, err := a.Body(ctx, p, id); err != nil || string(got) != want {
				t.Errorf("%s sees %q, %v, want %q", p.ID, got, err, want)
			}
		}
		used, declined, late := needs(t, a, anna, "one", "command-1"), needs(t, a, anna, "two", "command-2"), needs(t, a, anna, "three", "command-3")
		for _, p := range []access.Principal{anna, ben} {
			sees(p, used.ID, "one")
			sees(p, late.ID, "three")
		}
		sees(olga, used.ID, "")
		if _, err := a.Approve(ctx, ben, used.ID); err != nil {
			t.Fatal(err)
		}
		sees(ben, used.ID, "one")
		if _, err := a.Redeem(ctx, anna, asking("one", "command-1")); err != nil {
			t.Fatal(err)
		}
		sees(ben, used.ID, "")
		if _, err := a.Decline(ctx, ben, declined.ID); err != nil {
			t.Fatal(err)
		}
		sees(ben, declined.ID, "")
		at.pass(8 * 24 * time.Hour)
		sees(ben, late.ID, "")
		if err := a.Forget(ctx); err != nil {
			t.Fatal(err)
		}
		var kept int
		if err := db.QueryRowContext(ctx, `SELECT COUNT(*) FROM access_approval WHERE body_sealed IS NOT NULL`).Scan(&kept); err != nil || kept != 0 {
			t.Errorf("%d bodies are kept, %v", kept, err)
		}
	})
}
