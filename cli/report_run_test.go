package main

import (
	"net/url"
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
