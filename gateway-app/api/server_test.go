package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/access"
	"github.com/tallystick/tallystick/gateway-app/api"
	"github.com/tallystick/tallystick/gateway-app/projection"
	"github.com/tallystick/tallystick/gateway-app/store"
)

// The tokens of the tests, and whose they are.
const (
	operatorToken = "token-of-olga"
	borrowerToken = "token-of-bao"
	machineToken  = "token-of-a-machine"
)

// scene is a server with everything behind it faked, and the parts to look into.
type scene struct {
	t      *testing.T
	door   *door
	ledger *ledger
	books  *books
	db     *store.DB
	parts  api.Parts
	server *api.Server
	log    *bytes.Buffer
	keys   int
}

// migrated is a fresh database, made once: the migrations are the slow part of a scene.
func migrated(t *testing.T) []byte {
	t.Helper()
	made, err := freshDatabase()
	if err != nil {
		t.Fatal(err)
	}
	return made
}

var freshDatabase = sync.OnceValues(func() ([]byte, error) {
	folder, err := os.MkdirTemp("", "api")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(folder) }() // what stays is in the system's own folder for such things
	path := filepath.Join(folder, "fresh.db")
	db, err := store.Open(context.Background(), "sqlite:"+path)
	if err != nil {
		return nil, err
	}
	if err := db.Close(); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

func newScene(t *testing.T, change ...func(*api.Parts)) *scene {
	t.Helper()
	path := filepath.Join(t.TempDir(), "member.db")
	if err := os.WriteFile(path, migrated(t), 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), "sqlite:"+path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	s := &scene{
		t: t, db: db, ledger: newLedger(), books: fullBooks(), log: &bytes.Buffer{},
		door: &door{denied: map[string]bool{}, callers: map[string]access.Principal{
			operatorToken: {ID: "olga", Kind: access.KindUser, Name: "Olga O.", Roles: []access.Role{access.PlatformOperator}, Certificate: "staff-olga"},
			borrowerToken: {ID: "bao", Kind: access.KindUser, Name: "Bao B.", Roles: []access.Role{access.Borrower}, Party: handle(1)},
			machineToken:  {ID: "machine-1", Kind: access.KindKey, Roles: []access.Role{access.Machine}},
		}},
	}
	s.parts = api.Parts{
		Member: "harbor", Store: db, Door: s.door, Commands: s.ledger, Books: s.books, Folding: s.books,
		Channel: "lending", Pairs: []projection.Pair{{Platform: "lantern", Custodian: "meridian"}, {Platform: "harbor", Custodian: "meridian"}},
		Logger: slog.New(slog.NewJSONHandler(s.log, nil)),
	}
	for _, c := range change {
		c(&s.parts)
	}
	s.restart()
	return s
}

// restart makes a new server over the same database: what a new process would be.
func (s *scene) restart() {
	s.t.Helper()
	server, err := api.New(s.parts)
	if err != nil {
		s.t.Fatal(err)
	}
	s.server = server
}

// request is a request of the operator's, with a key of its own when it writes.
func (s *scene) request(method, path, body string, headers ...string) *http.Request {
	r := httptest.NewRequestWithContext(s.t.Context(), method, path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+operatorToken)
	if method != http.MethodGet {
		s.keys++
		r.Header.Set("Idempotency-Key", "key-of-the-test-"+strconv.Itoa(s.keys))
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		if headers[i+1] == "" {
			r.Header.Del(headers[i])
			continue
		}
		r.Header.Set(headers[i], headers[i+1])
	}
	return r
}

func (s *scene) do(r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	s.server.ServeHTTP(w, r)
	s.keepsItsWord(r, w)
	return w
}

func (s *scene) get(path string, headers ...string) *httptest.ResponseRecorder {
	return s.do(s.request(http.MethodGet, path, "", headers...))
}

func (s *scene) post(path, body string, headers ...string) *httptest.ResponseRecorder {
	return s.do(s.request(http.MethodPost, path, body, headers...))
}

// want checks the status and reads the body into a value.
func want[T any](t *testing.T, w *httptest.ResponseRecorder, status int) T {
	t.Helper()
	var value T
	if w.Code != status {
		t.Fatalf("status %d, want %d: %s", w.Code, status, w.Body)
	}
	if err := json.Unmarshal(w.Body.Bytes(), &value); err != nil {
		t.Fatalf("%v: %s", err, w.Body)
	}
	return value
}

// refusedAs checks that a problem came, with its code and field.
func refusedAs(t *testing.T, w *httptest.ResponseRecorder, status int, code, field string) api.Problem {
	t.Helper()
	p := want[api.Problem](t, w, status)
	if got := w.Header().Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("content type %q", got)
	}
	if p.Code != code || p.Field != field || p.Status != status || p.Detail == "" || p.Title == "" {
		t.Errorf("problem %+v, want code %s of field %q", p, code, field)
	}
	if p.RequestID == "" || p.RequestID != w.Header().Get("X-Request-Id") {
		t.Errorf("request id %q, header %q", p.RequestID, w.Header().Get("X-Request-Id"))
	}
	return p
}

func TestEveryFunctionOfTheChaincodeHasOneOperation(t *testing.T) {
	s := newScene(t)
	document := want[map[string]any](t, s.get("/openapi.json"), 200)
	operations := map[string]int{}
	for _, path := range document["paths"].(map[string]any) {
		for _, op := range path.(map[string]any) {
			if function, ok := op.(map[string]any)["x-ledger-function"].(string); ok {
				operations[function]++
			}
		}
	}
	for _, function := range wire.Functions() {
		if operations[function.Name] != 1 {
			t.Errorf("%s has %d operations", function.Name, operations[function.Name])
		}
		delete(operations, function.Name)
	}
	for function := range operations {
		t.Errorf("%s is no function of the chaincode", function)
	}
}

func TestEveryOperationIsInTheListThatPoliciesAreCheckedAgainst(t *testing.T) {
	for _, id := range newScene(t).server.OperationIDs() {
		if _, known := access.Lookup(id); !known {
			t.Errorf("%s is not in access.Operations", id)
		}
	}
}

func TestHealthNeedsNoSignIn(t *testing.T) {
	s := newScene(t)
	for _, path := range []string{"/livez", "/readyz", "/metrics", "/openapi.json", "/openapi.yaml", "/docs/", "/docs/swagger-ui-bundle.js"} {
		if w := s.get(path, "Authorization", ""); w.Code != http.StatusOK || w.Body.Len() == 0 {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	if page := s.get("/docs/swagger-initializer.js").Body.String(); !strings.Contains(page, `"/openapi.json"`) {
		t.Error("the page shows another document")
	}
	if page := s.get("/docs/").Body.String(); strings.Contains(page, "https://") {
		t.Error("the page loads from elsewhere")
	}
}

func TestUnknownRoutesAreProblems(t *testing.T) {
	s := newScene(t)
	refusedAs(t, s.get("/v1/nothing"), 404, api.CodeRouteUnknown, "")
	refusedAs(t, s.do(s.request(http.MethodDelete, "/v1/loans", "")), 405, api.CodeMethodUnknown, "")
}

func TestWhoIsNotKnownIsNotLetIn(t *testing.T) {
	s := newScene(t)
	w := s.get("/v1/loans", "Authorization", "")
	refusedAs(t, w, 401, api.CodeNotSignedIn, "")
	if w.Header().Get("WWW-Authenticate") == "" {
		t.Error("no challenge")
	}
	refusedAs(t, s.get("/v1/loans", "Authorization", "Bearer nonsense"), 401, api.CodeNotSignedIn, "Authorization")
	refusedAs(t, s.get("/v1/loans", "Authorization", "Basic b2xnYTpvbGdh"), 401, api.CodeNotSignedIn, "Authorization")
	s.door.denied["loan.list"] = true
	refusedAs(t, s.get("/v1/loans"), 403, api.CodeNotAllowed, "")
	if entries := s.door.recorded(); len(entries) != 1 || entries[0].Allowed || entries[0].Operation != "loan.list" {
		t.Errorf("the refusal is not in the journal: %+v", entries)
	}
	s.door.broken = io.ErrUnexpectedEOF
	refusedAs(t, s.get("/v1/loans"), 500, "internal", "")
}

func TestACookieIsBelievedOnlyFromOurOwnPages(t *testing.T) {
	s := newScene(t)
	cookie := api.SessionCookie + "=" + operatorToken
	body := commandBody(`{"loan":"` + loanID(1) + `","order":"A-1"}`)
	if w := s.post("/v1/loans/freezes", body, "Authorization", "", "Cookie", cookie, "Sec-Fetch-Site", "same-origin"); w.Code != 200 {
		t.Errorf("our own page: %d %s", w.Code, w.Body)
	}
	w := s.post("/v1/loans/freezes", body, "Authorization", "", "Cookie", cookie, "Sec-Fetch-Site", "cross-site")
	refusedAs(t, w, 403, api.CodeCrossOrigin, "Origin")
	refusedAs(t, s.get("/v1/loans", "Authorization", "", "Cookie", api.SessionCookie+"=no"), 401, api.CodeNotSignedIn, "Cookie")
}

// commandBody is a private command with these items.
func commandBody(items ...string) string {
	return `{"collection":"harbor-meridian","items":[` + strings.Join(items, ",") + `]}`
}

// Names that a caller has made up are in no problem and in no line of the log, wherever they stood.
func TestNothingThatACallerInventsIsReflected(t *testing.T) {
	s := newScene(t)
	const invented = "gotcha"
	item := `{"loan":"` + loanID(1) + `","order":"A-1"`
	for where, body := range map[string]string{
		"beside the items":   `{"collection":"harbor-meridian","items":[` + item + `}],"` + invented + `":1}`,
		"in an item":         commandBody(item + `,"` + invented + `":1}`),
		"as a duplicate":     commandBody(item + `,"` + invented + `":1,"` + invented + `":2}`),
		"as a path":          commandBody(item + `,"items[0].` + invented + `":1}`),
		"in another case":    commandBody(item + `,"` + invented + `\u0000":1}`),
		"in a broken string": commandBody(item + `,"` + invented),
	} {
		w := s.post(freezes, body)
		p := want[api.Problem](t, w, 400)
		if strings.Contains(w.Body.String(), invented) || p.Field == "" || p.Code != "malformed_request" {
			t.Errorf("%s: %s", where, w.Body)
		}
	}
	for _, path := range []string{"/v1/loans?" + invented + "=1", "/v1/loans?limit[" + invented + "]=1", "/v1/" + invented} {
		if w := s.get(path); w.Code < 400 || strings.Contains(w.Body.String(), invented) {
			t.Errorf("%s: %s", path, w.Body)
		}
	}
	want[api.Problem](t, s.post("/v1/mandates", `{"collection":"harbor-meridian","items":[{"terms":{"`+invented+`":{"`+invented+`":1}}}]}`), 400)
	if strings.Contains(s.log.String(), invented) {
		t.Errorf("the log has it: %s", s.log)
	}
}
