package reminder_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tallystick/tallystick/gateway-app/mail/mailtest"
	"github.com/tallystick/tallystick/gateway-app/notice"
	"github.com/tallystick/tallystick/gateway-app/projection"
	"github.com/tallystick/tallystick/gateway-app/reminder"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
)

// outcomes are the reminders of a channel as "days status reason".
func (o *office) outcomes(channel reminder.Channel) []string {
	o.t.Helper()
	found := []string{}
	for _, r := range o.list(reminder.Filter{Channel: channel}) {
		found = append(found, strings.TrimSpace(fmt.Sprint(r.Days, " ", r.Status, " ", r.Reason)))
	}
	slices.Sort(found)
	return found
}

func (o *office) want(what string, got []string, want ...string) {
	o.t.Helper()
	if !slices.Equal(got, want) {
		o.t.Errorf("%s: %q, want %q", what, got, want)
	}
}

func (o *office) choose(party string, w reminder.Wish) {
	o.t.Helper()
	if _, err := o.Choose(o.t.Context(), party, w, "olga"); err != nil {
		o.t.Fatal(err)
	}
}

// Three days before an instalment falls due, its borrower reads of it in a mail, in their language, and the member's own
// feed tells other systems; the day before once more; and when nobody paid, that it is overdue.
func TestABorrowerIsReminded(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		server := mailtest.StartTLS(t)
		smtp := server.Settings()
		o := newOffice(t, db, &smtp)
		o.choose(jane, reminder.Wish{Language: reminder.English})
		start := day(t, "2026-03-01")
		first, second := o.books.lend(1, zhang, start), o.books.lend(2, jane, start)
		o.books.open(day(t, "2026-03-28"))
		o.turn()
		if len(server.Letters()) != 0 || len(o.list(reminder.Filter{})) != 0 {
			t.Fatal("four days before, somebody was reminded")
		}
		o.books.open(day(t, "2026-03-29"))
		o.turn()
		letters := server.Letters()
		if len(letters) != 2 {
			t.Fatalf("%d mails arrived", len(letters))
		}
		zh, en := letters[0], letters[1]
		if zh.To != "zhang@example.org" || zh.Subject != "Harbor还款提醒：2026年4月1日" || !strings.Contains(zh.Text, "应还金额：1,000.00元") ||
			!strings.Contains(zh.Text, "第 1 期（共 12 期）") || !strings.Contains(zh.HTML, "1,000.00元") || zh.Header.Get("Content-Language") != "zh" {
			t.Errorf("the mail to zhang: %+v", zh)
		}
		if en.To != "jane@example.org" || en.Subject != "Harbor: your instalment is due on 1 April 2026" || !strings.Contains(en.Text, "Amount: ¥1,000.00") ||
			!strings.Contains(en.Text, "Loan: "+second) || en.Header.Get("Content-Language") != "en" {
			t.Errorf("the mail to jane: %+v", en)
		}
		o.want("the feed", o.told(), "reminder.due", "reminder.due", "reminder.sent", "reminder.sent")

		o.books.pay(first, 1000, day(t, "2026-03-30"))
		o.books.open(day(t, "2026-03-31"))
		o.turn()
		o.books.open(day(t, "2026-04-02"))
		o.turn()
		letters = server.Letters()[2:]
		if len(letters) != 2 || letters[0].To != "jane@example.org" || letters[1].Subject != "Harbor: about your instalment of 1 April 2026" ||
			!strings.Contains(letters[1].Text, "1 day ago") || !strings.Contains(letters[1].Text, "Left of this instalment: ¥1,000.00") ||
			!strings.Contains(letters[1].Text, "as of today: ¥1,001.00") { // a thousandth a day
			t.Errorf("the mails after that: %+v", letters)
		}
		for _, l := range server.Letters() {
			if strings.ContainsAny(l.Subject, "¥元") || !l.Secured {
				t.Errorf("the subject %q tells an amount, or the mail came in the clear", l.Subject)
			}
		}
		o.want("what became of them", o.outcomes(reminder.Email), "-1 sent", "-3 sent", "-3 sent", "1 sent")
	})
}

// Nothing is sent at night, and everything in the morning that still holds.
func TestQuietHours(t *testing.T) {
	server := mailtest.Plain(t)
	smtp := server.Settings()
	o := newOffice(t, storetest.SQLite(t), &smtp)
	paid := o.books.lend(1, zhang, day(t, "2026-03-01"))
	o.books.lend(2, jane, day(t, "2026-03-01"))
	o.clock.set("2026-03-29 21:00")
	o.books.open(day(t, "2026-03-29"))
	o.turn()
	o.clock.set("2026-03-30 07:59")
	o.turn()
	if server.Heard() != 0 || len(o.told()) != 0 {
		t.Fatalf("%d mails and %q went out at night", server.Heard(), o.told())
	}
	o.want("at night", o.outcomes(reminder.Email), "-3 pending", "-3 pending")
	o.books.pay(paid, 1000, day(t, "2026-03-29"))
	o.clock.set("2026-03-30 08:00")
	o.turn()
	o.want("in the morning", o.outcomes(reminder.Email), "-3 sent", "-3 skipped paid")
	o.want("the feed", o.told(), "reminder.due", "reminder.sent")
}

// The link in a mail ends early reminders by one POST, and a notice of what is overdue comes all the same, unless a
// setting says otherwise. It cannot be made by anybody else.
func TestOptingOutByTheLink(t *testing.T) {
	for _, covers := range []bool{false, true} {
		t.Run(fmt.Sprint("covers overdue ", covers), func(t *testing.T) {
			server := mailtest.Plain(t)
			smtp := server.Settings()
			o := newOffice(t, storetest.SQLite(t), &smtp)
			o.settings.OptOutCoversOverdue = covers
			o.restart()
			o.books.lend(1, zhang, day(t, "2026-03-01"))
			o.books.open(day(t, "2026-03-29"))
			o.turn()
			letter := server.Letters()[0]
			link := strings.Trim(letter.Header.Get("List-Unsubscribe"), "<>")
			if letter.Header.Get("List-Unsubscribe-Post") != "List-Unsubscribe=One-Click" || !strings.Contains(letter.Text, link) || !strings.Contains(letter.HTML, link) {
				t.Errorf("the mail has no link that opts out: %+v", letter)
			}
			token, under := strings.CutPrefix(link, "https://harbor.example"+reminder.LinkPath)
			if !under || strings.Contains(link, zhang) || url.PathEscape(token) != token {
				t.Fatalf("the link is %s", link)
			}
			for _, forged := range []string{"", "x", token[:len(token)-2], token[1:], strings.ToUpper(token), "AAAA" + token[4:]} {
				if _, err := o.OptOut(t.Context(), forged); err == nil {
					t.Errorf("the token %q opted somebody out", forged)
				}
			}
			if party, err := o.OptOut(t.Context(), token); err != nil || party != zhang {
				t.Fatalf("opting out: %s, %v", party, err)
			}
			p, err := o.Preferences(t.Context(), zhang)
			if err != nil || !p.Choices[0].OptedOut || p.Choices[0].ChosenBy != "link" || p.Choices[0].ChosenAt == "" || p.Choices[1].OptedOut {
				t.Errorf("what is recorded: %+v, %v", p, err)
			}
			o.books.open(day(t, "2026-03-31"))
			o.turn()
			o.books.open(day(t, "2026-04-02"))
			o.turn()
			if covers {
				o.want("after opting out", o.outcomes(reminder.Email), "-1 skipped opted_out", "-3 sent", "1 skipped opted_out")
				return
			}
			o.want("after opting out", o.outcomes(reminder.Email), "-1 skipped opted_out", "-3 sent", "1 sent")
			if late := server.Letters()[1]; late.Header.Get("List-Unsubscribe") != "" || !strings.Contains(late.Text, "逾期 1 天") {
				t.Errorf("the overdue notice: %+v", late)
			}
			o.want("the other channel", o.outcomes(reminder.Webhook), "-1 sent", "-3 sent", "1 sent")
		})
	}
}

// Who chooses on their account is heard, by channel, and may choose again; the same choice twice changes nothing.
func TestChoosingOnTheAccount(t *testing.T) {
	o := newOffice(t, storetest.SQLite(t), nil)
	yes, no := true, false
	o.choose(zhang, reminder.Wish{OptedOut: reminder.OptOuts{Webhook: &yes}})
	before, err := o.Preferences(t.Context(), zhang)
	if err != nil || before.Language != reminder.Chinese || before.Choices[0].OptedOut || !before.Choices[1].OptedOut || before.Choices[1].ChosenBy != "olga" {
		t.Fatalf("%+v, %v", before, err)
	}
	o.clock.pass(time.Hour)
	o.choose(zhang, reminder.Wish{OptedOut: reminder.OptOuts{Webhook: &yes}, Language: reminder.English})
	after, err := o.Preferences(t.Context(), zhang)
	if err != nil || after.Choices[1] != before.Choices[1] || after.Language != reminder.English {
		t.Errorf("chosen again: %+v, %v", after, err)
	}
	o.books.lend(1, zhang, day(t, "2026-03-01"))
	o.books.open(day(t, "2026-03-29"))
	o.turn()
	o.want("opted out", o.outcomes(reminder.Webhook), "-3 skipped opted_out")
	o.choose(zhang, reminder.Wish{OptedOut: reminder.OptOuts{Webhook: &no}})
	o.books.open(day(t, "2026-03-31"))
	o.turn()
	o.want("in again", o.outcomes(reminder.Webhook), "-1 sent", "-3 skipped opted_out")
	if _, err := o.Choose(t.Context(), zhang, reminder.Wish{Language: "fr"}, "olga"); err == nil {
		t.Error("a language without texts was chosen")
	}
}

// A process that dies after it stored reminders, or while it sends them, leaves them to the next: every mail arrives.
// One that the server took right before the crash arrives twice at most, under one Message-ID.
func TestACrashLosesNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		server := mailtest.Plain(t)
		smtp := server.Settings()
		o := newOffice(t, db, &smtp)
		o.books.lend(1, zhang, day(t, "2026-03-01"))
		o.books.lend(2, jane, day(t, "2026-03-01"))
		o.books.open(day(t, "2026-03-29"))
		if err := o.Plan(t.Context()); err != nil { // stored, and dead before anything was sent
			t.Fatal(err)
		}
		o.restart()
		if err := o.Plan(t.Context()); err != nil {
			t.Fatal(err)
		}
		o.want("stored", o.outcomes(reminder.Email), "-3 pending", "-3 pending")
		dying, die := context.WithCancel(t.Context())
		server.Answer(func(n int, _ mailtest.Letter) error {
			if n == 2 {
				die() // the server takes it, and nobody is there to write that down
			}
			return nil
		})
		if _, err := o.Turn(dying); err == nil {
			t.Fatal("the process did not die")
		}
		o.want("after the crash", o.outcomes(reminder.Email), "-3 pending put_off", "-3 sent")
		o.restart()
		o.turn()
		if server.Heard() != 2 {
			t.Error("what was counted as an attempt was tried again at once")
		}
		o.clock.pass(2 * time.Minute)
		o.turn()
		o.clock.pass(time.Hour)
		o.turn()
		o.want("in the end", o.outcomes(reminder.Email), "-3 sent", "-3 sent")
		ids := map[string]string{}
		for _, l := range server.Letters() {
			ids[l.To] += l.Header.Get("Message-Id")
		}
		once, twice := ids["zhang@example.org"], ids["jane@example.org"]
		if strings.Count(once, "@harbor.example") != 1 || strings.Count(twice, "@harbor.example") != 2 || twice[:len(twice)/2] != twice[len(twice)/2:] {
			t.Errorf("the mails' ids are %q", ids)
		}
		o.want("the feed", o.told(), "reminder.due", "reminder.due", "reminder.sent", "reminder.sent")
	})
}

// Two processes of one member remind once, and a read model that is rebuilt, with its days from the first on, reminds
// nobody again; nor does one that is not whole.
func TestOnceEachWithTwoProcessesAndARebuild(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		server := mailtest.Plain(t)
		smtp := server.Settings()
		o := newOffice(t, db, &smtp)
		for n := range 20 {
			o.books.lend(n+1, zhang, day(t, "2026-03-01"))
		}
		ctx, stop := context.WithCancel(t.Context())
		var group sync.WaitGroup
		for _, name := range []string{"first", "second"} {
			each := o.process(name)
			group.Go(func() { _ = each.Run(ctx) }) // ends with the context
		}
		o.books.open(day(t, "2026-03-29"))
		until(t, "all are reminded", func() bool { return len(server.Letters()) >= 20 && len(o.told()) >= 40 })
		o.books.change(func() { o.books.whole, o.books.today = false, day(t, "2026-03-02") })
		o.books.open(day(t, "2026-03-31"))
		time.Sleep(100 * time.Millisecond)
		o.books.change(func() { o.books.whole, o.books.today = true, day(t, "2026-03-29") })
		time.Sleep(100 * time.Millisecond)
		stop()
		group.Wait()
		if len(server.Letters()) != 20 || len(o.told()) != 40 || len(o.list(reminder.Filter{})) != 40 {
			t.Errorf("%d mails, %d notices and %d reminders", len(server.Letters()), len(o.told()), len(o.list(reminder.Filter{})))
		}
		o.write(`DELETE FROM reminder_day`) // not even that has anybody reminded again
		o.turn()
		if len(server.Letters()) != 20 || len(o.told()) != 40 {
			t.Error("a reminder was sent twice")
		}
	})
}

func (o *office) write(statement string, args ...any) {
	o.t.Helper()
	err := o.db.Write(o.t.Context(), func(tx *sql.Tx) error {
		_, err := tx.ExecContext(o.t.Context(), statement, args...)
		return err
	})
	if err != nil {
		o.t.Fatal(err)
	}
}

func until(t *testing.T, what string, so func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !so(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("after 20 s it is not so that %s", what)
		}
	}
}

// A server that puts a message off is tried again, one that refuses it is not, and one that is away holds all of them
// until it is back, or until that is too long ago.
func TestServersThatDoNotTakeIt(t *testing.T) {
	server := mailtest.Plain(t)
	smtp := server.Settings()
	o := newOffice(t, storetest.SQLite(t), &smtp)
	o.person(handle(77), 5, "nobody@example.org")
	for n, who := range []string{zhang, jane, handle(77), nameless} {
		o.books.lend(n+1, who, day(t, "2026-03-01"))
	}
	server.Answer(func(n int, l mailtest.Letter) error {
		if l.To == "jane@example.org" {
			return mailtest.Refusal(554)
		}
		if n < 3 {
			return mailtest.Refusal(451)
		}
		return nil
	})
	o.books.open(day(t, "2026-03-29"))
	o.turn()
	o.want("at first", o.outcomes(reminder.Email), "-3 failed refused", "-3 failed refused", "-3 pending put_off", "-3 skipped no_address")
	o.clock.pass(2 * time.Minute)
	o.turn()
	o.want("later", o.outcomes(reminder.Email), "-3 failed refused", "-3 failed refused", "-3 sent", "-3 skipped no_address")
	if got := o.list(reminder.Filter{Channel: reminder.Email, Party: zhang})[0]; got.Attempts != 2 || got.AmountMinor != 100_000 || got.EndedAt == "" {
		t.Errorf("zhang's: %+v", got)
	}
	server.Stop()
	o.books.open(day(t, "2026-03-31"))
	o.turn()
	o.turn()
	attempts := 0
	for _, r := range o.list(reminder.Filter{Channel: reminder.Email, Status: reminder.Pending}) {
		attempts += r.Attempts
	}
	if attempts != 1 {
		t.Errorf("a server that is away was dialled %d times at once", attempts)
	}
	o.clock.pass(25 * time.Hour)
	o.turn()
	given := 0
	for _, r := range o.list(reminder.Filter{Channel: reminder.Email}) {
		if r.Status == reminder.Failed && r.Reason == reminder.GivenUp {
			given++
		}
	}
	if given != 3 || len(o.list(reminder.Filter{Status: reminder.Pending})) != 0 {
		t.Errorf("%d were given up of %q", given, o.outcomes(reminder.Email))
	}
	failed := 0
	for _, kind := range o.told() {
		if kind == "reminder.failed" {
			failed++
		}
	}
	if failed != 5 {
		t.Errorf("the feed tells of %d failures: %q", failed, o.told())
	}
}

// A person who asked for erasure is not written to, and what was put off too long is overtaken.
func TestWhoIsNotWrittenTo(t *testing.T) {
	server := mailtest.Plain(t)
	smtp := server.Settings()
	o := newOffice(t, storetest.SQLite(t), &smtp)
	o.books.lend(1, zhang, day(t, "2026-03-01"))
	o.books.lend(2, jane, day(t, "2026-03-01"))
	o.write(`UPDATE person SET status = 'restricted' WHERE party = $1`, zhang)
	server.Answer(func(int, mailtest.Letter) error { return mailtest.Refusal(451) })
	o.books.open(day(t, "2026-03-29"))
	o.turn()
	o.want("restricted", o.outcomes(reminder.Email), "-3 pending put_off", "-3 skipped restricted")
	o.books.open(day(t, "2026-03-31"))
	server.Answer(nil)
	o.clock.pass(10 * time.Minute)
	o.turn()
	o.want("overtaken", o.outcomes(reminder.Email), "-1 sent", "-1 skipped restricted", "-3 skipped overtaken", "-3 skipped restricted")
	if len(server.Letters()) != 1 {
		t.Errorf("%d mails arrived", len(server.Letters()))
	}
}

// That an address was read is in the access log, by the party's handle; neither it nor the feed nor the table of
// reminders holds anything of the person.
func TestNothingPersonalIsLeftBehind(t *testing.T) {
	server := mailtest.Plain(t)
	smtp := server.Settings()
	o := newOffice(t, storetest.SQLite(t), &smtp)
	o.books.lend(1, zhang, day(t, "2026-03-01"))
	o.books.open(day(t, "2026-03-29"))
	o.turn()
	rows, err := o.log.For(true).About(t.Context(), []string{zhang}, 0, 10)
	if err != nil || len(rows) != 1 || rows[0].Operation != "reminder.send" {
		t.Errorf("the access log has %+v, %v", rows, err)
	}
	entries, err := o.feed.List(t.Context(), 0, 10, notice.Filter{})
	if err != nil || len(entries) != 2 {
		t.Fatalf("%d notices, %v", len(entries), err)
	}
	var said struct {
		Loan        string `json:"loan"`
		DueOn       string `json:"due_on"`
		Days        int    `json:"days"`
		AmountMinor int64  `json:"amount_minor"`
		Currency    string `json:"currency"`
	}
	if err := json.Unmarshal(entries[0].Payload, &said); err != nil || said.DueOn != "2026-04-01" || said.Days != -3 || said.AmountMinor != 100_000 || said.Currency != "CNY" {
		t.Errorf("the notice says %s, %v", entries[0].Payload, err)
	}
	everything, err := json.Marshal([]any{entries, rows, o.list(reminder.Filter{})})
	if err != nil {
		t.Fatal(err)
	}
	for _, value := range []string{"zhang@example.org", "张三", "11010519491231002X"} {
		if strings.Contains(string(everything), value) {
			t.Errorf("%q is left behind in %s", value, everything)
		}
	}
	err = o.db.Write(t.Context(), func(tx *sql.Tx) error { return reminder.Forget(t.Context(), tx, zhang) })
	if err != nil || len(o.list(reminder.Filter{})) != 0 {
		t.Errorf("forgotten: %v, %d left", err, len(o.list(reminder.Filter{})))
	}
}

// A list is narrowed, paged and turned round.
func TestListing(t *testing.T) {
	o := newOffice(t, storetest.SQLite(t), nil)
	ids := []string{}
	for n := range 5 {
		ids = append(ids, o.books.lend(n+1, zhang, day(t, "2026-03-01")))
	}
	o.books.open(day(t, "2026-03-29"))
	o.turn()
	all := o.list(reminder.Filter{})
	if len(all) != 5 {
		t.Fatalf("%d reminders", len(all))
	}
	for name, f := range map[string]reminder.Filter{
		"loan": {Loan: ids[0]}, "nobody": {Party: jane}, "channel": {Channel: reminder.Email}, "status": {Status: reminder.Failed}, "day": {DueOn: day(t, "2026-04-02")},
	} {
		if got := len(o.list(f)); got != map[string]int{"loan": 1}[name] {
			t.Errorf("%s: %d", name, got)
		}
	}
	page, err := o.List(t.Context(), reminder.Filter{}, all[1].Sequence, 2, false)
	if err != nil || len(page) != 2 || page[0].ID != all[2].ID {
		t.Errorf("a page: %+v, %v", page, err)
	}
	page, err = o.List(t.Context(), reminder.Filter{}, all[1].Sequence, 2, true)
	if err != nil || len(page) != 1 || page[0].ID != all[0].ID {
		t.Errorf("a page backwards: %+v, %v", page, err)
	}
}

// Of a loan that is far behind every instalment is looked at: the next one falls due too.
func TestALoanThatIsFarBehind(t *testing.T) {
	o := newOffice(t, storetest.SQLite(t), nil)
	o.books.lend(1, zhang, day(t, "2026-03-01"))
	o.books.open(day(t, "2026-04-27"))
	o.turn()
	o.books.open(day(t, "2026-05-01")) // 30 days after the first, the day of the second
	o.turn()
	found := []string{}
	for _, r := range o.list(reminder.Filter{}) {
		found = append(found, fmt.Sprint(r.DueOn, " ", r.Days))
	}
	slices.Sort(found)
	o.want("reminders", found, "2026-04-01 30", "2026-05-01 -1")
}

// spoilt are books of which one loan cannot be read.
type spoilt struct {
	*books
	loan *string
}

func (s spoilt) Loan(ctx context.Context, id string) (projection.Loan, error) {
	if id == *s.loan {
		return projection.Loan{}, errors.New("this loan cannot be read")
	}
	return s.books.Loan(ctx, id)
}

// A loan or an address that cannot be read keeps nobody else's reminders back, is tried again later and later, and goes
// out when it can be read after all.
func TestOneThatCannotBeReadStopsNobody(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		server := mailtest.Plain(t)
		smtp := server.Settings()
		o := newOffice(t, db, &smtp)
		bad := o.books.lend(1, zhang, day(t, "2026-03-01"))
		o.books.lend(2, jane, day(t, "2026-03-01"))
		o.books.open(day(t, "2026-03-29"))
		o.Reminders = o.over(spoilt{o.books, &bad})
		o.turn()
		o.want("by mail", o.outcomes(reminder.Email), "-3 pending put_off", "-3 sent")
		o.want("by the feed", o.outcomes(reminder.Webhook), "-3 pending put_off", "-3 sent")
		bad = ""
		o.turn()
		o.want("at once", o.outcomes(reminder.Email), "-3 pending put_off", "-3 sent")
		o.clock.pass(time.Hour)
		if err := db.Write(t.Context(), func(tx *sql.Tx) error {
			_, err := tx.ExecContext(t.Context(), `UPDATE person SET email = $1 WHERE party = $2`, "spoilt", zhang)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		o.turn()
		o.want("later", o.outcomes(reminder.Webhook), "-3 sent", "-3 sent")
		o.want("with a sealed record that does not open", o.outcomes(reminder.Email), "-3 pending put_off", "-3 sent")
		if attempts := o.list(reminder.Filter{Channel: reminder.Email, Status: reminder.Pending})[0].Attempts; attempts != 2 {
			t.Errorf("it was tried %d times", attempts)
		}
	})
}
