package api_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/tallystick/tallystick/gateway-app/access"
	"github.com/tallystick/tallystick/gateway-app/accesslog"
	"github.com/tallystick/tallystick/gateway-app/api"
)

// guardedWith is a guarded scene with other limits.
func guardedWith(t *testing.T, limits api.Limits) (*scene, access.Credentials) {
	t.Helper()
	s, first := guarded(t)
	s.parts.Limits = limits
	s.restart()
	return s, first
}

// Good sign-ins count, too: who knows one password may not go on trying another's name between them.
func TestOneNameIsTriedOnlySoOften(t *testing.T) {
	s, first := guardedWith(t, api.Limits{SignInsPerNameMinute: 3})
	for range 3 {
		s.signedIn(first.Name, first.Password)
	}
	body := inJSON(t, map[string]string{"name": " " + strings.ToUpper(first.Name), "password": first.Password})
	w := s.post("/v1/sessions", body, "Authorization", "")
	refusedAs(t, w, 429, api.CodeRateLimited, "name")
	if w.Header().Get("Retry-After") != "60" {
		t.Errorf("Retry-After %q", w.Header().Get("Retry-After"))
	}
	other := inJSON(t, map[string]string{"name": "nobody", "password": "a wrong password"})
	refusedAs(t, s.post("/v1/sessions", other, "Authorization", ""), 401, api.CodeCredentials, "")
}

func TestOneAddressSignsInOnlySoOften(t *testing.T) {
	s, _ := guardedWith(t, api.Limits{SignInsPerSourceMinute: 2})
	try := func(name, from string) *httptest.ResponseRecorder {
		r := s.request(http.MethodPost, "/v1/sessions", inJSON(t, map[string]string{"name": name, "password": "a wrong password"}), "Authorization", "")
		r.RemoteAddr = from
		return s.do(r)
	}
	refusedAs(t, try("anna", "192.0.2.7:1"), 401, api.CodeCredentials, "")
	refusedAs(t, try("ben", "192.0.2.7:2"), 401, api.CodeCredentials, "")
	refusedAs(t, try("carl", "192.0.2.7:3"), 429, api.CodeRateLimited, "")
	refusedAs(t, try("carl", "192.0.2.8:1"), 401, api.CodeCredentials, "")
	refusedAs(t, s.get("/v1/members"), 401, api.CodeNotSignedIn, "Authorization") // other requests of the address go on
}

func TestACallerHasOnlySoManyStreams(t *testing.T) {
	s := newScene(t, func(p *api.Parts) { p.Limits = api.Limits{StreamsPerCaller: 1} })
	server := httptest.NewServer(s.server)
	defer server.Close()
	follow := func(ctx context.Context) *http.Response {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/v1/events/stream", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+operatorToken)
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		return response
	}
	ctx, leave := context.WithCancel(t.Context())
	first := follow(ctx)
	if _, err := bufio.NewReader(first.Body).ReadString('\n'); err != nil || first.StatusCode != http.StatusOK {
		t.Fatalf("%d %v", first.StatusCode, err)
	}
	second := follow(t.Context())
	if second.Body.Close(); second.StatusCode != http.StatusTooManyRequests {
		t.Errorf("a second stream: %d", second.StatusCode)
	}
	refusedAs(t, s.get("/v1/loans", "Accept", "application/x-ndjson"), 429, api.CodeTooManyStreams, "")
	if w := s.get("/v1/loans"); w.Code != 200 {
		t.Errorf("a page: %d", w.Code)
	}
	if w := s.get("/v1/loans", "Accept", "application/x-ndjson", "Authorization", "Bearer "+machineToken); w.Code != 200 {
		t.Errorf("another caller: %d", w.Code)
	}
	leave()
	_ = first.Body.Close()
	for deadline := time.Now().Add(5 * time.Second); s.get("/v1/loans", "Accept", "application/x-ndjson").Code != 200; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("a stream that was left still counts")
		}
	}
}

// What a member does not choose is the default, and what it turns off bounds nothing.
func TestLimitsHaveDefaults(t *testing.T) {
	if got := (api.Limits{}).WithDefaults(); got != api.DefaultLimits() {
		t.Errorf("got %+v", got)
	}
	got := api.Limits{CallerPerMinute: -1, BodyBytes: 1000}.WithDefaults()
	if got.CallerPerMinute != -1 || got.BodyBytes != 1000 || got.StreamsPerCaller != api.DefaultLimits().StreamsPerCaller {
		t.Errorf("got %+v", got)
	}
}

// unread fails the test when anybody reads of it.
type unread struct{ t *testing.T }

func (u unread) Read([]byte) (int, error) {
	u.t.Error("the body was read")
	return 0, io.EOF
}

// Who may not write has their body left unread, and is on the record.
func TestPoliciesAreAskedBeforeABodyIsRead(t *testing.T) {
	s, first := guarded(t)
	anna := s.signedIn(first.Name, first.Password)
	for _, path := range []string{freezes, "/v1/members", "/v1/receipts"} {
		r := s.request(http.MethodPost, path, "", anna...)
		r.Body, r.ContentLength = io.NopCloser(unread{t}), 1<<20
		refusedAs(t, s.do(r), 403, api.CodeNotAllowed, "")
	}
	r := s.request(http.MethodPost, "/v1/users", "", append(anna, "Idempotency-Key", "")...)
	r.Body = io.NopCloser(unread{t})
	refusedAs(t, s.do(r), 400, "missing_field", "Idempotency-Key")
	rows, err := s.parts.AccessLog.For(true).Page(t.Context(), accesslog.Filter{}, 1, 100) // after the sign-in
	if err != nil || len(rows) != 3 || rows[0].Decision != "refused" || rows[0].Operation != "loan.freeze" {
		t.Errorf("recorded %+v, %v", rows, err)
	}
	// What the body decides is still decided by it: a colleague takes two administrators.
	second := s.made(anna, "Second", access.Administrator)
	s.signedIn("Second", second.Password)
	colleague := inJSON(t, map[string]any{"name": "Olga", "roles": []access.Role{access.Finance}})
	refusedAs(t, s.post("/v1/users", colleague, anna...), 403, api.CodeApprovalDue, "")
	want[api.NewUser](t, s.post("/v1/users", inJSON(t, map[string]any{"name": "Bao", "roles": []string{"borrower"}, "party": handle(1)}), anna...), 200)
}

func TestALongBodyIsToldHowLongItMayBe(t *testing.T) {
	s := newScene(t, func(p *api.Parts) { p.Limits = api.Limits{BodyBytes: 1000} })
	p := refusedAs(t, s.post(freezes, strings.Repeat(" ", 1001)), 413, api.CodeBodyTooLarge, "body")
	if p.LimitBytes != 1000 || !strings.Contains(p.Detail, "1000 bytes") {
		t.Errorf("told %+v", p)
	}
}

// slow is a body that never comes: its connection times out, as one does whose deadline passes.
type slow struct{}

func (slow) Read([]byte) (int, error) { return 0, &net.OpError{Op: "read", Err: timeout{}} }

type timeout struct{}

func (timeout) Error() string   { return "i/o timeout" }
func (timeout) Timeout() bool   { return true }
func (timeout) Temporary() bool { return true }

func TestABodyThatDoesNotComeIsNotWaitedForLong(t *testing.T) {
	s := newScene(t)
	r := s.request(http.MethodPost, freezes, "")
	r.Body = io.NopCloser(slow{})
	refusedAs(t, s.do(r), 408, api.CodeBodyTooSlow, "body")

	if testing.Short() {
		t.Skip("waits for a real connection's deadline")
	}
	// One that stops in the middle, and one of somebody who is refused before it is read.
	for token, status := range map[string]int{operatorToken: 408, "nonsense": 401} {
		if got, took := stalled(t, s, token); got != status || took > 20*time.Second {
			t.Errorf("%d after %s, want %d", got, took, status)
		}
	}
}

// stalled sends the beginning of a body over a real connection, and answers the status and when it came.
func stalled(t *testing.T, s *scene, token string) (int, time.Duration) {
	t.Helper()
	server := httptest.NewServer(s.server)
	defer server.Close()
	connection, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = connection.Close() }() // the server may have closed it already
	began := time.Now()
	_, err = io.WriteString(connection, "POST "+freezes+" HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "+token+
		"\r\nIdempotency-Key: a-slow-body\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{")
	if err != nil {
		t.Fatal(err)
	}
	if err := connection.SetReadDeadline(began.Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(bufio.NewReader(connection), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	return response.StatusCode, time.Since(began)
}

// A list that takes long ends when the right to it does, whatever took the right away.
func TestAStreamedListEndsWithTheRightToIt(t *testing.T) {
	for name, takeAway := range map[string]func(s *scene){
		"the policies": func(s *scene) { s.door.denied["loan.list"] = true },
		"the session":  func(s *scene) { delete(s.door.callers, operatorToken) },
		"the role": func(s *scene) {
			s.door.callers[operatorToken] = access.Principal{ID: "olga", Kind: access.KindUser, Roles: []access.Role{access.Lender}, Party: handle(5)}
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t)
			s.books.beforePage = func(after string) {
				if after == "500" {
					s.door.mu.Lock()
					defer s.door.mu.Unlock()
					takeAway(s)
				}
			}
			server := httptest.NewServer(s.server)
			defer server.Close()
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/v1/loans", nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Authorization", "Bearer "+operatorToken)
			r.Header.Set("Accept", "application/x-ndjson")
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
			if lines.Err() == nil || n != 1000 { // the page under way is written, and no other
				t.Errorf("%d lines and then %v", n, lines.Err())
			}
		})
	}
}
