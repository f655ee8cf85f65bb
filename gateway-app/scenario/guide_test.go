package scenario_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/gateway-app/disclosure"
	"github.com/tallystick/tallystick/gateway-app/scenario"
)

var update = flag.Bool("update", false, "write the tables in docs/reporting.md and docs/reporting.zh.md anew from the shipped rules")

// guide is how one language shows the rules.
type guide struct {
	page    string
	none    string            // where no rule of a kind is shipped
	figures string            // head of the table of what formulas may name
	rules   string            // head of a table of rules; %s is what only its kind has
	more    map[string]string // what that is called
	comma   string
	words   func(regime.Words) []string
	said    func(string) string // what the code calls a thing
	meaning func(name, meaning string) string
	source  func(regime.Words) string
}

var english = guide{
	page:    "../../docs/reporting.md",
	none:    "None is shipped. 无。\n",
	figures: "| name | meaning |",
	rules:   "| id | 中文 | English | version | expression | %s | source |",
	more:    map[string]string{"formulas": "unit", "validations": "of", "alerts": "severity", "warnings": "severity", "deadlines": "of"},
	comma:   ", ",
	words:   func(w regime.Words) []string { return []string{w.ZH, w.EN} },
	said:    func(code string) string { return code },
	meaning: func(_, meaning string) string { return meaning },
	source:  func(w regime.Words) string { return w.EN },
}

var chinese = guide{
	page:    "../../docs/reporting.zh.md",
	none:    "随附规则包中无此类规则。\n",
	figures: "| 名称 | 含义 |",
	rules:   "| 标识 | 名称 | 版本 | 表达式 | %s | 依据 |",
	more:    map[string]string{"formulas": "单位", "validations": "适用对象", "alerts": "等级", "warnings": "等级", "deadlines": "适用对象"},
	comma:   "，",
	words:   func(w regime.Words) []string { return []string{w.ZH} },
	said:    func(code string) string { return inChinese[code] },
	meaning: func(name, _ string) string { return inChinese[name] },
	source:  func(w regime.Words) string { return w.ZH },
}

// inChinese is what the Chinese guide calls what the code names in English.
var inChinese = map[string]string{
	"minor": "分", "count": "笔、人", "ppm": "百万分之一",
	"disclosure": "信息披露", "loan_book": "借款台账", "submission": "整份", "line": "逐行",
	"low": "低", "medium": "中", "high": "高",

	"lent_minor": "历史累计放款的本金合计", "lent_count": "历史累计放款的借款笔数",
	"balance_minor": "待还本金，含未到期部分", "balance_count": "尚有待还本金的借款笔数",
	"interest_minor": "待还的计划利息，含未到期部分", "interest_count": "尚有待还计划利息的借款笔数",
	"borrowers": "累计借款人数量，每人计一次", "borrowers_current": "尚有待还本金的借款人数量",
	"lenders": "累计出借人数量，每人计一次", "lenders_current": "所出借的借款尚有待还本金的出借人数量",
	"largest_minor": "待还本金最多的一名借款人的待还本金", "top_ten_minor": "待还本金最多的十名借款人的待还本金合计",
	"related_minor": "平台关联方的待还本金", "related_count": "平台关联方尚有待还本金的借款笔数",
	"compensated_minor": "借款人以外的人累计代为偿还的金额", "compensated_count": "曾由借款人以外的人代为偿还的借款笔数",
	"overdue_count":          "最早一期未还款项逾期超过 `days` 日的借款笔数",
	"overdue_balance_minor":  "上述借款的全部待还本金，含未到期部分",
	"overdue_minor":          "到期超过 `days` 日仍未偿还的本金",
	"overdue_interest_minor": "到期超过 `days` 日仍未偿还的利息",
}

// The guides show the rules that are shipped: `go test ./gateway-app/scenario -update` writes their tables anew.
func TestTheGuidesShowTheShippedRules(t *testing.T) {
	for _, g := range []guide{english, chinese} {
		raw, err := os.ReadFile(g.page)
		if err != nil {
			t.Fatal(err)
		}
		page := string(raw)
		for name, table := range g.tables(t) {
			head, rest, opened := strings.Cut(page, "<!-- table: "+name+" -->\n")
			shown, tail, closed := strings.Cut(rest, "<!-- end: "+name+" -->\n")
			if !opened || !closed {
				t.Errorf("%s has no table %q", g.page, name)
				continue
			}
			if shown != table && !*update {
				t.Errorf("%s: the table %q is not what is shipped: run go test ./gateway-app/scenario -update", g.page, name)
			}
			page = head + "<!-- table: " + name + " -->\n" + table + "<!-- end: " + name + " -->\n" + tail
		}
		if *update && page != string(raw) {
			if err := os.WriteFile(g.page, []byte(page), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// The Chinese guide has a word for all that formulas may name, and for nothing that they may not.
func TestTheChineseGuideNamesEveryFigure(t *testing.T) {
	left := maps.Clone(inChinese)
	for _, v := range disclosure.Variables() {
		delete(left, v.Name)
	}
	for _, f := range disclosure.Functions() {
		delete(left, f.Name)
	}
	codes := []string{"count", "disclosure", "high", "line", "loan_book", "low", "medium", "minor", "ppm", "submission"}
	if got := slices.Sorted(maps.Keys(left)); !slices.Equal(got, codes) {
		t.Errorf("beside what formulas may name there are words for %v, want %v", got, codes)
	}
}

// Every shipped rule says in both languages where it comes from.
func TestEveryShippedRuleHasItsSourceInBothLanguages(t *testing.T) {
	for kind, rows := range shipped() {
		for _, r := range rows {
			if w := regime.SourceWords(r.Source); w.EN == w.ZH {
				t.Errorf("the source of %s in %s is in one language: %q", r.ID, kind, r.Source)
			}
		}
	}
}

func (g guide) tables(t *testing.T) map[string]string {
	t.Helper()
	tables := map[string]string{"figures": g.vocabulary(t)}
	for kind, rows := range shipped() {
		tables[kind] = g.table(t, kind, rows)
	}
	return tables
}

// row is a rule with what only its kind has.
type row struct {
	regime.Rule
	more []string
}

// shipped are all rules, by their kind.
func shipped() map[string][]row {
	r, rows := scenario.Reporting().Reporting, map[string][]row{"formulas": nil, "validations": nil, "alerts": nil, "warnings": nil, "deadlines": nil}
	add := func(kind string, rule regime.Rule, more ...string) { rows[kind] = append(rows[kind], row{rule, more}) }
	for _, f := range r.Formulas {
		add("formulas", f.Rule, f.Unit)
	}
	for _, v := range r.Validations {
		add("validations", v.Rule, v.Report, v.Scope)
	}
	for _, a := range r.Alerts {
		add("alerts", a.Rule, a.Severity)
	}
	for _, w := range r.Warnings {
		add("warnings", w.Rule, w.Severity)
	}
	for _, d := range r.Deadlines {
		add("deadlines", d.Rule, d.Report)
	}
	return rows
}

func (g guide) table(t *testing.T, kind string, rows []row) string {
	t.Helper()
	if len(rows) == 0 {
		return g.none
	}
	b := headed(fmt.Sprintf(g.rules, g.more[kind]))
	for _, r := range rows {
		text := "`" + strings.Join(strings.Fields(r.Expression), " ") + "`"
		for _, f := range r.Figures {
			text += fmt.Sprintf("%s`%s` = %d", g.comma, f.Name, f.Value)
		}
		more := make([]string, len(r.more))
		for i, code := range r.more {
			more[i] = worded(t, code, g.said(code))
		}
		cells := slices.Concat([]string{"`" + r.ID + "`"}, g.words(r.Words), []string{fmt.Sprint(r.Version), text, strings.Join(more, g.comma), g.source(regime.SourceWords(r.Source))})
		for i, cell := range cells {
			cells[i] = strings.ReplaceAll(cell, "|", `\|`)
		}
		fmt.Fprintf(b, "| %s |\n", strings.Join(cells, " | "))
	}
	return b.String()
}

func (g guide) vocabulary(t *testing.T) string {
	t.Helper()
	b := headed(g.figures)
	for _, v := range disclosure.Variables() {
		fmt.Fprintf(b, "| `%s` | %s |\n", v.Name, worded(t, v.Name, g.meaning(v.Name, v.Meaning)))
	}
	for _, f := range disclosure.Functions() {
		fmt.Fprintf(b, "| `%s(days)` | %s |\n", f.Name, worded(t, f.Name, g.meaning(f.Name, f.Meaning)))
	}
	return b.String()
}

// headed is a table with nothing in it.
func headed(head string) *strings.Builder {
	var b strings.Builder
	b.WriteString(head + "\n" + strings.Repeat("|---", strings.Count(head, "|")-1) + "|\n")
	return &b
}

func worded(t *testing.T, code, word string) string {
	t.Helper()
	if word == "" {
		t.Errorf("there is no word for %q", code)
	}
	return word
}
