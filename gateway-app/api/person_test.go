package api_test

import (
	"database/sql"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/gateway-app/access"
	"github.com/tallystick/tallystick/gateway-app/api"
	"github.com/tallystick/tallystick/gateway-app/documents"
	"github.com/tallystick/tallystick/gateway-app/keys"
	"github.com/tallystick/tallystick/gateway-app/kyc"
	"github.com/tallystick/tallystick/gateway-app/person"
	"github.com/tallystick/tallystick/gateway-app/screening"
)

const officerToken = "token-of-an-officer"

// withCustomers is a scene whose member keeps people; the borrower's party is the first handle.
func withCustomers(t *testing.T) (*scene, *keys.Key) {
	t.Helper()
	return withCustomersUnder(t, nil)
}

// withCustomersUnder is one that purges under these members' signatures.
func withCustomersUnder(t *testing.T, known person.Authorities) (*scene, *keys.Key) {
	t.Helper()
	key, err := keys.Generate(party.P256)
	if err != nil {
		t.Fatal(err)
	}
	s := newScene(t, func(p *api.Parts) { p.Customers = customers(t, p, key, known) })
	s.door.callers[officerToken] = access.Principal{ID: "rita", Kind: access.KindUser, Roles: []access.Role{access.RiskOfficer}}
	return s, key
}

func customers(t *testing.T, p *api.Parts, key *keys.Key, known person.Authorities) *api.Customers {
	t.Helper()
	done := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	v := vaultOf(t, p)
	c := &api.Customers{People: person.New(p.Store, v)}
	var err error
	c.Screening, err = screening.New(p.Store, 0)
	done(err)
	c.Documents, err = documents.New(p.Store, v, filepath.Join(t.TempDir(), "documents"), documents.DefaultLimits())
	done(err)
	today := func() calendar.Date { return calendar.Shanghai(time.Now().Unix()) }
	c.Cases = kyc.New(p.Store, c.People, kyc.Local{Today: today}, c.Screening, nil)
	c.Rights, err = person.NewRights(c.People, c.Cases, c.Documents, "harbor", key, known)
	done(err)
	return c
}

func someone(n int) map[string]any {
	return map[string]any{"party": handle(n), "kind": "natural", "fields": map[string]any{
		"name": "张三丰", "identity_number": "11010519491231002X", "phone": "13812345678", "bank_account": "6222020200112233",
	}}
}

func officer() []string  { return []string{"Authorization", "Bearer " + officerToken} }
func borrower() []string { return []string{"Authorization", "Bearer " + borrowerToken} }

// One record as an operator, an officer of risk, its own person and a stranger get it.
func TestARecordIsMaskedByWhoReadsIt(t *testing.T) {
	s, _ := withCustomers(t)
	made := want[person.Record](t, s.post("/v1/people", inJSON(t, someone(1))), 200)
	path := "/v1/people/" + made.ID
	if made.Fields.Name != "张**" || made.Fields.IdentityNumber != "110105********002X" || made.Fields.BankAccount != "****2233" {
		t.Errorf("the operator gets %+v", made.Fields)
	}
	if got := want[person.Record](t, s.get(path, officer()...), 200).Fields; got.Name != "张三丰" || got.Phone != "13812345678" || got.IdentityNumber != "110105********002X" {
		t.Errorf("the officer gets %+v", got)
	}
	if got := want[person.Record](t, s.get(path, borrower()...), 200).Fields; got.Name != "张三丰" || got.BankAccount != "****2233" {
		t.Errorf("the person gets %+v", got)
	}
	if got := want[person.Export](t, s.get(path+"/export", borrower()...), 200); got.Person.Fields.BankAccount != "6222020200112233" {
		t.Errorf("the person's export has %+v", got.Person.Fields)
	}
	export := want[person.Export](t, s.get(path+"/export", officer()...), 200).Person.Fields
	if export.Name != "张三丰" || export.IdentityNumber != "110105********002X" || export.BankAccount != "****2233" {
		t.Errorf("the officer exports %+v", export)
	}
	s.door.callers[borrowerToken] = access.Principal{ID: "eve", Kind: access.KindUser, Roles: []access.Role{access.Borrower}, Party: handle(2)}
	for _, path := range []string{path, path + "/export", path + "/kyc", path + "/documents", path + "/erasure"} {
		refusedAs(t, s.get(path, borrower()...), 404, "not_found", "person")
	}
	if got := want[struct{ Items []person.Record }](t, s.get("/v1/people", borrower()...), 200); len(got.Items) != 0 {
		t.Errorf("a stranger lists %+v", got.Items)
	}
	if logged := s.log.String(); strings.Contains(logged, "张") || strings.Contains(logged, "1949") {
		t.Errorf("the log has %s", logged)
	}
}

func TestPeopleAreFoundThroughTheBody(t *testing.T) {
	s, _ := withCustomers(t)
	made := want[person.Record](t, s.post("/v1/people", inJSON(t, someone(1))), 200)
	found := want[struct{ Items []person.Record }](t, s.post("/v1/people/find", `{"kind":"phone","value":"+86 138 1234 5678"}`), 200)
	if len(found.Items) != 1 || found.Items[0].ID != made.ID || found.Items[0].Fields.Name != "张**" {
		t.Errorf("found %+v", found.Items)
	}
	refusedAs(t, s.post("/v1/people", inJSON(t, someone(2))), 409, "already_exists", "fields.identity_number")
	page := want[struct{ Items []person.Record }](t, s.get("/v1/people?limit=1"), 200)
	if len(page.Items) != 1 {
		t.Errorf("listed %+v", page.Items)
	}
}

// begunIn2009 gives every record another beginning: the relation cannot have ended before it.
func begunIn2009(t *testing.T, s *scene) {
	t.Helper()
	err := s.db.Write(t.Context(), func(tx *sql.Tx) error {
		_, err := tx.ExecContext(t.Context(), `UPDATE person SET created_at = '2009-01-01T00:00:00.000000Z'`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// From the first paper to the decision, over the API.
func TestAPersonIsVerifiedOverTheAPI(t *testing.T) {
	s, key := withCustomers(t)
	made := want[person.Record](t, s.post("/v1/people", inJSON(t, someone(1))), 200)
	path := "/v1/people/" + made.ID
	var papers []map[string]string
	for _, kind := range []string{"identity_front", "identity_back"} {
		d := want[documents.Document](t, s.post(path+"/documents?kind="+kind, "%PDF-1.7 "+kind, "Content-Type", "application/octet-stream"), 200)
		papers = append(papers, map[string]string{"document": d.ID, "kind": kind})
		content := s.get(path+"/documents/"+d.ID+"/content", officer()...)
		if content.Code != 200 || content.Body.String() != "%PDF-1.7 "+kind || content.Header().Get("Content-Type") != "application/pdf" {
			t.Errorf("read %d %v %q", content.Code, content.Header(), content.Body)
		}
	}
	refusedAs(t, s.post(path+"/documents?kind=other", "<html>", "Content-Type", "application/octet-stream"), 415, "media_type_unsupported", "body")
	body := map[string]any{"level": 2, "key": key.PublicKey(), "papers": []map[string]string{{"document": handle(9), "kind": "other"}}}
	refusedAs(t, s.post(path+"/kyc", inJSON(t, body)), 400, "invalid_field", "papers[0].document")
	refusedAs(t, s.post(path+"/documents?kind=other&name="+url.QueryEscape("../../etc/passwd"), "%PDF-1.7", "Content-Type", "application/octet-stream"), 400, "invalid_field", "name")
	refusedAs(t, s.post(path+"/documents?kind=other&name=a%00b", "%PDF-1.7", "Content-Type", "application/octet-stream"), 400, "invalid_field", "name")
	body["papers"] = papers[1:]
	refusedAs(t, s.post(path+"/kyc", inJSON(t, body)), 400, "missing_field", "papers.identity_front")
	body["papers"] = append(papers, papers[0])
	refusedAs(t, s.post(path+"/kyc", inJSON(t, body)), 400, "invalid_field", "papers[2].document")
	body["papers"] = papers
	want[api.Case](t, s.post(path+"/kyc", inJSON(t, body)), 200)
	if got := want[api.Case](t, s.post(path+"/kyc/check", "{}"), 200); got.Staff == nil || got.Staff.Report == nil || got.Staff.Report.Outcome != kyc.Match {
		t.Errorf("checked as %+v", got)
	}
	expires := inJSON(t, map[string]any{"expires": calendar.Shanghai(time.Now().Unix()).AddMonths(12)})
	refusedAs(t, s.post(path+"/kyc/verify", expires), 403, "wrong_role", "by")
	if got := want[api.Case](t, s.post(path+"/kyc/verify", expires, officer()...), 200); got.Status != kyc.Verified {
		t.Errorf("verified as %+v", got)
	}
	if got := want[api.Case](t, s.get(path+"/kyc", borrower()...), 200); got.Status != kyc.Verified || got.Staff != nil {
		t.Errorf("the person reads %+v", got)
	}
}

// A list is loaded, everybody is screened, and a hit is decided by an officer.
func TestAListHitsOverTheAPI(t *testing.T) {
	s, _ := withCustomers(t)
	want[person.Record](t, s.post("/v1/people", inJSON(t, someone(1))), 200)
	load := s.request(http.MethodPut, "/v1/watch-lists/un", "number,name\n1,張三豐\n", append(officer(), "Content-Type", "text/csv")...)
	if got := want[struct{ Changed bool }](t, s.do(load), 200); !got.Changed {
		t.Error("a new list changed nothing")
	}
	broken := s.request(http.MethodPut, "/v1/watch-lists/un", "name\n", append(officer(), "Content-Type", "text/csv")...)
	refusedAs(t, s.do(broken), 400, "invalid_field", "header.number")
	broken = s.request(http.MethodPut, "/v1/watch-lists/un", "number,name,born\n1,張三豐,1970\n2,李四,Feb 70\n,王五,\n",
		append(officer(), "Content-Type", "text/csv")...)
	s.saysWhere(t, broken)
	want[kyc.Upkeep](t, s.post("/v1/watch-lists/rescreen", "{}", officer()...), 200)
	hits := want[struct{ Items []screening.Hit }](t, s.get("/v1/hits", officer()...), 200)
	if len(hits.Items) != 1 || hits.Items[0].ScorePPM != 1_000_000 {
		t.Fatalf("hits %+v", hits.Items)
	}
	decided := want[screening.Hit](t, s.post("/v1/hits/"+hits.Items[0].ID+"/decision", `{"confirmed":false,"reason":"other_person"}`, officer()...), 200)
	if decided.Status != screening.Dismissed || decided.DecidedBy != "rita" {
		t.Errorf("decided %+v", decided)
	}
}

// saysWhere holds the refusal of a list against its third and fourth line.
func (s *scene) saysWhere(t *testing.T, broken *http.Request) {
	t.Helper()
	answer := s.do(broken)
	var p api.Problem
	if err := json.Unmarshal(answer.Body.Bytes(), &p); err != nil {
		t.Fatal(err)
	}
	want := []api.Finding{
		{Code: "invalid_field", Field: "entries[1].born", Line: 3, Column: 10, Detail: "neither a date such as 1970-12-31 nor a year"},
		{Code: "invalid_field", Field: "entries[2].number", Line: 4, Column: 1, Detail: "no number"},
	}
	if answer.Code != 400 || p.Field != want[0].Field || p.Line != 3 || p.Column != 10 || !slices.Equal(p.Errors, want) {
		t.Errorf("answered %d %+v", answer.Code, p)
	}
	if strings.Contains(answer.Body.String(), "Feb 70") || strings.Contains(answer.Body.String(), "李四") {
		t.Errorf("the refusal quotes the list: %s", answer.Body)
	}
}

// A person asks for erasure; a hold, the duties and the authorities stand in the way, each with its name.
func TestErasureOverTheAPI(t *testing.T) {
	s, _ := withCustomers(t)
	made := want[person.Record](t, s.post("/v1/people", inJSON(t, someone(1))), 200)
	path := "/v1/people/" + made.ID
	if got := want[person.Erasure](t, s.post(path+"/erasure", "{}", borrower()...), 200); got.Status != person.Restricted || len(got.Duties) != 0 {
		t.Errorf("the person is answered %+v", got)
	}
	refusedAs(t, s.do(s.request(http.MethodPatch, path, inJSON(t, map[string]any{"version": 2, "fields": map[string]any{}}))), 409, "wrong_status", "person")
	s.needsWholeBooks(t, path+"/erasure")
	hold := want[person.Hold](t, s.post(path+"/holds", `{"reference":"court 7"}`, officer()...), 200)
	if masked := want[person.Erasure](t, s.get(path+"/erasure"), 200); hold.Reference != "court 7" || masked.Holds[0].Reference != "****" {
		t.Errorf("an officer reads the reference %q, an operator %q", hold.Reference, masked.Holds[0].Reference)
	}
	refusedAs(t, s.post(path+"/erasure/purge", "{}", officer()...), 409, "wrong_status", "hold")
	want[struct{}](t, s.post(path+"/holds/"+hold.ID+"/release", "{}", officer()...), 200)
	for _, day := range []string{"2010-01-31", "2999-01-31"} { // before the record began, and in the future
		refusedAs(t, s.post(path+"/end", inJSON(t, map[string]string{"on": day}), officer()...), 400, "invalid_field", "on")
	}
	begunIn2009(t, s)
	want[struct{}](t, s.post(path+"/end", `{"on":"2010-01-31"}`, officer()...), 200)
	refusedAs(t, s.post(path+"/erasure/purge", "{}", officer()...), 400, "missing_field", "authority.custodian")
	refusedAs(t, s.post(path+"/erasure/authorities", `{"kind":"custodian","member":"meridian","reference":"M-1"}`, officer()...), 400,
		"missing_field", "settings.erasure_authorities") // this member's settings name nobody who may sign
}

// An operator, who reads masks, changes one field: the others stay as they are, and no mask comes in.
func TestOneFieldIsChangedByWhoSeesMasks(t *testing.T) {
	s, _ := withCustomers(t)
	made := want[person.Record](t, s.post("/v1/people", inJSON(t, someone(1))), 200)
	path := "/v1/people/" + made.ID
	patch := func(version int64, fields any) *httptest.ResponseRecorder {
		return s.do(s.request(http.MethodPatch, path, inJSON(t, map[string]any{"version": version, "fields": fields})))
	}
	refusedAs(t, patch(1, made.Fields), 400, "invalid_field", "fields.name")
	refusedAs(t, patch(1, map[string]string{"bank_account": made.Fields.BankAccount}), 400, "invalid_field", "fields.bank_account")
	want[person.Record](t, patch(1, map[string]string{"email": "san.feng@example.org"}), 200)
	refusedAs(t, patch(1, map[string]string{"email": ""}), 409, "conflict", "version")
	got := want[person.Export](t, s.get(path+"/export", borrower()...), 200).Person.Fields
	if got.Email != "san.feng@example.org" || got.Name != "张三丰" || got.BankAccount != "6222020200112233" || got.Phone != "13812345678" {
		t.Errorf("changed to %+v", got)
	}
	refusedAs(t, s.do(s.request(http.MethodPut, path, inJSON(t, map[string]any{"version": 2}))), 405, "http_method_not_allowed", "")
}
