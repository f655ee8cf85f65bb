package report_test

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"github.com/tallystick/tallystick/gateway-app/report"
)

var update = flag.Bool("update", false, "write the golden files anew")

// renderer draws with the font that `make fonts` fetched. Without it what needs no font is tested all the same.
func renderer(t *testing.T) (r *report.Renderer, drawsPDF bool) {
	t.Helper()
	fonts, err := report.OpenFonts(filepath.Join("..", "..", ".tools", "fonts"))
	if err != nil {
		if os.Getenv("TALLYSTICK_REQUIRE_FONTS") != "" {
			t.Fatal(err)
		}
		t.Logf("PDF is not tested: %v", err)
		return report.NewRenderer(nil), false
	}
	return report.NewRenderer(fonts), true
}

// Every format in both languages is as the golden files have it, to the byte.
func TestGoldenFiles(t *testing.T) {
	r, drawsPDF := renderer(t)
	for _, format := range report.Formats {
		if format == report.PDF && !drawsPDF {
			continue
		}
		for _, language := range report.Languages {
			content, err := r.Render(sample(), format, language)
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join("testdata", report.Filename(sample(), format, language))
			if *update {
				if err := os.WriteFile(path, content, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(content, want) {
				t.Errorf("%s is not as it was: look at it and run the test with -update if that is meant", path)
			}
		}
	}
}

// The same document has the same bytes again, on one processor, and while others are rendered.
func TestBytesAreStable(t *testing.T) {
	r, drawsPDF := renderer(t)
	for _, format := range report.Formats {
		if format == report.PDF && !drawsPDF {
			continue
		}
		first, err := r.Render(sample(), format, report.ZH)
		if err != nil {
			t.Fatal(err)
		}
		again := make(chan []byte)
		for range 3 {
			go func() {
				content, _ := r.Render(sample(), format, report.ZH)
				again <- content
			}()
		}
		for range 3 {
			if !bytes.Equal(first, <-again) {
				t.Errorf("%s differs when it is rendered beside others", format)
			}
		}
		before := runtime.GOMAXPROCS(1)
		alone, err := r.Render(sample(), format, report.ZH)
		runtime.GOMAXPROCS(before)
		if err != nil || !bytes.Equal(first, alone) {
			t.Errorf("%s differs on one processor: %v", format, err)
		}
	}
}

// Whatever is read back from CSV and JSON is what the document holds.
func TestReadBack(t *testing.T) {
	r := report.NewRenderer(nil)
	content, err := r.Render(sample(), report.CSV, report.EN)
	if err != nil {
		t.Fatal(err)
	}
	text, found := strings.CutPrefix(string(content), "\uFEFF")
	if !found || strings.Contains(strings.ReplaceAll(text, "\r\n", ""), "\n") {
		t.Error("CSV lacks its mark, or has a line end that RFC 4180 does not know")
	}
	reader := csv.NewReader(strings.NewReader(text))
	reader.FieldsPerRecord = -1
	records, err := reader.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"L-2026-0002", "'=HYPERLINK(\"x\")", "2025-01-10", "1777.13", "8.125%", "13"}, records[13]); diff != "" {
		t.Error(diff)
	}
	content, err = r.Render(sample(), report.JSON, report.EN)
	if err != nil {
		t.Fatal(err)
	}
	var back struct {
		Tables []struct {
			Rows  []map[string]any `json:"rows"`
			Total map[string]any   `json:"total"`
		} `json:"tables"`
	}
	if err := json.Unmarshal(content, &back); err != nil {
		t.Fatal(err)
	}
	if back.Tables[0].Rows[1]["principal"] != "177713" || back.Tables[0].Rows[3]["purpose"] != nil || back.Tables[0].Total["principal"] == nil {
		t.Errorf("JSON says %v", back.Tables[0].Rows[1])
	}
}

// A spreadsheet's cells are numbers and days, its header stays, and its zip has one time.
func TestWorkbook(t *testing.T) {
	content, err := report.NewRenderer(nil).Render(sample(), report.XLSX, report.ZH)
	if err != nil {
		t.Fatal(err)
	}
	book, err := excelize.OpenReader(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"概览", "贷款明细", "拒绝记录"}, book.GetSheetList()); diff != "" {
		t.Error(diff)
	}
	for cell, want := range map[string][2]string{
		"A1": {"贷款编号", "贷款编号"}, "B3": {`=HYPERLINK("x")`, `=HYPERLINK("x")`}, "C3": {"45667", "2025-01-10"},
		"D3": {"1777.13", "1,777.13"}, "E3": {"0.08125", "8.1250%"}, "A47": {"合计", "合计"},
	} {
		raw, err := book.GetCellValue("贷款明细", cell, excelize.Options{RawCellValue: true})
		shown, second := book.GetCellValue("贷款明细", cell)
		if err != nil || second != nil || raw != want[0] || shown != want[1] {
			t.Errorf("%s holds %q and shows %q, not %q; %v %v", cell, raw, shown, want, err, second)
		}
		if formula, err := book.GetCellFormula("贷款明细", cell); err != nil || formula != "" {
			t.Errorf("%s is a formula: %q %v", cell, formula, err)
		}
	}
	if panes, err := book.GetPanes("贷款明细"); err != nil || !panes.Freeze || panes.YSplit != 1 {
		t.Errorf("the header does not stay: %+v %v", panes, err)
	}
	packed, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range packed.File {
		if part.Modified.UTC().Year() != 2000 {
			t.Errorf("%s says it was written %s", part.Name, part.Modified)
		}
	}
}

// What a spreadsheet would run is quoted, and nothing else is.
func TestCSVGuardsFormulas(t *testing.T) {
	for text, want := range map[string]string{
		"=1+1": "'=1+1", "+1": "'+1", "-1": "'-1", "@SUM": "'@SUM", "\t=1": "' =1", "  =1": "'  =1", "＝1": "'＝1",
		"a=1": "a=1", "": "", "L-1": "L-1", "2026-01-01": "2026-01-01",
	} {
		d := sample()
		d.Facts = []report.Fact{{ID: "x", Words: words("x", "x"), Value: report.Text(text)}}
		content, err := report.NewRenderer(nil).Render(d, report.CSV, report.EN)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(content), "\r\nx,"+want+"\r\n") && !strings.Contains(string(content), "\r\nx,\""+want+"\"\r\n") {
			t.Errorf("%q is not written as %q", text, want)
		}
	}
	d := sample()
	d.Facts = []report.Fact{{ID: "x", Words: words("x", "x"), Value: report.Minor(-1230)}}
	content, err := report.NewRenderer(nil).Render(d, report.CSV, report.EN)
	if err != nil || !strings.Contains(string(content), "\r\nx,-12.30\r\n") {
		t.Errorf("a negative amount is not a number: %v", err)
	}
}

// A document that contradicts itself has no format.
func TestRefusals(t *testing.T) {
	for name, spoil := range map[string]func(*report.Document){
		"no title":           func(d *report.Document) { d.Title.ZH = "" },
		"no currency":        func(d *report.Document) { d.Currency = "" },
		"a fact twice":       func(d *report.Document) { d.Facts = append(d.Facts, d.Facts[0]) },
		"a table twice":      func(d *report.Document) { d.Tables = append(d.Tables, d.Tables[0]) },
		"a short row":        func(d *report.Document) { d.Tables[0].Rows[0] = d.Tables[0].Rows[0][1:] },
		"a count as amount":  func(d *report.Document) { d.Tables[0].Rows[0][3] = report.Count(1) },
		"words in one":       func(d *report.Document) { d.Tables[0].Rows[0][1] = report.Said(words("x", "")) },
		"a text too long":    func(d *report.Document) { d.Tables[0].Rows[0][1] = report.Text(strings.Repeat("x", 32_768)) },
		"a column of a kind": func(d *report.Document) { d.Tables[0].Columns[0].Kind = "colour" },
		"a bad total":        func(d *report.Document) { d.Tables[0].Total = d.Tables[0].Total[1:] },
		"a note":             func(d *report.Document) { d.Notes[0].EN = "" },
	} {
		d := sample()
		spoil(&d)
		if _, err := report.NewRenderer(nil).Render(d, report.CSV, report.EN); !errors.Is(err, report.ErrDocument) {
			t.Errorf("%s: %v", name, err)
		}
	}
	r := report.NewRenderer(nil)
	if _, err := r.Render(sample(), report.PDF, report.EN); !errors.Is(err, report.ErrFont) {
		t.Errorf("PDF without a font: %v", err)
	}
	if _, err := r.Render(sample(), "doc", report.EN); !errors.Is(err, report.ErrFormat) {
		t.Errorf("an unknown format: %v", err)
	}
	if _, err := report.OpenFonts(t.TempDir()); !errors.Is(err, report.ErrFont) || !strings.Contains(err.Error(), "make fonts") {
		t.Errorf("a folder without fonts: %v", err)
	}
}
