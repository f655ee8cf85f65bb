package funding

import (
	"context"
	"errors"
	"testing"

	"github.com/tallystick/tallystick/gateway-app/matching"
	"github.com/tallystick/tallystick/gateway-app/projection"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
)

// judged is a desk that decided on some loans.
type judged map[string]Score

var errDesk = errors.New("the desk is away")

func (j judged) Score(_ context.Context, l projection.Loan) (Score, bool, error) {
	if j == nil {
		return Score{}, false, errDesk
	}
	s, known := j[l.Terms.ID]
	return s, known, nil
}

// The platform's own decision on a loan comes before its listing, and that before its rate; and a run whose desk
// does not answer is not matched by guesses.
func TestADecisionGradesItsLoan(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		x := newExchange(t)
		x.lender(900_000, 5)
		decided, listed, plain := x.cleared(100_000, 70_000), x.cleared(100_000, 70_000), x.cleared(100_000, 70_000)
		x.classify(db, 6)
		f := x.office(db, "test")
		f.settings.Scores = judged(nil)
		run := started(t, f)
		if err := f.Work(t.Context()); !errors.Is(err, errDesk) {
			t.Errorf("without the desk: %v", err)
		}
		f.settings.Scores = judged{decided: {"F", 5}}
		for _, id := range []string{decided, listed} {
			if _, err := f.List(t.Context(), id, Listing{Score: &Score{"D", 3}, Industry: "retail", Shortfall: matching.AllOrNothing}); err != nil {
				t.Fatal(err)
			}
		}
		grades := map[string]string{}
		for _, p := range worked(t, f, run.Handle).Proposals {
			grades[p.Loan] = p.Grade
		}
		if grades[decided] != "F" || grades[listed] != "D" || grades[plain] != "B" {
			t.Errorf("graded %v", grades)
		}
	})
}
