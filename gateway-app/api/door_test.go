package api_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tallystick/tallystick/gateway-app/access"
	"github.com/tallystick/tallystick/gateway-app/api"
	"github.com/tallystick/tallystick/gateway-app/outbox"
	"github.com/tallystick/tallystick/gateway-app/projection"
)

// Who does not wait at all is told where to ask, by the real outbox: the command is stored and goes on.
func TestACommandThatNobodyWaitsForIsStored(t *testing.T) {
	s := newScene(t)
	s.parts.Commands = outbox.New(s.db, nil)
	s.restart()
	w := s.post(freezes, commandBody(order(1)), "Prefer", "wait=0")
	if answer := want[api.CommandAnswer](t, w, 202); answer.Status != "stored" || w.Header().Get("Location") == "" {
		t.Errorf("%+v", answer)
	}
}

// A person's key is the person: without a certificate of theirs nothing goes to the ledger, with one it is theirs.
func TestAPersonsKeySignsAsThePerson(t *testing.T) {
	s, first := guarded(t)
	made := s.made(s.signedIn(first.Name, first.Password), "Olga", access.PlatformOperator)
	olga := s.signedIn("Olga", made.Password)
	key := want[api.NewKey](t, s.post("/v1/keys", inJSON(t, map[string]any{
		"label": "mine", "operations": []string{"loan.cancel"}, "expires_at": time.Now().Add(time.Hour),
	}), olga...), 200)
	body := commandBody(`{"loan":"` + loanID(1) + `","reason":"withdrawn"}`)
	bearer := []string{"Authorization", "Bearer " + key.Secret}
	refusedAs(t, s.post("/v1/loans/cancellations", body, bearer...), 403, api.CodeCertificateMissing, "")
	if _, err := s.parts.Users.SetCertificate(t.Context(), made.User.ID, "staff-olga"); err != nil {
		t.Fatal(err)
	}
	want[api.CommandAnswer](t, s.post("/v1/loans/cancellations", body, bearer...), 200)
	if c := s.ledger.only(); c.Identity != "staff-olga" {
		t.Errorf("signed by %s", c.Identity)
	}
}

// A key is made for what it can do: what its user may never do, or no key may, is refused by its place.
func TestAKeyIsMadeForWhatItCanDo(t *testing.T) {
	s, first := guarded(t)
	made := s.made(s.signedIn(first.Name, first.Password), "Olga", access.PlatformOperator)
	olga := s.signedIn("Olga", made.Password)
	ends := time.Now().Add(100 * time.Hour).UTC().Truncate(time.Second)
	ask := func(operations ...string) string {
		return inJSON(t, map[string]any{"label": "mine", "operations": operations, "expires_at": ends})
	}
	for operation, field := range map[string]string{
		"key.create": "operations[1]", "approval.approve": "operations[1]", "user.create": "operations[1]", "loan.clear": "operations[1]",
	} {
		refusedAs(t, s.post("/v1/keys", ask("loan.list", operation), olga...), 422, api.CodeOperationBeyond, field)
	}
	key := want[api.NewKey](t, s.post("/v1/keys", ask("loan.list", "loan.cancel"), olga...), 200)
	if at, err := time.Parse(time.RFC3339Nano, key.Key.ExpiresAt); err != nil || !at.Equal(ends) {
		t.Errorf("it ends at %s, %v, and was to at %s", key.Key.ExpiresAt, err, ends)
	}
}

// Nobody is asked to approve what would then be refused for its form.
func TestWhatIsMalformedAsksForNoApproval(t *testing.T) {
	s, first := guarded(t)
	anna, _ := supervisors(t, s, first, "staff-ben")
	for body, field := range map[string]string{
		commandBody(`{"loan":"` + loanID(1) + `","order":"张伟一案"}`): "items[0].order",
		commandBody(`{"loan":"` + loanID(1) + `"}`):                "items[0].order",
		`{"items":[` + order(1) + `]}`:                             "collection",
		commandBody(order(1)) + "{":                                "body",
	} {
		p := want[api.Problem](t, s.post(freezes, body, anna...), 400)
		if p.Field != field {
			t.Errorf("%s: %+v", body, p)
		}
	}
	want[api.Problem](t, s.post(freezes+"?colour=red", commandBody(order(1)), anna...), 400)
	administrator := s.signedIn(first.Name, first.Password)
	s.made(administrator, "Ada", access.Administrator)
	refusedAs(t, s.post("/v1/users", `{"name":"Wei","roles":["finance"],"password":"password1234"}`, administrator...), 400, "invalid_field", "password")
	refusedAs(t, s.post("/v1/users", `{"name":"Wei","roles":["auditor","finance"]}`, administrator...), 400, "invalid_field", "roles")
	if list := want[projection.List[access.Approval]](t, s.get("/v1/approvals", administrator...), 200).Items; len(list) != 0 {
		t.Errorf("somebody is asked about %+v", list)
	}
	refusedAs(t, s.post("/v1/users", `{"name":"Wei","roles":["finance"]}`, administrator...), 403, api.CodeApprovalDue, "")
}

// What a header says twice, or what nothing honours, is refused by its name.
func TestHeadersThatCannotHoldAreRefused(t *testing.T) {
	s := newScene(t)
	for _, name := range []string{"Idempotency-Key", "Authorization", "Content-Type"} {
		r := s.request(http.MethodPost, freezes, commandBody(order(1)))
		r.Header.Add(name, "another-value")
		refusedAs(t, s.do(r), 400, "invalid_field", name)
		r = s.request(http.MethodPost, freezes, commandBody(order(1)))
		r.Header.Add(name, r.Header.Get(name))
		want[api.CommandAnswer](t, s.do(r), 200)
	}
	p := refusedAs(t, s.post(freezes, commandBody(order(1)), "If-Match", `"nonsense"`), 400, "invalid_field", "If-Match")
	if !strings.Contains(p.Detail, "version") {
		t.Errorf("what helps is %s", p.Detail)
	}
}

// A body says what it is, in terms that the operation takes.
func TestABodySaysWhatItIs(t *testing.T) {
	s := newScene(t)
	for _, c := range []struct{ header, value, field string }{
		{"Content-Type", "", "Content-Type"},
		{"Content-Type", "application/json; charset=utf-16", "Content-Type"},
		{"Content-Type", "application/xml", "Content-Type"},
		{"Content-Encoding", "gzip", "Content-Encoding"},
	} {
		p := refusedAs(t, s.post(freezes, commandBody(order(1)), c.header, c.value), 415, api.CodeMediaType, c.field)
		if strings.Contains(p.Detail, "openapi") {
			t.Errorf("%s %q: %s", c.header, c.value, p.Detail)
		}
	}
	want[api.CommandAnswer](t, s.post(freezes, commandBody(order(1)), "Content-Type", "application/json; charset=UTF-8"), 200)
}

// Kinds that the feed never has are refused, with those that it has; and a form is chosen by its weight.
func TestEventsAreAskedForByWhatThereIs(t *testing.T) {
	s := newScene(t)
	for path, field := range map[string]string{
		"/v1/events?kind=zz": "kind[0]", "/v1/events?kind=loan&type=zz": "type[0]", "/v1/events/stream?type=zz.active": "type[0]",
	} {
		if p := refusedAs(t, s.get(path), 400, "invalid_field", field); !strings.Contains(p.Detail, "custody, day") {
			t.Errorf("%s: %s", path, p.Detail)
		}
	}
	w := s.get("/v1/events?limit=1", "Accept", "text/event-stream;q=0.1, application/json")
	if got := w.Header().Get("Content-Type"); w.Code != 200 || got != "application/json" {
		t.Errorf("%d %s", w.Code, got)
	}
	w = s.get("/v1/loans?limit=1", "Accept", "application/x-ndjson;q=0, application/json")
	if got := w.Header().Get("Content-Type"); w.Code != 200 || got != "application/json" {
		t.Errorf("%d %s", w.Code, got)
	}
}

// A list says whether it can be turned around; one that cannot refuses to be asked.
func TestOnlyListsThatTurnSaySo(t *testing.T) {
	s := whole(t)
	headers := map[access.Role][]string{}
	turning := 0
	s.document().operations(func(method, path string, op describedItem) {
		named := false
		for _, p := range op.Parameters {
			named = named || p.Name == "newest"
		}
		if _, list := op.Responses["200"].Content["application/x-ndjson"]; !list || method != http.MethodGet {
			return
		}
		if named {
			turning++
		}
		for _, role := range []access.Role{access.Auditor, access.PlatformOperator, access.Administrator, access.Compliance, access.RiskOfficer} {
			if headers[role] == nil {
				headers[role] = s.playing(role)(false)
			}
			w := s.get(strings.NewReplacer("{id}", handle(1), "{party}", handle(1)).Replace(path)+"?newest=true", headers[role]...)
			if refused := w.Code == 400; w.Code != 403 && w.Code != 404 && refused == named {
				t.Errorf("%s as %s: newest is documented: %v, and answered %d %s", op.OperationID, role, named, w.Code, w.Body)
			}
		}
	})
	if turning < 10 {
		t.Errorf("%d lists can be turned around", turning)
	}
}

// The limit's end is told in seconds from now.
func TestTheLimitEndsInSeconds(t *testing.T) {
	s := newScene(t, func(p *api.Parts) { p.Limits = api.Limits{CallerPerMinute: 10} })
	reset := s.get("/v1/members").Header().Get("RateLimit-Reset")
	if seconds, err := strconv.Atoi(reset); err != nil || seconds < 0 || seconds > 60 {
		t.Errorf("it ends in %q", reset)
	}
}

// Numbers that write themselves as texts are described as texts, and all others as numbers.
func TestNumbersAreDescribedAsTheyAreWritten(t *testing.T) {
	s := whole(t)
	schemas := s.document().Components.Schemas
	for name, property := range map[string]string{"decision.Decision": "limit_minor", "decision.Inputs": "amount_minor", "anchoring.Place": "block"} {
		if found := schemas[name]; found == nil || found.Properties[property] == nil || found.Properties[property].Type != "string" {
			t.Errorf("%s.%s is described as %+v", name, property, found)
		}
	}
	if found := schemas["underwriting.Decision"]; found == nil || found.Properties["amount_minor"].Type != "integer" {
		t.Errorf("the amount of a decision is described as %+v", found)
	}
}
