package api_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tallystick/tallystick/gateway-app/access"
	"github.com/tallystick/tallystick/gateway-app/accesslog"
	"github.com/tallystick/tallystick/gateway-app/accesslog/chain"
	"github.com/tallystick/tallystick/gateway-app/api"
	"github.com/tallystick/tallystick/gateway-app/enrolment"
)

// seal is AES-GCM with the place as additional data.
type seal struct{ aead cipher.AEAD }

func newSeal(t *testing.T) seal {
	t.Helper()
	key := make([]byte, 32)
	_, _ = rand.Read(key)
	block, err := aes.NewCipher(key)
	if err != nil {
		t.Fatal(err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		t.Fatal(err)
	}
	return seal{aead}
}

func (s seal) Seal(table, row, column string, plain []byte) ([]byte, error) {
	return s.aead.Seal(nil, nil, plain, []byte(table+"\x00"+row+"\x00"+column)), nil
}

func (s seal) Open(table, row, column string, sealed []byte) ([]byte, error) {
	return s.aead.Open(nil, nil, sealed, []byte(table+"\x00"+row+"\x00"+column))
}

// guarded is a scene behind the real gate, and its first administrator's credentials.
func guarded(t *testing.T) (*scene, access.Credentials) {
	t.Helper()
	var first access.Credentials
	s := newScene(t, func(p *api.Parts) {
		users, err := access.Open(t.Context(), p.Store, newSeal(t), access.Settings{
			Member: "harbor", Cost: access.Cost{MemoryKiB: 64, Passes: 1, Threads: 1},
		})
		if err != nil {
			t.Fatal(err)
		}
		var made bool
		if first, made, err = users.Bootstrap(t.Context(), "Harbor"); err != nil || !made {
			t.Fatal(made, err)
		}
		authoriser, err := access.NewAuthoriser("")
		if err != nil {
			t.Fatal(err)
		}
		p.Users, p.Approvals = users, access.NewApprovals(p.Store, authoriser, newSeal(t), penned{}, nil)
		p.AccessLog = accesslog.New(p.Store, "harbor", p.Commands, nil)
		p.Door = &api.Gate{Users: users, Authoriser: authoriser, Approvals: p.Approvals, Log: p.AccessLog}
	})
	return s, first
}

func inJSON(t testing.TB, value any) string {
	t.Helper()
	raw, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// signedIn signs in through the API and answers the header of later requests.
func (s *scene) signedIn(name, password string) []string {
	s.t.Helper()
	w := s.post("/v1/sessions", inJSON(s.t, map[string]string{"name": name, "password": password}), "Authorization", "")
	answer := want[api.SignedIn](s.t, w, 200)
	cookie := w.Header().Get("Set-Cookie")
	for _, part := range []string{api.SessionCookie + "=" + answer.Token, "HttpOnly", "Secure", "SameSite=Strict"} {
		if !strings.Contains(cookie, part) {
			s.t.Errorf("the cookie lacks %s: %s", part, cookie)
		}
	}
	headers := []string{"Authorization", "Bearer " + answer.Token}
	if !answer.Caller.PassDue {
		return headers
	}
	own := "own " + password
	if w := s.post("/v1/password", inJSON(s.t, map[string]string{"former": password, "password": own}), headers...); w.Code != 204 {
		s.t.Fatalf("change a first password: %d %s", w.Code, w.Body)
	}
	return s.signedIn(name, own)
}

// activated has the customer of a party choose a password, with a code that an operator makes.
func (s *scene) activated(operator []string, party string) []string {
	s.t.Helper()
	given := want[access.Activation](s.t, s.post("/v1/activations/"+party, "", operator...), 200)
	own := "a password of one's own"
	w := s.post("/v1/activations", inJSON(s.t, map[string]string{"name": given.Name, "code": given.Code, "password": own}), "Authorization", "")
	if w.Code != 204 {
		s.t.Fatalf("activate: %d %s", w.Code, w.Body)
	}
	return s.signedIn(given.Name, own)
}

// made makes a user through the API and answers them with their password.
func (s *scene) made(by []string, name string, roles ...access.Role) api.NewUser {
	s.t.Helper()
	return want[api.NewUser](s.t, s.post("/v1/users", inJSON(s.t, map[string]any{"name": name, "roles": roles}), by...), 200)
}

// TestEveryOperationIsOnTheList compares what the API serves with the list that policies are written for.
func TestEveryOperationIsOnTheList(t *testing.T) {
	s, _ := guarded(t)
	s.parts.Staff = &enrolment.Register{}
	s.restart()
	document := want[struct {
		Paths map[string]map[string]struct {
			ID string `json:"operationId"`
		} `json:"paths"`
	}](t, s.get("/openapi.json"), 200)
	seen := 0
	for path, methods := range document.Paths {
		for method, op := range methods {
			seen++
			listed, known := access.Lookup(op.ID)
			if !known {
				t.Errorf("%s %s: %s is not in access's list of operations", method, path, op.ID)
				continue
			}
			read := method == "get"
			if read != (listed.Kind == access.Read) {
				t.Errorf("%s %s: %s is listed as a %s", method, path, op.ID, listed.Kind)
			}
		}
	}
	if seen < 60 || seen != len(s.server.OperationIDs()) {
		t.Errorf("the document has %d operations, the server %d", seen, len(s.server.OperationIDs()))
	}
}

func TestRightsOfStaffTakeTwoAdministrators(t *testing.T) {
	s, first := guarded(t)
	anna := s.signedIn(first.Name, first.Password)
	second := s.made(anna, "Second", access.Administrator) // alone until now
	ben := s.signedIn("Second", second.Password)

	body := inJSON(t, map[string]any{"name": "Olga", "roles": []access.Role{access.PlatformOperator}})
	key := []string{"Idempotency-Key", "make-olga-once"}
	w := s.post("/v1/users", body, slices.Concat(anna, key)...)
	refusedAs(t, w, 403, api.CodeApprovalDue, "")
	place := w.Header().Get("Location")
	refusedAs(t, s.post(place+"/approve", "", anna...), 403, "wrong_role", "")
	waiting := want[struct{ Items []access.Approval }](t, s.get("/v1/approvals?status=pending", ben...), 200)
	if len(waiting.Items) != 1 || waiting.Items[0].Operation != "user.create" || strings.Contains(inJSON(t, waiting), "Olga") {
		t.Fatalf("got %+v", waiting)
	}
	if got := want[access.Approval](t, s.post(place+"/approve", "", ben...), 200); got.Status != access.Approved {
		t.Errorf("got %+v", got)
	}
	other := strings.Replace(body, "Olga", "Oleg", 1)
	refusedAs(t, s.post("/v1/users", other, anna...), 403, api.CodeApprovalDue, "")
	olga := want[api.NewUser](t, s.post("/v1/users", body, slices.Concat(anna, key)...), 200)
	again := want[api.NewUser](t, s.post("/v1/users", body, slices.Concat(anna, key)...), 200)
	if again.User.ID != olga.User.ID {
		t.Error("a request sent again made another user")
	}
	refusedAs(t, s.post("/v1/users", body, anna...), 403, api.CodeApprovalDue, "") // another request is another approval
	// A customer takes one administrator.
	want[api.NewUser](t, s.post("/v1/users", inJSON(t, map[string]any{"name": "Bao", "roles": []string{"borrower"}, "party": handle(1)}), anna...), 200)

	operator := s.signedIn("olga", olga.Password)
	want[map[string]any](t, s.get("/v1/loans", operator...), 200)
	refusedAs(t, s.get("/v1/users", operator...), 403, api.CodeNotAllowed, "")
	refusedAs(t, s.get("/v1/loans", anna...), 403, api.CodeNotAllowed, "")
	want[access.User](t, s.post("/v1/users/"+olga.User.ID+"/disabling", "", anna...), 200)
	refusedAs(t, s.get("/v1/loans", operator...), 401, api.CodeNotSignedIn, "Authorization")
}

// The path says whose roles are changed, and the user may do at once what the new ones permit.
func TestAnAdministratorChangesAUsersRoles(t *testing.T) {
	s, first := guarded(t)
	anna := s.signedIn(first.Name, first.Password)
	olga := s.made(anna, "Olga", access.Finance)
	rights := inJSON(t, map[string]any{"roles": []access.Role{access.Auditor}})
	changed := want[access.User](t, s.do(s.request(http.MethodPut, "/v1/users/"+olga.User.ID+"/roles", rights, anna...)), 200)
	if changed.ID != olga.User.ID || !slices.Equal(changed.Roles, []access.Role{access.Auditor}) {
		t.Errorf("changed to %+v", changed)
	}
	want[json.RawMessage](t, s.get("/v1/audit-log", s.signedIn("Olga", olga.Password)...), 200)
	refusedAs(t, s.do(s.request(http.MethodPut, "/v1/users/"+handle(9)+"/roles", rights, anna...)), 404, "not_found", "id")
}

func TestSigningInAndOutThroughTheAPI(t *testing.T) {
	s, first := guarded(t)
	nobody := inJSON(t, map[string]string{"name": "nobody", "password": "a wrong password"})
	for range 5 {
		refusedAs(t, s.post("/v1/sessions", nobody, "Authorization", ""), 401, api.CodeCredentials, "")
	}
	w := s.post("/v1/sessions", nobody, "Authorization", "")
	refusedAs(t, w, 429, api.CodeSignInLocked, "")
	if w.Header().Get("Retry-After") == "" {
		t.Error("nobody is told how long to wait")
	}
	anna := s.signedIn(first.Name, first.Password)
	if me := want[api.Caller](t, s.get("/v1/session", anna...), 200); me.Name != first.Name || len(me.Open) != 1 {
		t.Errorf("got %+v", me)
	}
	elsewhere := s.signedIn(first.Name, first.Password)
	if w := s.do(s.request(http.MethodDelete, "/v1/session", "", anna...)); w.Code != 204 || !strings.Contains(w.Header().Get("Set-Cookie"), "Max-Age=0") {
		t.Errorf("status %d: %s", w.Code, w.Body)
	}
	refusedAs(t, s.get("/v1/session", anna...), 401, api.CodeNotSignedIn, "Authorization")
	change := inJSON(t, map[string]string{"former": first.Password, "password": "a whole new password"})
	if w := s.post("/v1/password", change, elsewhere...); w.Code != 204 {
		t.Errorf("status %d: %s", w.Code, w.Body)
	}
	refusedAs(t, s.get("/v1/session", elsewhere...), 401, api.CodeNotSignedIn, "Authorization")
	s.signedIn(first.Name, "a whole new password")
}

func TestAKeyDoesWhatItWasMadeForAndNothingElse(t *testing.T) {
	s, first := guarded(t)
	anna := s.signedIn(first.Name, first.Password)
	machine := want[api.NewUser](t, s.post("/v1/users", inJSON(t, map[string]any{"name": "feeder", "kind": "machine", "roles": []string{"machine"}}), anna...), 200)
	made := want[api.NewKey](t, s.post("/v1/keys", inJSON(t, map[string]any{
		"user": machine.User.ID, "label": "feed", "operations": []string{"loan.list"}, "expires_at": time.Now().Add(time.Hour),
	}), anna...), 200)
	key := []string{"Authorization", "Bearer " + made.Secret}
	want[map[string]any](t, s.get("/v1/loans", key...), 200)
	refusedAs(t, s.get("/v1/parties", key...), 403, api.CodeNotAllowed, "")
	if w := s.do(s.request(http.MethodDelete, "/v1/keys/"+made.Key.ID, "", anna...)); w.Code != 204 {
		t.Errorf("status %d: %s", w.Code, w.Body)
	}
	refusedAs(t, s.get("/v1/loans", key...), 401, api.CodeNotSignedIn, "Authorization")
	for field, body := range map[string]map[string]any{
		"operations[1]": {"label": "x", "operations": []string{"loan.list", "loan.forgive"}, "expires_at": time.Now().Add(time.Hour)},
		"expires_at":    {"label": "x", "operations": []string{"loan.list"}, "expires_at": time.Now().Add(-time.Hour)},
	} {
		refusedAs(t, s.post("/v1/keys", inJSON(t, body), anna...), 400, "invalid_field", field)
	}
}

// What was decided can be taken away as lines of JSON and verified by anybody; it names no person.
func TestTheAccessLogIsExportedWholeAndVerifies(t *testing.T) {
	s, first := guarded(t)
	anna := s.signedIn(first.Name, first.Password)
	s.made(anna, "Wang Xiaoming", access.Administrator)
	for range 3 {
		want[map[string]any](t, s.get("/v1/users", anna...), 200)
	}
	refusedAs(t, s.get("/v1/loans", anna...), 403, api.CodeNotAllowed, "")
	w := s.get("/v1/audit-log", append(anna, "Accept", "application/x-ndjson")...)
	if w.Code != 200 || strings.Contains(w.Body.String(), "Wang") || strings.Contains(w.Body.String(), `"actor":"`+first.Name) {
		t.Fatalf("status %d: %s", w.Code, w.Body)
	}
	exported := w.Body.Bytes()
	verdict, err := chain.Verify(chain.Read(bytes.NewReader(exported)), nil)
	if err != nil || verdict.Rows != 7 { // one sign-in, one user made and who it was, three lists, one refusal
		t.Errorf("got %+v, %v: %s", verdict, err, exported)
	}
	if !strings.Contains(w.Body.String(), `"decision":"refused"`) || !strings.Contains(w.Body.String(), `"policy":"default"`) {
		t.Errorf("the refusal is not in the log: %s", exported)
	}
	page := want[struct{ Items []map[string]any }](t, s.get("/v1/audit-log?limit=2", anna...), 200)
	if len(page.Items) != 2 || page.Items[0]["sequence"] != "1" {
		t.Errorf("got %+v", page)
	}
	if _, err := chain.Verify(chain.Read(bytes.NewReader(bytes.Replace(exported, []byte("user.list"), []byte("loan.list"), 1))), nil); err == nil {
		t.Error("a tampered export verified")
	}
}

// Nobody gets in as a customer by one administrator's word, not even where there is only one; and the customer
// is told.
func TestACustomersSignInTakesTwoAdministrators(t *testing.T) {
	s, first := guarded(t)
	anna := s.signedIn(first.Name, first.Password)
	customer := func(name string) string {
		return inJSON(t, map[string]any{"name": name, "roles": []access.Role{access.Borrower}, "party": handle(1)})
	}
	bao := want[api.NewUser](t, s.post("/v1/users", customer("Bao"), anna...), 200)
	path := "/v1/users/" + bao.User.ID
	for what, ask := range map[string]func() *httptest.ResponseRecorder{
		"a new password":    func() *httptest.ResponseRecorder { return s.post(path+"/resets", "", anna...) },
		"a provider's name": func() *httptest.ResponseRecorder { return s.post(path+"/subjects", `{"subject":"me"}`, anna...) },
		"a second user":     func() *httptest.ResponseRecorder { return s.post("/v1/users", customer("Mallory"), anna...) },
		"another role": func() *httptest.ResponseRecorder {
			return s.do(s.request(http.MethodPut, path+"/roles", `{"roles":["lender"]}`, anna...))
		},
	} {
		if p := refusedAs(t, ask(), 403, api.CodeApprovalDue, ""); p.Code == "" {
			t.Errorf("%s: %+v", what, p)
		}
	}
	staff := inJSON(t, map[string]any{"name": "Fay", "roles": []access.Role{access.Finance}, "party": handle(1)})
	refusedAs(t, s.post("/v1/users", staff, anna...), 400, "invalid_field", "party") // which nobody can approve
	key := []string{"Idempotency-Key", "reset-of-bao-1"}
	operator := s.made(anna, "Olga", access.PlatformOperator)
	olga := s.signedIn("Olga", operator.Password)
	s.activated(olga, handle(1))
	place := s.post(path+"/resets", "", slices.Concat(anna, key)...).Header().Get("Location")
	refusedAs(t, s.post(place+"/approve", "", anna...), 403, "wrong_role", "")
	second := s.made(anna, "Second", access.Administrator)
	want[access.Approval](t, s.post(place+"/approve", "", s.signedIn("Second", second.Password)...), 200)
	fresh := want[api.NewUser](t, s.post(path+"/resets", "", slices.Concat(anna, key)...), 200)
	if bao.Password != "" || fresh.Password != "" {
		t.Error("an administrator was told a customer's password")
	}
	me := want[api.Caller](t, s.get("/v1/session", s.activated(olga, handle(1))...), 200)
	if me.ResetAt == "" || fresh.User.ResetAt != me.ResetAt {
		t.Errorf("the customer is told %+v", me)
	}
	rows, err := s.parts.AccessLog.For(true).Page(t.Context(), accesslog.Filter{}, 0, 1000)
	if err != nil || !slices.ContainsFunc(rows, func(r chain.Row) bool {
		return r.Operation == "user.reset" && r.Decision == accesslog.Allowed && r.Subject == bao.User.ID
	}) {
		t.Errorf("the reset is not on the record: %+v, %v", rows, err)
	}
}
