package api_test

import (
	"bytes"
	"database/sql"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/access"
	"github.com/tallystick/tallystick/gateway-app/api"
	"github.com/tallystick/tallystick/gateway-app/outbox"
)

const freezes = "/v1/loans/freezes"

func TestAWriteNeedsAKey(t *testing.T) {
	s := newScene(t)
	refusedAs(t, s.post(freezes, commandBody(order(1)), "Idempotency-Key", ""), 400, "missing_field", "Idempotency-Key")
	for _, key := range []string{"short", "with a space in it", text(129)} {
		refusedAs(t, s.post(freezes, commandBody(order(1)), "Idempotency-Key", key), 400, "invalid_field", "Idempotency-Key")
	}
}

func TestTheSameRequestIsAnsweredAsBefore(t *testing.T) {
	s := newScene(t)
	first := s.post(freezes, commandBody(order(1)), "Idempotency-Key", "the-same-key")
	s.restart()
	second := s.post(freezes, commandBody(order(1)), "Idempotency-Key", "the-same-key")
	if first.Code != 200 || second.Code != 200 || first.Body.String() != second.Body.String() {
		t.Errorf("%d %s, then %d %s", first.Code, first.Body, second.Code, second.Body)
	}
	if first.Header().Get("Idempotent-Replayed") != "" || second.Header().Get("Idempotent-Replayed") != "true" {
		t.Error("only the second is a replay")
	}
	if s.ledger.ran() != 1 {
		t.Errorf("%d commands ran", s.ledger.ran())
	}
	refusedAs(t, s.post(freezes, commandBody(order(2)), "Idempotency-Key", "the-same-key"), 422, api.CodeKeyReused, "Idempotency-Key")
	refusedAs(t, s.post("/v1/loans/releases", commandBody(order(1)), "Idempotency-Key", "the-same-key"), 422, api.CodeKeyReused, "Idempotency-Key")
	other := s.post(freezes, commandBody(order(2)), "Idempotency-Key", "the-same-key", "Authorization", "Bearer "+machineToken)
	if other.Code != 200 || s.ledger.ran() != 2 {
		t.Errorf("another caller's key is another key: %d %s", other.Code, other.Body)
	}
}

func TestARefusalIsAnsweredAsBeforeAndAMistakeMayBeMended(t *testing.T) {
	s := newScene(t)
	s.ledger.decide = func(c outbox.Command) outbox.Outcome {
		return outbox.Outcome{ID: c.ID, Status: outbox.Refused, Fault: fault.New(fault.LoanFrozen)}
	}
	refusedAs(t, s.post(freezes, commandBody(order(1)), "Idempotency-Key", "refused-once"), 403, "loan_frozen", "")
	w := s.post(freezes, commandBody(order(1)), "Idempotency-Key", "refused-once")
	if w.Code != 403 || w.Header().Get("Idempotent-Replayed") != "true" || w.Header().Get("Content-Type") != "application/problem+json" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	s.ledger.decide = nil
	refusedAs(t, s.post(freezes, `{"items":3}`, "Idempotency-Key", "mended-later"), 400, "invalid_field", "items")
	want[api.CommandAnswer](t, s.post(freezes, commandBody(order(1)), "Idempotency-Key", "mended-later"), 200)
}

func TestTheSecondRequestWaitsForTheFirst(t *testing.T) {
	s := newScene(t)
	s.ledger.hold = make(chan struct{})
	first := make(chan *httptest.ResponseRecorder)
	r := s.request(http.MethodPost, freezes, commandBody(order(1)), "Idempotency-Key", "in-flight-key")
	go func() { first <- s.do(r) }()
	for {
		s.ledger.mu.Lock()
		stored := len(s.ledger.commands)
		s.ledger.mu.Unlock()
		if stored == 1 {
			break
		}
		time.Sleep(time.Millisecond)
	}
	w := s.post(freezes, commandBody(order(1)), "Idempotency-Key", "in-flight-key")
	refusedAs(t, w, 409, api.CodeKeyInFlight, "Idempotency-Key")
	if w.Header().Get("Retry-After") == "" {
		t.Error("nobody says when to ask again")
	}
	close(s.ledger.hold)
	if w := <-first; w.Code != 200 {
		t.Errorf("the first: %d %s", w.Code, w.Body)
	}
	if w := s.post(freezes, commandBody(order(1)), "Idempotency-Key", "in-flight-key"); w.Code != 200 || s.ledger.ran() != 1 {
		t.Errorf("%d, %d runs", w.Code, s.ledger.ran())
	}
}

// A process that died while it served a command left its key running. The next process sends the same
// command again, which the outbox knows.
func TestAKeyOfADeadProcessIsAnsweredFromTheOutbox(t *testing.T) {
	s := newScene(t)
	s.ledger.hold = make(chan struct{})
	var died sync.WaitGroup
	died.Add(1)
	r := s.request(http.MethodPost, freezes, commandBody(order(1)), "Idempotency-Key", "key-of-the-dead")
	dead := s.server
	late := httptest.NewRecorder()
	go func() {
		defer died.Done()
		dead.ServeHTTP(late, r)
	}()
	for s.keyState("running") == 0 {
		time.Sleep(time.Millisecond)
	}
	s.restart()
	// As long as the first may be alive, nobody takes its key over.
	w := s.post(freezes, commandBody(order(1)), "Idempotency-Key", "key-of-the-dead")
	refusedAs(t, w, 409, api.CodeKeyInFlight, "Idempotency-Key")
	s.lapse()
	go func() { time.Sleep(20 * time.Millisecond); close(s.ledger.hold) }()
	answer := want[api.CommandAnswer](t, s.post(freezes, commandBody(order(1)), "Idempotency-Key", "key-of-the-dead"), 200)
	if answer.RequestID != api.CommandID("harbor", "olga", "key-of-the-dead") || s.ledger.ran() != 1 {
		t.Errorf("%+v after %d runs", answer, s.ledger.ran())
	}
	died.Wait()
	// What was taken for dead and was not is fenced off: its answer counts for nothing.
	refusedAs(t, late, 409, api.CodeKeyInFlight, "Idempotency-Key")
	again := want[api.CommandAnswer](t, s.post(freezes, commandBody(order(1)), "Idempotency-Key", "key-of-the-dead"), 200)
	if again.RequestID != answer.RequestID || s.keyState("answered") != 1 {
		t.Errorf("answered %+v, then %+v", answer, again)
	}
}

// lapse lets the holds on all keys pass, as time does when their process is dead.
func (s *scene) lapse() {
	s.t.Helper()
	err := s.db.Write(s.t.Context(), func(tx *sql.Tx) error {
		_, err := tx.ExecContext(s.t.Context(), `UPDATE http_idempotency SET held_until = '2000-01-01T00:00:00.000000Z'`)
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

// crashed makes every key that was answered look as if its process had died before it could write that down.
func (s *scene) crashed() {
	s.t.Helper()
	err := s.db.Write(s.t.Context(), func(tx *sql.Tx) error {
		_, err := tx.ExecContext(s.t.Context(), `UPDATE http_idempotency SET state = 'running', answer = NULL`)
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	s.lapse()
}

// A crash after a user was made, or something approved, and before the answer was kept: the repetition is
// answered what the first would have been.
func TestMakingAUserAndApprovingAreRepeatedAfterACrash(t *testing.T) {
	s, first := guarded(t)
	anna := s.signedIn(first.Name, first.Password)
	colleague := inJSON(t, map[string]any{"name": "Bao", "roles": []access.Role{access.Finance}})
	key := func(name string, by []string) []string { return slices.Concat(by, []string{"Idempotency-Key", name}) }
	made := want[api.NewUser](t, s.post("/v1/users", colleague, key("make-bao-once", anna)...), 200)
	s.crashed()
	again := want[api.NewUser](t, s.post("/v1/users", colleague, key("make-bao-once", anna)...), 200)
	if again.User.ID != made.User.ID || again.Password != made.Password || made.Password == "" {
		t.Errorf("made %+v, then %+v", made, again)
	}
	s.signedIn("Bao", made.Password)
	second := s.made(anna, "Ben", access.Administrator)
	ben := s.signedIn("Ben", second.Password)

	w := s.post("/v1/users", inJSON(t, map[string]any{"name": "Olga", "roles": []access.Role{access.Finance}}), anna...)
	refusedAs(t, w, 403, api.CodeApprovalDue, "")
	place := w.Header().Get("Location") + "/approve"
	want[access.Approval](t, s.post(place, "", key("approve-olga", ben)...), 200)
	s.crashed()
	if got := want[access.Approval](t, s.post(place, "", key("approve-olga", ben)...), 200); got.Status != access.Approved || got.DecidedBy != second.User.ID {
		t.Errorf("approved again: %+v", got)
	}
	refusedAs(t, s.post(place, "", anna...), 403, "wrong_role", "")
}

// A kept answer opens for its caller and operation alone, even for who has the key and can write the database.
func TestAKeptAnswerOpensForItsOperationAlone(t *testing.T) {
	s := newScene(t)
	want[api.CommandAnswer](t, s.post(freezes, commandBody(order(1)), "Idempotency-Key", "the-same-key"), 200)
	err := s.db.Write(t.Context(), func(tx *sql.Tx) error {
		_, err := tx.ExecContext(t.Context(), `UPDATE http_idempotency SET request = $1`,
			api.RequestDigest("the-same-key", "loan.release", "/v1/loans/releases", "", commandBody(order(1))))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	refusedAs(t, s.post("/v1/loans/releases", commandBody(order(1)), "Idempotency-Key", "the-same-key"), 500, "internal", "")
}

// keyState counts the keys in a state.
func (s *scene) keyState(state string) int {
	s.t.Helper()
	var n int
	if err := s.db.QueryRowContext(s.t.Context(), `SELECT COUNT(*) FROM http_idempotency WHERE state = $1`, state).Scan(&n); err != nil {
		s.t.Fatal(err)
	}
	return n
}

func TestTheDatabaseHoldsNeitherKeysNorAnswers(t *testing.T) {
	s := newScene(t)
	const key = "a-key-that-opens-the-answer"
	answer := want[api.CommandAnswer](t, s.post(freezes, commandBody(order(1)), "Idempotency-Key", key), 200)
	var row struct {
		name, request, operation string
		sealed                   []byte
	}
	err := s.db.QueryRowContext(t.Context(), `SELECT name, request, operation, answer FROM http_idempotency`).
		Scan(&row.name, &row.request, &row.operation, &row.sealed)
	if err != nil {
		t.Fatal(err)
	}
	kept := strings.Join([]string{row.name, row.request, row.operation, string(row.sealed)}, " ")
	for _, secret := range []string{key, "olga", answer.RequestID, loanID(1)} {
		if strings.Contains(kept, secret) {
			t.Errorf("%q is kept in the clear", secret)
		}
	}
	err = s.db.Write(t.Context(), func(tx *sql.Tx) error {
		_, err := tx.ExecContext(t.Context(), `UPDATE http_idempotency SET answer = $1`, bytes.Repeat([]byte{1}, 64))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	refusedAs(t, s.post(freezes, commandBody(order(1)), "Idempotency-Key", key), 500, "internal", "")
}

func TestOldKeysAreForgotten(t *testing.T) {
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	s := newScene(t, func(p *api.Parts) { p.Now = func() time.Time { return now } })
	want[api.CommandAnswer](t, s.post(freezes, commandBody(order(1)), "Idempotency-Key", "an-old-key"), 200)
	now = now.Add(72 * time.Hour)
	want[api.CommandAnswer](t, s.post(freezes, commandBody(order(1)), "Idempotency-Key", "a-new-key"), 200)
	runOnce(t, s.server)
	if n := s.keyState("answered"); n != 1 {
		t.Errorf("%d keys are kept, want the new one", n)
	}
}
