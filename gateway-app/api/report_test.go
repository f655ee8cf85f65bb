package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/gateway-app/access"
	"github.com/tallystick/tallystick/gateway-app/alert"
	"github.com/tallystick/tallystick/gateway-app/api"
	"github.com/tallystick/tallystick/gateway-app/outbox"
	"github.com/tallystick/tallystick/gateway-app/projection"
	"github.com/tallystick/tallystick/gateway-app/report"
	"github.com/tallystick/tallystick/gateway-app/reporting"
	"github.com/tallystick/tallystick/gateway-app/warning"
)

// reportsOf is the catalogue of a member over the scene's own read model, which is empty.
func reportsOf(p *api.Parts, kind party.MemberKind) *reporting.Catalogue {
	m := reporting.Member{ID: "authority", Kind: kind, Pairs: []projection.Pair{{Platform: "harbor", Custodian: "meridian"}}}
	model := projection.NewModel(p.Store)
	var statements reporting.Statements
	var duties reporting.Duties
	if p.Submissions != nil && p.Submissions.Regulator != nil {
		statements, duties = p.Submissions.Regulator, p.Submissions.Regulator
	}
	all := []reporting.Report{
		reporting.Disclosure(m, model, statements), reporting.Portfolio(m, model), reporting.CapUsage(m, model),
		reporting.Refusals(m, model, outbox.New(p.Store, nil)), reporting.Reconciliation(m, model, statements),
		reporting.Submissions(m, duties),
		reporting.LenderStatement(m, model), reporting.BorrowerStatement(m, model),
		reporting.Warnings(m, model, warning.New(p.Store, still{model}, nil, nil, nil, warning.Settings{})),
		reporting.Alerts(m, model, alert.New(p.Store, nil, nil, nil, alert.Settings{})),
	}
	if kind == everyone {
		for i := range all {
			all[i].Members = []party.MemberKind{everyone}
		}
	}
	return reporting.New(kind, all...)
}

// everyone is a kind of member that has every report, of which there is none.
const everyone party.MemberKind = "everyone"

// sheetOf makes a small report that takes parameters of several kinds.
func sheetOf() *reporting.Catalogue {
	return reporting.New(party.Platform, reporting.Report{
		ID: "portfolio", Words: report.Words{EN: "Portfolio", ZH: "资产组合"}, Members: []party.MemberKind{party.Platform},
		Parameters: []reporting.Parameter{
			{Name: "platform", Words: report.Words{EN: "Platform", ZH: "平台"}, Kind: reporting.KindPlatform},
			{Name: "month", Words: report.Words{EN: "Month", ZH: "月份"}, Kind: reporting.KindMonth, Required: true},
			{Name: "most", Words: report.Words{EN: "Most", ZH: "最多"}, Kind: reporting.KindNumber, Default: "5", Most: 9},
			{Name: "by", Words: report.Words{EN: "By", ZH: "分组"}, Kind: reporting.KindChoices, Choices: []string{"grade", "term"}},
		},
		Make: func(_ context.Context, q reporting.Query) (report.Document, error) {
			first, last := q.Month("month")
			return report.Document{
				ID: "portfolio", Version: 1, Title: report.Words{EN: "Portfolio", ZH: "资产组合"}, Currency: "CNY", AsOf: last,
				Tables: []report.Table{{
					ID: "loans", Title: report.Words{EN: "Loans", ZH: "借款"},
					Columns: []report.Column{
						{ID: "from", Words: report.Words{EN: "From", ZH: "起"}, Kind: report.KindDate},
						{ID: "most", Words: report.Words{EN: "Most", ZH: "最多"}, Kind: report.KindCount},
						{ID: "owed", Words: report.Words{EN: "Owed", ZH: "余额"}, Kind: report.KindMinor},
					},
					Rows: [][]report.Value{{report.Day(first), report.Count(int64(q.Number("most"))), report.Minor(123_456)}},
				}},
			}, nil
		},
	})
}

// A report comes in every format, by the query's word or by the headers, under a name that says what it is.
func TestReportsComeInEveryFormatAndLanguage(t *testing.T) {
	s := newScene(t, func(p *api.Parts) { p.Reports = sheetOf() })
	const path = "/v1/reports/portfolio?month=2024-02"
	for _, c := range []struct {
		query, accept, language string
		wantType, wantName      string
		wantText                string
	}{
		{"", "", "", "application/json", "portfolio_2024-02-29.json", `"owed":"123456"`},
		{"&format=csv", "", "", "text/csv", "portfolio_2024-02-29_en.csv", "2024-02-01,5,1234.56"},
		{"&format=csv&language=zh", "", "", "text/csv", "portfolio_2024-02-29_zh.csv", "余额"},
		{"", "text/csv", "zh-CN,zh;q=0.9,en;q=0.8", "text/csv", "portfolio_2024-02-29_zh.csv", "余额"},
		{"&language=en", "text/csv", "zh", "text/csv", "portfolio_2024-02-29_en.csv", "Owed"},
		{"&format=xlsx", "application/json", "", report.XLSX.ContentType(), "portfolio_2024-02-29_en.xlsx", "PK"},
		{"", "application/pdf;q=0.1, text/csv;q=0.5, text/html", "fr", "text/csv", "portfolio_2024-02-29_en.csv", "Owed"},
		{"", "application/json;q=0, */*;q=0.1", "", "application/json", "portfolio_2024-02-29.json", "portfolio"},
	} {
		w := s.get(path+c.query, "Accept", c.accept, "Accept-Language", c.language)
		name := w.Header().Get("Content-Disposition")
		if w.Code != http.StatusOK || !strings.HasPrefix(w.Header().Get("Content-Type"), c.wantType) || !strings.HasPrefix(name, `attachment; filename="`+c.wantName+`"`) {
			t.Errorf("%s, Accept %q: %d %q %q, want %q named %s", c.query, c.accept, w.Code, w.Header().Get("Content-Type"), name, c.wantType, c.wantName)
		}
		if !bytes.Contains(w.Body.Bytes(), []byte(c.wantText)) {
			t.Errorf("%s, Accept %q: lacks %q: %.200q", c.query, c.accept, c.wantText, w.Body)
		}
	}
}

// What is asked for wrongly is refused with the name of its parameter; what cannot be written, with the remedy.
func TestReportsNameTheParameterAtFault(t *testing.T) {
	s := newScene(t, func(p *api.Parts) { p.Reports = sheetOf() })
	for _, c := range []struct {
		query, accept string
		status        int
		code, field   string
	}{
		{"", "", http.StatusBadRequest, "missing_field", "month"},
		{"?month=2024-13", "", http.StatusBadRequest, "invalid_field", "month"},
		{"?month=2024-02&month=2024-03", "", http.StatusBadRequest, "invalid_field", "month"},
		{"?month=2024-02&most=10", "", http.StatusBadRequest, "invalid_field", "most"},
		{"?month=2024-02&most=0", "", http.StatusBadRequest, "invalid_field", "most"},
		{"?month=2024-02&by=grade,grade", "", http.StatusBadRequest, "invalid_field", "by"},
		{"?month=2024-02&by=age", "", http.StatusBadRequest, "invalid_field", "by"},
		{"?month=2024-02&platform=har%2Fbor", "", http.StatusBadRequest, "invalid_field", "platform"},
		{"?month=2024-02&format=html", "", http.StatusBadRequest, "invalid_field", "format"},
		{"?month=2024-02&language=de", "", http.StatusBadRequest, "invalid_field", "language"},
		{"?month=2024-02&vintage=1", "", http.StatusBadRequest, "malformed_request", "query"},
		{"?month=2024-02", "text/html", http.StatusNotAcceptable, api.CodeReportFormat, "Accept"},
		{"?month=2024-02&format=pdf", "", http.StatusNotAcceptable, api.CodeReportFont, "format"},
	} {
		w := s.get("/v1/reports/portfolio"+c.query, "Accept", c.accept)
		var p api.Problem
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
			t.Fatal(err)
		}
		if w.Code != c.status || p.Code != c.code || p.Field != c.field || p.Detail == "" {
			t.Errorf("%s: %d %s %q, want %d %s %q", c.query, w.Code, p.Code, p.Field, c.status, c.code, c.field)
		}
	}
}

// Who has a report already is told so, without it.
func TestReportsHaveETags(t *testing.T) {
	s := newScene(t, func(p *api.Parts) { p.Reports = sheetOf() })
	first := s.get("/v1/reports/portfolio?month=2024-02&format=csv")
	tag := first.Header().Get("ETag")
	if tag == "" || first.Header().Get("Tallystick-Block") == "" {
		t.Fatalf("no ETag or block: %v", first.Header())
	}
	if again := s.get("/v1/reports/portfolio?month=2024-02&format=csv", "If-None-Match", tag); again.Code != http.StatusNotModified || again.Body.Len() > 0 {
		t.Errorf("unchanged: %d, %d bytes", again.Code, again.Body.Len())
	}
	if other := s.get("/v1/reports/portfolio?month=2024-03&format=csv", "If-None-Match", tag); other.Code != http.StatusOK {
		t.Errorf("another month: %d", other.Code)
	}
}

// The list says what there is, and how to ask for it.
func TestReportsAreListed(t *testing.T) {
	s := newScene(t, func(p *api.Parts) { p.Reports = sheetOf() })
	var list struct{ Items []api.OfferedReport }
	if err := json.Unmarshal(s.get("/v1/reports").Body.Bytes(), &list); err != nil {
		t.Fatal(err)
	}
	if len(list.Items) != 1 {
		t.Fatalf("%d reports", len(list.Items))
	}
	r := list.Items[0]
	if r.ID != "portfolio" || r.Words.ZH != "资产组合" || len(r.Formats) != 4 || len(r.Languages) != 2 || len(r.Parameters) != 4 || !r.Parameters[1].Required {
		t.Errorf("listed: %+v", r)
	}
}

// A member's app makes the reports of its kind, and of an empty ledger each is a report, and not an error.
func TestReportsOfAnEmptyLedger(t *testing.T) {
	for _, r := range reportsOf(&api.Parts{}, party.Regulator).Reports() {
		if known, ok := access.Lookup("report." + r.ID); !ok || known.Personal != r.Personal {
			t.Errorf("%s: whether it stands for single customers, the list of operations and the catalogue say otherwise", r.ID)
		}
	}
	for kind, want := range map[party.MemberKind]int{party.Regulator: 7, party.Platform: 8, party.Custodian: 6} {
		s := newScene(t, func(p *api.Parts) { p.Reports = reportsOf(p, kind) })
		var list struct{ Items []api.OfferedReport }
		if err := json.Unmarshal(s.get("/v1/reports").Body.Bytes(), &list); err != nil {
			t.Fatal(err)
		}
		if len(list.Items) != want {
			t.Errorf("%s has %d reports, want %d", kind, len(list.Items), want)
		}
		for _, path := range []string{"portfolio", "refusals?from=2024-01&to=2024-12"} {
			if w := s.get("/v1/reports/" + path); w.Code != http.StatusOK {
				t.Errorf("%s: %s: %d %s", kind, path, w.Code, w.Body)
			}
		}
		if w := s.get("/v1/reports/disclosure?platform=harbor&period=2024-01"); w.Code != http.StatusNotFound {
			t.Errorf("%s: a disclosure of nothing: %d %s", kind, w.Code, w.Body)
		}
	}
}
