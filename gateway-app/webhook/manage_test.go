package webhook_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
	"github.com/tallystick/tallystick/gateway-app/webhook"
)

func refused(t *testing.T, err error, code fault.Code, field string) {
	t.Helper()
	if f := fault.Of(err); f.Code != code || f.Field != field {
		t.Errorf("got %v, want %s in %s", err, code, field)
	}
}

func TestEndpointsAreMadeChangedAndDeleted(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := newOffice(t, db)
		o.feed.happen(t, "c", "loan.active a")
		ctx := t.Context()
		first, secret, err := o.Create(ctx, webhook.Wish{URL: "https://books.example/", Label: "books"}, nil, "olga")
		if err != nil || first.Position != 1 || first.Status != webhook.Active || len(first.Types) != 0 || first.CreatedBy != "olga" {
			t.Fatalf("%+v, %v", first, err)
		}
		second, _ := o.endpoint("https://risk.example/", "loan")
		list, err := o.List(ctx, "", 10, webhook.Sources()...)
		if err != nil || len(list) != 2 || !slices.IsSortedFunc(list, func(a, b webhook.Endpoint) int { return strings.Compare(a.ID, b.ID) }) {
			t.Fatalf("%+v, %v", list, err)
		}
		if page, err := o.List(ctx, list[0].ID, 1, webhook.Sources()...); err != nil || len(page) != 1 || page[0].ID != list[1].ID {
			t.Errorf("after the first: %+v, %v", page, err)
		}
		wish := webhook.Wish{URL: "https://new.example/?token=open-sesame", Label: "for Sima Wei", Types: []string{"loan.repaid", "custody", "custody"}}
		changed, err := o.Change(ctx, first.ID, first.Version, wish)
		if err != nil || changed.URL != wish.URL || !slices.Equal(changed.Types, []string{"custody", "loan.repaid"}) || changed.Version != 2 {
			t.Errorf("%+v, %v", changed, err)
		}
		_, err = o.Change(ctx, first.ID, first.Version, wish)
		refused(t, err, fault.WrongStatus, "version")
		if err := o.Delete(ctx, second.ID); err != nil {
			t.Error(err)
		}
		_, err = o.Find(ctx, second.ID)
		refused(t, err, fault.NotFound, "webhook")
		refused(t, o.Delete(ctx, second.ID), fault.NotFound, "webhook")
		if found, err := o.Find(ctx, first.ID); err != nil || found.URL != wish.URL || found.Label != wish.Label {
			t.Errorf("%+v, %v", found, err)
		}
		for column, plain := range map[string]string{"secret": secret[6:], "url": "sesame", "label": "Sima"} {
			var kept string
			if err := db.QueryRow(`SELECT ` + column + ` FROM webhook_endpoint`).Scan(&kept); err != nil || kept == "" || strings.Contains(kept, plain) {
				t.Errorf("the %s is stored as %q, %v", column, kept, err)
			}
		}
	})
}

func TestWishesThatAreRefused(t *testing.T) {
	o := newOffice(t, storetest.SQLite(t))
	long := strings.Repeat("x", 129)
	for _, c := range []struct {
		wish  webhook.Wish
		after int64
		field string
	}{
		{webhook.Wish{URL: "https://a.example", Label: ""}, 0, "label"},
		{webhook.Wish{URL: "https://a.example", Label: long}, 0, "label"},
		{webhook.Wish{URL: "https://a.example", Label: "a\x00b"}, 0, "label"},
		{webhook.Wish{URL: "https://a.example", Label: "\xff"}, 0, "label"},
		{webhook.Wish{URL: "https://a.example", Label: "x", Collection: long}, 0, "collection"},
		{webhook.Wish{URL: "https://a.example", Label: "x", Collection: "a\x00"}, 0, "collection"},
		{webhook.Wish{URL: "https://a.example", Label: "x", Types: []string{"loan", "party"}}, 0, "types[1]"},
		{webhook.Wish{URL: "https://a.example", Label: "x", Types: []string{"loan.active.now"}}, 0, "types[0]"},
		{webhook.Wish{URL: "https://a.example", Label: "x", Types: slices.Repeat([]string{"loan"}, 51)}, 0, "types"},
		{webhook.Wish{URL: "http://a.example", Label: "x"}, 0, "url"},
		{webhook.Wish{URL: "https://a.example:99999/", Label: "x"}, 0, "url"},
		{webhook.Wish{URL: "https://a.example:65536/", Label: "x"}, 0, "url"},
		{webhook.Wish{URL: "https://a.example:0/", Label: "x"}, 0, "url"},
		{webhook.Wish{URL: "https://a.example:/", Label: "x"}, 0, "url"},
		{webhook.Wish{URL: "https://a.example", Label: "x"}, 1, "after"},
		{webhook.Wish{URL: "https://a.example", Label: "x"}, -1, "after"},
	} {
		_, _, err := o.Create(t.Context(), c.wish, &c.after, "olga")
		refused(t, err, fault.InvalidField, c.field)
	}
	made, _ := o.endpoint("https://a.example")
	for _, overlap := range []time.Duration{-1, webhook.LongestOverlap + 1} {
		_, _, err := o.Rotate(t.Context(), made.ID, overlap)
		refused(t, err, fault.InvalidField, "overlap_hours")
	}
	_, err := o.List(t.Context(), "a\x00", 10, webhook.Sources()...)
	refused(t, err, fault.InvalidField, "after")
	_, err = o.Deliveries(t.Context(), made.ID, "lost", 0, 10)
	refused(t, err, fault.InvalidField, "status")
}

// A disabled endpoint gets nothing; enabled, it gets what happened meanwhile.
func TestADisabledEndpointWaits(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := newOffice(t, db)
		r := newReceiver(t, nil)
		made, _ := o.endpoint(r.URL)
		if _, err := o.Disable(t.Context(), made.ID); err != nil {
			t.Fatal(err)
		}
		o.run()
		o.feed.happen(t, "c", "loan.active a")
		time.Sleep(150 * time.Millisecond)
		if n := len(r.seen()); n != 0 {
			t.Errorf("%d requests", n)
		}
		if _, err := o.Enable(t.Context(), made.ID); err != nil {
			t.Fatal(err)
		}
		until(t, "it is delivered", func() bool { return len(o.deliveries(made.ID, webhook.Delivered)) == 1 })
	})
}

// An endpoint has two secrets at most: the one before is not ended before its time by another rotation, but for one that
// ends both.
func TestASecondRotationKeepsItsWordToTheFirst(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		now := time.Now()
		o := newOffice(t, db, func(s *webhook.Settings) { s.Now = func() time.Time { return now } })
		made, _ := o.endpoint("https://a.example")
		first, _, err := o.Rotate(t.Context(), made.ID, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		_, _, err = o.Rotate(t.Context(), made.ID, time.Minute)
		refused(t, err, fault.WrongStatus, "former_secret_until")
		if still, err := o.Find(t.Context(), made.ID); err != nil || still.FormerUntil != first.FormerUntil {
			t.Errorf("%+v, %v", still, err)
		}
		now = now.Add(time.Hour)
		if _, _, err := o.Rotate(t.Context(), made.ID, time.Hour); err != nil {
			t.Errorf("after the overlap: %v", err)
		}
		if last, _, err := o.Rotate(t.Context(), made.ID, 0); err != nil || last.FormerUntil != "" {
			t.Errorf("at once: %+v, %v", last, err)
		}
	})
}

// A former secret is deleted when it has ceased to sign.
func TestFormerSecretsArePruned(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		now := time.Now()
		o := newOffice(t, db, func(s *webhook.Settings) { s.Now = func() time.Time { return now } })
		made, _ := o.endpoint("https://a.example")
		if _, _, err := o.Rotate(t.Context(), made.ID, time.Hour); err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			later time.Duration
			kept  bool
		}{{59 * time.Minute, true}, {2 * time.Minute, false}} {
			now = now.Add(c.later)
			if _, err := o.Prune(t.Context(), store.Time(now)); err != nil {
				t.Fatal(err)
			}
			var former string
			if err := db.QueryRow(`SELECT former_secret FROM webhook_endpoint`).Scan(&former); err != nil || (former != "") != c.kept {
				t.Errorf("after %s: %q, %v", c.later, former, err)
			}
		}
	})
}
