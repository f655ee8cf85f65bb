package funding

import (
	"database/sql"
	"errors"
	"slices"
	"testing"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/gateway-app/matching"
	"github.com/tallystick/tallystick/gateway-app/matching/suitability"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
)

// A loan that the ledger would not let be funded today is in no book, and the run says why.
func TestLoansThatCannotBeFundedAreLeftOut(t *testing.T) {
	for name, c := range map[string]struct {
		change func(x *exchange, m *Market, id string)
		want   fault.Code
	}{
		"nothing is wrong":           {func(*exchange, *Market, string) {}, ""},
		"the platform is frozen":     {func(_ *exchange, m *Market, _ string) { m.PlatformFrozen = true }, fault.PlatformFrozen},
		"the loan is frozen":         {func(_ *exchange, m *Market, _ string) { m.Cleared[0].State.Frozen = "A-1" }, fault.LoanFrozen},
		"nothing is reserved":        {func(_ *exchange, m *Market, _ string) { m.Cleared[0].State.Clearance = nil }, fault.ClearanceMissing},
		"the pack is not known":      {func(_ *exchange, m *Market, _ string) { delete(m.Packs, "cn-2026") }, fault.RegimeUnknown},
		"the borrower is not known":  {func(_ *exchange, m *Market, id string) { delete(m.Parties, id) }, fault.PartyUnknown},
		"the attestation is over":    {func(_ *exchange, m *Market, _ string) { m.On = today.AddDays(301) }, fault.AttestationExpired},
		"the borrower's level fell":  {func(_ *exchange, m *Market, id string) { change(m, id, func(p *party.State) { p.KYCLevel = 0 }) }, fault.KYCLevelTooLow},
		"the borrower's key is gone": {func(_ *exchange, m *Market, id string) { change(m, id, func(p *party.State) { p.Keys = nil }) }, fault.AttestationMissing},
		"the pack was retired": {func(_ *exchange, m *Market, _ string) {
			pack := m.Packs["cn-2026"]
			pack.Until = today.AddDays(-1)
			m.Packs["cn-2026"] = pack
		}, fault.RegimeRetired},
	} {
		x := newExchange(t)
		id := x.cleared(300_000, 100_000)
		m, err := x.Market(t.Context(), pair)
		if err != nil {
			t.Fatal(err)
		}
		c.change(x, &m, x.loans[id].Terms.Borrower)
		book, out := Compile(m, Knowledge{}, matching.DefaultPolicy())
		if left := len(out) == 1 && out[0].Reason == string(c.want); left != (c.want != "") || len(book.Requests)+len(out) != 1 {
			t.Errorf("%s: %+v, %d requests", name, out, len(book.Requests))
		}
	}
}

func change(m *Market, id string, f func(*party.State)) {
	p := m.Parties[id]
	f(&p)
	m.Parties[id] = p
}

// Wishes narrow a mandate, and what is out counts towards its limits and its lender's class as it was funded.
func TestWhatIsOutCounts(t *testing.T) {
	x := newExchange(t)
	lender, mandateID := x.lender(500_000, 5)
	id, again := x.cleared(300_000, 70_000), x.cleared(200_000, 70_000)
	lent := x.loans[id]
	lent.Funding = &loan.Funding{Allocations: []loan.Allocation{{Lender: lender, Mandate: mandateID, PrincipalMinor: 300_000}}}
	lent.State.Status, lent.State.PrincipalCredits = loan.Active, []money.Minor{100_000}
	x.loans[id] = lent
	m, err := x.Market(t.Context(), pair)
	if err != nil {
		t.Fatal(err)
	}
	known := Knowledge{
		Wishes: map[string]Wish{mandateID: {MaxRisk: 3, Limits: []matching.Limit{{By: matching.ByGrade, Value: "B", MostMinor: 250_000}}}},
		Scores: map[string]Score{again: {"C", 3}},
	}
	book, _ := Compile(m, known, matching.DefaultPolicy())
	want := []matching.Lent{{Borrower: lent.Terms.Borrower, Grade: "B", Platform: "harbor", AmountMinor: 200_000}}
	if got := book.Mandates[0]; !slices.Equal(got.Lent, want) || got.MaxRisk != 3 || len(got.Limits) != 1 {
		t.Errorf("%+v", got)
	}
	if book.Lenders[0].LentMinor != 200_000 || book.Requests[0].Grade != "C" || book.Requests[0].Risk != 3 {
		t.Errorf("%+v, %+v", book.Lenders[0], book.Requests[0])
	}
	known.Placed = map[string]Placed{id: {"E", "retail"}} // as it was when it was funded
	book, _ = Compile(m, known, matching.DefaultPolicy())
	if got := book.Mandates[0].Lent[0]; got.Grade != "E" || got.Industry != "retail" {
		t.Errorf("%+v", got)
	}
}

// Who may not lend today is in the book with the ledger's reason, and mandates that are over are not.
func TestLendersWhoMayNotLendAreNamed(t *testing.T) {
	x := newExchange(t)
	affiliate, _ := x.lender(500_000, 5)
	frozen, _ := x.lender(500_000, 5)
	x.lender(500_000, 5)
	x.market.Mandates[2].Expires = today.AddDays(-1)
	x.cleared(300_000, 70_000)
	m, err := x.Market(t.Context(), pair)
	if err != nil {
		t.Fatal(err)
	}
	change(&m, affiliate, func(p *party.State) { p.Affiliate = "harbor" })
	change(&m, frozen, func(p *party.State) { p.Freeze = &party.Freeze{Order: "A-2", Until: today.AddDays(9)} })
	book, _ := Compile(m, Knowledge{}, matching.DefaultPolicy())
	if len(book.Lenders) != 2 || book.Lenders[0].Refused != fault.SelfFinancing || book.Lenders[1].Refused != fault.PartyFrozen {
		t.Errorf("%+v", book.Lenders)
	}
}

func TestARateGradesWhatNobodyJudged(t *testing.T) {
	for rate, want := range map[money.PPM]Score{0: {"A", 1}, 60_000: {"A", 1}, 60_001: {"B", 2}, 100_000: {"C", 3}, 160_000: {"F", 5}, 140_000: {"E", 4}, 160_001: {"G", 5}} {
		if got := ByRate(rate); got != want {
			t.Errorf("%d ppm: %+v", rate, got)
		}
	}
	for i := 1; i < len(rateBands); i++ {
		if rateBands[i].atMost <= rateBands[i-1].atMost || rateBands[i].Risk < rateBands[i-1].Risk {
			t.Errorf("band %d does not follow the one before", i)
		}
	}
}

func TestALenderIsAssessed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		x := newExchange(t)
		lender, _ := x.lender(500_000, 5)
		x.cleared(300_000, 100_000)
		f := x.office(db, "test")
		if r := worked(t, f, started(t, f).Handle); r.MatchedMinor != 0 || r.Idle[0].Reason != matching.IdleReason(matching.NotAssessed) {
			t.Errorf("without a class: %+v", r.Idle)
		}
		careful, bold := suitability.Answers{}, suitability.Answers{}
		for _, q := range suitability.Questions() {
			careful[q.ID], bold[q.ID] = 0, len(q.Options)-1
		}
		if c, err := f.Assess(t.Context(), lender, bold); err != nil || c.Class.Class != 6 || c.Assessed != today {
			t.Errorf("%+v %v", c, err)
		}
		if _, err := f.Assess(t.Context(), lender, careful); err != nil {
			t.Fatal(err)
		}
		latest, err := f.Class(t.Context(), lender)
		if err != nil || latest.Class != 1 || latest.Through != today.AddMonths(12).AddDays(-1) {
			t.Errorf("the latest counts: %+v %v", latest, err)
		}
		if r := worked(t, f, started(t, f).Handle); r.MatchedMinor != 0 || r.Idle[0].Reason != matching.NoLoanFits {
			t.Errorf("product risk above the class: %+v", r.Idle)
		}
		if _, err := f.Assess(t.Context(), lender, suitability.Answers{"age": 0}); !errors.Is(err, fault.New(fault.InvalidField)) {
			t.Errorf("half answered: %v", err)
		}
		if _, err := f.Assess(t.Context(), "nobody", bold); !errors.Is(err, fault.New(fault.NotFound)) {
			t.Errorf("of nobody: %v", err)
		}
		if err := db.Write(t.Context(), func(tx *sql.Tx) error { return f.Forget(t.Context(), tx, lender) }); err != nil {
			t.Fatal(err)
		}
		var left int
		if err := db.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM suitability WHERE answers IS NOT NULL`).Scan(&left); err != nil || left != 0 {
			t.Errorf("%d answers are left: %v", left, err)
		}
	})
}

// A loan that takes a part is offered in part, and its lenders' money waits for no ledger.
func TestAPartIsOfferedAndNotFunded(t *testing.T) {
	db := storetest.SQLite(t)
	x := newExchange(t)
	x.lender(500_000, 5)
	id := x.cleared(800_000, 100_000)
	x.classify(db, 5)
	f := x.office(db, "test")
	if _, err := f.List(t.Context(), id, Listing{Shortfall: matching.PartAtOnce, LeastMinor: 300_000}); err != nil {
		t.Fatal(err)
	}
	r := worked(t, f, started(t, f).Handle)
	if r.Loans[0].Status != matching.FilledInPart || r.Loans[0].FundedMinor != 500_000 || len(r.Proposals) != 0 || r.Status != Finished {
		t.Errorf("%+v, %+v", r.Loans, r.Proposals)
	}
	if _, err := f.List(t.Context(), id, Listing{Shortfall: matching.PartAtOnce, LeastMinor: 900_000}); !errors.Is(err, fault.New(fault.InvalidField)) {
		t.Errorf("more than the principal is no part: %v", err)
	}
}
