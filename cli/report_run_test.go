package main

import (
	"net/url"
	"path/filepath"
	"testing"

	"github.com/tallystick/tallystick/gateway-app/client"
)

// What of an order the app does not offer is named, with what it does offer; an order that fits is not blamed.
func TestAnOrderThatDoesNotFitIsExplained(t *testing.T) {
	offered := []client.OfferedReport{
		{ID: "disclosure", Parameters: []client.ReportParameter{{Name: "platform", Required: true}, {Name: "period", Required: true}}},
		{ID: "portfolio", Parameters: []client.ReportParameter{{Name: "platform"}, {Name: "by"}}},
	}
	for _, c := range []struct{ name, query, said string }{
		{"portfolio", "format=csv&language=zh&by=grade", ""},
		{"profits", "", "the app offers no report profits to this identity: it offers disclosure, portfolio"},
		{"disclosure", "platform=harbor", "the report disclosure needs --period"},
		{"portfolio", "zone=8&period=2019-01", "the report portfolio has no parameter period: it takes format, language, platform, by"},
	} {
		query, err := url.ParseQuery(c.query)
		if err != nil {
			t.Fatal(err)
		}
		said := ""
		if misfit := (&reportOrder{name: c.name}).misfit(offered, query); misfit != nil {
			said = misfit.Error()
		}
		if said != c.said {
			t.Errorf("%s?%s: said %q, want %q", c.name, c.query, said, c.said)
		}
	}
}

// A report goes where it is told to, into a folder under its own name, and to a terminal only as text. A name that leads
// elsewhere is refused.
func TestWhereAReportIsWritten(t *testing.T) {
	folder := t.TempDir()
	const name = "portfolio_harbor_2016-01-29_en.pdf"
	for _, c := range []struct {
		format, output, name string
		terminal             bool
		want                 string
		refused              bool
	}{
		{"pdf", "", name, false, "", false},
		{"csv", "", name, true, "", false},
		{"json", "", name, true, "", false},
		{"pdf", "", name, true, name, false},
		{"xlsx", "", name, true, name, false},
		{"pdf", folder, name, false, filepath.Join(folder, name), false},
		{"pdf", filepath.Join(folder, "none") + "/", name, false, filepath.Join(folder, "none", name), false},
		{"pdf", filepath.Join(folder, "mine.pdf"), name, true, filepath.Join(folder, "mine.pdf"), false},
		{"pdf", folder, "../../" + name, false, "", true},
		{"pdf", folder, "", false, "", true},
		{"pdf", "", ".profile", true, "", true},
	} {
		o := reportOrder{format: c.format, output: c.output}
		if got, err := o.path(c.name, c.terminal); got != c.want || (err != nil) != c.refused {
			t.Errorf("%s %q to %q: %q, %v, want %q", c.format, c.name, c.output, got, err, c.want)
		}
	}
}
