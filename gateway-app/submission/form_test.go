package submission_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
	"github.com/tallystick/tallystick/gateway-app/submission"
)

// What is wrong in a book is named where people find it: in CSV by line and column of the file, whose head is line 1, in JSON
// by the item; and always by the field, with what to do.
func TestWhereABookIsWrong(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t), storetest.SQLite(t))
	w.overdueMonth()
	line := row(1, "active", 100, 100, 0)
	item := `{"loan":"` + loanID(1) + `","status":"active","principal_minor":1,"outstanding_minor":1,"overdue_days":0}`
	ids := len(loanID(1))
	for _, c := range []struct{ name, media, content, want string }{
		{"the first line", submission.CSV, head + row(1, "lost", 1, 1, 0), fmt.Sprintf("status line 2 column %d item 0", ids+2)},
		{"the third line", submission.CSV, head + line + row(2, "active", 1, 2, 0), fmt.Sprintf("outstanding_minor line 3 column %d item 0", ids+len(",active,1,")+1)},
		{"after an empty line", submission.CSV, head + line + "\n" + row(2, "active", 1, 1, -1), fmt.Sprintf("overdue_days line 4 column %d item 0", ids+len(",active,1,1,")+1)},
		{"another's loan", submission.CSV, head + line + strings.Replace(line, "harbor", "lantern", 1), "loan line 3 column 1 item 0"},
		{"a short line", submission.CSV, head + line + loanID(2) + ",active\n", "content line 3 column 1 item 0"},
		{"an unknown column", submission.CSV, "loan,status,principal_minor,owed,overdue_days\n", "content line 1 column 29 item 0"},
		{"no columns", submission.CSV, "\n", "content line 1 column 0 item 0"},
		{"a line without an end", submission.CSV, head + strings.Repeat("9", 40_000), "content line 2 column 0 item 0"},
		{"a line without an end, later", submission.CSV, head + line + "\r\n\n" + line + strings.Repeat("9", 40_000), "content line 6 column 0 item 0"},
		{"a quote that nobody closes", submission.CSV, head + line + line + `"` + strings.Repeat(line, 11), "content line 4 column 0 item 0"},
		{"a quote that is closed too late", submission.CSV, head + "\n" + `"` + line + line + `"` + line, "content line 3 column 0 item 0"},
		{"a quote in a long file", submission.CSV, head + line + line + `"` + strings.Repeat(line, 2_000), "content line 4 column 0 item 0"},
		{"no status", submission.CSV, head + row(1, "", 1, 1, 0), fmt.Sprintf("status line 2 column %d item 0", ids+2)},
		{"no status in JSON", submission.JSON, "[" + strings.Replace(item, "active", "", 1) + "]", "status line 0 column 0 item 1"},
		{"a field twice", submission.JSON, "[" + item + "," + strings.Replace(item, `"overdue`, `"principal_minor":2,"overdue`, 1) + "]", "principal_minor line 0 column 0 item 2"},
		{"a field twice, once escaped", submission.JSON, "[" + strings.Replace(item, `"status"`, `"\u006coan" : "}","status"`, 1) + "]", "loan line 0 column 0 item 1"},
		{"a field in capitals", submission.JSON, "[" + strings.Replace(item, `"overdue`, `"LOAN":"a","overdue`, 1) + "]", "content line 0 column 0 item 1"},
		{"a field that is missing", submission.JSON, "[" + item + "," + strings.Replace(item, `,"overdue_days":0`, "", 1) + "]", "overdue_days line 0 column 0 item 2"},
		{"a field that is null", submission.JSON, "[" + strings.Replace(item, `"active"`, "null", 1) + "]", "status line 0 column 0 item 1"},
		{"an item that is none", submission.JSON, "[" + item + ",7]", "content line 0 column 0 item 2"},
		{"a text for a number", submission.JSON, "[" + item + "," + strings.Replace(item, `"overdue_days":0`, `"overdue_days":"7"`, 1) + "]", "overdue_days line 0 column 0 item 2"},
		{"a wrong status", submission.JSON, "[" + item + "," + strings.Replace(item, "active", "lost", 1) + "]", "status line 0 column 0 item 2"},
		{"a field too many", submission.JSON, "[" + item + `,{"name":1}]`, "content line 0 column 0 item 2"},
		{"an item without an end", submission.JSON, "[" + item + `,{"loan":"` + strings.Repeat("9", 40_000) + `"}]`, "content line 0 column 0 item 2"},
	} {
		_, err := w.handIn("2016-03-14", c.media, c.content)
		var form *submission.FormError
		if !errors.As(err, &form) {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if got := fmt.Sprintf("%s line %d column %d item %d", form.Field, form.Line, form.Column, form.Item); got != c.want || form.Remedy == "" {
			t.Errorf("%s: %s, want %s: %v", c.name, got, c.want, err)
		}
		if strings.Contains(err.Error(), ": ,") || strings.Contains(err.Error(), ", ,") {
			t.Errorf("%s: it lists nothing as something: %v", c.name, err)
		}
		if strings.Contains(err.Error(), "lost") || strings.Contains(err.Error(), "lantern") {
			t.Errorf("%s: the refusal quotes: %v", c.name, err)
		}
	}
}

// A disclosure that is true and written otherwise is refused for just that, with where its canonical text comes from.
func TestADisclosureThatIsNotCanonicalIsToldSo(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t), storetest.SQLite(t))
	w.aMonth()
	at, err := w.regulator.Publication(t.Context(), harbor, "2016-01")
	w.done(err)
	content, err := at.Disclosure.Canonical()
	w.done(err)
	for what, want := range map[string]string{string(content) + "\n": "not in canonical JSON", "{}": "is no disclosure"} {
		_, err := w.platform.State(t.Context(), submission.Statement{
			Kind: submission.Disclosure, Period: "2016-01", MediaType: submission.JSON, Content: packed(what), Reason: submission.OtherSystem,
		})
		var form *submission.FormError
		if !errors.As(err, &form) || form.Code != fault.MalformedRequest || form.Field != "content" ||
			!strings.Contains(form.Remedy, want) || !strings.Contains(form.Remedy, "POST /v1/disclosures") {
			t.Errorf("it is refused with %v, want %q", err, want)
		}
	}
}
