package enrolment

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
)

// What a member of staff signs here, the ledger verifies by the authority's root alone. Who was revoked signs
// no more.
func TestAStaffApprovalIsVerifiedByTheRoot(t *testing.T) {
	server(t)
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx, at := context.Background(), &clock{time.Now()}
		r := register(t, db, at)
		e, err := r.Enrol(ctx, "user-1", party.Supervisor)
		if err != nil {
			t.Fatal(err)
		}
		digest := wire.Digest([]byte("a request"))
		back := away(r)
		if _, err := r.Approve(ctx, e.Name, digest); !errors.Is(err, fault.New(fault.Unavailable)) {
			t.Errorf("approved without knowing the authority's certificates: %v", err)
		}
		back()
		signed, err := r.Approve(ctx, e.Name, digest)
		if err != nil {
			t.Fatal(err)
		}
		chain, err := r.issuers(ctx)
		if err != nil {
			t.Fatal(err)
		}
		roots := []string{wire.Fingerprint(chain[len(chain)-1])}
		got, err := signed.Verify(digest, roots, at.at.Unix())
		if err != nil || got.Name != e.Name || got.Role != party.Supervisor {
			t.Errorf("verified as %+v, %v", got, err)
		}
		away(r)()
		if _, err := r.Approve(ctx, e.Name, "no digest"); err == nil {
			t.Error("something that is no digest was signed")
		}
		if err := r.Revoke(ctx, "user-1"); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Approve(ctx, e.Name, digest); !errors.Is(err, fault.New(fault.WrongRole)) {
			t.Errorf("approved with a revoked certificate: %v", err)
		}
	})
}
