package api_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/gateway-app/access"
	"github.com/tallystick/tallystick/gateway-app/accesslog"
	"github.com/tallystick/tallystick/gateway-app/accesslog/chain"
	"github.com/tallystick/tallystick/gateway-app/api"
	"github.com/tallystick/tallystick/gateway-app/keys"
	"github.com/tallystick/tallystick/gateway-app/person"
	"github.com/tallystick/tallystick/gateway-app/projection"
)

// withLog is a guarded scene that keeps people, signed in as an operator and as an auditor.
func withLog(t *testing.T) (s *scene, operator, auditor []string) {
	t.Helper()
	s, first := guarded(t)
	key, err := keys.Generate(party.P256)
	if err != nil {
		t.Fatal(err)
	}
	s.parts.Customers = customers(t, &s.parts, key, nil)
	s.restart()
	anna := s.signedIn(first.Name, first.Password)
	one := s.made(anna, "Olga", access.PlatformOperator)
	two := s.made(anna, "Udo", access.Auditor)
	return s, s.signedIn("Olga", one.Password), s.signedIn("Udo", two.Password)
}

// lastRows are the newest rows of the access log, oldest first.
func (s *scene) lastRows(count int) []chain.Row {
	s.t.Helper()
	rows, err := s.parts.AccessLog.For(true).Page(s.t.Context(), accesslog.Filter{}, 0, 10_000)
	if err != nil || len(rows) < count {
		s.t.Fatalf("%d rows, %v", len(rows), err)
	}
	return rows[len(rows)-count:]
}

// Every read of what is a customer's is a row, with whose it was; and a party's rows are found again by its handle
// alone, whether it was asked for, listed, streamed or shown by its loan.
func TestWhoSawAPartyIsAnswered(t *testing.T) {
	s, operator, auditor := withLog(t)
	made := want[person.Record](t, s.post("/v1/people", inJSON(t, someone(1)), operator...), 200)
	asked := []struct {
		operation, path, subject string
		count                    int64
		seen                     bool // something of the first party was shown
	}{
		{"loan.read", "/v1/loans/" + handle(1), handle(1), 1, true},
		{"loan.read", "/v1/loans/" + loanID(1), handle(1), 1, true},
		{"loan.read", "/v1/loans/" + handle(2), handle(2), 1, false},
		{"loan.read", "/v1/loans/" + handle(5000), handle(5000), 0, false},
		{"loan.schedule", "/v1/loans/" + handle(1) + "/schedule", handle(1), 1, true},
		{"loan.history", "/v1/loans/" + handle(1) + "/history", handle(1), 1, true},
		{"loan.list", "/v1/loans?limit=10", "", 10, true},
		{"loan.list", "/v1/loans?borrower=" + handle(3), handle(3), 1, false},
		{"party.read", "/v1/parties/" + handle(1), handle(1), 1, true},
		{"mandate.list", "/v1/mandates?party=" + handle(1), handle(1), 1, true},
		{"instruction.list", "/v1/custody/instructions?status=settled", "", 1, true},
		{"account.list", "/v1/custody/accounts", "", 2, true},
		{"event.list", "/v1/events?limit=1", "", 1, true},
		{"person.read", "/v1/people/" + made.ID, made.ID, 2, true},
		{"person.list", "/v1/people", "", 2, true},
		{"kyc.list", "/v1/kyc", "", 0, false},
	}
	for _, a := range asked {
		s.get(a.path, operator...)
		row := s.lastRows(1)[0]
		if row.Operation != a.operation || row.Decision != accesslog.Allowed || row.Subject != a.subject || row.Count != a.count || row.Policy == "" {
			t.Errorf("%s is recorded as %+v", a.path, row)
		}
		if (row.Disclosed == "") != (row.Count == 0) {
			t.Errorf("%s: %d of %q", a.path, row.Count, row.Disclosed)
		}
	}
	s.post("/v1/people/find", `{"kind":"phone","value":"13812345678"}`, operator...)
	if rows := s.lastRows(2); rows[0].Decision != accesslog.Allowed || rows[1].Decision != accesslog.Disclosed || rows[1].Count != 2 || rows[0].RequestID != rows[1].RequestID {
		t.Errorf("a look-up is recorded as %+v", rows)
	}
	got := want[projection.List[chain.Row]](t, s.get("/v1/audit/subjects/"+handle(1), auditor...), 200).Items
	var seen []string
	for _, row := range got {
		seen = append(seen, row.Operation)
	}
	expected := []string{"person.create"}
	for _, a := range asked {
		if a.seen {
			expected = append(expected, a.operation)
		}
	}
	if expected = append(expected, "person.find"); !slices.Equal(seen, expected) {
		t.Errorf("of the first party was seen\n%s, want\n%s", seen, expected)
	}
	if row := s.lastRows(1)[0]; row.Operation != "audit_log.subject" || row.Subject != handle(1) {
		t.Errorf("the question itself is recorded as %+v", row)
	}
	refusedAs(t, s.get("/v1/audit/subjects/"+handle(1), operator...), 403, api.CodeNotAllowed, "")
	first := want[projection.List[chain.Row]](t, s.get("/v1/audit/subjects/"+handle(1)+"?limit=3", auditor...), 200)
	rest := want[projection.List[chain.Row]](t, s.get("/v1/audit/subjects/"+handle(1)+"?limit=3&cursor="+first.Next, auditor...), 200)
	if len(first.Items) != 3 || len(rest.Items) != 3 || rest.Items[0].Sequence <= first.Items[2].Sequence {
		t.Errorf("paged %+v then %+v", first, rest)
	}
	if _, err := s.parts.AccessLog.Verify(t.Context()); err != nil {
		t.Error(err)
	}
	for _, row := range s.lastRows(10) {
		if text := inJSON(t, row); strings.Contains(text, "张") || strings.Contains(text, "Olga") {
			t.Errorf("a row tells %s", text)
		}
	}
}

// A list that streams is recorded page by page, before each is shown; what cannot be recorded is not shown.
func TestWhatStreamsIsRecordedBeforeItIsShown(t *testing.T) {
	s, operator, _ := withLog(t)
	if w := s.get("/v1/loans", append(operator, "Accept", "application/x-ndjson")...); w.Code != 200 {
		t.Fatal(w.Code)
	}
	var counts []int64
	for _, row := range s.lastRows(3) {
		counts = append(counts, row.Count)
	}
	if !slices.Equal(counts, []int64{500, 500, 203}) {
		t.Errorf("recorded %v", counts)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r := s.request(http.MethodGet, "/v1/events/stream", "", operator...).WithContext(ctx)
	s.server.ServeHTTP(&leaverAfter{ResponseRecorder: httptest.NewRecorder(), flushes: 2, leave: cancel}, r)
	if row := s.lastRows(1)[0]; row.Operation != "event.stream" || row.Count != 3 {
		t.Errorf("the stream is recorded as %+v", row)
	}
	s.door.fails = map[string]bool{"loan.read": true}
	s.parts.Door = s.door
	s.restart()
	if w := s.get("/v1/loans/" + handle(1)); w.Code != 500 || strings.Contains(w.Body.String(), "terms") {
		t.Errorf("without a record: %d %s", w.Code, w.Body)
	}
}

// leaverAfter leaves after so many flushes.
type leaverAfter struct {
	*httptest.ResponseRecorder
	flushes int
	leave   context.CancelFunc
}

// Flush flushes and, in the end, leaves.
func (w *leaverAfter) Flush() {
	w.ResponseRecorder.Flush()
	if w.flushes--; w.flushes == 0 {
		w.leave()
	}
}
