package report_test

import (
	"mime"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/gateway-app/report"
)

func named(spoil func(*report.Document)) report.Document {
	d := report.Document{
		ID: "disclosure", Title: words("Platform disclosure", "平台信息披露"), AsOf: calendar.NewDate(2016, 1, 29),
		Of: []string{"harbor"}, Span: "2016-01",
	}
	spoil(&d)
	return d
}

// A download says what it is, of whom, of when and in which language.
func TestFilenames(t *testing.T) {
	for want, d := range map[string]report.Document{
		"disclosure_harbor_2016-01_zh.pdf":                     named(func(*report.Document) {}),
		"disclosure_harbor_by-authority_2016-01_zh.pdf":        named(func(d *report.Document) { d.By = "authority" }),
		"disclosure_harbor_2016-01-29_zh.pdf":                  named(func(d *report.Document) { d.Span = "" }),
		"disclosure_harbor_by-grade_2016-01_zh.pdf":            named(func(d *report.Document) { d.Asked = []string{"by-grade"} }),
		"disclosure_harbor_0123456789-9f2a6ecb_2016-01_zh.pdf": named(func(d *report.Document) { d.Of = append(d.Of, "lending.harbor.0123456789abcdef0123456789abcdef") }),
		"disclosure_2016-01_zh.pdf":                            named(func(d *report.Document) { d.Of = nil }),
	} {
		if got := report.Filename(d, report.PDF, report.ZH); got != want {
			t.Errorf("the name is %s, want %s", got, want)
		}
	}
	if got := report.Filename(named(func(*report.Document) {}), report.JSON, report.ZH); got != "disclosure_harbor_2016-01.json" {
		t.Errorf("JSON, which holds both languages, is named %s", got)
	}
}

// Two reports that differ in anything that the name speaks of never share one, not even on a disk to which letters of
// either case are the same; and no name has a letter that any disk refuses.
func TestFilenamesDoNotCollide(t *testing.T) {
	handle := strings.Repeat("3f", 16)
	seen := map[string]string{}
	for what, spoil := range map[string]func(*report.Document){
		"as it is":          func(*report.Document) {},
		"another platform":  func(d *report.Document) { d.Of[0] = "lantern" },
		"a capital letter":  func(d *report.Document) { d.Of[0] = "Harbor" },
		"all capitals":      func(d *report.Document) { d.Of[0] = "HARBOR" },
		"a colon":           func(d *report.Document) { d.Of[0] = "har:bor" },
		"an underline":      func(d *report.Document) { d.Of[0] = "har_bor" },
		"a hyphen":          func(d *report.Document) { d.Of[0] = "har-bor" },
		"a way up":          func(d *report.Document) { d.Of[0] = "../../harbor" },
		"points alone":      func(d *report.Document) { d.Of[0] = ".." },
		"a Chinese name":    func(d *report.Document) { d.Of[0] = "港湾" },
		"another of those":  func(d *report.Document) { d.Of[0] = "灯笼" },
		"a party":           func(d *report.Document) { d.Of = append(d.Of, handle) },
		"a party alike":     func(d *report.Document) { d.Of = append(d.Of, handle[:31]+"0") },
		"a loan of it":      func(d *report.Document) { d.Of = append(d.Of, "lending.harbor."+handle) },
		"another month":     func(d *report.Document) { d.Span = "2016-02" },
		"a day":             func(d *report.Document) { d.Span = "" },
		"a span":            func(d *report.Document) { d.Span = "2016-01-01--2016-01-31" },
		"by grade":          func(d *report.Document) { d.Asked = []string{"by-grade"} },
		"by grade, bucket":  func(d *report.Document) { d.Asked = []string{"by-grade,bucket"} },
		"by another member": func(d *report.Document) { d.By = "authority" },
	} {
		for _, f := range report.Formats {
			for _, l := range report.Languages {
				if f == report.JSON && l == report.ZH {
					continue // JSON holds both
				}
				name := report.Filename(named(spoil), f, l)
				if other, taken := seen[strings.ToLower(name)]; taken {
					t.Errorf("%s and %s are both named %s", what, other, name)
				}
				seen[strings.ToLower(name)] = what
				if strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-_.") != "" || len(name) > 120 || strings.Contains(name, "..") {
					t.Errorf("%s: a disk may refuse the name %q", what, name)
				}
			}
		}
	}
}

// The header says the name to every program, and a Chinese one before a Chinese reader, as RFC 6266 has it.
func TestDisposition(t *testing.T) {
	d := named(func(d *report.Document) { d.Title.ZH = `平台"信息"披露/甲` })
	for language, want := range map[report.Language]string{
		report.EN: "disclosure_harbor_2016-01_en.csv", report.ZH: "平台-信息-披露-甲_harbor_2016-01_zh.csv",
	} {
		header := report.Disposition(d, report.CSV, language)
		kind, parameters, err := mime.ParseMediaType(header)
		if err != nil || kind != "attachment" || parameters["filename"] != want {
			t.Errorf("%s: a reader of %s takes %q, want %q: %v", header, language, parameters["filename"], want, err)
		}
		if !strings.HasPrefix(header, `attachment; filename="disclosure_harbor_2016-01_`) || strings.Trim(header, " \t!\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_abcdefghijklmnopqrstuvwxyz{|}~") != "" {
			t.Errorf("no header for old programs: %s", header)
		}
	}
}
