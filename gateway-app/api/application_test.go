package api_test

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/gateway-app/access"
	"github.com/tallystick/tallystick/gateway-app/api"
	"github.com/tallystick/tallystick/gateway-app/person"
	"github.com/tallystick/tallystick/gateway-app/projection"
	"github.com/tallystick/tallystick/gateway-app/risk/decision"
	"github.com/tallystick/tallystick/gateway-app/risk/rules"
	"github.com/tallystick/tallystick/gateway-app/underwriting"
)

// nothingKnown is a ledger and records without anybody in them.
type nothingKnown struct{}

func (nothingKnown) Party(context.Context, string, string) (projection.Held[party.State], error) {
	return projection.Held[party.State]{}, fault.In(fault.NotFound, "party")
}

func (nothingKnown) Loans(context.Context, projection.LoanFilter, projection.Page) (projection.List[projection.Loan], error) {
	return projection.List[projection.Loan]{}, nil
}

func (nothingKnown) Day(context.Context, string) (projection.Held[custody.Day], error) {
	return projection.Held[custody.Day]{}, fault.In(fault.NotFound, "day")
}

func (nothingKnown) FindParty(context.Context, string) (person.Record, error) {
	return person.Record{}, fault.In(fault.NotFound, "person")
}

func (nothingKnown) Processing(context.Context, *sql.Tx, string) error { return nil }

func (nothingKnown) Restricted(context.Context) (map[string]bool, error) {
	return map[string]bool{}, nil
}

// openDesk gives a member a desk that decides on applications.
func openDesk(t testing.TB, p *api.Parts) {
	t.Helper()
	p.Underwriting = underwriting.New(p.Store, vaultOf(t, p), nothingKnown{}, nothingKnown{}, newLedger(), underwriting.Settings{Member: "harbor"})
}

// withDesk is a scene of a platform that decides on applications.
func withDesk(t *testing.T) *scene {
	t.Helper()
	s := newScene(t, func(p *api.Parts) { openDesk(t, p) })
	s.door.callers[officerToken] = access.Principal{ID: "rita", Kind: access.KindUser, Roles: []access.Role{access.RiskOfficer}}
	return s
}

// anApplication is one of the n-th party.
func anApplication(n int) map[string]any {
	return map[string]any{
		"party": handle(n), "amount_minor": 800_000, "term_months": 36, "features": map[string]any{
			"annual_inc": 120000, "emp_length": "emp_ge_10", "verification_status": "Verified", "delinq_2yrs": 0, "inq_last_6mths": 0,
			"revol_util": 12.5, "acc_now_delinq": 0, "open_il_6m": 1, "open_il_12m": 0, "open_il_24m": 0, "total_bal_il": 2000,
			"all_util": 20, "inq_fi": 0, "inq_last_12m": 0, "delinq_amnt": 0, "num_il_tl": 8, "total_il_high_credit_limit": 30000,
		},
	}
}

func applicationsOf(t testing.TB, list ...map[string]any) string {
	return inJSON(t, map[string]any{"items": list})
}

// The whole way of an application over the API: decided, read by its borrower, contested, judged, exported and
// recomputed from what the API itself hands out.
func TestAnApplicationOverTheAPI(t *testing.T) {
	s := withDesk(t)
	made := want[struct{ Items []api.Judged }](t, s.post("/v1/applications", applicationsOf(t, anApplication(1), anApplication(2))), 200).Items
	if len(made) != 2 || made[0].Full == nil || made[0].Status != underwriting.Approved || made[0].Terms.Grade == "" {
		t.Fatalf("decided %+v", made)
	}
	path := "/v1/decisions/" + made[0].ID
	own := want[api.Judged](t, s.get(path, borrower()...), 200)
	if own.Full != nil || own.Outcome != "approve" || own.Review == nil {
		t.Errorf("the borrower reads %+v", own)
	}
	refusedAs(t, s.get("/v1/decisions/"+made[1].ID, borrower()...), 404, "not_found", "decision")
	listed := want[struct{ Items []underwriting.Told }](t, s.get("/v1/applications", borrower()...), 200).Items
	if len(listed) != 1 || listed[0].Party != handle(1) {
		t.Errorf("the borrower lists %+v", listed)
	}
	refusedAs(t, s.get("/v1/applications?party="+handle(2), borrower()...), 404, "not_found", "party")
	refusedAs(t, s.post("/v1/decisions/"+made[1].ID+"/review-requests", "{}", borrower()...), 404, "not_found", "decision")
	if asked := want[api.Judged](t, s.post(path+"/review-requests", `{"words":"too dear"}`, borrower()...), 200); asked.Status != underwriting.Contested {
		t.Errorf("asked: %+v", asked)
	}
	judged := want[api.Judged](t, s.post(path+"/review", `{"outcome":"refuse","words":"an error in the papers"}`, officer()...), 200)
	if judged.Status != underwriting.Refused || judged.Outcome != "approve" || len(judged.Reviews) != 2 || judged.Reviews[1].By != "rita" {
		t.Errorf("judged %+v", judged)
	}
	if told := want[api.Judged](t, s.get(path, borrower()...), 200); len(told.Reviews) != 2 || told.Reviews[1].By != "" {
		t.Errorf("the borrower reads of the review %+v", told.Reviews)
	}
	refusedAs(t, s.post(path+"/review", `{"outcome":"refuse","words":"again"}`, officer()...), 409, "wrong_status", "application")
	replayed(t, s)
}

// replayed recomputes every decision from the export, the models' files and the rules, as an auditor does.
func replayed(t *testing.T, s *scene) {
	t.Helper()
	models := want[struct{ Items []underwriting.Model }](t, s.get("/v1/risk/models", officer()...), 200).Items
	files := map[underwriting.ModelKind][]byte{}
	for _, m := range models {
		file := s.get("/v1/risk/models/"+m.Hash+"/file", officer()...)
		if files[m.Kind] = file.Body.Bytes(); decision.Hash(files[m.Kind]) != m.Hash {
			t.Errorf("the file of %s has another hash", m.Hash)
		}
	}
	set, err := rules.Compile(want[underwriting.RuleSet](t, s.get("/v1/risk/rules/current", officer()...), 200).Rules)
	if err != nil {
		t.Fatal(err)
	}
	engine, err := decision.New(files[underwriting.Scorecard], files[underwriting.Forest], set)
	if err != nil {
		t.Fatal(err)
	}
	export := s.get("/v1/decisions", append(officer(), "Accept", "application/x-ndjson")...)
	lines := 0
	for scanner := bufio.NewScanner(bytes.NewReader(export.Body.Bytes())); scanner.Scan(); lines++ {
		kept, err := decision.ParseKept(scanner.Bytes())
		if err != nil {
			t.Fatalf("%v: %s", err, scanner.Text())
		}
		if _, err := engine.Replay(kept); err != nil {
			t.Error(err)
		}
	}
	if lines != 2 {
		t.Errorf("%d lines of export: %s", lines, export.Body)
	}
	entries := s.door.recorded()
	if last := entries[len(entries)-1]; last.Operation != "decision.export" || len(last.Subjects) != 2 {
		t.Errorf("the export is in the journal as %+v", last)
	}
}

// What is wrong with an application or with rules is told by its place; nothing of the batch is kept.
func TestWhatIsWrongWithAnApplicationIsTold(t *testing.T) {
	s := withDesk(t)
	bad := anApplication(2)
	bad["features"].(map[string]any)["sex"] = "female"
	p := want[api.Problem](t, s.post("/v1/applications", applicationsOf(t, anApplication(1), bad)), 400)
	if p.Code != "invalid_field" || p.Field != "features" || p.Item != 2 || len(p.Errors) != 1 || !strings.Contains(p.Errors[0].Detail, "sex") {
		t.Errorf("problem %+v", p)
	}
	if kept := want[struct{ Items []json.RawMessage }](t, s.get("/v1/applications"), 200); len(kept.Items) != 0 {
		t.Errorf("kept %s", kept.Items)
	}
	broken := strings.Replace(string(rules.TestNetwork()), "device_identities >= 4", "device_identities >= four", 1)
	put := s.request("PUT", "/v1/risk/rules", broken, officer()...)
	p = want[api.Problem](t, s.do(put), 400)
	if p.Field != "rules" || len(p.Errors) != 1 || !strings.Contains(p.Errors[0].Detail, "device_ring") {
		t.Errorf("problem %+v", p)
	}
	for path, status := range map[string]int{
		"/v1/decisions/" + handle(9): 404, "/v1/risk/models/" + text(64): 404, "/v1/risk/rules/none": 404, "/v1/risk/drift": 200,
	} {
		if got := s.get(path, officer()...); got.Code != status {
			t.Errorf("%s: %d %s", path, got.Code, got.Body)
		}
	}
}

// A request repeated under its key decides nothing twice, also when the process died in between.
func TestAnApplicationIsDecidedOnceOverTheAPI(t *testing.T) {
	s := withDesk(t)
	body, key := applicationsOf(t, anApplication(1)), []string{"Idempotency-Key", "the-same-key-again"}
	first := want[struct{ Items []api.Judged }](t, s.post("/v1/applications", body, key...), 200)
	s.restart()
	second := want[struct{ Items []api.Judged }](t, s.post("/v1/applications", body, key...), 200)
	if first.Items[0].Full.Digest != second.Items[0].Full.Digest {
		t.Error("decided twice")
	}
	refusedAs(t, s.post("/v1/applications", applicationsOf(t, anApplication(2)), key...), 422, "idempotency_key_reused", "Idempotency-Key")
}
