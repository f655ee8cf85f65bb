package api

import (
	"strings"
	"testing"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/gateway-app/disclosure"
	"github.com/tallystick/tallystick/gateway-app/report"
	"github.com/tallystick/tallystick/gateway-app/submission"
)

// The public page tells of each figure its unit, its formula with the version, and where that comes from; by which pack,
// and how anybody in the network verifies it: in both languages, for readers of screens and of paper, without a script.
func TestThePublicPageSaysHowItIsVerified(t *testing.T) {
	period, err := disclosure.ParsePeriod("2016-01")
	if err != nil {
		t.Fatal(err)
	}
	balance := int64(1_200_000)
	d := disclosure.Disclosure{
		Platform: "harbor", Period: period, Regime: "reporting-2016", RegimeDigest: strings.Repeat("ab", 32),
		Closings: []disclosure.Closing{{Custodian: "meridian", On: calendar.NewDate(2016, 1, 29)}},
		Indicators: []disclosure.Indicator{{
			ID: "balance", Version: 7, Unit: regime.UnitMinor, Value: &balance, Words: report.Both("loan balance", "借贷余额"), Source: "as configured; art. 1 / 按配置；第一条",
		}},
		FeeStandards: []disclosure.FeeStandard{{Payee: "platform", Basis: "principal", PPM: 5000, Loans: 3}},
	}
	found := submission.Publication{Member: "authority", Computed: true, Disclosure: d, Shown: d, Statement: submission.Agrees}
	s := &Server{parts: Parts{Renderer: report.NewRenderer(nil)}}
	for language, wants := range map[string][]string{
		"zh": {`lang="zh-CN"`, "借贷余额", "金额", "如何核验", "平台", "当期应还本金", "规则包摘要", "<td>按配置；第一条</td>"},
		"en": {`lang="en"`, "loan balance", "amount of money", "How to verify this", "the platform", "principal due in the instalment", "Digest of the pack", "<td>as configured; art. 1</td>"},
	} {
		page, err := s.disclosureHTML(&disclosureInput{PageLanguage: PageLanguage{language}}, found)
		if err != nil {
			t.Fatal(err)
		}
		text := string(page.Body)
		for _, want := range append(wants,
			"<code>balance</code> v7", "reporting-2016", strings.Repeat("ab", 32), "meridian 2016-01-29",
			"tally report run disclosure --via ledger --platform harbor --period 2016-01 --compare",
			`href="?format=json"`, `href="?format=csv&amp;language=`+language+`"`, `href="?format=xlsx&amp;language=`+language+`"`, `href="?format=pdf&amp;language=`+language+`"`,
			`<th scope="row">`, "<caption>", "@media print",
		) {
			if !strings.Contains(text, want) {
				t.Errorf("%s: the page lacks %q", language, want)
			}
		}
		for _, never := range []string{"<script", "<th>", "src=", "http://", "https://"} {
			if strings.Contains(text, never) {
				t.Errorf("%s: the page has %q", language, never)
			}
		}
	}
}
