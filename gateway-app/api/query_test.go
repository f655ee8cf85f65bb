package api_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/gateway-app/api"
	"github.com/tallystick/tallystick/gateway-app/projection"
)

func TestQueriesAreReadStrictly(t *testing.T) {
	s := newScene(t)
	for query, detail := range map[string]string{
		"colour=red": "parameter 1 is not known", "limit=2&Zhang-Wei=1": "parameter 2 is not known", "limit=2&newset=true": "is newest meant?",
		"Limit=2": "is limit meant?", "limit=%ZZ": "parameter 1 is not known", "limit=2&%": "parameter 2", "a;b": "parameter 1",
	} {
		p := refusedAs(t, s.get("/v1/loans?"+query), 400, "malformed_request", "query")
		if !strings.Contains(p.Detail, detail) || strings.Contains(p.Detail, "Zhang") || strings.Contains(p.Detail, "colour") {
			t.Errorf("%s: %s", query, p.Detail)
		}
	}
	for query, field := range map[string]string{
		"limit=2&limit=3": "limit", "borrower=" + handle(1) + "&borrower=" + handle(2): "borrower", "collection=nowhere": "collection",
		"collection=meridian-harbor": "collection",
	} {
		refusedAs(t, s.get("/v1/loans?"+query), 400, "invalid_field", field)
	}
	refusedAs(t, s.get("/v1/parties/"+handle(1)+"?collection=nowhere"), 400, "invalid_field", "collection")
	if w := s.get("/v1/loans?collection=exposure&limit=2"); w.Code != 200 {
		t.Errorf("a collection that there is: %d", w.Code)
	}
}

// A cursor means nothing under another list, filter or direction, and tells nobody how long the books are.
func TestACursorBelongsToItsList(t *testing.T) {
	s := newScene(t)
	next := func(path string) string {
		return want[projection.List[projection.Loan]](t, s.get(path), 200).Next
	}
	cursor := next("/v1/loans?limit=2&status=active")
	for _, path := range []string{"/v1/loans?", "/v1/loans?status=repaid&", "/v1/loans?status=active&newest=true&", "/v1/regimes?", "/v1/loans/" + handle(1) + "/history?"} {
		refusedAs(t, s.get(path+"cursor="+cursor), 400, api.CodeCursor, "cursor")
	}
	for _, path := range []string{"/v1/loans?status=active&limit=5&", "/v1/loans?newest=false&status=active&frozen=false&"} {
		if w := s.get(path + "cursor=" + cursor); w.Code != 200 {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	if again := next("/v1/loans?limit=2&status=active"); again == cursor || len(again) != len(cursor) {
		t.Errorf("a cursor shows what it holds: %s and %s", cursor, again)
	}
	s.parts.CursorKey = []byte("a key that all processes have")
	s.restart()
	cursor = next("/v1/loans?limit=2")
	s.restart()
	if w := s.get("/v1/loans?cursor=" + url.QueryEscape(cursor)); w.Code != 200 {
		t.Errorf("another process with the same key: %d", w.Code)
	}
}

// Who follows from an event that is not there yet would miss those before it.
func TestAnEventThatIsNotThereIsRefused(t *testing.T) {
	s := newScene(t)
	for path, header := range map[string]string{"/v1/events/stream": "4", "/v1/events/stream?x": "99999999999999999999"} {
		path, _, _ = strings.Cut(path, "?")
		refusedAs(t, s.get(path, "Last-Event-ID", header), 400, api.CodeRangeUnsatisfiable, "Last-Event-ID")
	}
	refusedAs(t, s.get("/v1/events/stream?after=4"), 400, api.CodeRangeUnsatisfiable, "after")
	refusedAs(t, s.get("/v1/events?after=4"), 400, api.CodeRangeUnsatisfiable, "after")
	if list := want[projection.List[projection.Entry]](t, s.get("/v1/events?after=3"), 200); len(list.Items) != 0 {
		t.Errorf("after the last: %+v", list)
	}
}

// A customer who asks for another's is refused, and that is written down.
func TestACustomerIsRefusedAnothersList(t *testing.T) {
	s := newScene(t)
	as := []string{"Authorization", "Bearer " + borrowerToken}
	for path, field := range map[string]string{
		"/v1/loans?borrower=": "borrower", "/v1/loans?lender=": "lender", "/v1/mandates?party=": "party",
		"/v1/custody/instructions?party=": "party", "/v1/custody/accounts?party=": "party",
	} {
		before := len(s.door.recorded())
		refusedAs(t, s.get(path+handle(2), as...), 403, api.CodeNotAllowed, field)
		entries := s.door.recorded()[before:]
		if len(entries) == 0 || entries[0].Allowed {
			t.Errorf("%s: recorded %+v", path, entries)
		}
	}
}

// Bodies name what is wrong with them by its place, and quote nothing.
func TestUnknownFieldsAndHiddenCharactersAreNamedByTheirPlace(t *testing.T) {
	s := newScene(t)
	for body, detail := range map[string]string{
		commandBody(`{"loan":"x","Zhang Wei":1}`): "field 2 is not known", commandBody(`{"Loan":"x","order":"o"}`): "field 1 is not known, is loan meant?",
		commandBody(`{"loan":"x","ordre":"o"}`): "field 2 is not known, is order meant?",
	} {
		w := s.post("/v1/loans/freezes", body)
		p := want[api.Problem](t, w, 400)
		said := p.Detail
		for _, finding := range p.Errors {
			said += finding.Detail
		}
		if !strings.Contains(said, detail) || strings.Contains(w.Body.String(), "Zhang") {
			t.Errorf("%s: %s", body, w.Body)
		}
	}
	for _, text := range []string{`a\u0000b`, `a\u202eb`, `a\u2066b`, `a\ufeffb`, `a\u0085b`} {
		refusedAs(t, s.post("/v1/loans/freezes", commandBody(`{"loan":"`+loanID(1)+`","order":"`+text+`"}`)), 400, "invalid_field", "items[0].order")
	}
	w := s.post("/v1/loans/freezes", "\xff\xd8\xff\xe0\x00\x10JFIF")
	refusedAs(t, w, http.StatusBadRequest, "malformed_request", "body")
}

// A path says what it is served under, and HEAD answers as GET does.
func TestMethodsOfAPath(t *testing.T) {
	s := newScene(t)
	for path, allow := range map[string]string{
		"/v1/loans": "GET, HEAD, POST", "/v1/loans/" + handle(1): "GET, HEAD", "/v1/loans/freezes": "GET, HEAD, POST", "/v1/events/stream": "GET", "/livez": "GET, HEAD",
	} {
		w := s.do(s.request(http.MethodPatch, path, ""))
		refusedAs(t, w, http.StatusMethodNotAllowed, api.CodeMethodUnknown, "")
		if got := w.Header().Get("Allow"); got != allow {
			t.Errorf("%s is served under %q, want %q", path, got, allow)
		}
	}
	if w := s.do(s.request(http.MethodHead, "/v1/loans/"+handle(1), "")); w.Code != 200 || w.Header().Get("ETag") == "" {
		t.Errorf("HEAD: %d %v", w.Code, w.Header())
	}
}
