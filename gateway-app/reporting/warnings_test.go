package reporting_test

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/gateway-app/projection"
	"github.com/tallystick/tallystick/gateway-app/report"
	"github.com/tallystick/tallystick/gateway-app/reporting"
	"github.com/tallystick/tallystick/gateway-app/scenario"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
	"github.com/tallystick/tallystick/gateway-app/warning"
)

// watch answers what it was given, and remembers what was asked.
type watch struct {
	bands         []warning.InBand
	counts        []warning.Count
	from, through string
}

func (w *watch) ByBand(context.Context) ([]warning.InBand, error) { return w.bands, nil }

func (w *watch) Counts(_ context.Context, from, through string) ([]warning.Count, error) {
	w.from, w.through = from, through
	return w.counts, nil
}

// shipped is a ledger on which the shipped reporting pack is adopted, and nothing else is.
type shipped struct{ *projection.Model }

func shippedRules(t *testing.T) shipped { return shipped{projection.NewModel(storetest.SQLite(t))} }

func (shipped) Regimes(context.Context, projection.Page) (projection.List[projection.Regime], error) {
	r := projection.Regime{Adopted: true}
	r.State = scenario.Reporting().Pack()
	return projection.List[projection.Regime]{Items: []projection.Regime{r}}, nil
}

// ruleWords are the shipped pack's words for an alert or a warning.
func ruleWords(id string) report.Words {
	pack := scenario.Reporting().Pack()
	for _, a := range pack.Reporting.Alerts {
		if a.ID == id {
			return a.Words
		}
	}
	for _, w := range pack.Reporting.Warnings {
		if w.ID == id {
			return w.Words
		}
	}
	return report.Both(id+": none", id+"：无")
}

func TestWarningsByBandAndRule(t *testing.T) {
	w := &watch{
		bands: []warning.InBand{
			{Band: warning.Settled, Grade: "A", Loans: 4},
			{Band: warning.Acute, Grade: "C", Loans: 1, OutstandingMinor: 250_000},
			{Band: warning.Calm, Grade: "B", Loans: 2, OutstandingMinor: 100_000},
			{Band: warning.Calm, Grade: "A", Loans: 3, OutstandingMinor: 300_000},
		},
		counts: []warning.Count{
			{Month: "2024-03", Rule: "risen", Raised: 5, Open: 1, Known: 4, Overdue: 3}, {Month: "2024-04", Rule: "likely_overdue", Raised: 2, Open: 2},
		},
	}
	r := reporting.Warnings(reporting.Member{ID: "harbor", Kind: party.Platform}, shippedRules(t), w)
	d, err := r.Run(t.Context(), url.Values{"from": {"2024-03"}, "to": {"2024-04"}}, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Validate(); err != nil {
		t.Fatal(err)
	}
	if w.from != "2024-03-01" || w.through != "2024-04-30" {
		t.Errorf("asked from %s to %s", w.from, w.through)
	}
	text, err := report.NewRenderer(nil).Render(d, report.CSV, report.ZH)
	if err != nil {
		t.Fatal(err)
	}
	last := 0
	for _, line := range []string{
		"平稳：低于5%,calm,A,3,3000.00", "平稳：低于5%,calm,B,2,1000.00", "紧急：40%起,acute,C,1,2500.00", "已结束,settled,A,4,0.00", "合计,,,10,6500.00",
		"2024-03," + ruleWords("risen").ZH + ",risen,5,1,4,3,75.00%", "2024-04," + ruleWords("likely_overdue").ZH + ",likely_overdue,2,2,0,0,", "合计,,,7,3,4,3,75.00%",
	} {
		at := strings.Index(string(text), line)
		if at < last {
			t.Errorf("%q is not in its place in\n%s", line, text)
		}
		last = max(last, at)
	}
	if _, err := r.Run(t.Context(), url.Values{"from": {"2024-04"}, "to": {"2024-03"}}, ""); fault.Of(err).Field != "to" {
		t.Errorf("%v", err)
	}
}
