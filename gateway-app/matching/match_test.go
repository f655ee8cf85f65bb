package matching_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/gateway-app/matching"
	"github.com/tallystick/tallystick/gateway-app/matching/bound"
)

// lender has so many yuan, idle for so many days, and any class of risk suits it.
func lender(id string, yuan money.Minor, idleDays int) matching.Lender {
	return matching.Lender{
		ID: id, CashMinor: yuan * 100, IdleSince: today.AddDays(-idleDays), Class: 6, ClassThrough: today.AddDays(30),
	}
}

// of is a lender's mandate, named after it, for all that it has.
func of(l matching.Lender, change ...func(*matching.Mandate)) matching.Mandate {
	m := matching.Mandate{
		ID: "m-" + l.ID, Lender: l.ID, Platform: "harbor", Custodian: "meridian", Currency: "CNY",
		Confirmed: today.AddDays(-9), Expires: today.AddDays(9), TotalMinor: 1_000_000_00, PerLoanMinor: 1_000_000_00,
		MaxInstalments: 36, MaxShareOfLoanPPM: money.Million,
	}
	for _, f := range change {
		f(&m)
	}
	return m
}

// request is a loan of so many yuan in a grade.
func request(id string, yuan money.Minor, grade string, change ...func(*matching.Request)) matching.Request {
	r := matching.Request{
		ID: id, Borrower: "b-" + id, Platform: "harbor", Custodian: "meridian", Currency: "CNY", Industry: "retail",
		Grade: grade, Risk: riskOf[grade], Instalments: 12, RatePPM: 100_000, PrincipalMinor: yuan * 100,
		Deadline: today.AddDays(3), Shortfall: matching.AllOrNothing,
	}
	for _, f := range change {
		f(&r)
	}
	return r
}

func inGrades(grades ...string) func(*matching.Mandate) {
	return func(m *matching.Mandate) { m.Grades = grades }
}

func share(ppm money.PPM) func(*matching.Mandate) {
	return func(m *matching.Mandate) { m.MaxShareOfLoanPPM = ppm }
}

func book(lenders []matching.Lender, mandates []matching.Mandate, requests ...matching.Request) matching.Book {
	return matching.Book{
		On: today, Currency: "CNY", Policy: matching.DefaultPolicy(), Lenders: lenders, Mandates: mandates, Requests: requests,
	}
}

// each gives every lender a mandate for everything.
func each(lenders ...matching.Lender) ([]matching.Lender, []matching.Mandate) {
	var mandates []matching.Mandate
	for _, l := range lenders {
		mandates = append(mandates, of(l))
	}
	return lenders, mandates
}

// match also verifies.
func match(t *testing.T, b matching.Book) matching.Run {
	t.Helper()
	run, err := matching.Match(b)
	if err != nil {
		t.Fatal(err)
	}
	if err := matching.Verify(b, run); err != nil {
		t.Fatal(err)
	}
	return run
}

// became checks what became of the only loan, or of the one at position i.
func became(t *testing.T, run matching.Run, i int, status matching.Status, reason matching.Reason) {
	t.Helper()
	if got := run.Loans[i]; got.Status != status || got.Reason != reason {
		t.Errorf("%s: %s (%s), want %s (%s)", got.Loan, got.Status, got.Reason, status, reason)
	}
}

// brings is what a lender brings to a loan, in yuan.
func brings(o matching.Outcome, lender string) money.Minor {
	for _, a := range slices.Concat(o.Contributions, o.Allocations) {
		if a.Lender == lender {
			return a.PrincipalMinor / 100
		}
	}
	return 0
}

func TestTheScarcestLoanComesFirst(t *testing.T) {
	careful, bold := lender("careful", 1_000, 1), lender("bold", 1_000, 9)
	careful.Class = 1
	run := match(t, book([]matching.Lender{careful, bold}, []matching.Mandate{of(careful), of(bold)},
		request("l-1", 1_000, "A"), request("l-2", 1_000, "G")))
	became(t, run, 0, matching.Filled, matching.FilledAtFirst)
	became(t, run, 1, matching.Filled, matching.FilledAtFirst)
	if brings(run.Loans[1], "bold") != 1_000 || brings(run.Loans[0], "careful") != 1_000 {
		t.Errorf("%+v", run.Loans)
	}
}

func TestIdleMoneyGoesFirstAmongEquals(t *testing.T) {
	lenders, mandates := each(lender("a", 1_000, 2), lender("b", 1_000, 20), lender("c", 1_000, 3))
	run := match(t, book(lenders, mandates, request("l-1", 1_500, "B")))
	if o := run.Loans[0]; brings(o, "b") != 1_000 || brings(o, "c") != 500 || brings(o, "a") != 0 {
		t.Errorf("%+v", o)
	}
}

// Both lenders suit l-1, and only one suits l-2; the money that seems to suit l-2 besides is held back by
// its own limits, so it looks plentiful and comes last.
func repairable() matching.Book {
	stay, move := lender("stay", 1_100, 1), lender("move", 1_000, 9)
	full, fuller := lender("full", 1_000, 1), lender("fuller", 1_000, 1)
	none := func(m *matching.Mandate) {
		m.Grades = []string{"B", "C"}
		m.Limits = []matching.Limit{{By: matching.ByGrade, Value: "B", MostMinor: 0}}
	}
	return book([]matching.Lender{stay, move, full, fuller},
		[]matching.Mandate{of(stay, inGrades("A", "C")), of(move, inGrades("A", "B")), of(full, none), of(fuller, none)},
		request("l-1", 1_000, "A"), request("l-2", 1_000, "B"), request("l-3", 100, "C"))
}

func TestWhoCanGoElsewhereMakesWay(t *testing.T) {
	b := repairable()
	run := match(t, b)
	became(t, run, 0, matching.Filled, matching.FilledAtFirst)
	became(t, run, 1, matching.Filled, matching.FilledByRepair)
	if brings(run.Loans[0], "stay") != 1_000 || brings(run.Loans[1], "move") != 1_000 || run.Totals.Repaired != 1 {
		t.Errorf("%+v", run)
	}
	if most := bound.Of(b); most != 2_100_00 || run.Totals.MatchedMinor != most {
		t.Errorf("matched %d of %d", run.Totals.MatchedMinor, most)
	}
	b.Policy.RepairSteps = 0
	became(t, match(t, b), 1, matching.Waiting, matching.LentElsewhere)
}

func TestALoanHasAReasonWhenItIsNotFilled(t *testing.T) {
	lenders, mandates := each(lender("a", 1_000, 1), lender("b", 1_000, 1))
	late := func(r *matching.Request) { r.Deadline = today - 1 }
	cheap := func(r *matching.Request) { r.RatePPM = 1 }
	for i := range mandates {
		mandates[i].MinRatePPM = 50_000
	}
	run := match(t, book(lenders, mandates, request("l-1", 1_000, "A", late), request("l-2", 1_000, "A", cheap),
		request("l-3", 3_000, "A"), request("l-4", 2_000, "A"), request("l-5", 2_000, "B")))
	became(t, run, 0, matching.Lapsed, matching.DeadlinePassed)
	became(t, run, 1, matching.Waiting, matching.NoMandateFits)
	became(t, run, 2, matching.Waiting, matching.TooLittleFits)
	became(t, run, 3, matching.Filled, matching.FilledAtFirst)
	became(t, run, 4, matching.Waiting, matching.LentElsewhere)
	want := []matching.Hindered{{Obstacle: matching.RateTooLow, Count: 2}}
	if got := run.Loans[1].Obstacles; !slices.Equal(got, want) {
		t.Errorf("obstacles %v", got)
	}
}

func TestIdleMoneyHasAReason(t *testing.T) {
	unconfirmed := func(m *matching.Mandate) { m.Confirmed = 0 }
	used := func(m *matching.Mandate) { m.UsedMinor = m.TotalMinor }
	little := func(m *matching.Mandate) { m.PerLoanMinor = 400_00 }
	stale, frozen, careful := lender("stale", 500, 1), lender("frozen", 500, 1), lender("careful", 500, 1)
	stale.ClassThrough, frozen.Refused, careful.Class = today-1, fault.PartyFrozen, 1
	lenders := []matching.Lender{
		lender("new", 500, 1), lender("used", 500, 1), lender("poor", 0, 1), lender("small", 50, 1), stale, frozen,
		lender("little", 500, 1), careful, lender("late", 500, 0),
	}
	mandates := []matching.Mandate{
		of(lenders[0], unconfirmed), of(lenders[1], used), of(lenders[2]), of(lenders[3]), of(stale), of(frozen),
		of(lenders[6], little), of(careful), of(lenders[8]),
	}
	run := match(t, book(lenders, mandates, request("l-1", 400, "C")))
	got := map[string]matching.IdleReason{}
	for _, idle := range run.Idle {
		got[idle.Lender] = idle.Reason
	}
	for who, want := range map[string]matching.IdleReason{
		"new": "mandate_not_confirmed", "used": matching.TotalUsed, "poor": matching.NoCash,
		"small": matching.BelowTicket, "stale": "assessment_expired", "frozen": "lender_refused",
		"little": matching.OwnLimits, "careful": matching.NoLoanFits, "late": matching.LoansFull,
	} {
		if got[who] != want {
			t.Errorf("%s: %q, want %q", who, got[who], want)
		}
	}
}

// Ten lenders of a tenth each: five of them come, and of half the loan none may have a tenth any more
// but a twentieth; so nothing stands unless more may be put in.
func TestAPartIsMeasuredAgainstTheSmallerLoan(t *testing.T) {
	inPart := func(r *matching.Request) { r.Shortfall, r.LeastMinor = matching.PartAtOnce, 1_000_00 }
	var lenders []matching.Lender
	var tenths, thirds []matching.Mandate
	for _, id := range []string{"a", "b", "c", "d", "e"} {
		l := lender(id, 5_000, 1)
		lenders = append(lenders, l)
		tenths = append(tenths, of(l, share(100_000)))
		thirds = append(thirds, of(l, share(300_000), func(m *matching.Mandate) { m.PerLoanMinor = 800_00 }))
	}
	became(t, match(t, book(lenders, tenths, request("l-1", 10_000, "A", inPart))), 0, matching.Waiting, matching.BelowLeast)
	run := match(t, book(lenders, thirds, request("l-1", 10_000, "A", inPart)))
	became(t, run, 0, matching.FilledInPart, matching.FundedInPart)
	if run.Loans[0].FundedMinor != 4_000_00 {
		t.Errorf("funded %d", run.Loans[0].FundedMinor)
	}
}

func TestAPartIsTakenOnTheLastDay(t *testing.T) {
	lenders, mandates := each(lender("a", 1_000, 1))
	atDeadline := func(r *matching.Request) { r.Shortfall, r.LeastMinor = matching.PartAtDeadline, 500_00 }
	b := book(lenders, mandates, request("l-1", 2_000, "A", atDeadline))
	became(t, match(t, b), 0, matching.Waiting, matching.TooLittleFits)
	b.On = b.Requests[0].Deadline
	became(t, match(t, b), 0, matching.FilledInPart, matching.FundedInPart)
}

func TestAnInstitutionBringsItsRatioToTheFen(t *testing.T) {
	bank, a := lender("bank", 100_000, 1), lender("a", 5_000, 1)
	b := book([]matching.Lender{bank, a}, []matching.Mandate{of(bank), of(a)},
		request("l-1", 10_000, "A", func(r *matching.Request) { r.Programme, r.PrincipalMinor = "joint", 10_000_01 }))
	b.Programmes = []matching.Programme{{ID: "joint", Contributions: []matching.Contribution{{Mandate: "m-bank", RatioPPM: 700_000}}}}
	run := match(t, b)
	became(t, run, 0, matching.Filled, matching.FilledAtFirst)
	if o := run.Loans[0]; o.Contributions[0].PrincipalMinor != 7_000_01 || o.Allocations[0].PrincipalMinor != 3_000_00 {
		t.Errorf("%+v", o)
	}
	b.Mandates[0].MaxShareOfLoanPPM = 700_000 // and the contract rounds a share down
	became(t, match(t, b), 0, matching.Waiting, matching.ProgrammeLimit)
	b.Mandates[0].MaxShareOfLoanPPM, b.Lenders[0].CashMinor = money.Million, 7_000_00
	became(t, match(t, b), 0, matching.Waiting, matching.ProgrammeShort)
	b.Mandates[0].Revoked = today
	became(t, match(t, b), 0, matching.Waiting, matching.ProgrammeUnusable)
}

// The contract takes a lender once, whatever its mandates.
func TestALenderSitsOnce(t *testing.T) {
	l := lender("a", 10_000, 1)
	first, second := of(l), of(l)
	first.PerLoanMinor, second.PerLoanMinor, second.ID = 600_00, 600_00, "m-other"
	run := match(t, book([]matching.Lender{l}, []matching.Mandate{first, second}, request("l-1", 1_200, "A"), request("l-2", 600, "A")))
	if run.Loans[0].Status != matching.Waiting || run.Loans[1].Status != matching.Filled {
		t.Errorf("%+v", run.Loans)
	}
}

func TestLargerLendersTakeTheSeats(t *testing.T) {
	lenders, mandates := each(lender("a", 100, 9), lender("b", 100, 8), lender("c", 500, 2), lender("d", 600, 1))
	b := book(lenders, mandates, request("l-1", 1_000, "A"))
	b.Policy.MaxLenders = 2
	run := match(t, b)
	became(t, run, 0, matching.Filled, matching.FilledAtFirst)
	b.Requests[0].PrincipalMinor = 1_200_00
	became(t, match(t, b), 0, matching.Waiting, matching.LendersTooSmall)
}

func TestABookThatMeansNothingIsRefused(t *testing.T) {
	for i, spoil := range []func(*matching.Book){
		func(b *matching.Book) { b.On = 0 },
		func(b *matching.Book) { b.Currency = "yuan" },
		func(b *matching.Book) { b.Policy.Precedence = "" },
		func(b *matching.Book) { b.Policy.UnitMinor = 0 },
		func(b *matching.Book) { b.Policy.TicketMinor = 150 },
		func(b *matching.Book) { b.Policy.MaxLenders = 201 },
		func(b *matching.Book) { b.Policy.RepairSteps = -1 },
		func(b *matching.Book) { b.Lenders = append(b.Lenders, b.Lenders[0]) },
		func(b *matching.Book) { b.Lenders[0].ID = "" },
		func(b *matching.Book) { b.Lenders[0].CashMinor = -1 },
		func(b *matching.Book) { b.Lenders[0].Class = 7 },
		func(b *matching.Book) { b.Mandates[0].Lender = "nobody" },
		func(b *matching.Book) { b.Mandates[0].MaxShareOfLoanPPM = 1_000_001 },
		func(b *matching.Book) { b.Mandates[0].Limits = []matching.Limit{{By: "colour"}} },
		func(b *matching.Book) { b.Requests[0].Risk = 6 },
		func(b *matching.Book) { b.Requests[0].PrincipalMinor = 1 << 62 },
		func(b *matching.Book) { b.Requests[0].Deadline = 0 },
		func(b *matching.Book) { b.Requests[0].Shortfall = "" },
		func(b *matching.Book) { b.Requests[0].LeastMinor = 1 },
		func(b *matching.Book) { b.Requests[0].Programme = "joint" },
		func(b *matching.Book) { b.Requests[0].Currency = "USD" },
	} {
		b := repairable()
		spoil(&b)
		if _, err := matching.Match(b); !errors.Is(err, matching.ErrBook) {
			t.Errorf("book %d: %v", i, err)
		}
	}
}
