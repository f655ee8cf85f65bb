package submission_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/tallystick/tallystick/core/evidence"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/outbox"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/submission"
)

// picky is an evidence log that refuses the second digest of the first batch, and answers what it has answered before
// whenever it is asked under the same request id, as the outbox does.
type picky struct {
	*world
	answers map[string]outbox.Outcome
}

func (p picky) Do(ctx context.Context, c outbox.Command) (outbox.Outcome, error) {
	if before, ok := p.answers[c.ID]; ok {
		return before, nil
	}
	var items []evidence.Entry
	if err := json.Unmarshal(c.Items, &items); err != nil {
		return outbox.Outcome{}, err
	}
	if len(p.answers) > 0 {
		outcome, err := p.world.Do(ctx, c)
		p.answers[c.ID] = outcome
		return outcome, err
	}
	outcome := outbox.Outcome{ID: c.ID, Status: outbox.Committed, TxID: "first", Block: 7}
	if len(items) > 1 {
		outcome.Answer.Refused = []*fault.Fault{fault.In(fault.MemberUnknown, "member").At(1)}
		p.mu.Lock()
		p.anchored = append(p.anchored, items[0])
		p.mu.Unlock()
	}
	p.answers[c.ID] = outcome
	return outcome, nil
}

// A digest that the ledger has refused in a batch that was committed goes into another one; the others are there.
func TestARefusedDigestGoesIntoAnotherBatch(t *testing.T) {
	each(t, func(t *testing.T, w *world, _ *store.DB) {
		w.aMonth()
		p := picky{w, map[string]outbox.Outcome{}}
		w.platform = submission.NewPlatform(w.db, w.own, w.feeds[0], p, w, submission.Settings{
			Member: harbor, Pairs: pairs, Gather: 5 * time.Millisecond, Now: w.now,
		})
		for _, day := range []string{"2016-01-04", "2016-01-29"} {
			_, err := w.platform.Publish(t.Context(), day, "user", "")
			w.done(err)
		}
		w.run(func() bool { n, err := w.platform.Unanchored(t.Context()); return err == nil && n == 0 })
		digests := map[string]int{}
		for _, e := range w.anchored {
			digests[e.Digest]++
		}
		if len(digests) < 2 || len(p.answers) < 2 || len(w.anchored) != len(digests) {
			t.Errorf("anchored are %v in %d transactions", digests, len(p.answers))
		}
	})
}
