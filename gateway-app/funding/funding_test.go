package funding

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/gateway-app/matching"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
)

func TestLoansAreMatchedSignedAndFunded(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		x := newExchange(t)
		for range 3 {
			x.lender(500_000, 5)
		}
		first, second := x.cleared(600_000, 90_000), x.cleared(400_000, 110_000)
		x.classify(db, 5)
		f := x.office(db, "test")
		run := started(t, f)
		if again := started(t, f); again != run || run.Status != Running || run.Sequence != 1 {
			t.Errorf("while it is matched: %+v, then %+v", run, again)
		}
		r := worked(t, f, run.Handle)
		if r.Status != Open || r.MatchedMinor != 1_000_000 || r.BoundMinor != 1_000_000 || r.GapPPM != 0 || len(r.Proposals) != 2 {
			t.Fatalf("matched: %+v", r)
		}
		if !slices.Equal(x.digests, []string{r.RecordDigest}) || r.AnchoredTx == "" {
			t.Errorf("anchored %v, not %s (%q)", x.digests, r.RecordDigest, r.AnchoredTx)
		}
		if len(x.fundings) > 0 {
			t.Errorf("funded without a signature: %v", x.fundings)
		}
		strange := x.sign(r.Proposals[0])
		strange.Loan = r.Proposals[1].Loan
		answers, err := f.Sign(t.Context(), run.Handle, []Signature{strange, {Loan: "none"}})
		if err != nil || answers[0].Code != fault.SignatureInvalid || answers[0].Status != ProposalOpen || answers[1].Code != fault.NotFound {
			t.Errorf("another's signature, and of no loan: %+v, %v", answers, err)
		}
		x.signAll(t, f, r)
		r = worked(t, f, run.Handle)
		if r.Status != Finished || x.fundings[first] != 1 || x.fundings[second] != 1 {
			t.Errorf("%s, fundings %v", r.Status, x.fundings)
		}
		for _, p := range r.Proposals {
			if p.Status != ProposalFunded || p.Block == 0 || x.loans[p.Loan].State.Status != loan.Collecting {
				t.Errorf("%+v is %s", p, x.loans[p.Loan].State.Status)
			}
		}
		if again, err := f.Sign(t.Context(), run.Handle, []Signature{x.sign(r.Proposals[0])}); err != nil || again[0].Status != ProposalFunded {
			t.Errorf("signed again: %+v %v", again, err)
		}
		list, err := f.Runs(t.Context(), "", 10)
		if err != nil || len(list) != 1 || list[0].Handle != run.Handle {
			t.Errorf("listed: %+v %v", list, err)
		}
	})
}

// The process is killed behind every command in turn. Another goes on with the run, and every loan is
// funded once.
func TestARunGoesOnWhereItWasKilled(t *testing.T) {
	for kill := 1; kill <= 3; kill++ {
		db := storetest.SQLite(t)
		x := newExchange(t)
		x.dieAt = kill
		x.lender(5_000_000, 3)
		var loans []string
		for range 120 { // three batches
			loans = append(loans, x.cleared(20_000, 100_000))
		}
		x.classify(db, 5)
		first := x.office(db, "first")
		run := started(t, first)
		failed := first.Work(t.Context())
		if failed == nil {
			r, err := first.Result(t.Context(), run.Handle)
			if err != nil {
				t.Fatal(err)
			}
			x.signAll(t, first, r)
			failed = first.Work(t.Context())
		}
		second := x.second(storetest.Reopen(t, db), first.vault, "second")
		r := worked(t, second, run.Handle)
		if kill == 1 {
			x.signAll(t, second, r)
			r = worked(t, second, run.Handle)
		}
		if !errors.Is(failed, errKilled) || r.Status != Finished || len(r.Proposals) != len(loans) || len(x.digests) != 1 {
			t.Errorf("killed behind command %d: %v, %s, %d proposals, %d digests", kill, failed, r.Status, len(r.Proposals), len(x.digests))
		}
		for _, id := range loans {
			if x.fundings[id] != 1 {
				t.Errorf("killed behind command %d: loan %s was funded %d times", kill, id, x.fundings[id])
			}
		}
	}
}

// What a proposal promises, and what the custodian was told to hold, is nobody else's.
func TestPromisedMoneyIsNotOfferedTwice(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		x := newExchange(t)
		lender, _ := x.lender(500_000, 5)
		promised := x.cleared(400_000, 100_000)
		x.classify(db, 5)
		f := x.office(db, "test")
		first := worked(t, f, started(t, f).Handle)
		other := x.cleared(200_000, 100_000)

		for _, stage := range []string{"while the borrower has not signed", "while the custodian has not held"} {
			r := worked(t, f, started(t, f).Handle)
			at := slices.IndexFunc(r.Loans, func(o matching.Outcome) bool { return o.Loan == other })
			if at < 0 || r.Loans[at].Status != matching.Waiting || r.MatchedMinor != 0 {
				t.Errorf("%s: %+v", stage, r.Loans)
			}
			left := slices.ContainsFunc(r.LeftOut, func(l LeftOut) bool { return l.Loan == promised && l.Reason == alreadyProposed })
			if left != (stage == "while the borrower has not signed") {
				t.Errorf("%s: left out %+v", stage, r.LeftOut)
			}
			if len(r.Idle) != 1 || r.Idle[0].LeftMinor != 100_000 {
				t.Errorf("%s: idle %+v", stage, r.Idle)
			}
			if x.fundings[promised] == 0 {
				x.signAll(t, f, first)
				worked(t, f, first.Handle)
			}
		}
		x.market.Holds, x.market.CashMinor[lender] = nil, 300_000 // held, and more came
		if r := worked(t, f, started(t, f).Handle); r.MatchedMinor != 200_000 {
			t.Errorf("once there is enough: %+v", r.Loans)
		}
	})
}

// A mandate that was used up meanwhile is the contract's to refuse, and the loan the next run's to match.
func TestAConflictIsMatchedAgain(t *testing.T) {
	db := storetest.SQLite(t)
	x := newExchange(t)
	x.lender(500_000, 9)
	x.lender(500_000, 1)
	id := x.cleared(300_000, 100_000)
	x.classify(db, 5)
	f := x.office(db, "test")
	first := worked(t, f, started(t, f).Handle)
	if len(first.Proposals) != 1 || first.Proposals[0].Allocations[0].Lender != x.market.Mandates[0].Party {
		t.Fatalf("the longest idle lends: %+v", first.Proposals)
	}
	x.market.Mandates[0].Revoked = today
	x.signAll(t, f, first)
	if r := worked(t, f, first.Handle); r.Status != Finished || r.Proposals[0].Status != ProposalRefused || r.Proposals[0].Code != fault.MandateRevoked {
		t.Errorf("refused: %+v", r.Proposals)
	}
	second := worked(t, f, started(t, f).Handle)
	x.signAll(t, f, second)
	worked(t, f, second.Handle)
	if second.Sequence != 2 || x.fundings[id] != 1 || x.loans[id].Funding.Allocations[0].Lender != x.market.Mandates[1].Party {
		t.Errorf("matched again: %+v, %v", second.Proposals, x.fundings)
	}
}

func TestWhatIsNotSignedLapsesAndWhatIsNotFilledExpires(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		x := newExchange(t)
		x.lender(500_000, 5)
		promised, poor := x.cleared(400_000, 100_000), x.cleared(90_000_000, 100_000)
		x.classify(db, 5)
		f := x.office(db, "test")
		first := worked(t, f, started(t, f).Handle)
		x.day.Date = today.AddDays(3)
		if r := worked(t, f, first.Handle); r.Proposals[0].Status != ProposalOpen {
			t.Errorf("on the last day: %+v", r.Proposals)
		}
		x.day.Open = false
		x.day.Date = today.AddDays(4)
		if r := worked(t, f, first.Handle); r.Proposals[0].Status != ProposalOpen {
			t.Errorf("while the day is closed: %+v", r.Proposals)
		}
		if _, err := f.Start(t.Context(), ""); !errors.Is(err, fault.New(fault.DayNotOpen)) {
			t.Errorf("a run on a closed day: %v", err)
		}
		x.day.Open = true
		if answers, err := f.Sign(t.Context(), first.Handle, []Signature{x.sign(first.Proposals[0])}); err != nil || answers[0].Code != fault.WrongStatus {
			t.Errorf("signed too late: %+v %v", answers, err)
		}
		if r := worked(t, f, first.Handle); r.Status != Finished || r.Proposals[0].Status != ProposalLapsed {
			t.Errorf("too late: %s %+v", r.Status, r.Proposals)
		}
		x.day.Date = today.AddDays(11)
		r := worked(t, f, started(t, f).Handle)
		slices.Sort(x.expired)
		if want := []string{promised, poor}; r.Totals.Expired != 2 || !slices.Equal(x.expired, want) || r.Status != Finished {
			t.Errorf("past the deadline: %+v, %v", r.Totals, x.expired)
		}
	})
}

func TestARunIsReplayedFromWhatItKept(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		x := newExchange(t)
		for range 20 {
			x.lender(300_000, 5)
		}
		for range 10 {
			x.cleared(500_000, 100_000)
		}
		x.classify(db, 5)
		f := x.office(db, "test")
		run := started(t, f)
		if _, err := f.Export(t.Context(), run.Handle); !errors.Is(err, fault.New(fault.WrongStatus)) {
			t.Errorf("before it is matched: %v", err)
		}
		r := worked(t, f, run.Handle)
		if again, err := f.Replay(t.Context(), run.Handle); err != nil || !again.Same || again.RecordDigest != x.digests[0] {
			t.Errorf("%+v %v", again, err)
		}
		e, err := f.Export(t.Context(), run.Handle)
		if err != nil || e.Check(x.digests[0]) != nil {
			t.Fatalf("%v, %v", err, e.Check(x.digests[0]))
		}
		for name, change := range map[string]func(*Export){
			"another salt":       func(e *Export) { e.Record.Salt = strings.Repeat("0", 64) },
			"another book":       func(e *Export) { e.Book.Lenders[0].CashMinor-- },
			"another allocation": func(e *Export) { e.Outcome.Loans[0].FundedMinor++ },
		} {
			changed, err := f.Export(t.Context(), run.Handle)
			if err != nil {
				t.Fatal(err)
			}
			change(&changed)
			if changed.Check(r.RecordDigest) == nil {
				t.Errorf("%s is not noticed", name)
			}
		}
		var stored []byte
		if err := db.QueryRowContext(t.Context(), `SELECT inputs FROM matching_run`).Scan(&stored); err != nil || strings.Contains(string(stored), x.market.Mandates[0].Party) {
			t.Errorf("the book lies open, or not at all: %v", err)
		}
	})
}

// An institution brings its ratio of every loan that is listed in its programme, to the fen, and of no other.
func TestAProgrammeLendsBesideThePlatformsLenders(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		x := newExchange(t)
		bank, bankMandate := x.lender(10_000_000, 0)
		x.lender(1_000_000, 5)
		in, out := x.cleared(333_333, 100_000), x.cleared(200_000, 100_000)
		x.classify(db, 5)
		f := x.office(db, "test")
		ratio := []matching.Contribution{{Mandate: bankMandate, RatioPPM: 300_000}}
		p, err := f.MakeProgramme(t.Context(), Agreement{"Bank and platform", ratio})
		if err != nil || p.Collection != pair.Collection {
			t.Fatalf("%+v %v", p, err)
		}
		if _, err := f.MakeProgramme(t.Context(), Agreement{"Again", ratio}); !errors.Is(err, fault.New(fault.AlreadyExists)) {
			t.Errorf("a mandate in two programmes: %v", err)
		}
		if _, err := f.List(t.Context(), in, Listing{Programme: p.ID}); err != nil {
			t.Fatal(err)
		}
		r := worked(t, f, started(t, f).Handle)
		brought := map[string]money.Minor{}
		for _, proposal := range r.Proposals {
			for _, a := range proposal.Allocations {
				if a.Lender == bank {
					brought[proposal.Loan] += a.PrincipalMinor
				}
			}
		}
		if len(r.Proposals) != 2 || brought[in] != 100_000 || brought[out] != 0 {
			t.Errorf("the institution brings %v", brought)
		}
		if ended, err := f.EndProgramme(t.Context(), p.ID); err != nil || ended.Ended == "" {
			t.Errorf("%+v %v", ended, err)
		}
		if _, err := f.List(t.Context(), out, Listing{Programme: p.ID}); !errors.Is(err, fault.New(fault.WrongStatus)) {
			t.Errorf("listed in an ended programme: %v", err)
		}
	})
}
