package reporting_test

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/gateway-app/alert"
	"github.com/tallystick/tallystick/gateway-app/report"
	"github.com/tallystick/tallystick/gateway-app/reporting"
)

// tallies answers what it was given, and remembers what was asked.
type tallies struct {
	list     []alert.Tally
	from, to calendar.Date
}

func (f *tallies) Summary(_ context.Context, from, to calendar.Date) ([]alert.Tally, error) {
	f.from, f.to = from, to
	return f.list, nil
}

func TestAlertsByMonthAndRule(t *testing.T) {
	f := &tallies{list: []alert.Tally{
		{Month: "2024-03", Rule: "large_transfer", Counts: map[alert.Status]int64{alert.Open: 1, alert.Dismissed: 2, alert.Reported: 1}, Closing: 100 * time.Minute, Longest: 61 * time.Minute},
		{Month: "2024-04", Rule: "structuring", Counts: map[alert.Status]int64{alert.Escalated: 1}},
	}}
	model := shippedRules(t)
	r := reporting.Alerts(reporting.Member{ID: "meridian", Kind: party.Custodian}, model, f)
	d, err := r.Run(t.Context(), url.Values{"from": {"2024-03"}, "to": {"2024-04"}}, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Validate(); err != nil {
		t.Fatal(err)
	}
	if f.from.String() != "2024-03-01" || f.to.String() != "2024-04-30" {
		t.Errorf("asked from %s to %s", f.from, f.to)
	}
	text, err := report.NewRenderer(nil).Render(d, report.CSV, report.EN)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"2024-03," + ruleWords("large_transfer").EN + ",large_transfer,1,0,2,1,33,61", "2024-04," + ruleWords("structuring").EN + ",structuring,0,1,0,0,,"} {
		if !strings.Contains(string(text), line) {
			t.Errorf("%q is not in\n%s", line, text)
		}
	}
	if _, err := r.Run(t.Context(), url.Values{"from": {"2024-04"}, "to": {"2024-03"}}, ""); fault.Of(err).Field != "to" {
		t.Errorf("%v", err)
	}
}
