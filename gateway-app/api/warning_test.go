package api_test

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"net/http"
	"testing"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/access"
	"github.com/tallystick/tallystick/gateway-app/api"
	"github.com/tallystick/tallystick/gateway-app/notice"
	"github.com/tallystick/tallystick/gateway-app/outbox"
	"github.com/tallystick/tallystick/gateway-app/projection"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/warning"
)

// still is a read model that nothing moves.
type still struct{ *projection.Model }

func (still) Moved() <-chan struct{} { return nil }

// noLedger takes no command.
type noLedger struct{}

func (noLedger) Do(context.Context, outbox.Command) (outbox.Outcome, error) {
	return outbox.Outcome{}, fault.New(fault.Unavailable)
}

const hazardFile = `{"kind":"hazard"}`

func hazardHash() string {
	sum := sha256.Sum256([]byte(hazardFile))
	return hex.EncodeToString(sum[:])
}

// warningsOf is a watch over two loans, with a warning of each and a model that waits to be activated.
func warningsOf(t testing.TB, db *store.DB) *warning.Watch {
	t.Helper()
	statements := []string{fmt.Sprintf(`INSERT INTO warning_model (hash, seq, file, report, status, trained_at, trained_by, activated_at, activated_by)
		VALUES ('%s', 1, '%s', '{"auc":0.8}', 'candidate', '2026-02-01T00:00:00.000000Z', 'ann', '', '')`, hazardHash(), hazardFile)}
	const reasons = `[{"feature":"past_due","words":{"en":"past due","zh":"逾期"},"moved_ppm":700000}]`
	for n, band := range map[int]warning.Band{1: warning.Acute, 2: warning.Calm} {
		statements = append(statements,
			fmt.Sprintf(`INSERT INTO warning_loan (loan, seq, borrower, grade, term_months, started_on, status, outstanding_minor, past_due_days,
				ever_overdue, applied_ppm, probability_ppm, lowest_ppm, speaker, reasons, band, on_date, event_seq, refreshed_at) VALUES ('%s', %d,
				'%s', 'B', 12, '2026-01-15', 'active', 1200000, 9, 0, 0, 410000, 20000, 'start', '%s', '%s', '2026-02-24', 1,
				'2026-02-24T00:00:00.000000Z')`, loanID(n), n, handle(n), reasons, band),
			fmt.Sprintf(`INSERT INTO warning_band (loan, seq, on_date, band, probability_ppm) VALUES ('%s', 1, '2026-02-24', '%s', 410000)`, loanID(n), band),
			fmt.Sprintf(`INSERT INTO warning (id, seq, loan, borrower, rule, rule_version, pack, severity, status, before_ppm, probability_ppm,
				past_due_days, outstanding_minor, reasons, raised_on, raised_at, owner, outcome, closed_by, closed_on, closed_at, went_overdue) VALUES
				('%s', %d, '%s', '%s', 'risen', 1, 'reporting', 'medium', 'open', 20000, 410000, 9, 1200000, '%s', '2026-02-24',
				'2026-02-24T00:00:00.000000Z', '', '', '', '', '', '')`, handle(700+n), n, loanID(n), handle(n), reasons))
	}
	err := db.Write(context.Background(), func(tx *sql.Tx) error {
		for _, statement := range statements {
			if _, err := tx.Exec(statement); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return warning.New(db, still{projection.NewModel(db)}, nil, notice.New(db), noLedger{}, warning.Settings{Platform: "harbor"})
}

func warned(t *testing.T) *scene {
	t.Helper()
	s, _ := guarded(t)
	s.parts.Warnings = warningsOf(t, s.parts.Store)
	s.restart()
	return s
}

// Risk officers look after warnings, supervisors and auditors look, and nobody else learns that there are any.
func TestWhoSeesWarnings(t *testing.T) {
	s := warned(t)
	for _, role := range access.Roles() {
		if role == access.Counterpart {
			continue // comes with a certificate alone
		}
		headers := s.playing(role)(false)
		reads := role == access.RiskOfficer || role == access.Supervisor || role == access.Auditor
		for _, path := range []string{
			"/v1/warnings", "/v1/warnings/" + handle(701), "/v1/watched-loans", "/v1/loans/" + loanID(1) + "/warning",
			"/v1/risk/hazard-models", "/v1/risk/hazard-models/" + hazardHash() + "/file",
		} {
			if w := s.get(path, headers...); (w.Code == http.StatusOK) != reads || !reads && w.Code != http.StatusForbidden {
				t.Errorf("%s of %s: %d %s", path, role, w.Code, w.Body)
			}
		}
		w := s.post("/v1/warnings/"+handle(701)+"/assignment", `{"owner":"rita"}`, append(headers, "Idempotency-Key", "assign-"+string(role))...)
		if (w.Code == http.StatusOK) != (role == access.RiskOfficer) {
			t.Errorf("assigned by %s: %d %s", role, w.Code, w.Body)
		}
	}
}

func TestWarningsAreLookedAfterAndClosed(t *testing.T) {
	s := warned(t)
	rita := s.playing(access.RiskOfficer)(false)
	one := "/v1/warnings/" + handle(701)
	if a := want[warning.Warning](t, s.post(one+"/assignment", `{"owner":"rita"}`, append(rita, "Idempotency-Key", "warning-1")...), 200); a.Owner != "rita" {
		t.Errorf("assigned as %+v", a)
	}
	for query, count := range map[string]int{"": 2, "?owner=rita": 1, "?status=closed": 0, "?rule=risen": 2, "?loan=" + loanID(2): 1} {
		if got := want[projection.List[warning.Warning]](t, s.get("/v1/warnings"+query, rita...), 200).Items; len(got) != count {
			t.Errorf("%q lists %d warnings", query, len(got))
		}
	}
	page := want[projection.List[warning.Warning]](t, s.get("/v1/warnings?limit=1", rita...), 200)
	rest := want[projection.List[warning.Warning]](t, s.get("/v1/warnings?limit=1&cursor="+page.Next, rita...), 200)
	if len(rest.Items) != 1 || rest.Items[0].ID == page.Items[0].ID {
		t.Errorf("the second page is %+v", rest)
	}
	refusedAs(t, s.get("/v1/warnings?newest=true", rita...), 400, "malformed_request", "query")
	closed := want[warning.Warning](t, s.post(one+"/outcome", `{"outcome":"contacted"}`, append(rita, "Idempotency-Key", "warning-2")...), 200)
	if closed.Status != warning.Closed || closed.Outcome != warning.Contacted || closed.ClosedBy == "" {
		t.Errorf("closed as %+v", closed)
	}
	refusedAs(t, s.post(one+"/outcome", `{"outcome":"contacted"}`, append(rita, "Idempotency-Key", "warning-3")...), 409, "wrong_status", "warning")
	if acute := want[projection.List[warning.Loan]](t, s.get("/v1/watched-loans?band=acute", rita...), 200).Items; len(acute) != 1 || acute[0].Loan != loanID(1) {
		t.Errorf("acute are %+v", acute)
	}
	read := want[warning.Watched](t, s.get("/v1/loans/"+handle(1)+"/warning", rita...), 200)
	if len(read.Steps) != 1 || len(read.Reasons) != 1 || read.ProbabilityPPM != 410_000 || read.Borrower != handle(1) {
		t.Errorf("the loan stands as %+v", read)
	}
}

// secondOfficer is another risk officer than the one that is played.
func (s *scene) secondOfficer() []string {
	s.t.Helper()
	organisations, err := s.parts.Users.Organisations(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	user := access.NewUser{Organisation: organisations[0].ID, Name: "Sun", Password: "a password of the walk", Roles: []access.Role{access.RiskOfficer}}
	if _, err := s.parts.Users.CreateUser(s.t.Context(), user); err != nil {
		s.t.Fatal(err)
	}
	return s.signedIn(user.Name, user.Password)
}

// A model speaks once a second officer has agreed; its file is the bytes that it is named by.
func TestAHazardModelIsActivatedByTwo(t *testing.T) {
	s := warned(t)
	rita := s.playing(access.RiskOfficer)(false)
	file := s.get("/v1/risk/hazard-models/"+hazardHash()+"/file", rita...)
	if file.Code != 200 || file.Body.String() != hazardFile {
		t.Errorf("the file answers %d %s", file.Code, file.Body)
	}
	refusedAs(t, s.post("/v1/risk/hazard-models", "", append(rita, "Idempotency-Key", "train-hazard-1")...), 422, "not_yet_due", "model")
	path := "/v1/risk/hazard-models/" + hazardHash() + "/activation"
	asked := s.post(path, "", append(rita, "Idempotency-Key", "activate-hazard-1")...)
	refusedAs(t, asked, 403, api.CodeApprovalDue, "")
	want[access.Approval](t, s.post(asked.Header().Get("Location")+"/approve", "", s.secondOfficer()...), 200)
	m := want[warning.Model](t, s.post(path, "", append(rita, "Idempotency-Key", "activate-hazard-1")...), 200)
	if m.Status != warning.Active || m.ActivatedBy == "" {
		t.Errorf("activated as %+v", m)
	}
}
