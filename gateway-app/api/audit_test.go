package api_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/access"
	"github.com/tallystick/tallystick/gateway-app/accesslog/chain"
	"github.com/tallystick/tallystick/gateway-app/api"
	"github.com/tallystick/tallystick/gateway-app/projection"
)

// lookedInto is a watched scene in which alerts were read, decided and refused, and an officer of compliance looked at
// the books of whom they are about.
func lookedInto(t *testing.T) (s *scene, officer []string) {
	t.Helper()
	s = watched(t)
	officer = s.playing(access.Compliance)(false)
	operator := s.playing(access.CustodianOperator)(false)
	for _, path := range []string{"/v1/alerts?party=" + handle(1), "/v1/alerts/" + handle(901), "/v1/parties/" + handle(1)} {
		want[any](t, s.get(path, officer...), 200)
	}
	want[any](t, s.post("/v1/alerts/"+handle(901)+"/outcome", `{"outcome":"reported","narrative":"In and out."}`,
		append(officer, "Idempotency-Key", "report-the-first")...), 200)
	refusedAs(t, s.get("/v1/users/"+handle(1), officer...), 403, api.CodeNotAllowed, "")
	refusedAs(t, s.get("/v1/alerts/"+handle(901), operator...), 403, api.CodeNotAllowed, "")
	refusedAs(t, s.get("/v1/suspicions", operator...), 403, api.CodeNotAllowed, "")
	want[any](t, s.get("/v1/parties/"+handle(2), operator...), 200)
	return s, officer
}

// readAsLines takes the access log away as lines of JSON.
func (s *scene) readAsLines(headers []string) string {
	s.t.Helper()
	w := s.get("/v1/audit-log", append(headers, "Accept", "application/x-ndjson")...)
	if w.Code != http.StatusOK {
		s.t.Fatalf("%d %s", w.Code, w.Body)
	}
	return w.Body.String()
}

// Whoever may not read alerts cannot tell from the access log who is looked at: not from who read or decided an alert or
// was refused one, and not from whose books an officer of compliance looked at. The log that they take away verifies
// all the same; who may read alerts verifies what all rows say.
func TestTheAccessLogDoesNotTipOff(t *testing.T) {
	s, officer := lookedInto(t)
	me := want[api.Caller](t, s.get("/v1/session", officer...), 200)
	for _, c := range []struct {
		role  access.Role
		knows bool
	}{{access.Supervisor, false}, {access.Administrator, false}, {access.Auditor, true}, {access.Compliance, true}} {
		headers := officer
		if c.role != access.Compliance {
			headers = s.playing(c.role)(false)
		}
		text := s.readAsLines(headers)
		verdict, err := chain.Verify(chain.Read(strings.NewReader(text)), nil)
		if err != nil || verdict.Rows < 9 || (verdict.Withheld == 0) != c.knows {
			t.Errorf("%s: %+v, %v", c.role, verdict, err)
		}
		for _, telling := range []string{`"alert.`, `"suspicion.`, handle(901), handle(1), `"confidential"`, me.ID} {
			if strings.Contains(text, telling) != c.knows {
				t.Errorf("%s is shown %s: %v", c.role, telling, !c.knows)
			}
		}
		if !strings.Contains(text, handle(2)) || !strings.Contains(text, `"party.read"`) {
			t.Errorf("%s is not shown what an operator read", c.role)
		}
		if salts := int64(strings.Count(text, `"salt"`)); salts != verdict.Rows-verdict.Withheld {
			t.Errorf("%s is shown %d salts of %d rows, %d of them withheld", c.role, salts, verdict.Rows, verdict.Withheld)
		}
	}
}

// The process's log, which many read, has a line for every request and nothing of alerts in it.
func TestTheLogOfRequestsDoesNotTipOff(t *testing.T) {
	s := watched(t)
	var text bytes.Buffer
	s.parts.Logger = slog.New(slog.NewTextHandler(&text, nil))
	s.restart()
	officer := s.playing(access.Compliance)(false)
	for _, path := range []string{"/v1/alerts?party=" + handle(1), "/v1/alerts/" + handle(901), "/v1/suspicions", "/v1/parties/" + handle(1)} {
		want[any](t, s.get(path, officer...), 200)
	}
	for _, telling := range []string{"alert", "suspicion", handle(901), handle(1)} {
		if strings.Contains(text.String(), telling) {
			t.Errorf("the log tells %s: %s", telling, &text)
		}
	}
	if lines := strings.Count(text.String(), "operation=confidential"); lines != 3 || !strings.Contains(text.String(), "operation=party.read") {
		t.Errorf("the log has %d lines: %s", lines, &text)
	}
}

// A filter finds no withheld row, and one that finds nothing looks the same as one of which nothing is to be known.
func TestFiltersOfTheAccessLogAreNoOracle(t *testing.T) {
	s, officer := lookedInto(t)
	me := want[api.Caller](t, s.get("/v1/session", officer...), 200).ID
	administrator, auditor := s.playing(access.Administrator)(false), s.playing(access.Auditor)(false)
	operations := func(query string, headers []string) string {
		var seen []string
		for _, row := range want[projection.List[chain.Row]](t, s.get("/v1/audit-log?"+query, headers...), 200).Items {
			seen = append(seen, row.Operation)
		}
		return strings.Join(seen, " ")
	}
	for query, all := range map[string]string{
		"actor=" + me:              "alert.list alert.read party.read alert.decide alert.decide user.read",
		"operation=alert.read":     "alert.read alert.read",
		"subject=" + handle(901):   "alert.read alert.decide alert.decide alert.read",
		"operation=suspicion.list": "suspicion.list",
		"actor=" + handle(77):      "",
	} {
		if got := operations(query, auditor); got != all {
			t.Errorf("%s: an auditor finds %q, want %q", query, got, all)
		}
		if got := operations(query, administrator); got != "" {
			t.Errorf("%s: an administrator finds %q", query, got)
		}
		body := s.get("/v1/audit-log?"+query, administrator...).Body.String()
		if none := s.get("/v1/audit-log?actor="+handle(78), administrator...).Body.String(); body != none {
			t.Errorf("%s: %s is not %s", query, body, none)
		}
	}
	if got := operations("operation=party.read", administrator); got != "party.read" {
		t.Errorf("an administrator finds %q", got)
	}
	for field, query := range map[string]string{"actor": "actor=Olga%20", "subject": "subject=Wang", "operation": "operation=nonsense.x"} {
		refusedAs(t, s.get("/v1/audit-log?"+query, auditor...), 400, string(fault.InvalidField), field)
	}
}

// An auditor's key that is good for the log alone verifies it and is shown nothing of alerts; to be shown it takes the
// right to read them, in the key as in its owner.
func TestAKeyForTheLogAloneIsShownNothingOfAlerts(t *testing.T) {
	s, _ := lookedInto(t)
	auditor := s.playing(access.Auditor)(false)
	for i, c := range []struct {
		operations []string
		knows      bool
	}{{[]string{"audit_log.read"}, false}, {[]string{"audit_log.read", access.ConfidentialReader}, true}} {
		made := want[api.NewKey](t, s.post("/v1/keys", inJSON(t, map[string]any{
			"label": "audit", "operations": c.operations, "expires_at": time.Now().Add(time.Hour),
		}), append(auditor, "Idempotency-Key", fmt.Sprint("a-key-for-the-log-", i))...), 200)
		text := s.readAsLines([]string{"Authorization", "Bearer " + made.Secret})
		verdict, err := chain.Verify(chain.Read(strings.NewReader(text)), nil)
		if err != nil || (verdict.Withheld == 0) != c.knows || strings.Contains(text, handle(901)) != c.knows {
			t.Errorf("%v: %+v, %v", c.operations, verdict, err)
		}
	}
}

// Who saw a party is told without what officers of compliance looked at, the question itself among it.
func TestSightingsLeaveOfficersOut(t *testing.T) {
	s, officer := lookedInto(t)
	administrator := s.playing(access.Administrator)(false)
	path := "/v1/audit/subjects/" + handle(1)
	for _, c := range []struct {
		headers []string
		want    string
	}{
		{administrator, ""},
		{officer, "alert.list alert.read party.read alert.decide user.read audit_log.subject"},
		{administrator, "audit_log.subject"},
	} {
		var seen []string
		for _, row := range want[projection.List[chain.Row]](t, s.get(path, c.headers...), 200).Items {
			seen = append(seen, row.Operation)
		}
		if got := strings.Join(seen, " "); got != c.want {
			t.Errorf("seen %q, want %q", got, c.want)
		}
	}
}
