package reminder_test

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/gateway-app/mail"
	"github.com/tallystick/tallystick/gateway-app/mail/mailtest"
	"github.com/tallystick/tallystick/gateway-app/projection"
	"github.com/tallystick/tallystick/gateway-app/reminder"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
)

// model is the real read model, over rows that a test writes as the projection does.
type model struct {
	*projection.Model
	t  testing.TB
	db *store.DB
}

func (model) Moved() <-chan struct{} { return nil }

// numbers are the columns of the read model that hold numbers, beside those whose names say so.
var numbers = []string{"seq", "sequence", "block", "feed", "reached", "open", "instalments", "term_months", "related"}

// put writes a row, with what is empty in every column that is not named.
func (m model) put(table string, values map[string]any) {
	m.t.Helper()
	columns, err := m.db.Columns(m.t.Context())
	if err != nil {
		m.t.Fatal(err)
	}
	var names, places []string
	var args []any
	for _, c := range columns {
		if c.Table != table {
			continue
		}
		value, named := values[c.Name]
		switch {
		case named:
		case slices.Contains(numbers, c.Name) || strings.HasSuffix(c.Name, "_minor") || strings.HasSuffix(c.Name, "_ppm"):
			value = 0
		case c.Name == "at":
			value = store.Time(time.Unix(0, 0))
		default:
			value = ""
		}
		names, args = append(names, c.Name), append(args, value)
		places = append(places, fmt.Sprintf("$%d", len(args)))
	}
	m.exec("INSERT INTO "+table+" ("+strings.Join(names, ", ")+") VALUES ("+strings.Join(places, ", ")+")", args...)
}

func (m model) exec(statement string, args ...any) {
	m.t.Helper()
	err := m.db.Write(m.t.Context(), func(tx *sql.Tx) error {
		_, err := tx.ExecContext(m.t.Context(), statement, args...)
		return err
	})
	if err != nil {
		m.t.Fatalf("%s: %v", statement, err)
	}
}

// fold writes what the books of a test hold into the read model's tables.
func (m model) fold(b *books) {
	m.t.Helper()
	m.put("rm_checkpoint", map[string]any{"id": 1, "block": 9, "reached": 9})
	for n, l := range b.loans {
		state, terms := text(m.t, l.State), text(m.t, l.Terms)
		m.put("rm_loan", map[string]any{
			"collection": "harbor-meridian", "id": handle(n + 1), "seq": n + 1, "state": state, "loan": l.State.ID, "platform": "harbor",
			"custodian": custodian, "borrower": l.State.Borrower, "status": "active",
		})
		m.put("rm_terms", map[string]any{"collection": "harbor-meridian", "id": handle(n + 1), "seq": n + 1, "state": terms, "loan": l.State.ID})
		m.put("rm_position", map[string]any{
			"loan": l.State.ID, "seq": n + 1, "platform": "harbor", "custodian": custodian, "borrower": l.State.Borrower, "status": "active",
			"due_on": l.State.Plan.Start.AddMonths(1).String(),
		})
	}
}

// open opens a business day on the ledger.
func (m model) open(on calendar.Date) {
	m.t.Helper()
	m.exec(`DELETE FROM rm_day`)
	state := text(m.t, custody.Day{Custodian: custodian, Date: on, Open: true})
	m.put("rm_day", map[string]any{"id": custodian, "seq": 100, "state": state, "date": on.String(), "open": 1})
}

func text(t testing.TB, value any) string {
	t.Helper()
	raw, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// Where the process that is killed finds what it works with.
const (
	victimDatabase = "REMINDER_VICTIM_DATABASE"
	victimFolder   = "REMINDER_VICTIM_FOLDER"
	victimServer   = "REMINDER_VICTIM_SERVER"
	victimDies     = "REMINDER_VICTIM_DIES" // "stored": after it stored reminders, before it sends any
)

// A business day opens three days before two instalments fall due, and a process of the member is killed: once between
// storing the reminders and sending them, once while a mail is on its way. The next one ends what it began: the mails
// arrive, in Chinese and in English, once each.
func TestAProcessKilledBetweenStoringAndSending(t *testing.T) {
	for _, dies := range []string{"stored", "sending"} {
		t.Run(dies, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, db *store.DB) { killed(t, db, dies) })
		})
	}
}

func killed(t *testing.T, db *store.DB, dies string) {
	server := mailtest.Plain(t)
	smtp := server.Settings()
	o := newOffice(t, db, &smtp)
	o.choose(jane, reminder.Wish{Language: reminder.English})
	o.books.lend(1, zhang, day(t, "2026-03-01"))
	o.books.lend(2, jane, day(t, "2026-03-01"))
	m := model{projection.NewModel(db), t, db}
	m.fold(o.books)
	m.open(day(t, "2026-03-29"))
	victim := exec.Command(os.Args[0], "-test.run=^TestVictim$")
	victim.Env = append(os.Environ(), victimDatabase+"="+storetest.Address(t, db), victimFolder+"="+o.folder, victimServer+"="+smtp.Address, victimDies+"="+dies)
	server.Answer(func(n int, _ mailtest.Letter) error {
		if n > 1 {
			return nil
		}
		if err := victim.Process.Kill(); err != nil {
			t.Error(err)
		}
		return mailtest.Refusal(451) // nobody hears it
	})
	if dies == "stored" {
		server.Answer(nil)
	}
	if err := victim.Start(); err != nil {
		t.Fatal(err)
	}
	if err := victim.Wait(); err == nil {
		t.Fatal("the process was not killed")
	}
	if left := o.outcomes(reminder.Email); len(left) != 2 || len(server.Letters()) != 0 {
		t.Fatalf("the dead process left %q, and %d mails arrived", left, len(server.Letters()))
	}
	next := o.over(m)
	for range 5 { // what was counted as an attempt waits before the next
		if _, err := next.Turn(t.Context()); err != nil {
			t.Fatal(err)
		}
		o.clock.pass(2 * time.Minute)
	}
	letters := server.Letters()
	slices.SortFunc(letters, func(a, b mailtest.Letter) int { return strings.Compare(b.To, a.To) })
	if len(letters) != 2 || !strings.Contains(letters[0].Text, "应还金额：1,000.00元") || !strings.Contains(letters[1].Text, "Amount: ¥1,000.00") {
		t.Fatalf("%d mails arrived: %+v", len(letters), letters)
	}
	o.want("in the end", o.outcomes(reminder.Email), "-3 sent", "-3 sent")
	o.want("the feed", sorted(o.told()), "reminder.due", "reminder.due", "reminder.sent", "reminder.sent")
}

func sorted(list []string) []string { slices.Sort(list); return list }

// TestVictim is the process that is killed.
func TestVictim(t *testing.T) {
	if os.Getenv(victimDatabase) == "" {
		t.Skip("only another test runs it")
	}
	db, err := store.Open(t.Context(), os.Getenv(victimDatabase))
	if err != nil {
		t.Fatal(err)
	}
	o := &office{t: t, db: db, clock: &clock{}, folder: os.Getenv(victimFolder), settings: settings(&mail.Settings{
		Address: os.Getenv(victimServer), From: "no-reply@harbor.example", PlainOnLoopback: true,
	})}
	o.clock.set("2026-03-29 10:00")
	o.stand()
	r := o.over(model{projection.NewModel(db), t, db})
	if os.Getenv(victimDies) == "stored" {
		if err := r.Plan(t.Context()); err != nil {
			t.Fatal(err)
		}
		itself, err := os.FindProcess(os.Getpid())
		if err != nil {
			t.Fatal(err)
		}
		_ = itself.Kill() // it does not come back
	}
	_ = r.Run(t.Context()) // it is killed
	time.Sleep(time.Minute)
}

// masterPath is where the vault's key of a test is.
func (o *office) masterPath() string { return filepath.Join(o.folder, "master.pem") }

// BenchmarkADay is a business day on which an instalment of each of 200 loans falls due: make the reminders, look at the
// books again, tell of them.
func BenchmarkADay(b *testing.B) {
	db := storetest.SQLite(b)
	o := newOffice(b, db, nil)
	for n := range 200 {
		o.books.lend(n+1, zhang, day(b, "2026-03-01"))
	}
	m := model{projection.NewModel(db), b, db}
	m.fold(o.books)
	m.open(day(b, "2026-03-29"))
	r := o.over(m)
	for b.Loop() {
		if _, err := r.Turn(b.Context()); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		if told := len(o.told()); told != 200 {
			b.Fatalf("%d were reminded", told)
		}
		for _, table := range []string{"reminder", "reminder_day", "notice"} {
			m.exec("DELETE FROM " + table)
		}
		b.StartTimer()
	}
}

// BenchmarkNothing is a look at books in which nothing has happened.
func BenchmarkNothing(b *testing.B) {
	db := storetest.SQLite(b)
	o := newOffice(b, db, nil)
	m := model{projection.NewModel(db), b, db}
	m.fold(o.books)
	m.open(day(b, "2026-03-29"))
	r := o.over(m)
	for b.Loop() {
		if _, err := r.Turn(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}
