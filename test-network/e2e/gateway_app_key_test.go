package e2e_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/tallystick/tallystick/chaincode/contracttest"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/client"
)

// killedAfter are the moments of a request's life at which the app dies: as it comes in, while it is being
// endorsed and ordered, and after it was answered.
var killedAfter = []time.Duration{
	2 * time.Millisecond, 15 * time.Millisecond, 60 * time.Millisecond, 200 * time.Millisecond, 800 * time.Millisecond,
}

// A bank's program sends a receipt, the app is killed at some moment of it, and the program asks again
// under the same key until there is an answer. The receipt is booked once, and the answer stays what it was.
func TestAKeyMeansOneEffectHoweverOftenTheAppDies(t *testing.T) {
	c, s := openScene(t)
	l := s.Active(500_000, s.Lender(500_000))
	s.ToRow(l, 1)
	c.withGateways(t, meridian)
	const amount money.Minor = 1_000
	given := map[string]answered{}
	var sent []asked
	for i, after := range killedAfter {
		a := asked{
			method: http.MethodPost, path: "/v1/receipts", key: client.NewKey(),
			body: asJSON(t, map[string]any{"collection": contracttest.Pair, "items": []wire.Receipt{s.Receipt(l.ID(), amount)}}),
		}
		given[a.key] = c.answeredDespite(t, a, after)
		sent = append(sent, a)
		c.checkBooks(t)
		if paid, want := s.State(l).Paid.Total(), amount*money.Minor(i+1); paid != want {
			t.Errorf("after a death at %s, %d is paid, want %d", after, paid, want)
		}
	}
	c.restartGateway(t, meridian)
	for _, a := range sent {
		c.answersAsBefore(t, a, given[a.key])
	}
	c.checkBooks(t)
	if paid, want := s.State(l).Paid.Total(), amount*money.Minor(len(killedAfter)); paid != want {
		t.Errorf("asked once more, %d is paid, want %d", paid, want)
	}
}

// answeredDespite sends a write, kills the app under it, and asks again.
func (c *consortium) answeredDespite(t *testing.T, a asked, after time.Duration) answered {
	t.Helper()
	l, first := c.lineTo(t, meridian, true), make(chan answered, 1)
	ctx := within(t, patience)
	go func() {
		got, err := l.send(ctx, a)
		if err != nil { // it died first
			got = answered{}
		}
		first <- got
	}()
	time.Sleep(after)
	c.restartGateway(t, meridian)
	before, got := <-first, c.asksAgain(t, a)
	t.Logf("the app died after %s, when it had answered %d; asked again, it answered %d", after, before.status, got.status)
	if before.status != 0 && string(before.body) != string(got.body) {
		t.Errorf("before its death the app answered %s and after it %s", before.body, got.body)
	}
	return got
}

// answersAsBefore asks once more, and then for something else under the same key.
func (c *consortium) answersAsBefore(t *testing.T, a asked, given answered) {
	t.Helper()
	l := c.lineTo(t, meridian, true)
	again := l.must(t, a)
	if again.status != given.status || string(again.body) != string(given.body) || again.header.Get("Idempotent-Replayed") != "true" {
		t.Errorf("after one more death it answers %d %s, want as before %d %s", again.status, again.body, given.status, given.body)
	}
	a.body = asJSON(t, map[string]any{"collection": contracttest.Pair, "items": []wire.Receipt{}})
	refused := l.must(t, a)
	if p := refused.problem(t); refused.status != http.StatusUnprocessableEntity || p.Code != "idempotency_key_reused" {
		t.Errorf("another body under the key is answered %d %s, want 422", refused.status, p.Code)
	}
}

// asksAgain asks until the command is decided, and reads that it was applied.
func (c *consortium) asksAgain(t *testing.T, a asked) answered {
	t.Helper()
	ctx := within(t, patience)
	for l := c.lineTo(t, meridian, true); ; {
		got, err := l.send(ctx, a)
		if err != nil {
			t.Fatalf("ask again: %v", err)
		}
		var decided struct {
			Status  string
			Applied int
		}
		if got.status == http.StatusOK && json.Unmarshal(got.body, &decided) == nil {
			if decided.Status != "committed" || decided.Applied != 1 {
				t.Errorf("the receipt became %s", got.body)
			}
			return got
		}
		if got.status < http.StatusInternalServerError && got.status != http.StatusAccepted && got.status != http.StatusConflict {
			t.Fatalf("asked again, the app answers %d %s", got.status, got.body)
		}
		if !pause(ctx, 100*time.Millisecond) {
			t.Fatalf("asked again and again, the app answers %d %s", got.status, got.body)
		}
	}
}
