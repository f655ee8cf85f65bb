package submission_test

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/gateway-app/disclosure"
	"github.com/tallystick/tallystick/gateway-app/report"
	"github.com/tallystick/tallystick/gateway-app/reporting"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
	"github.com/tallystick/tallystick/gateway-app/submission"
)

// moneyed are books of which somebody asks the currencies.
type moneyed struct{ *books }

func (moneyed) Currencies(context.Context, string) ([]money.Currency, error) {
	return []money.Currency{money.CNY}, nil
}

func drawn(t *testing.T, d report.Document, f report.Format, l report.Language) string {
	t.Helper()
	text, err := report.NewRenderer(nil).Render(d, f, l)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Whoever reads the reconciliation reads words of their language, the code beside them where machines read too.
func TestTheReconciliationIsInWords(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t), storetest.SQLite(t))
	w.overdueMonth()
	_, err := w.handIn("2016-03-14", submission.CSV, head+row(1, "repaid", 1_200_000, 1_100_000, 39)+row(9, "active", 5, 5, 0))
	w.done(err)
	m := reporting.Member{ID: "authority", Kind: party.Regulator, Pairs: pairs}
	r, _ := reporting.New(party.Regulator, reporting.Reconciliation(m, moneyed{w.seen}, w.regulator)).Find("reconciliation")
	d, err := r.Run(t.Context(), url.Values{"platform": {harbor}, "day": {"2016-03-14"}}, "")
	w.done(err)
	text := drawn(t, d, report.JSON, report.ZH)
	for _, want := range []string{
		`{"code":"rejected","en":"rejected","zh":"已退回"}`, `"code":"loan_unknown",`, `"code":"loan_missing",`, `"zh":"账本无此放款"`,
		`{"code":"active","en":"Running","zh":"还款中"}`, `"code":"outstanding_minor",`, `{"code":"1100000","en":"CNY 11000.00","zh":"CNY 11000.00"}`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the JSON has no %s in %s", want, text)
		}
	}
	table := drawn(t, d, report.CSV, report.ZH)
	for _, want := range []string{"账本无此放款,loan_unknown,3,", "状态,已退回,rejected", "借款状态,status,已结清,repaid,还款中,active"} {
		if !strings.Contains(table, want) {
			t.Errorf("the CSV has no %q in %s", want, table)
		}
	}
}

// Differences of a disclosure are named, whatever they are in.
func TestDifferencesAreNamed(t *testing.T) {
	p := submission.Publication{Differences: []disclosure.Difference{
		{In: disclosure.InIndicator, ID: "lent", Words: report.Both("Lent", "累计交易总额"), Unit: "minor", Stated: "100", Computed: disclosure.Unknown},
		{In: disclosure.InHeading, ID: "regime", Stated: "a", Computed: "b"},
		{In: disclosure.InFeeStandard, ID: "platform/principal/1000", Stated: "1", Computed: disclosure.Absent},
	}}
	d := p.Document()
	rows := d.Tables[len(d.Tables)-1].Rows
	for i, want := range []string{"累计交易总额|CNY 1.00|无法得知", "规则包|a|b", "收费借款笔数：平台，当期应还本金，0.1000 %|1|未列"} {
		got := rows[i][1].In(report.ZH) + "|" + rows[i][2].In(report.ZH) + "|" + rows[i][3].In(report.ZH)
		if got != want {
			t.Errorf("difference %d reads %q, want %q", i, got, want)
		}
	}
}
