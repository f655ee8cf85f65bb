package api_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/gateway-app/api"
	"github.com/tallystick/tallystick/gateway-app/projection"
)

// runOnce runs the server's housekeeping once and ends it.
func runOnce(t *testing.T, server *api.Server) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if err := server.Run(ctx); err != nil {
		t.Fatal(err)
	}
}

// readPaths are reads of the books, of every kind.
func readPaths() []string {
	return []string{
		"/v1/loans", "/v1/loans/" + handle(1), "/v1/loans/" + loanID(1), "/v1/loans/" + handle(1) + "/history",
		"/v1/loans/" + handle(1) + "/schedule", "/v1/loans?status=active&borrower=" + handle(2),
		"/v1/parties", "/v1/parties/" + handle(1), "/v1/parties/" + handle(1) + "?collection=harbor-meridian",
		"/v1/mandates", "/v1/mandates/" + handle(21), "/v1/custody/instructions?status=settled",
		"/v1/custody/instructions/" + handle(31), "/v1/custody/suspense", "/v1/custody/accounts",
		"/v1/custody/accounts/" + handle(1), "/v1/business-days/meridian", "/v1/evidence?member=harbor",
		"/v1/evidence/harbor", "/v1/evidence/harbor/" + text(64), "/v1/members", "/v1/regimes",
		"/v1/regimes/cn-2026", "/v1/platforms/freezes", "/v1/events",
	}
}

func TestEveryReadAnswers(t *testing.T) {
	s := newScene(t)
	for _, path := range readPaths() {
		w := s.get(path)
		if w.Code != 200 || !json.Valid(w.Body.Bytes()) || w.Header().Get("Content-Type") != "application/json" {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	for path, field := range map[string]string{
		"/v1/loans/" + handle(5000): "id", "/v1/loans/" + handle(5000) + "/history": "id", "/v1/parties/" + handle(99): "handle",
		"/v1/parties/" + handle(1) + "?collection=lantern-meridian": "handle", "/v1/business-days/harbor": "custodian",
		"/v1/regimes/none": "id", "/v1/evidence/none": "member", "/v1/evidence/harbor/" + strings.Repeat("b", 64): "digest",
	} {
		refusedAs(t, s.get(path), 404, "not_found", field)
	}
	for path, field := range map[string]string{
		"/v1/loans/not-a-handle": "id", "/v1/loans?limit=0": "limit", "/v1/loans?limit=1001": "limit", "/v1/loans?limit=many": "limit",
		"/v1/loans?status=lost":                              "status",
		"/v1/loans/" + handle(1) + "/schedule?on=2026-13-01": "on", "/v1/events?after=-1": "after",
	} {
		refusedAs(t, s.get(path), 400, "invalid_field", field)
	}
	for _, cursor := range []string{"*", "bm9uZQ", strings.Repeat("A", 60)} {
		refusedAs(t, s.get("/v1/loans?cursor="+cursor), 400, api.CodeCursor, "cursor")
	}
}

func TestPagesFollowEachOther(t *testing.T) {
	s := newScene(t)
	seen, cursor, pages := map[string]bool{}, "", 0
	for {
		list := want[projection.List[projection.Loan]](t, s.get("/v1/loans?limit=250&cursor="+url.QueryEscape(cursor)), 200)
		for _, l := range list.Items {
			seen[l.ID] = true
		}
		pages++
		if cursor = list.Next; cursor == "" {
			break
		}
	}
	if len(seen) != 1203 || pages != 5 {
		t.Errorf("%d loans on %d pages", len(seen), pages)
	}
}

func TestLongListsStream(t *testing.T) {
	s := newScene(t)
	w := s.get("/v1/loans", "Accept", "application/x-ndjson")
	if w.Code != 200 || w.Header().Get("Content-Type") != "application/x-ndjson" || !w.Flushed {
		t.Fatalf("%d %v, flushed %v", w.Code, w.Header(), w.Flushed)
	}
	lines := bufio.NewScanner(w.Body)
	lines.Buffer(nil, 1<<20)
	n := 0
	for ; lines.Scan(); n++ {
		var l projection.Loan
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil || l.State.Status != loan.Active {
			t.Fatalf("line %d: %v", n, err)
		}
	}
	if n != 1203 {
		t.Errorf("%d lines", n)
	}
}

// A list that could not be read to its end must not look like a whole one.
func TestAStreamThatFailsIsCut(t *testing.T) {
	s := newScene(t)
	s.books.failAfter = "500"
	server := httptest.NewServer(s.server)
	defer server.Close()
	r := s.request(http.MethodGet, "/v1/loans", "", "Accept", "application/x-ndjson")
	r.RequestURI = ""
	r.URL, _ = url.Parse(server.URL + "/v1/loans")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	lines, n := bufio.NewScanner(response.Body), 0
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		n++
	}
	if lines.Err() == nil || n != 500 {
		t.Errorf("%d lines and then %v", n, lines.Err())
	}
}

func TestWhoHasItAlreadyIsTold(t *testing.T) {
	s := newScene(t)
	w := s.get("/v1/loans/" + handle(1))
	tag := w.Header().Get("ETag")
	if tag == "" {
		t.Fatal("no ETag")
	}
	for _, known := range []string{tag, "W/" + tag, `"other", ` + tag, "*"} {
		if w := s.get("/v1/loans/"+handle(1), "If-None-Match", known); w.Code != 304 || w.Body.Len() != 0 || w.Header().Get("ETag") != tag {
			t.Errorf("%s: %d %s", known, w.Code, w.Body)
		}
	}
	if w := s.get("/v1/loans/"+handle(2), "If-None-Match", tag); w.Code != 200 {
		t.Errorf("another loan: %d", w.Code)
	}
	refusedAs(t, s.get("/v1/loans/"+handle(5000), "If-None-Match", "*"), 404, "not_found", "id")
}

func TestACustomerSeesTheirOwn(t *testing.T) {
	s := newScene(t)
	as := []string{"Authorization", "Bearer " + borrowerToken} // the first party
	list := want[projection.List[projection.Loan]](t, s.get("/v1/loans?borrower="+handle(1), as...), 200)
	if len(list.Items) != 1 || list.Items[0].Terms.Borrower != handle(1) {
		t.Errorf("loans %+v", list.Items)
	}
	for path, own := range map[string]bool{
		"/v1/loans/" + handle(1): true, "/v1/loans/" + handle(2): false, "/v1/loans/" + handle(2) + "/history": false,
		"/v1/loans/" + handle(2) + "/schedule": false, "/v1/parties/" + handle(1): true, "/v1/parties/" + handle(2): false,
		"/v1/mandates/" + handle(21): true, "/v1/custody/instructions/" + handle(31): true,
		"/v1/custody/instructions/" + handle(32): false, "/v1/custody/accounts/" + handle(1): true,
		"/v1/custody/accounts/" + handle(2): false,
	} {
		if w := s.get(path, as...); own != (w.Code == 200) || !own && w.Code != 404 {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	for path, count := range map[string]int{
		"/v1/parties": 1, "/v1/custody/instructions": 1,
		"/v1/custody/accounts": 1, "/v1/custody/suspense": 0, "/v1/mandates": 1,
	} {
		list := want[projection.List[json.RawMessage]](t, s.get(path, as...), 200)
		if len(list.Items) != count || list.Items == nil {
			t.Errorf("%s: %d items", path, len(list.Items))
		}
	}
}

func TestTheScheduleIsTheChaincodes(t *testing.T) {
	s := newScene(t)
	got := want[api.Schedule](t, s.get("/v1/loans/"+handle(1)+"/schedule?on=2026-03-20"), 200)
	var principal int64
	for _, row := range got.Rows {
		principal += int64(row.PrincipalMinor)
	}
	if len(got.Rows) != 12 || principal != 1_200_000 || !got.Final {
		t.Errorf("%d rows, principal %d", len(got.Rows), principal)
	}
	if got.OverdueDays != 33 || got.PastDueMinor == 0 || got.PayoffMinor <= 1_200_000 || got.AllInRatePPM < 115_000 {
		t.Errorf("nothing was paid since February 15: %+v", got)
	}
	if today := want[api.Schedule](t, s.get("/v1/loans/"+handle(1)+"/schedule"), 200); today.On != day(2026, 3, 2) {
		t.Errorf("without a date it is the custodian's: %s", today.On)
	}
}

func TestEventsAreFollowed(t *testing.T) {
	s := newScene(t)
	server := httptest.NewServer(s.server)
	defer server.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/v1/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept", "text/event-stream")
	r.Header.Set("Authorization", "Bearer "+operatorToken)
	r.Header.Set("Last-Event-ID", "1")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("%d %v", response.StatusCode, response.Header)
	}
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
	for n, name := range []string{"loan.cleared", "instruction.settled"} {
		if id, kind := next("id: "), next("event: "); id != fmt.Sprint(n+2) || kind != name {
			t.Errorf("event %s %s, want %d %s", id, kind, n+2, name)
		}
	}
	s.books.happen("loan.active")
	var event projection.Entry
	if kind := next("event: "); kind != "loan.active" {
		t.Errorf("event %s", kind)
	}
	if err := json.Unmarshal([]byte(next("data: ")), &event); err != nil || event.Sequence != 4 || event.Payload.Order != "one\ntwo" {
		t.Errorf("%v %+v", err, event)
	}
	runOnce(t, s.server) // the server ends
	for lines.Scan() {
		continue
	}
	if lines.Err() != nil {
		t.Errorf("the stream was cut: %v", lines.Err())
	}
}

func TestEventsArePaged(t *testing.T) {
	s := newScene(t)
	first := want[projection.List[projection.Entry]](t, s.get("/v1/events?limit=2"), 200)
	rest := want[projection.List[projection.Entry]](t, s.get("/v1/events?limit=2&cursor="+first.Next), 200)
	if len(first.Items) != 2 || len(rest.Items) != 1 || rest.Items[0].Sequence != 3 || rest.Next != "" {
		t.Errorf("%+v then %+v", first, rest)
	}
	if some := want[projection.List[projection.Entry]](t, s.get("/v1/events?type=loan.cleared"), 200); len(some.Items) != 1 {
		t.Errorf("filtered: %+v", some)
	}
}

func TestTooManyRequestsAreSentAway(t *testing.T) {
	s := newScene(t, func(p *api.Parts) { p.Limits = api.Limits{CallerPerMinute: 3, AddressPerMinute: 6} })
	for range 3 {
		if w := s.get("/v1/members"); w.Code != 200 {
			t.Fatalf("%d", w.Code)
		}
	}
	w := s.get("/v1/members")
	refusedAs(t, w, 429, api.CodeRateLimited, "")
	if w.Header().Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	if w := s.get("/v1/members", "Authorization", "Bearer "+machineToken); w.Code != 200 {
		t.Errorf("another caller: %d", w.Code)
	}
	s.get("/livez")
	refusedAs(t, s.get("/livez"), 429, api.CodeRateLimited, "")
}

func TestWhatIsMeasured(t *testing.T) {
	away := false
	s := newScene(t, func(p *api.Parts) {
		p.Gauges = []api.Gauge{
			{Name: "books_lag_blocks", Help: "h", Value: func(context.Context) (float64, error) {
				if away {
					return 0, fmt.Errorf("no peer")
				}
				return 3, nil
			}},
			{Name: "outbox_unfinished", Help: "h", Value: func(context.Context) (float64, error) { return 7, nil }},
			{Name: "model_lag_blocks", Help: "h", Value: func(context.Context) (float64, error) { return 0, fmt.Errorf("no peer") }},
		}
		p.Checks = []api.Check{{Name: "database", Run: func(context.Context) error { return nil }}}
	})
	s.get("/v1/members")
	s.get("/v1/nothing")
	text := s.get("/metrics").Body.String()
	for _, line := range []string{
		`tallystick_http_requests_total{operation="member.list",status="200"} 1`,
		`tallystick_http_requests_total{operation="http.not_found",status="404"} 1`, "tallystick_outbox_unfinished 7",
	} {
		if !strings.Contains(text, line) {
			t.Errorf("%s is not in the metrics", line)
		}
	}
	away = true // a figure that is watched does not vanish with what it watches
	for _, line := range []string{
		"tallystick_model_lag_blocks +Inf", "tallystick_books_lag_blocks 3", `tallystick_gauge_age_seconds{gauge="outbox_unfinished"} 0`,
	} {
		if text := s.get("/metrics").Body.String(); !strings.Contains(text, line+"\n") || strings.Contains(text, `{gauge="books_lag_blocks"} 0`+"\n") {
			t.Errorf("%s is not in the metrics: %s", line, text)
		}
	}
	if ready := want[api.Readiness](t, s.get("/readyz"), 200); !ready.Ready || len(ready.Checks) != 1 {
		t.Errorf("%+v", ready)
	}
	s.parts.Checks = append(s.parts.Checks, api.Check{Name: "peer", Run: func(context.Context) error { return fmt.Errorf("at 10.0.0.1") }})
	s.restart()
	w := s.get("/readyz")
	if ready := want[api.Readiness](t, w, 503); ready.Ready || ready.Checks[1].OK || strings.Contains(w.Body.String(), "10.0.0.1") {
		t.Errorf("%+v", ready)
	}
}

// needsWholeBooks holds paths to saying their block, and to answering nothing from books that are being rebuilt.
func (s *scene) needsWholeBooks(t *testing.T, paths ...string) {
	t.Helper()
	before := s.books.standing
	defer func() { s.books.standing = before }()
	for _, path := range paths {
		s.books.standing = projection.Standing{Block: 41, Reached: 41}
		if w := s.get(path); w.Code != 200 || w.Header().Get("Tallystick-Block") != "41" {
			t.Errorf("%s: %d as of block %q", path, w.Code, w.Header().Get("Tallystick-Block"))
		}
		s.books.standing.Block = 40
		refusedAs(t, s.get(path), 503, api.CodeRebuilding, "")
	}
}

// Books that are being rebuilt answer nothing: what they had would look complete. Whole ones say how far they are.
func TestBooksThatAreNotWholeAnswerNothing(t *testing.T) {
	s := newScene(t)
	s.books.standing = projection.Standing{Block: 41, Reached: 41}
	for _, path := range readPaths() {
		if w := s.get(path); w.Code != 200 || w.Header().Get("Tallystick-Block") != "41" {
			t.Errorf("%s: %d as of block %q", path, w.Code, w.Header().Get("Tallystick-Block"))
		}
	}
	s.books.standing.Block = 40
	for _, path := range append(readPaths(), "/v1/events/stream") {
		w := s.get(path)
		refusedAs(t, w, 503, api.CodeRebuilding, "")
		if w.Header().Get("Retry-After") == "" || w.Header().Get("Tallystick-Block") != "" {
			t.Errorf("%s: %v", path, w.Header())
		}
	}
	if w := s.get("/v1/blocks/1?wait=1"); w.Code != 200 {
		t.Errorf("who waits for the rebuild is answered %d", w.Code)
	}
}
