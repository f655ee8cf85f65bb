package submission_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/gateway-app/report"
	"github.com/tallystick/tallystick/gateway-app/reporting"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
)

// The regulator's report says in both languages which months are missing.
func TestTheReportOfDeadlines(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t), storetest.SQLite(t))
	r, found := reporting.New(party.Regulator, reporting.Submissions(reporting.Member{ID: "authority", Kind: party.Regulator, Pairs: pairs}, w.regulator)).Find("submissions")
	if !found {
		t.Fatal("the regulator has no such report")
	}
	run := func(given url.Values) report.Document {
		d, err := r.Run(t.Context(), given, "")
		w.done(err)
		return d
	}
	renderer := report.NewRenderer(nil)
	rendered := func(d report.Document, f report.Format, l report.Language) string {
		text, err := renderer.Render(d, f, l)
		w.done(err)
		return string(text)
	}
	if text := rendered(run(nil), report.JSON, report.EN); !json.Valid([]byte(text)) {
		t.Errorf("of a ledger without a close it is %s", text)
	}
	w.aMonth()
	w.goOn(day(2016, 2, 10))
	w.publishes("2016-01")
	w.goOn(day(2016, 3, 9))
	all := run(nil)
	english, chinese := rendered(all, report.CSV, report.EN), rendered(all, report.CSV, report.ZH)
	for _, want := range []string{"2016-01,late,late,2016-02-05,2016-02-10,3,disclosure_in_time 1", "2016-02,missing,missing,2016-03-07,,2,disclosure_in_time 1"} {
		if !strings.Contains(english, want) {
			t.Errorf("the report has no %q:\n%s", want, english)
		}
	}
	for _, want := range []string{"逾期报送,late", "逾期未报,missing"} {
		if !strings.Contains(chinese, want) {
			t.Errorf("the report has no %q:\n%s", want, chinese)
		}
	}
	for _, f := range []report.Format{report.JSON, report.XLSX} {
		if text := rendered(all, f, report.ZH); text == "" || f == report.JSON && !json.Valid([]byte(text)) {
			t.Errorf("as %v it is %q", f, text)
		}
	}
	if rows := run(url.Values{"from": {"2016-02"}, "to": {"2016-02"}, "platform": {harbor}}).Tables[0].Rows; len(rows) != 1 {
		t.Errorf("of February it has %d rows", len(rows))
	}
}
