package api_test

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/access"
	"github.com/tallystick/tallystick/gateway-app/alert"
	"github.com/tallystick/tallystick/gateway-app/api"
	"github.com/tallystick/tallystick/gateway-app/notice"
	"github.com/tallystick/tallystick/gateway-app/projection"
	"github.com/tallystick/tallystick/gateway-app/store"
)

// raise puts alerts into a database as package alert keeps them, each of one movement; the last is of high severity.
func raise(t testing.TB, db *store.DB, numbers ...int) {
	t.Helper()
	err := db.Write(context.Background(), func(tx *sql.Tx) error {
		for i, n := range numbers {
			severity := "medium"
			if i == len(numbers)-1 {
				severity = "high"
			}
			for _, statement := range []string{
				fmt.Sprintf(`INSERT INTO alert (id, number, rule, rule_version, pack, pack_digest, severity, collection, party, business_date, due_on,
					status, owner, reason, dismissed_by, movements, amount_minor, opened_at, closed_at, closed_by) VALUES ('%s', %d, 'large_transfer', 1,
					'reporting', 'd', '%s', 'harbor-meridian', '%s', '2024-03-01', '2024-03-08', 'open', '', '', '', 1, 100, '2024-03-01T00:00:00.000000Z', '', '')`,
					handle(900+n), n, severity, handle(n)),
				fmt.Sprintf(`INSERT INTO alert_movement (seq, collection, party, kind, business_date, amount_minor, value_date, subject, payee)
					VALUES (%d, 'harbor-meridian', '%s', 'deposit', '2024-03-01', 100, '2024-03-01', 'i', '')`, n, handle(n)),
				fmt.Sprintf(`INSERT INTO alert_evidence (alert, movement, met) VALUES ('%s', %d, 1)`, handle(900+n), n),
			} {
				if _, err := tx.Exec(statement); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// watched is a guarded scene with two alerts.
func watched(t *testing.T) *scene {
	t.Helper()
	s, _ := guarded(t)
	s.parts.Notices = notice.New(s.parts.Store)
	s.parts.Alerts = alert.New(s.parts.Store, vaultOf(t, &s.parts), nil, s.parts.Notices, alert.Settings{})
	raise(t, s.parts.Store, 1, 2)
	s.restart()
	return s
}

// Officers decide on alerts, an auditor looks, and nobody else learns that there are any.
func TestWhoSeesAlerts(t *testing.T) {
	s := watched(t)
	paths := []string{"/v1/alerts", "/v1/alerts/" + handle(901), "/v1/suspicions"}
	for _, role := range access.Roles() {
		if role == access.Counterpart {
			continue // comes with a certificate alone
		}
		headers := s.playing(role)(false)
		reads := role == access.CustodianOperator || role == access.Finance || role == access.Auditor
		for _, path := range paths {
			if code := s.get(path, headers...).Code; (code == http.StatusOK) != reads || !reads && code != http.StatusForbidden {
				t.Errorf("%s of %s: %d", path, role, code)
			}
		}
		w := s.post("/v1/alerts/"+handle(901)+"/assignment", `{"owner":"olga"}`, append(headers, "Idempotency-Key", "assign-"+string(role))...)
		if decides := reads && role != access.Auditor; (w.Code == http.StatusOK) != decides {
			t.Errorf("assigned by %s: %d %s", role, w.Code, w.Body)
		}
	}
}

// An alert of high severity takes two to dismiss; one that is reported has a sealed report that is exported.
func TestAlertsAreDecided(t *testing.T) {
	s := watched(t)
	olga, max := s.playing(access.CustodianOperator)(false), s.playing(access.Finance)(false)
	decide := func(id, body, key string, headers []string) *httptest.ResponseRecorder {
		return s.post("/v1/alerts/"+id+"/outcome", body, append(headers, "Idempotency-Key", "decide-alert-"+key)...)
	}
	dismissal := `{"outcome":"dismissed","reason":"own_funds"}`
	if a := want[alert.Alert](t, decide(handle(902), dismissal, "d1", olga), 200); a.Status != alert.Open || a.DismissedBy == "" {
		t.Errorf("%+v", a)
	}
	if a := want[alert.Alert](t, decide(handle(902), dismissal, "d2", max), 200); a.Status != alert.Dismissed {
		t.Errorf("%+v", a)
	}
	refusedAs(t, decide(handle(902), dismissal, "d3", max), 409, string(fault.WrongStatus), "status")
	report := `{"outcome":"reported","narrative":"Sima Wei, in and out."}`
	if a := want[alert.Alert](t, decide(handle(901), report, "d4", olga), 200); a.Status != alert.Reported {
		t.Errorf("%+v", a)
	}
	list := want[projection.List[alert.Suspicion]](t, s.get("/v1/suspicions", max...), 200)
	if len(list.Items) != 1 || list.Items[0].Party != handle(1) {
		t.Fatalf("%+v", list)
	}
	path := "/v1/suspicions/" + list.Items[0].ID
	if r := want[alert.SuspicionReport](t, s.get(path, max...), 200); r.Narrative != "Sima Wei, in and out." || len(r.Dossier.Evidence) != 1 {
		t.Errorf("%+v", r)
	}
	for format, kind := range map[string]string{"json": "application/json", "csv": "text/csv"} {
		w := s.get(path+"/document?format="+format, max...)
		if w.Code != 200 || !strings.HasPrefix(w.Header().Get("Content-Type"), kind) || !strings.Contains(w.Body.String(), "Sima Wei") {
			t.Errorf("%s: %d %v %s", format, w.Code, w.Header(), w.Body)
		}
	}
	open := want[projection.List[alert.Alert]](t, s.get("/v1/alerts?status=open", max...), 200)
	all := want[projection.List[alert.Alert]](t, s.get("/v1/alerts?newest=true&limit=1", max...), 200)
	if len(open.Items) != 0 || len(all.Items) != 1 || all.Items[0].Number != 2 || all.Next == "" {
		t.Errorf("%+v, %+v", open, all)
	}
	next := want[projection.List[alert.Alert]](t, s.get("/v1/alerts?newest=true&limit=1&cursor="+all.Next, max...), 200)
	if len(next.Items) != 1 || next.Items[0].Number != 1 {
		t.Errorf("%+v", next)
	}
}

func (s *scene) give(notices ...string) {
	s.t.Helper()
	err := s.parts.Store.Write(s.t.Context(), func(tx *sql.Tx) error {
		for _, kind := range notices {
			if err := s.parts.Notices.Append(s.t.Context(), tx, notice.Notice{Type: kind, Subject: "x", Payload: struct{}{}}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

// Everybody on the staff follows the member's feed; of alerts it tells only who may read them.
func TestNoticesLeaveAlertsOutForOthers(t *testing.T) {
	s := watched(t)
	s.give("alert.raised", "warning.raised", "alert.closed")
	officer, operator := s.playing(access.CustodianOperator)(false), s.playing(access.PlatformOperator)(false)
	for _, c := range []struct {
		path    string
		headers []string
		want    string
	}{
		{"/v1/notices", officer, "1 2 3"},
		{"/v1/notices", operator, "2"},
		{"/v1/notices?kind=alert", officer, "1 3"},
		{"/v1/notices?kind=alert", operator, ""},
		{"/v1/notices?type=alert.closed&kind=warning", officer, "2 3"},
		{"/v1/notices?type=alert.closed&kind=warning", operator, "2"},
		{"/v1/notices?after=2", officer, "3"},
	} {
		var numbers []string
		for _, e := range want[projection.List[notice.Entry]](t, s.get(c.path, c.headers...), 200).Items {
			numbers = append(numbers, fmt.Sprint(e.Sequence))
		}
		if got := strings.Join(numbers, " "); got != c.want {
			t.Errorf("%s: %s, want %s", c.path, got, c.want)
		}
	}
	refusedAs(t, s.get("/v1/notices?after=4", officer...), 400, api.CodeRangeUnsatisfiable, "after")
	if code := s.get("/v1/notices", s.playing(access.Borrower)(false)...).Code; code != http.StatusForbidden {
		t.Errorf("a borrower: %d", code)
	}
}

// Notices are followed as events are: from Last-Event-ID on, at once.
func TestNoticesAreFollowed(t *testing.T) {
	s := watched(t)
	s.give("warning.raised", "reminder.sent")
	server := httptest.NewServer(s.server)
	defer server.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/v1/notices/stream", nil)
	if err != nil {
		t.Fatal(err)
	}
	officer := s.playing(access.CustodianOperator)(false)
	r.Header.Set(officer[0], officer[1])
	r.Header.Set("Last-Event-ID", "1")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	lines := bufio.NewScanner(response.Body)
	next := func(prefix string) string {
		for lines.Scan() {
			if rest, ok := strings.CutPrefix(lines.Text(), prefix); ok {
				return rest
			}
		}
		t.Fatalf("the stream ended: %v", lines.Err())
		return ""
	}
	if id, kind := next("id: "), next("event: "); id != "2" || kind != "reminder.sent" {
		t.Errorf("%s %s", id, kind)
	}
	s.give("alert.raised")
	if id, kind := next("id: "), next("event: "); id != "3" || kind != "alert.raised" {
		t.Errorf("%s %s", id, kind)
	}
}
