package projection_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/gateway-app/portfolio"
	"github.com/tallystick/tallystick/gateway-app/projection"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
)

// Reports are asked of one model of the years' story on each database.
func TestReports(t *testing.T) {
	y := tell(t)
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		mustCatchUp(t, db, y.chain)
		m := projection.NewModel(db)
		t.Run("every closing is what an auditor measures", func(t *testing.T) { closingsAreMeasured(t, y, m) })
		t.Run("closings are found by platform and day", func(t *testing.T) { closingsAreFound(t, y, m) })
		t.Run("a portfolio is told apart", func(t *testing.T) { portfolioIsToldApart(t, y, m) })
		t.Run("loans are listed by what is due next", func(t *testing.T) { loansAreListedByDueDate(t, y, m) })
	})
}

// Sums that were kept up event by event are, at every close, what an auditor gets who goes through all loans from
// scratch.
func closingsAreMeasured(t *testing.T, y *years, m *projection.Model) {
	var got []portfolio.Standing
	for c, err := range projection.All(t.Context(), func(ctx context.Context, page projection.Page) (projection.List[projection.Closing], error) {
		return m.Closings(ctx, projection.ClosingFilter{}, page)
	}) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, c.Standing)
	}
	if len(got) != len(y.closed) || len(got) != 25 {
		t.Fatalf("%d closings, and %d were measured", len(got), len(y.closed))
	}
	for i := range got {
		if !reflect.DeepEqual(got[i], y.closed[i]) {
			t.Errorf("the closing of %s is\n%+v\nand was measured as\n%+v", got[i].On, got[i], y.closed[i])
		}
	}
	last := got[len(got)-1]
	if last.Lent.Loans != 12 || last.Balance.Loans == 0 || last.Related.Loans == 0 || len(last.Overdue) == 0 || last.Lenders != 2 || last.Borrowers != 3 {
		t.Errorf("the story ends with %+v", last)
	}
}

// However blocks are gathered, and whatever is forgotten between them, the same rows stand in the end; so do they after a
// rebuild, and on either database.
func TestSumsDoNotDependOnBatches(t *testing.T) {
	y := tell(t)
	y.turnDown()
	whole := y.blocks
	clean := storetest.SQLite(t)
	mustCatchUp(t, clean, y.chain)
	want := rowsOf(t, clean)
	random := rand.New(rand.NewPCG(3, 9))
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		for height := 0; height < len(whole); {
			height = min(len(whole), height+1+random.IntN(25))
			y.blocks = whole[:height]
			p := projection.New(db, y.chain)
			p.SetCacheLimit(1 + random.IntN(3))
			if err := runUntil(t, p, y.chain); err != nil {
				t.Fatal(err)
			}
		}
		compare(t, want, rowsOf(t, db))
		if err := projection.Rebuild(t.Context(), db, y.chain); err != nil {
			t.Fatal(err)
		}
		compare(t, want, rowsOf(t, db))
	})
}

func closingsAreFound(t *testing.T, y *years, m *projection.Model) {
	first, last := y.closed[0].On, y.closed[len(y.closed)-1].On
	for _, c := range []struct {
		what   string
		filter projection.ClosingFilter
		want   int
	}{
		{"all", projection.ClosingFilter{}, 25},
		{"of the platform", projection.ClosingFilter{Platform: "harbor", Custodian: "meridian"}, 25},
		{"of a platform without books", projection.ClosingFilter{Platform: "lantern"}, 0},
		{"all but the first", projection.ClosingFilter{From: first + 1}, 24},
		{"all but the last", projection.ClosingFilter{Through: last - 1}, 24},
		{"of one day", projection.ClosingFilter{From: last, Through: last}, 1},
	} {
		got := count(t, func(ctx context.Context, page projection.Page) (projection.List[projection.Closing], error) {
			return m.Closings(ctx, c.filter, page)
		})
		if got != c.want {
			t.Errorf("%s: %d closings, want %d", c.what, got, c.want)
		}
	}
	at, err := m.Closing(t.Context(), "harbor", "meridian", last)
	if err != nil || at.On != last || at.Block != uint64(len(y.blocks)-1) || at.TxID == "" || at.At.IsZero() {
		t.Errorf("the last closing is %+v, %v", at, err)
	}
	before, err := m.LastClosing(t.Context(), "harbor", "meridian", last-1)
	if err != nil || before.On != y.closed[len(y.closed)-2].On {
		t.Errorf("the closing before %s is that of %s, %v", last, before.On, err)
	}
	for what, on := range map[string]calendar.Date{"a day that was not": last + 1, "a day before all": first - 1} {
		if _, err := m.Closing(t.Context(), "harbor", "meridian", on); !errors.Is(err, fault.New(fault.NotFound)) {
			t.Errorf("the closing of %s: %v", what, err)
		}
	}
	if _, err := m.LastClosing(t.Context(), "harbor", "meridian", first-1); !errors.Is(err, fault.New(fault.NotFound)) {
		t.Errorf("the last closing before the first: %v", err)
	}
}

// Cells are what one gets who sorts all positions into them; by no dimension there is one cell.
func portfolioIsToldApart(t *testing.T, y *years, m *projection.Model) {
	positions := y.positions()
	for _, by := range [][]projection.Dimension{
		nil,
		{projection.ByOverdue},
		{projection.ByGrade, projection.ByStatus},
		{projection.ByRelated, projection.ByVintage},
		{projection.ByTerm, projection.ByPlatform, projection.ByCustodian},
		projection.Dimensions(),
	} {
		got, err := m.Portfolio(t.Context(), projection.PortfolioFilter{Platform: "harbor", By: by, On: y.on})
		if err != nil {
			t.Fatal(err)
		}
		want := sorted(positions, by, y.on)
		for _, c := range got {
			if w := want[keyOf(c)]; w != c {
				t.Errorf("by %v: a cell is %+v, want %+v", by, c, w)
			}
		}
		if len(got) != len(want) || len(by) == 0 && len(got) != 1 {
			t.Errorf("by %v: %d cells, want %d", by, len(got), len(want))
		}
	}
	none, err := m.Portfolio(t.Context(), projection.PortfolioFilter{Platform: "lantern"})
	if err != nil || len(none) != 1 || none[0] != (projection.Cell{}) {
		t.Errorf("of a platform without loans: %+v, %v", none, err)
	}
	if _, err := m.Portfolio(t.Context(), projection.PortfolioFilter{By: projection.Dimensions()}); !errors.Is(err, fault.New(fault.MissingField)) {
		t.Errorf("overdue on no day: %v", err)
	}
}

// keyOf is a cell without its sums.
func keyOf(c projection.Cell) projection.Cell {
	c.Loans, c.OwingLoans, c.PrincipalMinor, c.OutstandingMinor, c.InterestMinor = 0, 0, 0, 0, 0
	return c
}

func sorted(positions []portfolio.Position, by []projection.Dimension, on calendar.Date) map[projection.Cell]projection.Cell {
	cells := map[projection.Cell]projection.Cell{}
	for _, p := range positions {
		if p.Loan == "" {
			continue
		}
		var key projection.Cell
		for _, d := range by {
			switch d {
			case projection.ByPlatform:
				key.Platform = p.Platform
			case projection.ByCustodian:
				key.Custodian = p.Custodian
			case projection.ByGrade:
				key.Grade = p.Grade
			case projection.ByTerm:
				key.TermMonths = p.TermMonths
			case projection.ByVintage:
				year, month, _ := p.StartedOn.Civil()
				key.Vintage = fmt.Sprintf("%04d-%02d", year, month)
			case projection.ByStatus:
				key.Status = p.Status
			case projection.ByRelated:
				key.Related = p.Related
			case projection.ByOverdue:
				for _, above := range append([]int{0}, projection.OverdueBounds()...) {
					if !p.DueOn.IsZero() && calendar.Days(p.DueOn, on) > above {
						key.Overdue++
					}
				}
			}
		}
		c, known := cells[key]
		if !known {
			c = key
		}
		c.Loans++
		if p.OutstandingMinor > 0 {
			c.OwingLoans++
		}
		c.PrincipalMinor += p.PrincipalMinor
		c.OutstandingMinor += p.OutstandingMinor
		c.InterestMinor += p.InterestMinor()
		cells[key] = c
	}
	return cells
}

func loansAreListedByDueDate(t *testing.T, y *years, m *projection.Model) {
	owing := slices.DeleteFunc(y.positions(), func(p portfolio.Position) bool { return p.DueOn.IsZero() })
	list := func(f projection.LoanDueFilter) func(context.Context, projection.Page) (projection.List[projection.LoanDue], error) {
		return func(ctx context.Context, page projection.Page) (projection.List[projection.LoanDue], error) {
			return m.LoansDue(ctx, f, page)
		}
	}
	last := calendar.Date(0)
	var due money.Minor
	for l, err := range projection.All(t.Context(), list(projection.LoanDueFilter{})) {
		if err != nil {
			t.Fatal(err)
		}
		at := slices.IndexFunc(owing, func(p portfolio.Position) bool { return p.Loan == l.Loan })
		if at < 0 || owing[at].Unpaid[0] != (portfolio.Due{On: l.DueOn, PrincipalMinor: l.PrincipalMinor, InterestMinor: l.InterestMinor}) ||
			owing[at].Borrower != l.Borrower || owing[at].OutstandingMinor != l.OutstandingMinor || l.DueOn < last {
			t.Errorf("after %s comes %+v", last, l)
		}
		last, due = l.DueOn, due+l.PrincipalMinor
	}
	if due == 0 || len(owing) < 4 {
		t.Errorf("the story ends with %d loans that owe", len(owing))
	}
	middle := owing[len(owing)/2]
	for what, c := range map[string]struct {
		filter projection.LoanDueFilter
		counts func(portfolio.Position) bool
	}{
		"all":             {projection.LoanDueFilter{}, func(portfolio.Position) bool { return true }},
		"of the platform": {projection.LoanDueFilter{Platform: "harbor", Custodian: "meridian"}, func(portfolio.Position) bool { return true }},
		"of another":      {projection.LoanDueFilter{Platform: "lantern"}, func(portfolio.Position) bool { return false }},
		"of one day":      {projection.LoanDueFilter{DueFrom: middle.DueOn, DueThrough: middle.DueOn}, func(p portfolio.Position) bool { return p.DueOn == middle.DueOn }},
		"from a day":      {projection.LoanDueFilter{DueFrom: middle.DueOn}, func(p portfolio.Position) bool { return p.DueOn >= middle.DueOn }},
		"of a grade":      {projection.LoanDueFilter{Grade: "B+"}, func(p portfolio.Position) bool { return p.Grade == "B+" }},
		"not written off": {projection.LoanDueFilter{Statuses: []loan.Status{loan.Active}}, func(p portfolio.Position) bool { return p.Status == loan.Active }},
	} {
		want := len(slices.DeleteFunc(slices.Clone(owing), func(p portfolio.Position) bool { return !c.counts(p) }))
		if got := count(t, list(c.filter)); got != want {
			t.Errorf("%s: %d loans, want %d", what, got, want)
		}
	}
	for _, after := range []string{"5", "2024-01-31", "x.1", "2024-01-31.y"} {
		if _, err := m.LoansDue(t.Context(), projection.LoanDueFilter{}, projection.Page{After: after}); !errors.Is(err, fault.New(fault.InvalidField)) {
			t.Errorf("a cursor that is none, %q: %v", after, err)
		}
	}
}
