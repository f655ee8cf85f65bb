package alert_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/gateway-app/alert"
	"github.com/tallystick/tallystick/gateway-app/notice"
	"github.com/tallystick/tallystick/gateway-app/report"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
)

// found raises one alert of each severity and answers them.
func (d *desk) found() (medium, high alert.Alert) {
	d.t.Helper()
	stop := d.run()
	d.ledger.move("ann", "deposit", "2024-03-01", million)
	d.ledger.move("bob", "deposit", "2024-03-01", 5*tenThousand)
	d.ledger.move("bob", "withdraw", "2024-03-04", 5*tenThousand)
	d.caughtUp()
	stop()
	list, err := d.List(d.t.Context(), alert.Filter{}, alert.Page{Limit: 10})
	if err != nil || len(list) != 2 || list[0].Severity != "medium" || list[1].Severity != "high" {
		d.t.Fatalf("%+v, %v", list, err)
	}
	return list[0], list[1]
}

// kinds of the steps of an alert, with who did them.
func (d *desk) steps(id string) string {
	d.t.Helper()
	found, err := d.Find(d.t.Context(), id)
	if err != nil {
		d.t.Fatal(err)
	}
	var texts []string
	for _, s := range found.Steps {
		texts = append(texts, strings.TrimSpace(s.Kind+" "+s.By))
	}
	return strings.Join(texts, ", ")
}

func TestAnAlertIsAssignedAndDismissed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		d := newDesk(t, db)
		a, _ := d.found()
		for range 2 { // the second time nothing changes
			if got, err := d.Assign(t.Context(), a.ID, "olga", "max"); err != nil || got.Owner != "olga" {
				t.Fatalf("%+v, %v", got, err)
			}
		}
		got, err := d.Decide(t.Context(), a.ID, alert.Outcome{Status: alert.Dismissed, Reason: "own_funds", By: "olga"})
		if err != nil || got.Status != alert.Dismissed || got.ClosedBy != "olga" || got.ClosedAt == "" {
			t.Fatalf("%+v, %v", got, err)
		}
		if steps := d.steps(a.ID); steps != "raised, assigned max, dismissed olga" {
			t.Error(steps)
		}
		_, err = d.Decide(t.Context(), a.ID, alert.Outcome{Status: alert.Escalated, Reason: "unclear", By: "max"})
		refused(t, err, fault.WrongStatus, "status")
		_, err = d.Assign(t.Context(), a.ID, "max", "max")
		refused(t, err, fault.WrongStatus, "status")
		if d.told("alert.assigned") != 1 || d.told("alert.closed") != 1 {
			t.Errorf("told of %d assignments, %d ends", d.told("alert.assigned"), d.told("alert.closed"))
		}
	})
}

// Who decides on an alert that nobody looks after answers for it; and a report keeps the party's record for ten years.
func TestADecidedAlertHasAnOwnerAndAReportKeepsTheRecord(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		d := newDesk(t, db)
		medium, high := d.found()
		if got, err := d.Decide(t.Context(), medium.ID, alert.Outcome{Status: alert.Dismissed, Reason: "own_funds", By: "olga"}); err != nil || got.Owner != "olga" {
			t.Errorf("%+v, %v", got, err)
		}
		if _, err := d.Assign(t.Context(), high.ID, "max", "olga"); err != nil {
			t.Fatal(err)
		}
		if got, err := d.Decide(t.Context(), high.ID, alert.Outcome{Status: alert.Reported, Narrative: narrative, By: "olga"}); err != nil || got.Owner != "max" {
			t.Errorf("%+v, %v", got, err)
		}
		for party, want := range map[string]calendar.Date{medium.Party: 0, high.Party: calendar.Shanghai(time.Now().Unix()).AddMonths(120)} {
			var last calendar.Date
			err := db.Read(t.Context(), func(tx *sql.Tx) (err error) {
				last, err = alert.Keeps(t.Context(), tx, party)
				return err
			})
			if err != nil || last != want {
				t.Errorf("%s is kept until %s, %v; want %s", party, last, err, want)
			}
		}
	})
}

// One officer alone dismisses nothing of high severity, and nothing that was escalated.
func TestWeightyAlertsAreDismissedByTwo(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		d := newDesk(t, db)
		medium, high := d.found()
		if _, err := d.Decide(t.Context(), medium.ID, alert.Outcome{Status: alert.Escalated, Reason: "unclear", By: "olga"}); err != nil {
			t.Fatal(err)
		}
		for _, a := range []alert.Alert{medium, high} {
			dismiss := alert.Outcome{Status: alert.Dismissed, Reason: "documented_purpose", By: "olga"}
			for range 2 {
				if got, err := d.Decide(t.Context(), a.ID, dismiss); err != nil || got.ClosedAt != "" || got.DismissedBy != "olga" {
					t.Fatalf("%+v, %v", got, err)
				}
			}
			if said := d.steps(a.ID); strings.Count(said, "dismissal_asked") != 1 {
				t.Errorf("asked twice by one: %s", said)
			}
			dismiss.By, dismiss.Reason = "max", "own_funds"
			if _, err := d.Decide(t.Context(), a.ID, dismiss); !errors.Is(err, alert.ErrOtherReason) {
				t.Errorf("dismissed for two reasons: %v", err)
			}
			dismiss.Reason = "documented_purpose"
			if got, err := d.Decide(t.Context(), a.ID, dismiss); err != nil || got.Status != alert.Dismissed || got.DismissedBy != "olga" || got.ClosedBy != "max" {
				t.Fatalf("%+v, %v", got, err)
			}
		}
		if d.told("alert.closed") != 2 || d.told("alert.escalated") != 1 {
			t.Errorf("told of %d ends, %d escalations", d.told("alert.closed"), d.told("alert.escalated"))
		}
	})
}

const narrative = "Sima Wei paid in and out within three days,\n没有出借。"

// A report is sealed where it is kept, and nothing of it is anywhere else: not in what goes to the ledger, not in a
// notice, not in a list.
func TestAReportIsKeptHereAlone(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		d := newDesk(t, db)
		_, high := d.found()
		got, err := d.Decide(t.Context(), high.ID, alert.Outcome{Status: alert.Reported, Narrative: narrative, By: "olga"})
		if err != nil || got.Status != alert.Reported {
			t.Fatalf("%+v, %v", got, err)
		}
		list, err := d.Suspicions(t.Context(), 0, 10)
		if err != nil || len(list) != 1 || list[0].Number != 1 || list[0].Alert != high.ID || list[0].MadeBy != "olga" {
			t.Fatalf("%+v, %v", list, err)
		}
		whole, err := d.Suspicion(t.Context(), list[0].ID)
		if err != nil || whole.Narrative != narrative || len(whole.Dossier.Evidence) != 2 {
			t.Fatalf("%+v, %v", whole, err)
		}
		d.nowhere("Sima", "bob")
		entries, err := d.notices.Alerts().List(t.Context(), 0, 100, notice.Filter{})
		if err != nil || len(entries) != 3 {
			t.Fatalf("%+v, %v", entries, err)
		}
		for _, e := range entries {
			text, _ := json.Marshal(e)
			for _, telling := range []string{"bob", "ann", "reported", "suspicion", list[0].ID, "Sima"} {
				if strings.Contains(string(text), telling) {
					t.Errorf("%s tells of %s", text, telling)
				}
			}
		}
		document := whole.Document(money.CNY, "meridian", report.Both("in and out", "快进快出"), []alert.Subject{{Party: "bob", Kind: party.Natural, Name: "Sima Wei", IdentityNumber: "110101199003070000"}})
		if err := document.Validate(); err != nil {
			t.Error(err)
		}
		saysItInBothLanguages(t, document, high)
		_, err = d.Suspicion(t.Context(), "none")
		refused(t, err, fault.NotFound, "suspicion")
	})
}

// saysItInBothLanguages wants the form's codes beside their words, its sums by whether a movement met the rule, and a
// file's name that no other report has.
func saysItInBothLanguages(t *testing.T, document report.Document, of alert.Alert) {
	t.Helper()
	for form, wanted := range map[string][]string{
		"json": {
			`{"code":"` + of.Rule + `","en":"in and out","zh":"快进快出"}`, `{"code":"natural","en":"natural person","zh":"自然人"}`,
			`{"code":"withdrawal","en":"withdrawal","zh":"提现"}`, `{"code":"looked_back","en":"looked back on only","zh":"仅为回溯"}`,
		},
		"csv": {
			"规则,快进快出," + of.Rule + "\r\n", "客户类型,kind,自然人,natural\r\n",
			"2024-03-04,触发规则,met,提现,withdrawal,50000.00,1,", "2024-03-01,仅为回溯,looked_back,充值,deposit,50000.00,1,",
			"触发规则,met,1,50000.00\r\n", "仅为回溯,looked_back,1,50000.00\r\n", "合计,,2,100000.00\r\n",
		},
		"xlsx": nil,
	} {
		text, err := report.NewRenderer(nil).Render(document, report.Format(form), report.ZH)
		if err != nil || len(text) == 0 {
			t.Errorf("%s: %v", form, err)
		}
		for _, one := range wanted {
			if !strings.Contains(string(text), one) {
				t.Errorf("%s does not say %q: %s", form, one, text)
			}
		}
	}
	if name := report.Filename(document, report.CSV, report.ZH); name != "suspicion_1_2024-03-04_zh.csv" {
		t.Errorf("its file is %s", name)
	}
}

// nowhere wants a name in no column of the database, and a handle in none but those of alerts and movements.
func (d *desk) nowhere(name, handle string) {
	d.t.Helper()
	all, err := d.db.Columns(context.Background())
	if err != nil || len(all) < 100 {
		d.t.Fatalf("%d columns, %v", len(all), err)
	}
	for _, c := range all {
		query := fmt.Sprintf(`SELECT COUNT(*) FROM %s WHERE CAST(%s AS TEXT) LIKE $1`, c.Table, c.Name)
		count := func(what string) (n int) {
			if err := d.db.QueryRow(query, "%"+what+"%").Scan(&n); err != nil {
				d.t.Errorf("%s.%s: %v", c.Table, c.Name, err)
			}
			return n
		}
		if count(name) > 0 {
			d.t.Errorf("%s.%s tells of %s", c.Table, c.Name, name)
		}
		ours := strings.HasPrefix(c.Table, "alert") || c.Table == "suspicion"
		if !ours && count(handle) > 0 {
			d.t.Errorf("%s.%s tells of %s", c.Table, c.Name, handle)
		}
	}
}

func TestOutcomesThatAreRefused(t *testing.T) {
	d := newDesk(t, storetest.SQLite(t))
	a, _ := d.found()
	for _, c := range []struct {
		outcome alert.Outcome
		code    fault.Code
		field   string
	}{
		{alert.Outcome{}, fault.InvalidField, "outcome"},
		{alert.Outcome{Status: alert.Open}, fault.InvalidField, "outcome"},
		{alert.Outcome{Status: alert.Dismissed}, fault.MissingField, "reason"},
		{alert.Outcome{Status: alert.Escalated}, fault.MissingField, "reason"},
		{alert.Outcome{Status: alert.Dismissed, Reason: "fine"}, fault.InvalidField, "reason"},
		{alert.Outcome{Status: alert.Dismissed, Reason: "unclear"}, fault.InvalidField, "reason"},
		{alert.Outcome{Status: alert.Dismissed, Reason: "Sima Wei said so"}, fault.InvalidField, "reason"},
		{alert.Outcome{Status: alert.Dismissed, Reason: "own_funds", Narrative: "x"}, fault.InvalidField, "narrative"},
		{alert.Outcome{Status: alert.Reported}, fault.MissingField, "narrative"},
		{alert.Outcome{Status: alert.Reported, Narrative: " \n"}, fault.InvalidField, "narrative"},
		{alert.Outcome{Status: alert.Reported, Narrative: "a\x00"}, fault.InvalidField, "narrative"},
		{alert.Outcome{Status: alert.Reported, Narrative: strings.Repeat("x", 16_385)}, fault.InvalidField, "narrative"},
		{alert.Outcome{Status: alert.Reported, Narrative: "x", Reason: "fine"}, fault.InvalidField, "reason"},
	} {
		_, err := d.Decide(t.Context(), a.ID, c.outcome)
		refused(t, err, c.code, c.field)
	}
	_, err := d.Decide(t.Context(), "none", alert.Outcome{Status: alert.Dismissed, Reason: "own_funds"})
	refused(t, err, fault.NotFound, "alert")
	if got, err := d.Find(t.Context(), a.ID); err != nil || got.Status != alert.Open || len(got.Steps) != 1 {
		t.Errorf("%+v, %v", got, err)
	}
	settings := brisk("picky")
	settings.Eligible = func(context.Context, string) error { return errors.New("no officer") }
	if _, err := alert.New(d.db, d.vault, d.ledger, d.notices, settings).Assign(t.Context(), a.ID, "olga", "max"); err == nil {
		t.Error("who may not look after alerts was given one")
	}
}

func TestListsAndBacklog(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		d := newDesk(t, db)
		medium, high := d.found()
		if _, err := d.Assign(t.Context(), high.ID, "olga", "olga"); err != nil {
			t.Fatal(err)
		}
		later, much := calendar.NewDate(2024, 3, 11), calendar.NewDate(2024, 4, 1)
		for _, c := range []struct {
			filter alert.Filter
			page   alert.Page
			want   string
		}{
			{alert.Filter{}, alert.Page{Limit: 10}, "12"},
			{alert.Filter{}, alert.Page{Limit: 1}, "1"},
			{alert.Filter{}, alert.Page{Limit: 10, After: 1}, "2"},
			{alert.Filter{}, alert.Page{Limit: 10, Newest: true}, "21"},
			{alert.Filter{}, alert.Page{Limit: 10, After: 2, Newest: true}, "1"},
			{alert.Filter{Status: alert.Open, Severity: "high"}, alert.Page{Limit: 10}, "2"},
			{alert.Filter{Rule: medium.Rule, Party: "ann"}, alert.Page{Limit: 10}, "1"},
			{alert.Filter{Owner: "olga"}, alert.Page{Limit: 10}, "2"},
			{alert.Filter{Unassigned: true}, alert.Page{Limit: 10}, "1"},
			{alert.Filter{DueBefore: later}, alert.Page{Limit: 10}, "1"},
			{alert.Filter{DueBefore: much}, alert.Page{Limit: 10}, "12"},
		} {
			list, err := d.List(t.Context(), c.filter, c.page)
			got := ""
			for _, a := range list {
				got += fmt.Sprint(a.Number)
			}
			if err != nil || got != c.want {
				t.Errorf("%+v %+v: %s, %v; want %s", c.filter, c.page, got, err, c.want)
			}
		}
		if b, err := d.Backlog(t.Context(), later); err != nil || b != (alert.Backlog{Open: 2, Overdue: 1}) {
			t.Errorf("%+v, %v", b, err)
		}
	})
}
