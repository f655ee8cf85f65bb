package webhook_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
	"github.com/tallystick/tallystick/gateway-app/webhook"
)

func verify(secret string, p post) error {
	w, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		return err
	}
	return w.Verify(p.body, p.header)
}

// A receiver that fails every third time gets everything it asked for, signed, and in order by loan.
func TestEveryEventArrivesSignedAndInOrder(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := newOffice(t, db)
		r := newReceiver(t, func(n int, _ post) int { return []int{500, 200, 204}[n%3] })
		o.feed.happen(t, "harbor-meridian", "party.attested p", "loan.proposed a", "custody.settled a")
		made, secret := o.endpoint(r.URL)
		o.run()
		var wanted []int64
		for n := int64(4); n < 64; n++ {
			o.feed.happen(t, "harbor-meridian", fmt.Sprintf("repayment.received loan-%d", rand.N(5)))
			wanted = append(wanted, n)
		}
		until(t, "62 are delivered", func() bool { return len(o.deliveries(made.ID, webhook.Delivered)) == 62 })
		last, ids := map[string]int64{}, map[string]int64{}
		for _, p := range r.seen() {
			if err := verify(secret, p); err != nil {
				t.Fatal(err)
			}
			d := p.message.Data
			if p.message.Type != d.Type || !p.message.Timestamp.Equal(d.At) || d.Payload.Sequence != d.Sequence || d.Kind == "party" {
				t.Fatalf("the body is %s", p.body)
			}
			if d.Sequence < last[d.Subject] {
				t.Errorf("%d came after %d about %s", d.Sequence, last[d.Subject], d.Subject)
			}
			if known, again := ids[p.id]; again && known != d.Sequence {
				t.Errorf("%s names both %d and %d", p.id, known, d.Sequence)
			}
			last[d.Subject], ids[p.id] = d.Sequence, d.Sequence
		}
		if len(ids) != 62 || !strings.HasPrefix(secret, "whsec_") {
			t.Errorf("%d ids; the secret begins with %s", len(ids), secret[:6])
		}
		until(t, "the position is the feed's end", func() bool {
			e, err := o.Find(t.Context(), made.ID)
			return err == nil && e.Position == wanted[len(wanted)-1]
		})
	})
}

func TestTypesAndCollectionNarrow(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := newOffice(t, db)
		r := newReceiver(t, nil)
		o.feed.happen(t, "harbor-meridian", "loan.active a", "loan.repaid a", "repayment.received a", "custody.settled i")
		o.feed.happen(t, "lantern-meridian", "loan.active b", "repayment.received b")
		wish := webhook.Wish{URL: r.URL, Label: "x", Types: []string{"repayment", "loan.active"}, Collection: "harbor-meridian"}
		var beginning int64
		if _, _, err := o.Create(t.Context(), wish, &beginning, "olga"); err != nil {
			t.Fatal(err)
		}
		o.run()
		until(t, "two came", func() bool { return len(r.seen()) >= 2 })
		o.feed.happen(t, "harbor-meridian", "loan.active c")
		until(t, "the third came", func() bool { return len(r.seen()) >= 3 })
		var got []string
		for _, p := range r.seen() {
			got = append(got, p.message.Type+" "+p.message.Data.Subject)
		}
		if want := []string{"loan.active a", "repayment.received a", "loan.active c"}; !slices.Equal(got, want) {
			t.Errorf("got %q", got)
		}
	})
}

// While secrets overlap, the receiver may check with either; without an overlap the old one is gone.
func TestRotationOverlaps(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := newOffice(t, db)
		r := newReceiver(t, nil)
		made, first := o.endpoint(r.URL)
		if _, err := o.vault.Rotate(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, c := range webhook.Columns() {
			if _, err := o.vault.Reseal(t.Context(), c); err != nil {
				t.Fatal(err)
			}
		}
		_, second, err := o.Rotate(t.Context(), made.ID, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		o.run()
		o.feed.happen(t, "c", "loan.active a")
		until(t, "one came", func() bool { return len(r.seen()) == 1 })
		p := r.seen()[0]
		if verify(first, p) != nil || verify(second, p) != nil || first == second {
			t.Errorf("former: %v, new: %v", verify(first, p), verify(second, p))
		}
		_, third, err := o.Rotate(t.Context(), made.ID, 0)
		if err != nil {
			t.Fatal(err)
		}
		o.feed.happen(t, "c", "loan.repaid a")
		until(t, "another came", func() bool { return len(r.seen()) == 2 })
		if p = r.seen()[1]; verify(third, p) != nil || verify(second, p) == nil || verify(first, p) == nil {
			t.Errorf("new: %v, former: %v, first: %v", verify(third, p), verify(second, p), verify(first, p))
		}
		p.body = append(p.body, ' ')
		if verify(third, p) == nil {
			t.Error("a changed body was verified")
		}
	})
}

// An endpoint that does not answer costs its own events time, and nobody else's.
func TestAHangingReceiverHoldsUpNobodyElse(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := newOffice(t, db, func(s *webhook.Settings) { s.Timeout = 300 * time.Millisecond })
		hanging, quick := newReceiver(t, always(-1)), newReceiver(t, nil)
		stuck, _ := o.endpoint(hanging.URL)
		good, _ := o.endpoint(quick.URL)
		for n := range 40 {
			o.feed.happen(t, "c", fmt.Sprintf("loan.active %d", n))
		}
		o.run()
		until(t, "the quick one has all", func() bool { return len(o.deliveries(good.ID, webhook.Delivered)) == 40 })
		until(t, "the other timed out", func() bool {
			return slices.ContainsFunc(o.deliveries(stuck.ID, webhook.Pending), func(d webhook.Delivery) bool {
				return d.Reason == webhook.ReasonTimeout && d.Answer == 0 && d.DueAt != ""
			})
		})
	})
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	o := newOffice(t, storetest.SQLite(t))
	r := newReceiver(t, always(http.StatusTemporaryRedirect))
	made, _ := o.endpoint(r.URL + "/here")
	o.feed.happen(t, "c", "loan.active a")
	o.run()
	until(t, "three attempts were made", func() bool {
		d := o.deliveries(made.ID, webhook.Pending)
		return len(d) == 1 && d[0].Attempts >= 3 && d[0].Reason == webhook.ReasonRedirect && d[0].Answer == 307
	})
	if seen := o.deliveries(made.ID, webhook.Pending)[0].Attempts; len(r.seen()) > seen+1 {
		t.Errorf("%d requests for %d attempts", len(r.seen()), seen)
	}
}

// 410 disables; enabled again, the endpoint goes on with the event that it refused.
func TestGoneDisables(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := newOffice(t, db)
		r := newReceiver(t, always(http.StatusGone))
		made, _ := o.endpoint(r.URL)
		o.feed.happen(t, "c", "loan.active a")
		o.run()
		until(t, "it is gone", func() bool { e, err := o.Find(t.Context(), made.ID); return err == nil && e.Status == webhook.Gone })
		o.feed.happen(t, "c", "loan.repaid a")
		time.Sleep(200 * time.Millisecond)
		if len(r.seen()) != 1 {
			t.Errorf("%d requests to who is gone", len(r.seen()))
		}
		r.say(always(http.StatusOK))
		if e, err := o.Enable(t.Context(), made.ID); err != nil || e.Status != webhook.Active {
			t.Fatal(e, err)
		}
		until(t, "both are delivered", func() bool { return len(o.deliveries(made.ID, webhook.Delivered)) == 2 })
		if seen := r.seen(); seen[0].id != seen[1].id || seen[2].message.Type != "loan.repaid" {
			t.Error("it did not go on with what was refused")
		}
	})
}

// What was tried long enough is a dead letter: it holds up nothing more, and comes again under its id.
func TestDeadLettersAreReplayed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := newOffice(t, db, func(s *webhook.Settings) { s.GiveUpAfter = time.Millisecond })
		r := newReceiver(t, func(_ int, p post) int {
			if p.message.Data.Sequence == 1 {
				return http.StatusServiceUnavailable
			}
			return http.StatusOK
		})
		made, secret := o.endpoint(r.URL)
		o.feed.happen(t, "c", "loan.active a", "loan.repaid a")
		o.run()
		until(t, "one is dead and one delivered", func() bool {
			return len(o.deliveries(made.ID, webhook.Dead)) == 1 && len(o.deliveries(made.ID, webhook.Delivered)) == 1
		})
		dead := o.deliveries(made.ID, webhook.Dead)[0]
		if dead.Sequence != 1 || dead.Attempts < 6 || dead.Answer != 503 || dead.Reason != webhook.ReasonStatus || dead.EndedAt == "" {
			t.Errorf("the dead letter is %+v", dead)
		}
		if b, err := o.Backlog(t.Context(), false); b != (webhook.Backlog{Dead: 1}) || err != nil {
			t.Errorf("the backlog is %+v, %v", b, err)
		}
		r.say(nil)
		if n, err := o.ReplayDead(t.Context(), made.ID, webhook.Range{After: 0, Through: 10}); n != 1 || err != nil {
			t.Fatal(n, err)
		}
		until(t, "both are delivered", func() bool { return len(o.deliveries(made.ID, webhook.Delivered)) == 2 })
		seen := r.seen()
		if last := seen[len(seen)-1]; last.id != dead.WebhookID || verify(secret, last) != nil {
			t.Errorf("it came as %s, %v", last.id, verify(secret, last))
		}
	})
}

// A part of the feed comes again, also what was pruned, and nothing that is not asked for.
func TestARangeIsReplayed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := newOffice(t, db)
		r := newReceiver(t, nil)
		made, _ := o.endpoint(r.URL)
		o.feed.happen(t, "c", "loan.active a", "party.attested p", "loan.active b", "loan.repaid a", "loan.repaid b")
		o.run()
		until(t, "all are delivered", func() bool { return len(o.deliveries(made.ID, webhook.Delivered)) == 4 })
		if n, err := o.Prune(t.Context(), store.Time(time.Now().Add(time.Minute))); n != 4 || err != nil {
			t.Fatal(n, err)
		}
		if n, err := o.Replay(t.Context(), made.ID, webhook.Range{After: 1, Through: 4}); n != 2 || err != nil {
			t.Fatal(n, err)
		}
		until(t, "two came again", func() bool { return len(o.deliveries(made.ID, webhook.Delivered)) == 2 })
		seen, ids := r.seen(), map[string]int{}
		for _, p := range seen {
			ids[fmt.Sprint(p.message.Data.Sequence, p.id)]++
		}
		if len(seen) != 6 || len(ids) != 4 {
			t.Errorf("%d requests under %d ids", len(seen), len(ids))
		}
		for _, bad := range []webhook.Range{{After: -1, Through: 2}, {After: 3, Through: 3}, {After: 0, Through: 10_001}} {
			if _, err := o.Replay(t.Context(), made.ID, bad); err == nil {
				t.Errorf("%+v was replayed", bad)
			}
		}
	})
}

// A backlog of 800 events about many loans goes out at once, and one about a single loan in its order.
func TestABacklogIsWorkedOff(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := newOffice(t, db)
		r := newReceiver(t, nil)
		made, _ := o.endpoint(r.URL, "repayment")
		var events []string
		for n := range 800 {
			subject := fmt.Sprintf("loan-%d", n)
			if n%4 == 0 {
				subject = "the-same"
			}
			events = append(events, "repayment.received "+subject, "loan.netted "+subject)
		}
		o.feed.happen(t, "c", events...)
		began := time.Now()
		o.run()
		until(t, "the receiver has all", func() bool { return len(r.seen()) == 800 })
		t.Logf("800 in %s", time.Since(began).Round(time.Millisecond))
		var last int64
		for _, p := range r.seen() {
			if d := p.message.Data; d.Subject == "the-same" {
				if d.Sequence <= last {
					t.Fatalf("%d came after %d", d.Sequence, last)
				}
				last = d.Sequence
			}
		}
		until(t, "all is recorded", func() bool { b, err := o.Backlog(t.Context(), false); return err == nil && b == webhook.Backlog{} })
		if e, err := o.Find(t.Context(), made.ID); err != nil || e.Position < 1599 {
			t.Errorf("%+v, %v", e, err)
		}
	})
}

// A dead letter that is replayed goes before what waits about its subject, which then waits for it.
func TestAReplayedLetterGoesFirst(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := newOffice(t, db, func(s *webhook.Settings) { s.GiveUpAfter = time.Millisecond })
		r := newReceiver(t, always(http.StatusInternalServerError))
		made, _ := o.endpoint(r.URL)
		o.feed.happen(t, "c", "loan.active a")
		stop := o.run()
		until(t, "the first is dead", func() bool { return len(o.deliveries(made.ID, webhook.Dead)) == 1 })
		stop()
		o.feed.happen(t, "c", "loan.repaid a", "loan.active b")
		o.Webhooks = webhook.New(db, o.vault, o.feed, o.notices, brisk("patient"))
		stop = o.run()
		until(t, "the others were tried", func() bool {
			d := o.deliveries(made.ID, webhook.Pending)
			return len(d) == 2 && d[0].Attempts > 0 && d[1].Attempts > 0
		})
		stop()
		if n, err := o.ReplayDead(t.Context(), made.ID, webhook.Range{After: 0, Through: 3}); n != 1 || err != nil {
			t.Fatal(n, err)
		}
		if d := o.deliveries(made.ID, webhook.Pending); len(d) != 3 || d[0].DueAt == "" || d[1].DueAt != "" || d[2].DueAt == "" {
			t.Errorf("they stand as %+v", d)
		}
		r.say(nil)
		before := len(r.seen())
		o.run()
		until(t, "all are delivered", func() bool { return len(o.deliveries(made.ID, webhook.Delivered)) == 3 })
		var order []int64
		for _, p := range r.seen()[before:] {
			if d := p.message.Data; d.Subject == "a" {
				order = append(order, d.Sequence)
			}
		}
		if !slices.Equal(order, []int64{1, 2}) {
			t.Errorf("they came as %v", order)
		}
	})
}
