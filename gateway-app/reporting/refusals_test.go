package reporting_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/gateway-app/outbox"
	"github.com/tallystick/tallystick/gateway-app/projection"
	"github.com/tallystick/tallystick/gateway-app/report"
	"github.com/tallystick/tallystick/gateway-app/reporting"
)

// refusing is a ledger of two custodians, and what it refused.
type refusing struct {
	opened     []projection.BusinessDay
	records    []projection.Refusal
	commands   []outbox.Refusal
	currencies map[string][]money.Currency // by collection
}

func (refusing) Regimes(context.Context, projection.Page) (projection.List[projection.Regime], error) {
	return projection.List[projection.Regime]{}, nil
}

func (refusing) Day(context.Context, string) (projection.Held[custody.Day], error) {
	return projection.Held[custody.Day]{State: custody.Day{Date: calendar.NewDate(2016, 2, 1)}}, nil
}

func (r refusing) Currencies(_ context.Context, collection string) ([]money.Currency, error) {
	return r.currencies[collection], nil
}

func (r refusing) BusinessDays(context.Context) ([]projection.BusinessDay, error) {
	return r.opened, nil
}

func (r refusing) Refusals(context.Context, string, string) ([]projection.Refusal, error) {
	return r.records, nil
}

// box is the member's own outbox.
type box []outbox.Refusal

func (b box) Refusals(context.Context) ([]outbox.Refusal, error) { return b, nil }

func clock(text string) time.Time {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return at
}

// twoCustodians open their days apart: the one is a month behind the other, and both are far from the machines' clocks.
func twoCustodians() refusing {
	return refusing{opened: []projection.BusinessDay{
		{Custodian: "meridian", Date: calendar.NewDate(2016, 1, 28), Block: 10, At: clock("2026-11-21T08:00:00Z")},
		{Custodian: "zenith", Date: calendar.NewDate(2015, 12, 31), Block: 11, At: clock("2026-11-21T08:00:10Z")},
		{Custodian: "meridian", Date: calendar.NewDate(2016, 2, 1), Block: 20, At: clock("2026-11-22T08:00:00Z")},
	}}
}

func refusals(t *testing.T, r refusing, query url.Values) report.Document {
	t.Helper()
	m := reporting.Member{ID: "harbor", Kind: party.Platform, Pairs: []projection.Pair{{Platform: "harbor", Custodian: "meridian"}, {Platform: "harbor", Custodian: "zenith"}}}
	d, err := reporting.Refusals(m, r, box(r.commands)).Run(t.Context(), query, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Validate(); err != nil {
		t.Fatal(err)
	}
	return d
}

// A refused command counts in the month of the ledger's business date, and never in that of a machine's clock.
func TestRefusedCommandsGoByTheBusinessDate(t *testing.T) {
	const meridian, zenith = "harbor-meridian", "harbor-zenith"
	for _, c := range []struct {
		what string
		outbox.Refusal
		want string // month; empty: none
	}{
		{"in a block of the day", outbox.Refusal{Collection: meridian, Block: 15, At: clock("2026-11-23T08:00:00Z")}, "2016-01"},
		{"in the block that opened the day", outbox.Refusal{Collection: meridian, Block: 20, At: clock("2026-11-21T08:00:00Z")}, "2016-02"},
		{"in a later block", outbox.Refusal{Collection: meridian, Block: 99, At: clock("2026-11-21T08:00:00Z")}, "2016-02"},
		{"with another custodian", outbox.Refusal{Collection: zenith, Block: 99, At: clock("2026-11-23T08:00:00Z")}, "2015-12"},
		{"in no block, while the day was open", outbox.Refusal{Collection: meridian, At: clock("2026-11-22T07:59:59Z")}, "2016-01"},
		{"in no block, after the next was", outbox.Refusal{Collection: meridian, At: clock("2026-11-22T08:00:00Z")}, "2016-02"},
		{"of no custodian", outbox.Refusal{Block: 12, At: clock("2026-11-23T08:00:00Z")}, "2016-01"},
		{"before the first day", outbox.Refusal{Collection: meridian, Block: 9, At: clock("2026-11-23T08:00:00Z")}, ""},
		{"of another custodian before its first day", outbox.Refusal{Collection: zenith, At: clock("2026-11-21T08:00:05Z")}, ""},
	} {
		r := twoCustodians()
		c.Refusal.Function, c.Refusal.Code, c.Refusal.Items = "Loan:Propose", fault.RateAboveCap, 2
		r.commands = []outbox.Refusal{c.Refusal}
		rows := refusals(t, r, nil).Tables[2].Rows
		if len(rows) != 1 || rows[0][0].In(report.EN) != c.want {
			t.Errorf("%s: %v, want the month %q", c.what, rows, c.want)
		}
		within := refusals(t, r, url.Values{"from": {"2016-02"}, "to": {"2016-02"}}).Tables[2].Rows
		if (len(within) == 1) != (c.want == "2016-02") {
			t.Errorf("%s: %d rows in February 2016", c.what, len(within))
		}
	}
}

// What is of one month, command and reason is one row, in words of both languages with the codes beside them.
func TestRefusalsAreToldInWords(t *testing.T) {
	r := twoCustodians()
	for range 3 {
		r.commands = append(r.commands, outbox.Refusal{Function: "Loan:Propose", Collection: "harbor-meridian", Code: fault.RateAboveCap, Items: 2, Block: 15})
	}
	r.records = []projection.Refusal{
		{Platform: "harbor", Custodian: "meridian", Month: "2016-01", What: projection.RefusedDeclined, By: "harbor", Code: "income_not_shown", Cases: 1, AmountMinor: 100},
		{Platform: "harbor", Custodian: "meridian", Month: "2016-01", What: projection.RefusedInstruction + ".pay_out", By: "meridian", Code: "account_closed", Cases: 2, AmountMinor: 300},
	}
	d := refusals(t, r, nil)
	var got []string
	for _, table := range d.Tables {
		for _, row := range table.Rows {
			var cells string
			for _, v := range row {
				if v.Code() != "" {
					cells += fmt.Sprintf("%s=%s ", v.Code(), v.In(report.ZH))
				}
			}
			got = append(got, cells)
		}
	}
	want := []string{
		"loan=借款 declined=拒绝 income_not_shown=未提供收入证明 ",
		"pay_out=回款兑付 instruction_refused=拒绝 account_closed=银行账户已销户 ",
		"Loan:Propose=提出借款 rate_above_cap=综合费率超过上限 ",
	}
	if !slices.Equal(got, want) {
		t.Errorf("the rows say %q, want %q", got, want)
	}
	if n, _ := d.Tables[2].Rows[0][4].Int(); n != 6 {
		t.Errorf("%d items were refused, want 6", n)
	}
	if remedy := d.Tables[2].Rows[0][3]; remedy.In(report.ZH) != "请降低利率与费用之和" || remedy.In(report.EN) != fault.RateAboveCap.Remedy() {
		t.Errorf("the remedy is %q", remedy.In(report.ZH))
	}
}

// A document's currency is that of the loans' terms; amounts of two are in no table.
func TestCurrenciesAreNeverMixed(t *testing.T) {
	m := reporting.Member{ID: "authority", Kind: party.Regulator, Pairs: []projection.Pair{{Platform: "harbor", Custodian: "meridian"}, {Platform: "lantern", Custodian: "meridian"}}}
	for _, c := range []struct {
		what, platform  string
		harbor, lantern []money.Currency
		want            money.Currency // empty: refused
	}{
		{"no loans yet", "", nil, nil, "CNY"},
		{"one currency", "", []money.Currency{"HKD"}, []money.Currency{"HKD"}, "HKD"},
		{"one platform's", "lantern", []money.Currency{"CNY"}, []money.Currency{"HKD"}, "HKD"},
		{"two platforms' together", "", []money.Currency{"CNY"}, []money.Currency{"HKD"}, ""},
		{"two of one platform", "harbor", []money.Currency{"CNY", "HKD"}, nil, ""},
	} {
		r := twoCustodians()
		r.currencies = map[string][]money.Currency{"harbor-meridian": c.harbor, "lantern-meridian": c.lantern}
		query := url.Values{}
		if c.platform != "" {
			query.Set("platform", c.platform)
		}
		d, err := reporting.Refusals(m, r, box(nil)).Run(t.Context(), query, "")
		if c.want == "" && !errors.Is(err, fault.New(fault.CurrencyMismatch)) || c.want != "" && err != nil || d.Currency != c.want {
			t.Errorf("%s: in %q, %v, want %q", c.what, d.Currency, err, c.want)
		}
	}
}
