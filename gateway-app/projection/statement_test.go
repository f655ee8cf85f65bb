package projection_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/distribution"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/projection"
	"github.com/tallystick/tallystick/gateway-app/report"
	"github.com/tallystick/tallystick/gateway-app/reporting"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
)

var updateStatements = flag.Bool("update", false, "write the golden statements anew")

// statements are the two reports over a read model, as a platform's app has them.
func statements(m *projection.Model) (lender, borrower reporting.Report) {
	member := reporting.Member{ID: "harbor", Kind: party.Platform, Pairs: []projection.Pair{{Platform: "harbor", Custodian: "meridian"}}}
	return reporting.LenderStatement(member, m), reporting.BorrowerStatement(member, m)
}

func run(r reporting.Report, own string, pairs ...string) (report.Document, error) {
	given := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		given.Set(pairs[i], pairs[i+1])
	}
	return r.Run(context.Background(), given, own)
}

// spend goes on where live ends, with what can happen to customers' money besides: a refund, a payout that is paid, a
// receipt reversed after it was paid out, a payout that comes back, a withdrawal, and one that is cancelled.
func (w *town) spend() {
	w.Helper()
	refund, payout := handle(0x71), wire.DerivedHandle(strings.Repeat("5e", 32), handle(0x99), string(custody.PayOut), ann)
	w.instruct(custody.Instruction{Handle: refund, Kind: custody.Refund, Party: cai, AmountMinor: w.loan(1).RefundNetted}, meridian)
	w.commit()
	w.open("2024-02-02")
	for _, order := range []string{refund, payout} {
		w.order(order, custody.Accept{On: w.on, Actor: meridian})
		w.commit()
		w.settle(order, "PO"+order[:6])
		w.commit()
	}
	w.open("2024-02-05")
	paidBack := w.lastReceived(1)
	reversed, err := distribution.Reverse(w.loan(1), paidBack, meridian, w.on)
	w.take(1, reversed, err)
	w.commit()
	w.open("2024-02-06")
	run := *w.step(2, loan.Net{Run: handle(0x9a)}, meridian).Netted
	w.instruct(custody.Instruction{Handle: handle(0x72), Kind: custody.PayOut, Party: ann, AmountMinor: run.Credits[0]}, meridian)
	w.commit()
	w.order(handle(0x72), custody.Accept{On: w.on, Actor: meridian})
	w.commit()
	w.open("2024-02-07")
	w.order(handle(0x72), custody.Refuse{On: w.on, Actor: meridian, Reason: "account_closed"})
	returned := must[[]custody.AccountEvent](w.chain)(custody.ReturnPayout(load[custody.Account](w.chain, pair, wire.AccountKey(ann)), run.Credits[0], w.on))
	save(w.chain, pair, wire.AccountKey(ann), custody.Account{Party: ann}, custody.ApplyAccount, returned...)
	w.commit()
	w.instruct(custody.Instruction{Handle: handle(0x73), Kind: custody.Withdraw, Party: ann, Mandate: ann, AmountMinor: 5_000}, harbor)
	w.commit()
	w.order(handle(0x73), custody.Accept{On: w.on, Actor: meridian})
	w.commit()
	w.open("2024-02-08")
	w.settle(handle(0x73), "WD1")
	w.commit()
}

// lastReceived is the receipt that a loan booked last.
func (w *town) lastReceived(n int) loan.Received {
	w.Helper()
	for i := len(w.blocks) - 1; i >= 0; i-- {
		for _, tx := range w.blocks[i].Transactions {
			for _, change := range tx.PrivateWrites {
				if change.Collection != pair || change.Key != wire.LoanKey(handle(n)) {
					continue
				}
				for _, e := range decode[wire.Record[loan.State, loan.Event]](w.chain, change.Value).Events {
					if e.Received != nil {
						return *e.Received
					}
				}
			}
		}
	}
	w.Fatalf("loan %d received nothing", n)
	return loan.Received{}
}

// Whatever the period, what a lender had and what happened lead to what the records say they have, purse by purse.
func TestLendersStatementsAddUp(t *testing.T) {
	w := found(t)
	w.live()
	w.spend()
	db := storetest.SQLite(t)
	mustCatchUp(t, db, w.chain)
	lender, _ := statements(projection.NewModel(db))
	kinds := map[string]bool{}
	for from := day("2023-12-31"); from <= w.on; from = from.AddDays(4) {
		for through := from; through <= w.on; through = through.AddDays(1 + calendar.Days(from, through)/3) {
			for _, customer := range []string{ann, cai} {
				d, err := run(lender, "", "party", customer, "from", from.String(), "through", through.String())
				if err != nil {
					t.Fatalf("%s from %s through %s: %v", customer, from, through, err)
				}
				checkBridge(t, d)
				for _, row := range d.Tables[2].Rows {
					kinds[row[1].In(report.EN)] = true
				}
			}
		}
	}
	for _, kind := range []string{
		"Deposited", "Lent", "Principal received", "Interest received", "Paid out to your bank account",
		"Withdrawn to your bank account", "Refund of what you overpaid as a borrower",
	} {
		if !kinds[kind] {
			t.Errorf("no statement shows %q: the story lacks it", kind)
		}
	}
}

// checkBridge adds up what the statement itself shows.
func checkBridge(t *testing.T, d report.Document) {
	t.Helper()
	rows := d.Tables[0].Rows
	var sum int64
	for _, row := range rows {
		n, _ := row[1].Int()
		sum += n
	}
	if closing, _ := d.Tables[0].Total[1].Int(); sum != closing {
		t.Fatalf("the summary says %d and adds up to %d", closing, sum)
	}
	for _, table := range d.Tables[3:] {
		for column, total := range table.Total {
			want, number := total.Int()
			if !number || table.Columns[column].Kind != report.KindMinor {
				continue
			}
			for _, row := range table.Rows {
				n, _ := row[column].Int()
				want -= n
			}
			if want != 0 {
				t.Fatalf("column %s of %s is %d off its total", table.Columns[column].ID, table.ID, want)
			}
		}
	}
}

// A customer gets their own statement and finds no other; what is to come is in none.
func TestStatementsAreOnesOwn(t *testing.T) {
	inTown(t, func(t *testing.T, w *town, m *projection.Model) {
		lender, borrower := statements(m)
		if d, err := run(lender, ann); err != nil || d.Facts[0].Value.In(report.EN) != ann {
			t.Errorf("her own, without a word: %v", err)
		}
		if _, err := run(borrower, cai, "loan", loanID(1)); err != nil {
			t.Errorf("his own loan: %v", err)
		}
		for name, c := range map[string]struct {
			report reporting.Report
			own    string
			query  []string
			want   fault.Code
		}{
			"another's":           {lender, ann, []string{"party", cai}, fault.NotFound},
			"of nobody":           {lender, "", nil, fault.MissingField},
			"of a stranger":       {lender, "", []string{"party", handle(77)}, fault.NotFound},
			"of tomorrow":         {lender, "", []string{"party", ann, "through", w.on.AddDays(1).String()}, fault.InvalidField},
			"backwards":           {lender, "", []string{"party", ann, "from", w.on.String(), "through", w.on.AddDays(-1).String()}, fault.InvalidField},
			"a lender's loan":     {borrower, ann, []string{"loan", loanID(1)}, fault.NotFound},
			"an unknown loan":     {borrower, "", []string{"loan", loanID(99)}, fault.NotFound},
			"before its proposal": {borrower, "", []string{"loan", loanID(1), "on", "2023-01-01"}, fault.InvalidField},
			"no loan":             {borrower, "", nil, fault.MissingField},
		} {
			if _, err := run(c.report, c.own, c.query...); !errors.Is(err, fault.New(c.want)) {
				t.Errorf("%s: %v, want %s", name, err, c.want)
			}
		}
	})
}

// The two statements of a loan that is paid, paid late and in part, to the byte.
func TestGoldenStatements(t *testing.T) {
	w := found(t)
	w.lend(1, 1_200_000)
	plan := *w.loan(1).Plan
	w.pay(plan.Start.AddDays(30), 120_000)
	w.pay(plan.Start.AddDays(66), 60_000)
	w.open(plan.Start.AddDays(100).String())
	db := storetest.SQLite(t)
	mustCatchUp(t, db, w.chain)
	lender, borrower := statements(projection.NewModel(db))
	for name, made := range map[string]func() (report.Document, error){
		"lender":   func() (report.Document, error) { return run(lender, "", "party", ann, "from", "2024-01-01") },
		"borrower": func() (report.Document, error) { return run(borrower, "", "loan", loanID(1)) },
	} {
		d, err := made()
		if err != nil {
			t.Fatal(err)
		}
		golden(t, "statement-"+name+".json", d, report.JSON)
		golden(t, "statement-"+name+".csv", d, report.CSV)
	}
}

// pay books a receipt on a day.
func (w *town) pay(on calendar.Date, amount money.Minor) {
	w.Helper()
	w.open(on.String())
	w.book(1, "P"+on.String(), amount, "")
	w.commit()
}

func golden(t *testing.T, name string, d report.Document, f report.Format) {
	t.Helper()
	content, err := report.NewRenderer(nil).Render(d, f, report.ZH)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("testdata", name)
	if *updateStatements {
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile(path); err != nil || !bytes.Equal(want, content) {
		t.Errorf("%s is not as it was: look at it and run the test with -update if that is meant; %v", path, err)
	}
}
