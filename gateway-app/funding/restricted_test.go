package funding

import (
	"context"
	"database/sql"
	"slices"
	"testing"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/matching/suitability"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
)

// asked are the parties that asked for erasure.
type asked map[string]bool

func (a asked) Processing(_ context.Context, _ *sql.Tx, party string) error {
	if a[party] {
		return fault.In(fault.ProcessingRestricted, "party")
	}
	return nil
}

func (a asked) Restricted(context.Context) (map[string]bool, error) { return a, nil }

// Who asked for erasure gets no new loan and brings no money to one; what was proposed before is not signed, and what
// was signed is not sent.
func TestNothingNewIsMatchedForTheRestricted(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		x := newExchange(t)
		gone, _ := x.lender(5_000_000, 9)
		x.lender(5_000_000, 3)
		loans := []string{x.cleared(200_000, 90_000), x.cleared(200_000, 90_000), x.cleared(200_000, 90_000), x.cleared(200_000, 90_000)}
		x.classify(db, 5)
		borrower := func(i int) string { return x.loans[loans[i]].Terms.Borrower }
		people := asked{gone: true, borrower(0): true}
		f := x.office(db, "test", func(s *Settings) { s.People = people })
		if _, err := f.Assess(t.Context(), gone, suitability.Answers{}); fault.Of(err).Code != fault.ProcessingRestricted {
			t.Errorf("assessed: %v", err)
		}
		run := started(t, f)
		r := worked(t, f, run.Handle)
		if len(r.Proposals) != 3 || len(r.LeftOut) != 1 || r.LeftOut[0] != (LeftOut{loans[0], string(fault.ProcessingRestricted)}) {
			t.Fatalf("%d proposals, left out %+v", len(r.Proposals), r.LeftOut)
		}
		for _, p := range r.Proposals {
			for _, a := range p.Allocations {
				if a.Lender == gone {
					t.Errorf("%s is to lend", gone)
				}
			}
		}
		people[borrower(1)] = true
		signatures := make([]Signature, 0, len(r.Proposals))
		for _, p := range r.Proposals {
			signatures = append(signatures, x.sign(p))
		}
		answers, err := f.Sign(t.Context(), run.Handle, signatures)
		if err != nil || !slices.ContainsFunc(answers, func(s Signed) bool { return s.Loan == loans[1] && s.Code == fault.ProcessingRestricted }) {
			t.Errorf("signed %+v, %v", answers, err)
		}
		people[borrower(2)] = true
		r = worked(t, f, run.Handle)
		for _, p := range r.Proposals {
			want := map[string]string{loans[1]: ProposalOpen, loans[2]: ProposalRefused, loans[3]: ProposalFunded}[p.Loan]
			if p.Status != want || p.Status == ProposalRefused && p.Code != fault.ProcessingRestricted {
				t.Errorf("%s is %s %s, want %s", p.Loan, p.Status, p.Code, want)
			}
		}
		if x.fundings[loans[2]] != 0 || x.fundings[loans[3]] != 1 {
			t.Errorf("fundings %v", x.fundings)
		}
	})
}
