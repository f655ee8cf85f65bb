package report_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"github.com/tallystick/tallystick/gateway-app/report"
)

// titled is a report of as many small tables as there are titles.
func titled(titles ...string) report.Document {
	d := sample()
	d.Tables = nil
	for i, title := range titles {
		t := report.Table{
			ID: fmt.Sprintf("t%d", i), Title: words(title, title), Columns: []report.Column{column("n", "No.", "序号", report.KindCount)},
			Rows: [][]report.Value{{report.Count(int64(i))}},
		}
		d.Tables = append(d.Tables, t)
	}
	return d
}

func workbook(t testing.TB, d report.Document, l report.Language) *excelize.File {
	content, err := report.NewRenderer(nil).Render(d, report.XLSX, l)
	if err != nil {
		t.Fatal(err)
	}
	book, err := excelize.OpenReader(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	return book
}

// Long names are cut between words and numbered where they are alike, and the overview has the whole of them.
func TestSheetNamesStayReadable(t *testing.T) {
	titles := []string{
		"This member's own commands that the ledger refused",
		"This member's own commands that another refused",
		"THIS MEMBER'S OWN COMMANDS THAT a third refused",
		"Loans", "loans", "Overview", "History",
		"a:b/c\\d?e*f[g]", "'quoted'", "::", "按上限使用率分档的借款人及其占用金额合计与占比情况明细统计表（存管银行甲）",
	}
	book := workbook(t, titled(titles...), report.EN)
	if diff := cmp.Diff([]string{
		"Overview", "This member's own commands…", "This member's own commands… (2)", "THIS MEMBER'S OWN COMMANDS… (3)",
		"Loans", "loans (2)", "Overview (2)", "History (2)", "a b c d e f(g)", "quoted", "–",
		"按上限使用率分档的借款人及其占用金额合计与占比情况明细统计表…",
	}, book.GetSheetList()); diff != "" {
		t.Error(diff)
	}
	overview, err := book.GetRows("Overview")
	if err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprint(overview)
	for _, title := range []string{titles[0], titles[1], titles[4]} {
		if !strings.Contains(text, title) {
			t.Errorf("the overview lacks the whole title %q", title)
		}
	}
	if strings.Contains(text, "[Loans Loans]") {
		t.Error("the overview repeats a title that is its sheet's name")
	}
}

// Whatever tables are called, a workbook opens again, with a sheet for each of them.
func FuzzSheetNames(f *testing.F) {
	for _, title := range []string{"Loans", "=1+1", "'", "[]", "History", "😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀", strings.Repeat("长", 40), strings.Repeat("x ", 20) + "'"} {
		f.Add(title, title)
	}
	f.Fuzz(func(t *testing.T, first, second string) {
		if first == "" || second == "" || len(first)+len(second) > 1000 {
			t.Skip("a drawn case without titles, or with longer ones than a report has")
		}
		names := workbook(t, titled(first, second, first, second), report.EN).GetSheetList()
		seen := map[string]bool{}
		for _, name := range names {
			folded := strings.ToLower(strings.ToUpper(name))
			if seen[folded] || len(utf16.Encode([]rune(name))) > 31 || strings.ContainsAny(name, `[]:*?/\`) ||
				strings.HasPrefix(name, "'") || strings.HasSuffix(name, "'") || folded == "history" || strings.TrimSpace(name) == "" {
				t.Errorf("%q is no name for a sheet beside %q", name, names)
			}
			seen[folded] = true
		}
		if len(names) != 5 {
			t.Errorf("%d sheets: %q", len(names), names)
		}
	})
}
