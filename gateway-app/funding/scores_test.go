package funding

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/gateway-app/matching"
	"github.com/tallystick/tallystick/gateway-app/projection"
	"github.com/tallystick/tallystick/gateway-app/risk/rules"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
)

// judged is a desk that decided on some loans.
type judged map[string]Verdict

var errDesk = errors.New("the desk is away")

func (j judged) Score(_ context.Context, l projection.Loan) (Verdict, error) {
	if j == nil {
		return Verdict{}, errDesk
	}
	return j[l.Terms.ID], nil
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
		f.settings.Scores = judged{decided: {Score: &Score{"F", 5}}}
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

// A loan that the platform's decision does not carry is matched by neither its listing nor its rate, until the
// decision carries it.
func TestALoanWithoutItsDecisionIsLeftOut(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		x := newExchange(t)
		x.lender(900_000, 5)
		refused, other := x.cleared(100_000, 70_000), x.cleared(100_000, 70_000)
		x.classify(db, 6)
		f := x.office(db, "test")
		if _, err := f.List(t.Context(), refused, Listing{Score: &Score{"A", 1}}); err != nil {
			t.Fatal(err)
		}
		f.settings.Scores = judged{refused: {Obstacle: DecisionRefused}}
		r := worked(t, f, started(t, f).Handle)
		if want := []LeftOut{{refused, "decision_refused"}}; !slices.Equal(r.LeftOut, want) {
			t.Errorf("left out %+v", r.LeftOut)
		}
		if len(r.Proposals) != 1 || r.Proposals[0].Loan != other || len(r.Loans) != 1 {
			t.Errorf("matched %+v", r.Loans)
		}
		f.settings.Scores = judged{refused: {Score: &Score{"E", 4}}} // a person approved it
		r = worked(t, f, started(t, f).Handle)
		if len(r.Proposals) != 1 || r.Proposals[0].Loan != refused || r.Proposals[0].Grade != "E" {
			t.Errorf("once approved: %+v, left out %+v", r.Proposals, r.LeftOut)
		}
	})
}

// Whom a rate grades is in the product risk of that grade in the shipped rules.
func TestRatesAgreeWithTheShippedRules(t *testing.T) {
	set, err := rules.Compile(rules.TestNetwork())
	if err != nil {
		t.Fatal(err)
	}
	byGrade := map[string]int{ByRate(money.Million).Grade: ByRate(money.Million).Risk}
	for _, band := range rateBands {
		byGrade[band.Grade] = band.Risk
	}
	grades := set.File().Grades
	if len(grades) != len(byGrade) {
		t.Errorf("%d grades by rate, %d in the rules", len(byGrade), len(grades))
	}
	for _, g := range grades {
		if byGrade[g.Grade] != g.ProductRisk {
			t.Errorf("grade %s is R%d by rate, R%d in the rules", g.Grade, byGrade[g.Grade], g.ProductRisk)
		}
	}
}
