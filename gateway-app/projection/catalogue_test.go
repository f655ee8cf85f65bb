package projection_test

import (
	"context"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/disclosure"
	"github.com/tallystick/tallystick/gateway-app/outbox"
	"github.com/tallystick/tallystick/gateway-app/portfolio"
	"github.com/tallystick/tallystick/gateway-app/projection"
	"github.com/tallystick/tallystick/gateway-app/report"
	"github.com/tallystick/tallystick/gateway-app/reporting"
	"github.com/tallystick/tallystick/gateway-app/scenario"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
)

// What the story below refuses, and how often.
const (
	declinedLoans, expiredFundings, lapsedClearances, refusedOrders = 2, 1, 1, 1
	refusedMinor                                                    = 50_000
)

// turnDown lets loans and an order come to nothing in each of the ways that reports tell apart.
func (y *years) turnDown() {
	y.Helper()
	y.begin(workday(y.on.AddDays(1)))
	for n := 101; n < 101+declinedLoans; n++ {
		y.propose(n, refusedMinor)
		y.step(n, loan.Decline{Reason: "income_not_shown"}, harbor)
		y.commit()
	}
	y.propose(110, refusedMinor)
	y.clear(110, refusedMinor)
	terms := y.propose(111, refusedMinor)
	y.clear(111, refusedMinor)
	y.collect(111, terms)
	y.instruct(custody.Instruction{Handle: handle(0x990001), Kind: custody.Deposit, Party: ann, AmountMinor: refusedMinor}, harbor)
	y.commit()
	y.order(handle(0x990001), custody.Refuse{Reason: "account_closed", On: y.on, Actor: meridian})
	y.commit()
	y.begin(workday(y.on.AddDays(20)))
	for _, n := range []int{110, 111} {
		y.reserve(n, wire.ExposureDropped, 0, 0)
		y.step(n, loan.Expire{On: y.on}, harbor)
		y.commit()
	}
	y.end()
}

// report adopts the shipped pack for reports.
func (y *years) report() regime.Pack {
	y.Helper()
	pack := scenario.Reporting().Pack()
	pack.EffectiveFrom = day("2020-01-01")
	var held regime.Pack
	for _, command := range []regime.Command{
		regime.Propose{Pack: pack, Actor: authority}, regime.Approve{On: y.on, Actor: authority}, regime.Approve{On: y.on, Actor: meridian},
	} {
		events := must[[]regime.Event](y.chain)(regime.Decide(held, command))
		held = save(y.chain, "", wire.RegimeKey(pack.ID), regime.Pack{}, regime.Apply, events...)
		if len(held.Approvals) == 2 {
			root := decode[wire.Root](y.chain, y.committed["/"+wire.RootRegimes])
			root.Listed = append(root.Listed, wire.Listed{ID: pack.ID, Digest: must[string](y.chain)(wire.PackDigest(held))})
			slices.SortFunc(root.Listed, func(a, b wire.Listed) int { return strings.Compare(a.ID, b.ID) })
			y.put("", wire.RootRegimes, root)
		}
		y.commit()
	}
	return held
}

// Every report of the catalogue is made of a story in which everything happens, on each database, and its rows add up.
func TestCatalogueOfReports(t *testing.T) {
	y := tell(t)
	y.turnDown()
	pack := y.report()
	y.open(workday(y.on.AddDays(1)).String()) // the pack counts from the first close after its adoption
	y.end()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		mustCatchUp(t, db, y.chain)
		c := catalogueOf(db, party.Regulator)
		t.Run("portfolio", func(t *testing.T) { portfolioIsReported(t, y, c) })
		t.Run("use of caps", func(t *testing.T) { capsAreReported(t, y, c, catalogueOf(db, party.Platform)) })
		t.Run("refusals", func(t *testing.T) { refusalsAreReported(t, y, c) })
		t.Run("disclosure", func(t *testing.T) { disclosureIsReported(t, y, c, pack) })
	})
}

func catalogueOf(db *store.DB, kind party.MemberKind) *reporting.Catalogue {
	m := reporting.Member{ID: "harbor", Kind: kind, Pairs: []projection.Pair{{Platform: "harbor", Custodian: "meridian"}}}
	model := projection.NewModel(db)
	return reporting.New(kind,
		reporting.Disclosure(m, model, nil), reporting.Portfolio(m, model), reporting.CapUsage(m, model),
		reporting.Refusals(m, model, outbox.New(db, nil)),
	)
}

// reported makes a report, which must be one that every format takes, and whose every total is the sum of its rows.
func reported(t *testing.T, c *reporting.Catalogue, id string, query url.Values) report.Document {
	t.Helper()
	r, found := c.Find(id)
	if !found {
		t.Fatalf("no report %s", id)
	}
	d, err := r.Run(t.Context(), query, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Validate(); err != nil {
		t.Fatal(err)
	}
	for _, table := range d.Tables {
		addsUp(t, table)
	}
	return d
}

// addsUp wants every figure of a total row but those of ratios to be the sum of the figures above it.
func addsUp(t *testing.T, table report.Table) {
	t.Helper()
	if len(table.Rows) > 0 && len(table.Total) == 0 && table.ID != "indicators" && table.ID != "fee_standards" {
		t.Errorf("table %s has rows and no total", table.ID)
	}
	for place, total := range table.Total {
		want, summed := total.Int()
		if ratio := table.Columns[place].ID; !summed || ratio == "over_30_share" || ratio == "over_90_share" {
			continue
		}
		var sum int64
		for _, row := range table.Rows {
			n, _ := row[place].Int()
			sum += n
		}
		if sum != want {
			t.Errorf("table %s, column %s: the rows come to %d, the total says %d", table.ID, table.Columns[place].ID, sum, want)
		}
	}
}

func tableOf(t *testing.T, d report.Document, id string) report.Table {
	t.Helper()
	for _, table := range d.Tables {
		if table.ID == id {
			return table
		}
	}
	t.Fatalf("%s has no table %s", d.ID, id)
	return report.Table{}
}

// figure is the number in a column of a row.
func figure(t *testing.T, table report.Table, row []report.Value, column string) int64 {
	t.Helper()
	for place, c := range table.Columns {
		if c.ID == column {
			n, _ := row[place].Int()
			return n
		}
	}
	t.Fatalf("table %s has no column %s", table.ID, column)
	return 0
}

// However it is grouped, the portfolio is what an auditor measured at the last close.
func portfolioIsReported(t *testing.T, y *years, c *reporting.Catalogue) {
	last := portfolio.Measure(y.positions(), "harbor", "meridian", y.on)
	for _, by := range []string{"platform,bucket", "platform,custodian,grade,term,vintage,status,related,bucket", "grade", "bucket", "vintage,term"} {
		d := reported(t, c, "portfolio", url.Values{"by": {by}})
		table := tableOf(t, d, "portfolio")
		for column, want := range map[string]int64{
			"loans": last.Lent.Loans, "lent": int64(last.Lent.AmountMinor), "owing": last.Balance.Loans, "outstanding": int64(last.Balance.AmountMinor),
			"interest": int64(last.Interest.AmountMinor), "loans_share": 1_000_000, "outstanding_share": 1_000_000,
		} {
			if got := figure(t, table, table.Total, column); got != want {
				t.Errorf("by %s: %s is %d, measured %d", by, column, got, want)
			}
		}
	}
	d := reported(t, c, "portfolio", url.Values{"by": {"bucket"}, "buckets": {"10,45"}})
	table := tableOf(t, d, "portfolio")
	buckets := map[string]int64{}
	for _, row := range table.Rows {
		buckets[row[0].In(report.EN)] = figure(t, table, row, "outstanding")
	}
	for name, want := range map[string]int64{
		"1–10":  int64(last.OverdueBy(0).AmountMinor - last.OverdueBy(10).AmountMinor),
		"11–45": int64(last.OverdueBy(10).AmountMinor - last.OverdueBy(45).AmountMinor),
		"> 45":  int64(last.OverdueBy(45).AmountMinor),
	} {
		if buckets[name] != want {
			t.Errorf("bucket %s owes %d, measured %d", name, buckets[name], want)
		}
	}
	vintages := tableOf(t, d, "vintage")
	if got := figure(t, vintages, vintages.Total, "over_30"); got != int64(last.OverdueBy(30).AmountMinor) || got == 0 {
		t.Errorf("overdue > 30 days: %d, measured %d", got, last.OverdueBy(30).AmountMinor)
	}
	if got := figure(t, vintages, vintages.Total, "over_90_loans"); got != last.OverdueBy(90).Loans || got == 0 {
		t.Errorf("overdue > 90 days: %d loans, measured %d", got, last.OverdueBy(90).Loans)
	}
	for _, bad := range []string{"", "0", "30,20", "a", "30,30", "-1"} {
		r, _ := c.Find("portfolio")
		if _, err := r.Run(context.Background(), url.Values{"buckets": {bad}}, ""); fault.Of(err).Field != "buckets" {
			t.Errorf("buckets %q: %v", bad, err)
		}
	}
}

// The bands hold every borrower once, and the largest come first.
func capsAreReported(t *testing.T, y *years, regulator, platform *reporting.Catalogue) {
	var total, people int64
	for place, raw := range y.committed {
		if !strings.HasPrefix(place, wire.Exposure+"/"+wire.ExposureKey("")) {
			continue
		}
		state := decode[wire.Record[wire.ExposureState, wire.ExposureEvent]](y.chain, raw).State
		if _, all, _ := state.Totals(""); all > 0 {
			total, people = total+int64(all), people+1
		}
	}
	usage := tableOf(t, reported(t, regulator, "cap_usage", nil), "usage")
	if got := figure(t, usage, usage.Total, "reserved"); got != total || figure(t, usage, usage.Total, "borrowers") != people || total == 0 {
		t.Errorf("%d is reserved of %d borrowers, want %d of %d", got, figure(t, usage, usage.Total, "borrowers"), total, people)
	}
	largest := tableOf(t, reported(t, regulator, "cap_usage", url.Values{"most": {"2"}}), "largest")
	if len(largest.Rows) != 2 || figure(t, largest, largest.Rows[0], "reserved") < figure(t, largest, largest.Rows[1], "reserved") {
		t.Errorf("the two largest: %v", largest.Rows)
	}
	owed := map[string]int64{}
	for _, p := range y.positions() {
		owed[p.Borrower] += int64(p.OutstandingMinor)
	}
	own := tableOf(t, reported(t, platform, "cap_usage", nil), "usage-meridian")
	var sum int64
	for _, amount := range owed {
		sum += amount
	}
	if got := figure(t, own, own.Total, "reserved"); got != sum {
		t.Errorf("borrowers owe the platform %d, measured %d", got, sum)
	}
}

// What was refused is counted by its way and its code.
func refusalsAreReported(t *testing.T, y *years, c *reporting.Catalogue) {
	d := reported(t, c, "refusals", url.Values{"platform": {"harbor"}})
	loans := tableOf(t, d, "loans")
	counted := map[string]int64{}
	for _, row := range loans.Rows {
		counted[row[4].In(report.EN)+" "+row[6].Code()] += figure(t, loans, row, "cases")
	}
	want := map[string]int64{"declined income_not_shown": declinedLoans, "lapsed before funding ": lapsedClearances, "funding expired ": expiredFundings}
	if !reflect.DeepEqual(counted, want) {
		t.Errorf("refused: %v, want %v", counted, want)
	}
	if got := figure(t, loans, loans.Total, "amount"); got != (declinedLoans+lapsedClearances+expiredFundings)*refusedMinor {
		t.Errorf("refused loans come to %d", got)
	}
	orders := tableOf(t, d, "instructions")
	if got := figure(t, orders, orders.Total, "cases"); got != refusedOrders || orders.Rows[0][6].Code() != "account_closed" || orders.Rows[0][6].In(report.ZH) != "银行账户已销户" {
		t.Errorf("%d orders were refused: %v", got, orders.Rows)
	}
	later := reported(t, c, "refusals", url.Values{"from": {y.on.AddMonths(1).String()[:7]}})
	if rows := tableOf(t, later, "loans").Rows; len(rows) != 0 {
		t.Errorf("refused in a month to come: %v", rows)
	}
}

// The disclosure is the one that an auditor computes of all loans, by the pack that the ledger has adopted.
func disclosureIsReported(t *testing.T, y *years, c *reporting.Catalogue, pack regime.Pack) {
	on := y.closed[len(y.closed)-1].On
	computed, err := disclosure.Compute([]portfolio.Standing{portfolio.Measure(y.positions(), "harbor", "meridian", on)}, disclosure.MonthOf(on), pack)
	if err != nil {
		t.Fatal(err)
	}
	d := reported(t, c, "disclosure", url.Values{"platform": {"harbor"}, "period": {disclosure.MonthOf(on).String()}})
	text, err := report.NewRenderer(nil).Render(d, report.JSON, report.EN)
	if err != nil {
		t.Fatal(err)
	}
	told, err := disclosure.Told(text, computed)
	if err != nil {
		t.Fatal(err)
	}
	if found := disclosure.Compare(told, computed); len(found) > 0 {
		t.Errorf("the report differs from the computation: %v", found)
	}
	balance, _ := computed.Indicator(computed.Indicators[0].ID)
	if len(computed.Indicators) < 15 || balance.Value == nil {
		t.Errorf("%d indicators", len(computed.Indicators))
	}
	*computed.Indicators[2].Value++
	if found := disclosure.Compare(told, computed); len(found) != 1 || found[0].ID != computed.Indicators[2].ID {
		t.Errorf("a false figure was not found: %v", found)
	}
}
