package warning_test

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/risk/hazard"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
	"github.com/tallystick/tallystick/gateway-app/warning"
)

func TestAWarningIsAssignedAndClosedOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newTower(t, db)
		w.slip(28)
		id := w.warnings(warning.Filter{})[0].ID
		_, err := w.Assign(t.Context(), id, "")
		refused(t, err, fault.MissingField, "owner")
		_, err = w.Assign(t.Context(), "nobody", "ann")
		refused(t, err, fault.NotFound, "warning")
		_, err = w.Close(t.Context(), id, "ignored", "bob")
		refused(t, err, fault.InvalidField, "outcome")
		_, err = w.Close(t.Context(), id, warning.Repaid, "bob") // the loan's to say
		refused(t, err, fault.InvalidField, "outcome")
		for range 2 {
			one, err := w.Assign(t.Context(), id, "ann")
			if err != nil || one.Owner != "ann" {
				t.Errorf("assigned to %q, error %v", one.Owner, err)
			}
		}
		if n := len(w.warnings(warning.Filter{Owner: "ann"})); n != 1 {
			t.Errorf("ann looks after %d warnings", n)
		}
		one, err := w.Close(t.Context(), id, warning.Contacted, "bob")
		if err != nil || one.Owner != "ann" || one.ClosedBy != "bob" || one.ClosedOn == "" || one.Status != warning.Closed {
			t.Errorf("closed as %+v, error %v", one, err)
		}
		_, err = w.Close(t.Context(), id, warning.Contacted, "bob")
		refused(t, err, fault.WrongStatus, "warning")
		_, err = w.Assign(t.Context(), id, "ann")
		refused(t, err, fault.WrongStatus, "warning")
		if n, err := w.Unclosed(t.Context()); err != nil || n != 0 {
			t.Errorf("%d warnings are open, error %v", n, err)
		}
		again, err := w.Warning(t.Context(), id)
		if err != nil || again.Outcome != warning.Contacted {
			t.Errorf("it reads as %+v, error %v", again, err)
		}
	})
}

func TestListsHavePages(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newTower(t, db)
		for n := range 5 {
			w.books.lend(n)
		}
		w.catchUp()
		w.until(lentOn.AddMonths(1).AddDays(9))
		var loans, warnings int
		for after, last := "", false; !last; last = after == "" {
			page, next, err := w.Loans(t.Context(), warning.LoanFilter{After: after, Limit: 2, Band: warning.Calm})
			w.done(err)
			loans, after = loans+len(page), next
		}
		for after, last := "", false; !last; last = after == "" {
			page, next, err := w.Warnings(t.Context(), warning.Filter{After: after, Limit: 2, Rule: "first_instalment_missed"})
			w.done(err)
			warnings, after = warnings+len(page), next
		}
		if loans != 5 || warnings != 5 {
			t.Errorf("the pages have %d loans and %d warnings of five", loans, warnings)
		}
		_, _, err := w.Loans(t.Context(), warning.LoanFilter{After: "x", Limit: 2})
		refused(t, err, fault.InvalidField, "cursor")
		bands, err := w.ByBand(t.Context())
		if err != nil || len(bands) != 1 || bands[0] != (warning.InBand{Band: warning.Calm, Grade: "B", Loans: 5, OutstandingMinor: 6_000_000}) {
			t.Errorf("by band there are %+v, error %v", bands, err)
		}
	})
}

// What the decision gave counts from the day of the loan on: a later one about the same borrower is no news of it.
func TestALoanStartsFromItsDecision(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newTower(t, db)
		risky, plain := w.books.lend(1), w.books.lend(2)
		w.decided["borrower-1"] = 500_000
		w.catchUp()
		before := w.watched(risky).ProbabilityPPM
		if before <= w.watched(plain).ProbabilityPPM {
			t.Errorf("a risky borrower starts at %d", before)
		}
		w.decided["borrower-1"] = 10_000
		w.books.change(func() { w.books.happen("repayment.reversed", risky) })
		w.catchUp()
		if got := w.watched(risky).ProbabilityPPM; got != before {
			t.Errorf("a later decision moves the loan from %d to %d", before, got)
		}
	})
}

func TestABorrowerIsForgotten(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newTower(t, db)
		one, other := w.books.lend(1), w.books.lend(2)
		w.until(lentOn.AddMonths(1).AddDays(9))
		w.done(db.Write(t.Context(), func(tx *sql.Tx) error { return warning.Forget(t.Context(), tx, "borrower-1") }))
		if _, err := w.Loan(t.Context(), one); fault.Of(err).Code != fault.NotFound {
			t.Errorf("the forgotten loan answers %v", err)
		}
		for _, table := range warning.Tables() {
			var rows int
			w.done(db.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM `+table+` WHERE loan = $1`, one).Scan(&rows))
			if rows != 0 {
				t.Errorf("%s keeps %d rows of it", table, rows)
			}
		}
		if len(w.watched(other).Steps) == 0 || len(w.warnings(warning.Filter{})) != 1 {
			t.Error("the other loan was forgotten too")
		}
	})
}

// history fills the books with loans of payers of two kinds, most of which have ended.
func (w *tower) history(n int) {
	r := rand.New(rand.NewPCG(1, 2))
	for i := range n {
		id := w.books.lend(1000 + i)
		s := &w.books.find(id).State
		slips := r.Float64() < .3
		for row := range 12 {
			late := 0
			if slips && row > 2 && r.Float64() < .15 {
				break
			}
			if r.Float64() < .1 || slips && r.Float64() < .5 {
				late = 1 + r.IntN(20)
			}
			s.Receipts = append(s.Receipts, loan.Seen{ValueDate: lentOn.AddMonths(row + 1).AddDays(late), PrincipalMinor: 100_000})
			s.Paid.PrincipalMinor += money.Minor(100_000)
		}
		if s.Outstanding() == 0 {
			s.Status = loan.Repaid
		}
	}
	w.books.open(lentOn.AddMonths(18))
}

func TestAModelIsTrainedAnchoredAndActivated(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newTower(t, db)
		w.books.lend(1)
		_, err := w.Train(t.Context(), "ann")
		refused(t, err, fault.NotYetDue, "model")
		w.history(250)
		w.ledger.refuses = errBroken
		m, err := w.Train(t.Context(), "ann")
		if err != nil || m.Status != warning.Candidate || m.AnchoredAt != "" {
			t.Fatalf("while the ledger is away the model is %+v, error %v", m, err)
		}
		w.ledger.refuses = nil
		again, err := w.Train(t.Context(), "bob")
		if err != nil || again.Hash != m.Hash || again.TrainedBy != "ann" || again.AnchoredAt == "" || again.Block != 7 {
			t.Errorf("the same history gives %s by %s, anchored %q in %d, error %v; first was %s", again.Hash, again.TrainedBy, again.AnchoredAt, again.Block, err, m.Hash)
		}
		if sent := w.ledger.sent; len(sent) != 1 || sent[0].Function != "Evidence:Append" || sent[0].Mode != wire.Each {
			t.Errorf("the ledger got %+v", sent)
		}
		var report hazard.Report
		if err := json.Unmarshal(m.Report, &report); err != nil || report.Loans != 251 || report.AUC <= .6 {
			t.Errorf("the report is %s, error %v", m.Report, err)
		}
		file, err := w.File(t.Context(), m.Hash)
		w.done(err)
		if model, err := hazard.Parse(file); err != nil || model.Hash() != m.Hash {
			t.Errorf("the file is not the model's: %v", err)
		}
		w.activate(m.Hash)
	})
}

// activate lets a model speak, and holds what it says against the rule that spoke before.
func (w *tower) activate(hash string) {
	t, id := w.t.(*testing.T), fmt.Sprintf("lending/harbor/%032x", 1)
	_, err := w.Activate(t.Context(), "nobody", "ann", "bob")
	refused(t, err, fault.NotFound, "model")
	w.catchUp()
	if by := w.watched(id).Model; by != "start" {
		t.Errorf("before a model is active %s speaks", by)
	}
	for range 2 {
		m, err := w.Activate(t.Context(), hash, "ann", "bob")
		if err != nil || m.Status != warning.Active || m.ActivatedBy != "ann bob" {
			t.Errorf("activated as %+v, error %v", m, err)
		}
	}
	w.books.change(func() { w.books.happen("repayment.received", id) })
	w.catchUp()
	if l := w.watched(id); l.Model != hash || l.ProbabilityPPM == 0 {
		t.Errorf("after it the loan stands as %+v", l.Loan)
	}
	if list, err := w.Models(t.Context()); err != nil || len(list) != 1 || list[0].Hash != hash {
		t.Errorf("the models are %+v, error %v", list, err)
	}
	_, err = w.File(t.Context(), "nobody")
	refused(t, err, fault.NotFound, "model")
}

// Two towers over the same story say the same of every loan, whichever database they keep it in.
func TestTheSameStoryGivesTheSameProbabilities(t *testing.T) {
	var first []warning.Loan
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newTower(t, db)
		w.history(60)
		w.catchUp()
		loans, _, err := w.Loans(t.Context(), warning.LoanFilter{Limit: 100})
		w.done(err)
		if first == nil {
			first = loans
		}
		for i := range loans {
			if a, b := fmt.Sprint(loans[i]), fmt.Sprint(first[i]); a != b {
				t.Errorf("a loan stands as %s, and then as %s", b, a)
			}
		}
	})
}
