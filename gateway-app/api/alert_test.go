package api_test

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/access"
	"github.com/tallystick/tallystick/gateway-app/accesslog/chain"
	"github.com/tallystick/tallystick/gateway-app/alert"
	"github.com/tallystick/tallystick/gateway-app/api"
	"github.com/tallystick/tallystick/gateway-app/notice"
	"github.com/tallystick/tallystick/gateway-app/projection"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/webhook"
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
	paths := []string{"/v1/alerts", "/v1/alerts/" + handle(901), "/v1/alerts/notices", "/v1/alerts/reasons", "/v1/suspicions"}
	for _, role := range access.Roles() {
		if role == access.Counterpart {
			continue // comes with a certificate alone
		}
		headers := s.playing(role)(false)
		reads := role == access.Compliance || role == access.Auditor
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
	olga, max := s.playing(access.Compliance)(false), s.another(access.Compliance)
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

// A reason that is none of the outcome's is refused, and those that are are named; the list tells their meaning.
func TestReasonsOfOutcomes(t *testing.T) {
	s := watched(t)
	officer := s.playing(access.Compliance)(false)
	listed := want[struct{ Items []alert.Reason }](t, s.get("/v1/alerts/reasons", officer...), 200).Items
	if !slices.Equal(listed, alert.Reasons()) || listed[0].Words.ZH == "" {
		t.Errorf("%+v", listed)
	}
	for i, c := range []struct {
		body string
		code fault.Code
		says string
	}{
		{`{"outcome":"dismissed"}`, fault.MissingField, "of dismissed they are own_funds, "},
		{`{"outcome":"dismissed","reason":"fine"}`, fault.InvalidField, "of dismissed they are own_funds, "},
		{`{"outcome":"escalated","reason":"own_funds"}`, fault.InvalidField, "of escalated they are unclear, "},
		{`{"outcome":"reported","narrative":"x","reason":"unclear"}`, fault.InvalidField, "of reported they are money_laundering, "},
	} {
		w := s.post("/v1/alerts/"+handle(901)+"/outcome", c.body, append(officer, "Idempotency-Key", fmt.Sprint("reason-of-an-alert-", i))...)
		if p := refusedAs(t, w, 400, string(c.code), "reason"); !strings.Contains(p.Detail, c.says) {
			t.Errorf("%s: %s", c.body, p.Detail)
		}
	}
	w := s.post("/v1/alerts/"+handle(901)+"/outcome", `{"outcome":"reported","narrative":"x","reason":"fraud"}`, append(officer, "Idempotency-Key", "reason-of-an-alert-y")...)
	if a := want[alert.Alert](t, w, 200); a.Reason != "fraud" {
		t.Errorf("%+v", a)
	}
}

// Who settled a movement while they had another role decides nothing of its alert, and is not given it.
func TestWhoMovedTheMoneyDoesNotDecide(t *testing.T) {
	s := watched(t)
	officer := s.playing(access.Compliance)(false)
	turncoat := s.another(access.Compliance)
	id := want[struct {
		ID string
	}](t, s.get("/v1/session", turncoat...), 200).ID
	err := s.parts.Store.Write(t.Context(), func(tx *sql.Tx) error {
		_, err := tx.Exec(`INSERT INTO alert_hand (movement, actor) VALUES (1, $1)`, id)
		return err
	})
	if err != nil || id == "" {
		t.Fatal(id, err)
	}
	path, dismissal := "/v1/alerts/"+handle(901), `{"outcome":"dismissed","reason":"own_funds"}`
	refusedAs(t, s.post(path+"/outcome", dismissal, append(turncoat, "Idempotency-Key", "own-movement-01")...), 403, api.CodeOwnMovement, "")
	given := s.post(path+"/assignment", inJSON(t, map[string]string{"owner": id}), append(officer, "Idempotency-Key", "own-movement-02")...)
	refusedAs(t, given, 403, api.CodeOwnMovement, "owner")
	want[alert.Alert](t, s.post("/v1/alerts/"+handle(902)+"/outcome", dismissal, append(turncoat, "Idempotency-Key", "own-movement-03")...), 200)
	if a := want[alert.Alert](t, s.post(path+"/outcome", dismissal, append(officer, "Idempotency-Key", "own-movement-04")...), 200); a.Status != alert.Dismissed {
		t.Errorf("%+v", a)
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

// another signs a second user of a role in.
func (s *scene) another(role access.Role) []string {
	s.t.Helper()
	organisations, err := s.parts.Users.Organisations(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	user := access.NewUser{Organisation: organisations[0].ID, Name: "the other", Password: "a password of the walk", Roles: []access.Role{role}}
	if _, err := s.parts.Users.CreateUser(s.t.Context(), user); err != nil {
		s.t.Fatal(err)
	}
	token, _, err := s.parts.Users.SignIn(s.t.Context(), user.Name, user.Password, "")
	if err != nil {
		s.t.Fatal(err)
	}
	return []string{"Authorization", "Bearer " + token}
}

// Everybody on the staff follows the member's feed, in which alerts leave neither a row nor a gap. They have a feed of
// their own, for who may read them.
func TestNoticesOfAlertsAreAFeedOfTheirOwn(t *testing.T) {
	s := watched(t)
	s.give("alert.raised", "warning.raised", "alert.closed", "reminder.sent")
	officer, operator := s.playing(access.Compliance)(false), s.playing(access.PlatformOperator)(false)
	for _, c := range []struct {
		path    string
		headers []string
		want    string
	}{
		{"/v1/notices", officer, "1 warning.raised, 2 reminder.sent"},
		{"/v1/notices", operator, "1 warning.raised, 2 reminder.sent"},
		{"/v1/notices?kind=warning", operator, "1 warning.raised"},
		{"/v1/notices?type=warning.raised&kind=reminder", operator, "1 warning.raised, 2 reminder.sent"},
		{"/v1/notices?kind=submission", operator, ""},
		{"/v1/alerts/notices?kind=alert", officer, "1 alert.raised, 2 alert.closed"},
		{"/v1/notices?after=1", operator, "2 reminder.sent"},
		{"/v1/alerts/notices", officer, "1 alert.raised, 2 alert.closed"},
		{"/v1/alerts/notices?type=alert.closed", officer, "2 alert.closed"},
		{"/v1/alerts/notices?after=1", officer, "2 alert.closed"},
	} {
		var seen []string
		for _, e := range want[projection.List[notice.Entry]](t, s.get(c.path, c.headers...), 200).Items {
			seen = append(seen, fmt.Sprint(e.Sequence, " ", e.Type))
		}
		if got := strings.Join(seen, ", "); got != c.want {
			t.Errorf("%s: %s, want %s", c.path, got, c.want)
		}
	}
	refusedAs(t, s.get("/v1/notices?after=3", operator...), 400, api.CodeRangeUnsatisfiable, "after")
	for path, field := range map[string]string{
		"/v1/notices?kind=foo": "kind[0]", "/v1/notices?kind=warning,foo": "kind[1]", "/v1/notices/stream?kind=foo": "kind[0]",
		"/v1/notices?kind=alert": "kind[0]", "/v1/notices?type=alert.raised": "type[0]", "/v1/notices?kind=warning.raised": "kind[0]",
	} {
		for _, headers := range [][]string{officer, operator} {
			p := refusedAs(t, s.get(path, headers...), 400, string(fault.InvalidField), field)
			if !strings.HasSuffix(p.Detail, ": the kinds of this feed are disclosure, reminder, submission, warning") {
				t.Errorf("%s: %s", path, p.Detail)
			}
		}
	}
	refusedAs(t, s.get("/v1/alerts/notices?kind=warning", officer...), 400, string(fault.InvalidField), "kind[0]")
	for _, path := range []string{"/v1/alerts/notices", "/v1/alerts/notices/stream"} {
		refusedAs(t, s.get(path, operator...), 403, api.CodeNotAllowed, "")
	}
	if code := s.get("/v1/notices", s.playing(access.Borrower)(false)...).Code; code != http.StatusForbidden {
		t.Errorf("a borrower: %d", code)
	}
}

// A webhook of alerts is made, seen, changed and replayed by who may read alerts; for anybody else there is none.
func TestWebhooksOfAlertsAreTheirReadersOwn(t *testing.T) {
	s := watched(t)
	s.parts.Webhooks = webhook.New(s.parts.Store, vaultOf(t, &s.parts), s.books, s.parts.Notices, webhook.Settings{Hosts: []string{"a.example"}})
	s.restart()
	officer, operator, machine := s.playing(access.Compliance)(false), s.playing(access.CustodianOperator)(false), s.playing(access.Machine)(false)
	send := func(headers []string, method, path, body, key string) *httptest.ResponseRecorder {
		return s.do(s.request(method, path, body, append(headers, "Idempotency-Key", "webhooks-of-alerts-"+key)...))
	}
	wish := `{"url":"https://a.example/","label":"x","source":"alerts"}`
	refusedAs(t, send(operator, http.MethodPost, "/v1/webhooks", wish, "m1"), 403, api.CodeNotAllowed, "source")
	member := `{"url":"https://a.example/","label":"x","source":"member","types":["alert"]}`
	refusedAs(t, send(operator, http.MethodPost, "/v1/webhooks", member, "m2"), 400, string(fault.InvalidField), "types[0]")
	made := want[api.NewWebhook](t, send(officer, http.MethodPost, "/v1/webhooks", wish, "m3"), 200).Webhook
	path := "/v1/webhooks/" + made.ID
	for i, c := range []struct{ method, path, body string }{
		{http.MethodGet, path, ""},
		{http.MethodGet, path + "/deliveries", ""},
		{http.MethodPost, path + "/replays", `{"after":0,"through":1}`},
		{http.MethodPost, path + "/secrets", `{}`},
		{http.MethodPost, path + "/disablements", ""},
		{http.MethodPost, path + "/enablements", ""},
		{http.MethodPut, path, `{"url":"https://a.example/mine","label":"x","version":1}`},
		{http.MethodDelete, path, ""},
	} {
		refusedAs(t, send(operator, c.method, c.path, c.body, fmt.Sprint("o", i)), 404, string(fault.NotFound), "webhook")
	}
	refusedAs(t, send(machine, http.MethodPost, path+"/replays", `{"after":0,"through":1}`, "n1"), 404, string(fault.NotFound), "webhook")
	for _, c := range []struct {
		headers []string
		count   int
	}{{operator, 0}, {machine, 0}, {officer, 1}} {
		if list := want[projection.List[webhook.Endpoint]](t, s.get("/v1/webhooks", c.headers...), 200); len(list.Items) != c.count {
			t.Errorf("listed %+v", list.Items)
		}
	}
	for i, source := range []string{"", "ledger", "member"} { // the officer's are those of alerts alone
		others := fmt.Sprintf(`{"url":"https://a.example/","label":"x","source":%q}`, source)
		if source == "" {
			others = `{"url":"https://a.example/","label":"x"}`
		}
		refusedAs(t, send(officer, http.MethodPost, "/v1/webhooks", others, fmt.Sprint("p", i)), 403, api.CodeNotAllowed, "source")
	}
	ordinary := want[api.NewWebhook](t, send(operator, http.MethodPost, "/v1/webhooks", `{"url":"https://a.example/","label":"x"}`, "p3"), 200).Webhook
	refusedAs(t, send(officer, http.MethodDelete, "/v1/webhooks/"+ordinary.ID, "", "p4"), 404, string(fault.NotFound), "webhook")
	auditor := s.playing(access.Auditor)(false)
	for _, c := range []struct {
		headers []string
		want    []string
	}{{operator, []string{ordinary.ID}}, {officer, []string{made.ID}}, {auditor, []string{made.ID, ordinary.ID}}} {
		var listed []string
		for _, e := range want[projection.List[webhook.Endpoint]](t, s.get("/v1/webhooks", c.headers...), 200).Items {
			listed = append(listed, e.ID)
		}
		slices.Sort(c.want)
		if !slices.Equal(listed, c.want) {
			t.Errorf("listed %v, want %v", listed, c.want)
		}
	}
	want[api.Replayed](t, send(officer, http.MethodPost, path+"/replays", `{"after":0,"through":1}`, "y1"), 200)
	if w := send(officer, http.MethodDelete, path, "", "y2"); w.Code != http.StatusNoContent {
		t.Errorf("deleted: %d %s", w.Code, w.Body)
	}
}

// Whoever reaches the listener learns nothing of alerts from its metrics; whoever watches the process signs in, and learns
// that something confidential was asked, and no more; who may know of alerts sees them counted.
func TestMetricsOfAlertsAreForWhoMayKnow(t *testing.T) {
	s := watched(t)
	s.parts.Gauges = []api.Gauge{
		{Name: "alerts_open", Help: "h", Confidential: true, Value: func(context.Context) (float64, error) { return 2, nil }},
		{Name: "outbox_unfinished", Help: "h", Value: func(context.Context) (float64, error) { return 7, nil }},
	}
	s.restart()
	officer, machine, customer := s.playing(access.Compliance)(false), s.playing(access.Machine)(false), s.playing(access.Borrower)(false)
	auditor, administrator := s.playing(access.Auditor)(false), s.playing(access.Administrator)(false)
	s.get("/v1/alerts", officer...)
	s.get("/v1/suspicions", officer...)
	s.get("/v1/notices", officer...)
	for path, readers := range map[string][][]string{
		"/metrics": {nil}, "/v1/metrics": {machine, administrator, auditor, officer},
	} {
		for _, reader := range readers {
			w := s.get(path, reader...)
			said := w.Body.String()
			if w.Code != 200 || strings.Contains(said, "alert") || strings.Contains(said, "suspicion") || !strings.Contains(said, "tallystick_outbox_unfinished 7\n") {
				t.Errorf("%s tells %d %s", path, w.Code, said)
			}
			told := strings.Contains(said, `tallystick_http_requests_total{operation="confidential",status="200"} 2`+"\n")
			if told != (path == "/v1/metrics") {
				t.Errorf("%s: are confidential operations counted under one name: %v", path, told)
			}
		}
	}
	for _, reader := range [][]string{officer, auditor} {
		said := s.get("/v1/metrics/alerts", reader...).Body.String()
		for _, line := range []string{
			"tallystick_alerts_open 2", `tallystick_http_requests_total{operation="alert.list",status="200"} 1`,
			`tallystick_http_requests_total{operation="suspicion.list",status="200"} 1`, `tallystick_gauge_age_seconds{gauge="alerts_open"} 0`,
		} {
			if !strings.Contains(said, line+"\n") {
				t.Errorf("%s is not in the metrics of alerts", line)
			}
		}
	}
	for _, other := range [][]string{machine, administrator, customer} {
		refusedAs(t, s.get("/v1/metrics/alerts", other...), 403, api.CodeNotAllowed, "")
	}
	refusedAs(t, s.get("/v1/metrics", customer...), 403, api.CodeNotAllowed, "")
	refusedAs(t, s.get("/v1/metrics", "Authorization", ""), 401, api.CodeNotSignedIn, "")
}

// Who asks who saw a party is told of looks at alerts only who may read alerts.
func TestSightingsLeaveAlertsOut(t *testing.T) {
	s := watched(t)
	officer, administrator, auditor := s.playing(access.Compliance)(false), s.playing(access.Administrator)(false), s.playing(access.Auditor)(false)
	s.get("/v1/alerts/"+handle(901), officer...)
	s.get("/v1/alerts?party="+handle(1), officer...)
	s.get("/v1/parties/"+handle(1), s.playing(access.CustodianOperator)(false)...)
	for _, c := range []struct {
		headers []string
		want    string
	}{{administrator, "party.read"}, {auditor, "alert.read alert.list party.read"}} {
		var seen []string
		for _, row := range want[projection.List[chain.Row]](t, s.get("/v1/audit/subjects/"+handle(1), c.headers...), 200).Items {
			if row.Operation != "audit_log.subject" {
				seen = append(seen, row.Operation)
			}
		}
		if got := strings.Join(seen, " "); got != c.want {
			t.Errorf("seen %s, want %s", got, c.want)
		}
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
	officer := s.playing(access.PlatformOperator)(false)
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
	s.give("alert.raised", "submission.received") // of the first nothing is seen, not even a number
	if id, kind := next("id: "), next("event: "); id != "3" || kind != "submission.received" {
		t.Errorf("%s %s", id, kind)
	}
}
