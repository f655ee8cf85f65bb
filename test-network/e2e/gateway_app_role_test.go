package e2e_test

import (
	"net/http"
	"testing"

	"github.com/tallystick/tallystick/gateway-app/access"
	"github.com/tallystick/tallystick/gateway-app/client"
	"github.com/tallystick/tallystick/gateway-app/pseudonym"
)

// attempt is something that one role may do and another may not.
type attempt struct {
	what, method, path, body string
	mayDo, mayNot            access.Role
	allowed                  int // what the first is answered
}

// What is tried by staff of the custodian, whose app has every operation that members' staff use.
var attempts = []attempt{
	{"run payouts", http.MethodPost, "/v1/payout-runs", "{}", access.CustodianOperator, access.Supervisor, http.StatusOK},
	{"list payout runs", http.MethodGet, "/v1/payout-runs", "", access.Supervisor, access.Administrator, http.StatusOK},
	{"read the access log", http.MethodGet, "/v1/audit-log", "", access.Auditor, access.CustodianOperator, http.StatusOK},
	{"read the access log", http.MethodGet, "/v1/audit-log", "", access.Supervisor, access.CustodianOperator, http.StatusOK},
	{"list users", http.MethodGet, "/v1/users", "", access.Administrator, access.Supervisor, http.StatusOK},
	{"list loans", http.MethodGet, "/v1/loans", "", access.Auditor, access.Administrator, http.StatusOK},
	{"list people", http.MethodGet, "/v1/people", "", access.Supervisor, access.Administrator, http.StatusOK},
	{"list people", http.MethodGet, "/v1/people", "", access.CustodianOperator, access.Auditor, http.StatusOK},
	{"write a loan off", http.MethodPost, "/v1/loans/write-offs", "{}", "", access.CustodianOperator, 0},
	{"freeze a platform", http.MethodPost, "/v1/platforms/freezes", "{}", "", access.Auditor, 0},
	{"close the business day", http.MethodPost, "/v1/business-days/closings", "{}", "", access.Supervisor, 0},
	{"make a user", http.MethodPost, "/v1/users", `{"name":"eve","roles":["administrator"]}`, "", access.Supervisor, 0},
	{"do another member's part", http.MethodPost, pseudonym.EvaluatePath, "{}", "", access.CustodianOperator, 0},
}

// Staff do what their role is for. What is another's they are refused, by the policies, whatever they send,
// and each refusal is in the access log.
func TestStaffDoWhatTheirRoleIsFor(t *testing.T) {
	c := onNetwork(t)
	c.withGateways(t, meridian)
	l, staff := c.lineTo(t, meridian, false), map[access.Role]string{}
	as := func(role access.Role) string {
		if staff[role] == "" {
			staff[role] = c.staffAt(t, meridian, staff[access.Administrator], role)
		}
		return staff[role]
	}
	staff[access.Administrator] = c.administratorAt(t, meridian)
	for _, each := range attempts {
		a := asked{method: each.method, path: each.path, body: []byte(each.body)}
		if each.method != http.MethodGet {
			a.key = client.NewKey()
		}
		a.token = as(each.mayNot)
		got := l.must(t, a)
		if p := got.problem(t); got.status != http.StatusForbidden || p.Code != "not_allowed" {
			t.Errorf("who is %s and wants to %s is answered %d %s, want 403", each.mayNot, each.what, got.status, p.Code)
		}
		if each.mayDo == "" {
			continue
		}
		a.token = as(each.mayDo)
		if got := l.must(t, a); got.status != each.allowed {
			t.Errorf("who is %s and wants to %s is answered %d %s", each.mayDo, each.what, got.status, got.body)
		}
	}
	c.refusalsAreLogged(t, as(access.Auditor))
	c.signsNobodyIn(t, l)
}

// refusalsAreLogged looks for every refusal in the access log, whose chain holds.
func (c *consortium) refusalsAreLogged(t *testing.T, auditor string) {
	t.Helper()
	refused := map[string]int{}
	rows := func(yield func(client.AccessRow, error) bool) {
		for row, err := range c.nobodyAt(t, meridian).As(auditor).AccessLog(within(t, patience)) {
			if row.Decision == "refused" {
				refused[row.Operation]++
			}
			if !yield(row, err) {
				return
			}
		}
	}
	if _, err := client.VerifyAccessLog(rows, nil); err != nil {
		t.Errorf("the access log does not verify: %v", err)
	}
	for _, operation := range []string{
		"payout_run.start", "audit_log.read", "user.list", "loan.list", "person.list", "loan.write_off", "user.create",
	} {
		if refused[operation] == 0 {
			t.Errorf("no refusal of %s is in the access log, only %v", operation, refused)
		}
	}
}

// signsNobodyIn tries names and passwords that nobody has, and ends a session.
func (c *consortium) signsNobodyIn(t *testing.T, l line) {
	t.Helper()
	first, err := c.net.GatewayCredentials(meridian)
	if err != nil {
		t.Fatal(err)
	}
	for _, wrong := range []map[string]string{
		{"name": "nobody-" + client.NewKey(), "password": first.Password},
		{"name": first.User, "password": first.Password + "x"},
	} {
		got := l.must(t, asked{method: http.MethodPost, path: "/v1/sessions", body: asJSON(t, wrong)})
		if p := got.problem(t); got.status != http.StatusUnauthorized || p.Code != "credentials_refused" {
			t.Errorf("a wrong sign-in is answered %d %s, want 401", got.status, p.Code)
		}
	}
	token := c.administratorAt(t, meridian)
	out := l.must(t, asked{method: http.MethodDelete, path: "/v1/session", token: token, key: client.NewKey()})
	after := l.must(t, asked{method: http.MethodGet, path: "/v1/session", token: token})
	if out.status != http.StatusNoContent || after.status != http.StatusUnauthorized {
		t.Errorf("signing out is answered %d, and the session afterwards %d", out.status, after.status)
	}
}
