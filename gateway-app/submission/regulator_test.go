package submission_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
	"github.com/tallystick/tallystick/gateway-app/submission"
)

const head = "loan,status,principal_minor,outstanding_minor,overdue_days\n"

func loanID(n int) string { return wire.LoanID("lending", harbor, handle(n)) }

// row is a line of a loan book in CSV.
func row(n int, status string, principal, outstanding, days int) string {
	return fmt.Sprintf("%s,%s,%d,%d,%d\n", loanID(n), status, principal, outstanding, days)
}

func (w *world) handIn(period, media, content string) (submission.Record, error) {
	return w.platform.State(w.t.Context(), submission.Statement{
		Kind: submission.LoanBook, Period: period, MediaType: media, Content: packed(content), Reason: submission.OtherSystem,
	})
}

// overdueMonth is January with two loans of which the first misses a row in March, and a day in March.
func (w *world) overdueMonth() {
	w.aMonth()
	w.own.close()
	w.own.open(day(2016, 3, 14))
	w.own.close()
	w.own.open(day(2016, 3, 15))
}

func TestALoanBookIsReconciledLineByLine(t *testing.T) {
	each(t, func(t *testing.T, w *world, _ *store.DB) {
		w.overdueMonth()
		true1 := head + row(1, "active", 1_200_000, 1_200_000, 39) + row(2, "active", 1_200_000, 1_200_000, 14)
		good, err := w.handIn("2016-03-14", submission.CSV, true1)
		if err != nil || good.State != submission.Acknowledged || good.Verdict.Compared != 2 {
			t.Fatalf("the true book became %+v, %v", good, err)
		}
		false1 := head + row(1, "active", 1_200_000, 1_100_000, 0) + row(1, "active", 1_200_000, 1_200_000, 39) +
			row(3, "repaid", 500, 0, 0) + row(4, "repaid", 500, 100, 0)
		bad, err := w.handIn("2016-03-14", submission.CSV, false1)
		if err != nil || bad.State != submission.Rejected || bad.Version != 2 {
			t.Fatalf("the false book became %+v, %v", bad, err)
		}
		var found []string
		for _, f := range bad.Verdict.Findings {
			found = append(found, fmt.Sprintf("%d %s %s %s %s %s", f.Line, f.Rule, strings.TrimLeft(f.Loan[len(f.Loan)-2:], "0"), f.Field, f.Stated, f.Computed))
		}
		want := []string{
			"2 field 1 outstanding_minor 1100000 1200000", "2 field 1 overdue_days 0 39", "3 loan_repeated 1   ",
			"4 loan_unknown 3  repaid ", "5 loan_unknown 4  repaid ", "5 line_repaid_owes_nothing 4   ", "0 loan_missing 2   active",
		}
		if got, want := strings.Join(found, "\n"), strings.Join(want, "\n"); got != want {
			t.Errorf("found was\n%s\nwant\n%s", got, want)
		}
	})
}

// A book of a day is held against that day, whatever has happened since.
func TestALoanBookIsOfItsDay(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t), storetest.SQLite(t))
	w.overdueMonth()
	w.own.writeOff(0, day(2016, 3, 15))
	w.own.lend(3, day(2016, 3, 15))
	lines := []submission.Line{
		{Loan: loanID(2), Status: loan.Active, PrincipalMinor: 1_200_000, OutstandingMinor: 1_200_000, OverdueDays: 14},
		{Loan: loanID(1), Status: loan.Active, PrincipalMinor: 1_200_000, OutstandingMinor: 1_200_000, OverdueDays: 39},
	}
	content, err := json.Marshal(lines)
	w.done(err)
	if r, err := w.handIn("2016-03-14", submission.JSON, string(content)); err != nil || r.State != submission.Acknowledged {
		t.Errorf("the book of the day before became %+v, %v", r, err)
	}
	w.own.close()
	w.own.open(day(2016, 3, 16))
	today := head + row(1, "written_off", 1_200_000, 1_200_000, 40) + row(2, "active", 1_200_000, 1_200_000, 15) + row(3, "active", 1_200_000, 1_200_000, 0)
	if r, err := w.handIn("2016-03-15", submission.CSV, today); err != nil || r.State != submission.Acknowledged {
		t.Errorf("the book of today became %+v, %v", r, err)
	}
}

// What is wrong all over is counted whole, and kept up to a bound.
func TestFindingsAreBounded(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t), storetest.SQLite(t))
	w.overdueMonth()
	var book strings.Builder
	book.WriteString(head)
	for n := range 5_000 {
		book.WriteString(row(10+n, "active", 100, 100, 0))
	}
	r, err := w.handIn("2016-03-14", submission.CSV, book.String())
	if err != nil || r.Verdict.Found != 5_002 || len(r.Verdict.Findings) != 1_000 || r.Verdict.Compared != 5_000 {
		t.Errorf("%d found, %d kept of %d, %v", r.Verdict.Found, len(r.Verdict.Findings), r.Verdict.Compared, err)
	}
}

func TestABookOfNoBusinessDayIsRejected(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t), storetest.SQLite(t))
	w.overdueMonth()
	r, err := w.handIn("2016-03-12", submission.CSV, head)
	if err != nil || r.State != submission.Rejected || r.Verdict.Findings[0].Field != "period" {
		t.Errorf("it became %+v, %v", r, err)
	}
}

// What has not the form of its kind is refused at the platform's door, by field and line, and states nothing.
func TestWhatHasNotTheFormOfALoanBook(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t), storetest.SQLite(t))
	w.overdueMonth()
	line := row(1, "active", 100, 100, 0)
	for _, c := range []struct{ name, period, media, content, want string }{
		{"of a month", "2016-03", submission.CSV, head, "invalid_field period"},
		{"nothing", "2016-03-14", submission.CSV, "", "missing_field content"},
		{"another medium", "2016-03-14", "text/html", head, "invalid_field media_type"},
		{"no head", "2016-03-14", submission.CSV, line, "malformed_request content"},
		{"a column twice", "2016-03-14", submission.CSV, "loan,loan,status,principal_minor,outstanding_minor\n", "malformed_request content"},
		{"a short row", "2016-03-14", submission.CSV, head + loanID(1) + ",active\n", "malformed_request content"},
		{"an open quote", "2016-03-14", submission.CSV, head + `"` + line, "malformed_request content"},
		{"no id", "2016-03-14", submission.CSV, head + "x,active,1,1,0\n", "invalid_field loan"},
		{"another's", "2016-03-14", submission.CSV, head + strings.Replace(line, "harbor", "lantern", 1), "invalid_field loan"},
		{"no status", "2016-03-14", submission.CSV, head + row(1, "lost", 1, 1, 0), "invalid_field status"},
		{"a fraction", "2016-03-14", submission.CSV, head + loanID(1) + ",active,1.5,1,0\n", "invalid_field principal_minor"},
		{"too much", "2016-03-14", submission.CSV, head + loanID(1) + ",active,9223372036854775807,1,0\n", "invalid_field principal_minor"},
		{"beyond 64 bits", "2016-03-14", submission.CSV, head + loanID(1) + ",active,9223372036854775808,1,0\n", "invalid_field principal_minor"},
		{"owes more", "2016-03-14", submission.CSV, head + row(1, "active", 1, 2, 0), "invalid_field outstanding_minor"},
		{"negative days", "2016-03-14", submission.CSV, head + row(1, "active", 1, 1, -1), "invalid_field overdue_days"},
		{"no list", "2016-03-14", submission.JSON, `{}`, "malformed_request content"},
		{"an open list", "2016-03-14", submission.JSON, `[`, "malformed_request content"},
		{"a list and more", "2016-03-14", submission.JSON, `[] []`, "malformed_request content"},
		{"another field", "2016-03-14", submission.JSON, `[{"name":"x"}]`, "malformed_request content"},
		{"a field missing", "2016-03-14", submission.JSON, `[{"overdue_days":7}]`, "missing_field loan"},
		{"a text", "2016-03-14", submission.JSON, `[{"loan":"x","status":"active","principal_minor":1,"outstanding_minor":1,"overdue_days":"7"}]`, "invalid_field overdue_days"},
	} {
		if _, err := w.handIn(c.period, c.media, c.content); refused(err) != c.want {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
	if r := w.last(w.platform, submission.LoanBook, "2016-03-14"); r.Version != 0 {
		t.Errorf("stated was %+v", r)
	}
}

// What has not the form of a disclosure states nothing either.
func TestWhatHasNotTheFormOfADisclosure(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t), storetest.SQLite(t))
	w.aMonth()
	at, err := w.regulator.Publication(t.Context(), harbor, "2016-01")
	w.done(err)
	content, err := at.Disclosure.Canonical()
	w.done(err)
	for _, c := range []struct{ name, kind, period, media, content, want string }{
		{"another kind", "diary", "2016-01", submission.JSON, "{}", "invalid_field kind"},
		{"CSV", submission.Disclosure, "2016-01", submission.CSV, "{}", "invalid_field media_type"},
		{"no JSON", submission.Disclosure, "2016-01", submission.JSON, "{", "malformed_request content"},
		{"not canonical", submission.Disclosure, "2016-01", submission.JSON, " " + string(content), "malformed_request content"},
		{"another period", submission.Disclosure, "2016-02", submission.JSON, string(content), "invalid_field content.period"},
		{"another platform", submission.Disclosure, "2016-01", submission.JSON, strings.Replace(string(content), `"platform":"harbor"`, `"platform":"lantern"`, 1), "invalid_field content.platform"},
	} {
		_, err := w.platform.State(t.Context(), submission.Statement{
			Kind: c.kind, Period: c.period, MediaType: c.media, Content: packed(c.content), Reason: submission.OtherSystem,
		})
		if refused(err) != c.want {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
}

// A version is answered as before with the same content, and refused with another.
func TestAVersionIsTakenOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world, _ *store.DB) {
		w.overdueMonth()
		one, two := packed(head+row(1, "active", 1_200_000, 1_200_000, 39)), packed(head)
		sent := submission.Sent{Kind: submission.LoanBook, Period: "2016-03-14", Version: 1, MediaType: submission.CSV, Content: one}
		send := func(change func(*submission.Sent)) (submission.Record, error) {
			s := sent
			change(&s)
			return w.regulator.Receive(t.Context(), harbor, s)
		}
		first, err := send(func(*submission.Sent) {})
		if err != nil || first.State != submission.Rejected {
			t.Fatalf("first it is %+v, %v", first, err)
		}
		again, err := send(func(*submission.Sent) {})
		if err != nil || again.Digest != first.Digest || again.State != submission.Rejected || len(w.told(1)) != 2 {
			t.Errorf("again it is %+v, %v, told %v", again, err, w.told(1))
		}
		for _, c := range []struct {
			name   string
			change func(*submission.Sent)
			want   string
		}{
			{"another content", func(s *submission.Sent) { s.Content = two }, "already_exists version"},
			{"version 0", func(s *submission.Sent) { s.Version = 0 }, "invalid_field version"},
			{"a first one that corrects", func(s *submission.Sent) { s.Former = first.Digest }, "invalid_field former"},
			{"no reason", func(s *submission.Sent) { s.Version, s.Former = 2, first.Digest }, "missing_field reason"},
			{"no former", func(s *submission.Sent) { s.Version, s.Reason = 2, submission.FigureWrong }, "invalid_field former"},
			{"another former", func(s *submission.Sent) {
				s.Version, s.Reason, s.Former = 2, submission.FigureWrong, strings.Repeat("0", 64)
			}, "previous_unknown former"},
			{"a reason of its own", func(s *submission.Sent) { s.Reason = "Zhang San paid late." }, "invalid_field reason"},
		} {
			if _, err := send(c.change); refused(err) != c.want {
				t.Errorf("%s: %v, want %s", c.name, err, c.want)
			}
		}
		if _, err := w.regulator.Receive(t.Context(), "lantern", sent); refused(err) != "wrong_member " {
			t.Errorf("as another platform's: %v", err)
		}
		third, err := send(func(s *submission.Sent) {
			s.Version, s.Reason, s.Former, s.Content = 3, submission.FigureWrong, strings.Repeat("0", 64), two
		})
		if err != nil || third.Version != 3 {
			t.Errorf("a version whose former never came: %+v, %v", third, err)
		}
		if _, err := send(func(s *submission.Sent) { s.Version, s.Reason, s.Former = 2, submission.FigureWrong, first.Digest }); refused(err) != "already_exists version" {
			t.Errorf("a version before the last: %v", err)
		}
		if r, err := w.regulator.Read(t.Context(), first.Name); err != nil || r.State != submission.Superseded || r.Judged != submission.Rejected {
			t.Errorf("the first is %+v, %v", r, err)
		}
	})
}

// What the regulator's door refuses is the platform's to correct, and is not sent again.
func TestARefusalAtTheDoorIsARejection(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t), storetest.SQLite(t))
	w.overdueMonth()
	taken := submission.Sent{Kind: submission.LoanBook, Period: "2016-03-14", Version: 1, MediaType: submission.CSV, Content: packed(head)}
	if _, err := w.regulator.Receive(t.Context(), harbor, taken); err != nil {
		t.Fatal(err)
	}
	r, err := w.handIn("2016-03-14", submission.CSV, head+row(1, "active", 1_200_000, 1_200_000, 39)) // a platform that has lost its database
	if err != nil || r.State != submission.Rejected || r.Verdict.Findings[0].Stated != "already_exists" || r.Verdict.Findings[0].Field != "version" {
		t.Errorf("it is %+v, %v", r, err)
	}
}

func TestListsHavePages(t *testing.T) {
	each(t, func(t *testing.T, w *world, _ *store.DB) {
		w.overdueMonth()
		for i := range 5 {
			_, err := w.handIn("2016-03-14", submission.CSV, head+row(1, "active", 1_200_000, 1_200_000-i, 39))
			w.done(err)
		}
		var versions []int64
		after := int64(0)
		for {
			list, next, err := w.platform.List(t.Context(), submission.Filter{Platform: harbor, Kind: submission.LoanBook}, after, 2, false)
			w.done(err)
			for _, r := range list {
				versions = append(versions, r.Version)
			}
			if after = next; len(list) < 2 {
				break
			}
		}
		newest, _, err := w.regulator.List(t.Context(), submission.Filter{State: submission.Rejected}, 0, 10, true)
		if fmt.Sprint(versions) != "[1 2 3 4 5]" || err != nil || len(newest) != 1 || newest[0].Version != 5 {
			t.Errorf("listed are %v, rejected %+v, %v", versions, newest, err)
		}
	})
}

// What is of no closed day yet is refused at the platform's own door, with the last day that was closed, and no version is
// spent on it.
func TestWhatIsNotClosedYetIsNotStated(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t), storetest.SQLite(t))
	w.overdueMonth()
	for _, period := range []string{"2016-03-15", "2016-03-16", "2017-01-02"} {
		_, err := w.handIn(period, submission.CSV, head+row(1, "active", 1_200_000, 1_200_000, 39))
		var form *submission.FormError
		if !errors.As(err, &form) || refused(err) != "invalid_field period" || !strings.Contains(form.Remedy, "2016-03-14") {
			t.Errorf("a book of %s: %v", period, err)
		}
		if r := w.last(w.platform, submission.LoanBook, period); r.Version != 0 {
			t.Errorf("of %s is kept %+v", period, r)
		}
	}
}
