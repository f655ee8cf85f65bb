package serve

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/gateway-app/funding"
	"github.com/tallystick/tallystick/gateway-app/projection"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
	"github.com/tallystick/tallystick/gateway-app/underwriting"
	"github.com/tallystick/tallystick/gateway-app/vault"
)

// decided is a decision on an application of 1,000 yuan for twelve months as it is kept.
type decided struct {
	outcome, status string
	limitMinor      int
	purged          bool
}

// decide plants a decision.
func decide(t *testing.T, db *store.DB, v *vault.Vault, application string, seq int, d decided) {
	t.Helper()
	plant(t, db, "underwriting_application", map[string]any{
		"id": application, "seq": seq, "party": "borrower", "status": d.status, "amount_minor": 100_000, "currency": "CNY", "term_months": 12,
	})
	sealed := ""
	if !d.purged {
		result := fmt.Sprintf(`{"grade":"B","product_risk":2,"limit_minor":"%d"}`, d.limitMinor)
		sealed = must[string](t)(v.SealText("underwriting_decision", "of "+application, "decision", result))
	}
	plant(t, db, "underwriting_decision", map[string]any{
		"id": "of " + application, "seq": seq, "application": application, "party": "borrower", "outcome": d.outcome, "decision": sealed,
	})
}

// A decision grades a loan only while it is approved, and only what it was about: another's, a refused or a smaller
// one does not, and neither does the loan fall back to what nobody judged.
func TestADecisionCarriesOnlyItsOwnLoan(t *testing.T) {
	approved := decided{"approve", "approved", 150_000, false}
	cases := map[string]struct {
		decided decided
		change  func(t *loan.Terms)
		want    string // empty: grade B
	}{
		"approved":                      {approved, nil, ""},
		"approved for more":             {approved, func(t *loan.Terms) { t.PrincipalMinor = 50_000 }, ""},
		"approved by a person":          {decided{"refuse", "approved", 0, false}, nil, ""},
		"referred, then approved":       {decided{"refer", "approved", 60_000, false}, nil, ""},
		"refused":                       {decided{"refuse", "refused", 0, false}, nil, "decision_refused"},
		"refused by a person":           {decided{"approve", "refused", 150_000, false}, nil, "decision_refused"},
		"referred":                      {decided{"refer", "referred", 150_000, false}, nil, "decision_not_approved"},
		"contested":                     {decided{"approve", "contested", 150_000, false}, nil, "decision_not_approved"},
		"another's":                     {approved, func(t *loan.Terms) { t.Borrower = "somebody" }, "decision_of_another"},
		"for a fen less":                {approved, func(t *loan.Terms) { t.PrincipalMinor = 100_001 }, "decision_for_less"},
		"in another currency":           {approved, func(t *loan.Terms) { t.Currency = "USD" }, "decision_for_less"},
		"above the limit":               {decided{"approve", "approved", 99_999, false}, nil, "decision_for_less"},
		"a person's for less":           {decided{"refuse", "approved", 0, false}, func(t *loan.Terms) { t.PrincipalMinor = 100_001 }, "decision_for_less"},
		"for a shorter term":            {approved, func(t *loan.Terms) { t.Instalments = 13 }, "decision_for_another_term"},
		"for a longer term":             {approved, func(t *loan.Terms) { t.Instalments = 11 }, "decision_for_another_term"},
		"purged":                        {decided{"approve", "approved", 0, true}, nil, "decision_without_grade"},
		"refused, of a purged borrower": {decided{"refuse", "refused", 0, true}, nil, "decision_refused"},
	}
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s, v := deskScores(t, db)
		seq := 0
		for name, c := range cases {
			seq++
			decide(t, db, v, name, seq, c.decided)
			terms := loan.Terms{ID: "loan", Project: name, Borrower: "borrower", Currency: "CNY", PrincipalMinor: 100_000, Instalments: 12}
			if c.change != nil {
				c.change(&terms)
			}
			got, err := s.Score(t.Context(), projection.Loan{Terms: terms})
			carried := got.Score != nil && *got.Score == funding.Score{Grade: "B", Risk: 2}
			if err != nil || got.Obstacle != c.want || carried != (c.want == "") || (got.Score != nil) != carried {
				t.Errorf("%s: %+v %+v, %v", name, got, got.Score, err)
			}
		}
	})
}

// A project that is no application of the platform's leaves the loan to its listing or its rate.
func TestALoanThatNobodyDecidedHasNoVerdict(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s, _ := deskScores(t, db)
		closed := scores{func() *underwriting.Desk { return nil }}
		for name, each := range map[string]scores{"unknown project": s, "no desk": closed} {
			got, err := each.Score(t.Context(), projection.Loan{Terms: loan.Terms{Project: "application"}})
			if err != nil || got != (funding.Verdict{}) {
				t.Errorf("%s: %+v, %v", name, got, err)
			}
		}
	})
}

// deskScores are the scores of a desk that reads what is kept.
func deskScores(t *testing.T, db *store.DB) (scores, *vault.Vault) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "master.pem")
	ok(t, vault.Create(path))
	v := must[*vault.Vault](t)(vault.New(t.Context(), db, must[*vault.MasterKey](t)(vault.Load(path)), vault.AESGCM))
	desk := underwriting.New(db, v, nil, nil, nil, underwriting.Settings{Member: "harbor", Process: "test"})
	return scores{func() *underwriting.Desk { return desk }}, v
}
