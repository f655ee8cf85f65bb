package webhook_test

import (
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/tallystick/tallystick/gateway-app/notice"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
	"github.com/tallystick/tallystick/gateway-app/webhook"
)

// Where the process that is killed finds what it works with.
const (
	victimDatabase = "WEBHOOK_VICTIM_DATABASE"
	victimKey      = "WEBHOOK_VICTIM_KEY"
)

// A process is killed after the receiver has the event and before it could write that down. The next one
// delivers it again under the same id, and goes on.
func TestAProcessKilledBetweenSendingAndRecording(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := newOffice(t, db)
		victim := exec.Command(os.Args[0], "-test.run=^TestVictim$")
		victim.Env = append(os.Environ(), victimDatabase+"="+storetest.Address(t, db), victimKey+"="+o.key)
		r := newReceiver(t, func(n int, _ post) int {
			if n == 1 {
				if err := victim.Process.Kill(); err != nil {
					t.Error(err)
				}
				_ = victim.Wait() // it was killed
			}
			return 200
		})
		made, secret := o.endpoint(r.URL)
		o.feed.happen(t, "c", "loan.active a", "loan.repaid a")
		if err := victim.Start(); err != nil {
			t.Fatal(err)
		}
		until(t, "the first came", func() bool { return len(r.seen()) == 1 && victim.ProcessState != nil })
		if d := o.deliveries(made.ID, webhook.Pending); len(d) != 2 || d[0].Attempts != 0 {
			t.Fatalf("the dead process left %+v", d)
		}
		o.run()
		until(t, "both are delivered", func() bool { return len(o.deliveries(made.ID, webhook.Delivered)) == 2 })
		seen := r.seen()
		if len(seen) != 3 || seen[0].id != seen[1].id || string(seen[0].body) != string(seen[1].body) || seen[2].id == seen[1].id {
			t.Errorf("%d requests", len(seen))
		}
		for _, p := range seen {
			if err := verify(secret, p); err != nil {
				t.Error(err)
			}
		}
	})
}

// TestVictim is the process that is killed.
func TestVictim(t *testing.T) {
	if os.Getenv(victimDatabase) == "" {
		t.Skip("only another test runs it")
	}
	db, err := store.Open(t.Context(), os.Getenv(victimDatabase))
	if err != nil {
		t.Fatal(err)
	}
	go webhook.New(db, openVault(t, db, os.Getenv(victimKey)), newFeed(db), notice.New(db), brisk("first")).Run(t.Context()) //nolint:errcheck // it is killed
	time.Sleep(time.Minute)
}

// Of two processes of a member one delivers, and when it ends the other goes on.
func TestTwoProcessesTakeTurns(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := newOffice(t, db)
		r := newReceiver(t, nil)
		made, _ := o.endpoint(r.URL)
		other := *o
		other.Webhooks = webhook.New(db, o.vault, o.feed, o.notices, brisk("second"))
		stop := o.run()
		o.feed.happen(t, "c", "loan.active a")
		until(t, "one is delivered", func() bool { return len(o.deliveries(made.ID, webhook.Delivered)) == 1 })
		other.run()
		o.feed.happen(t, "c", "loan.repaid a")
		until(t, "two are delivered", func() bool { return len(o.deliveries(made.ID, webhook.Delivered)) == 2 })
		stop()
		o.feed.happen(t, "c", "loan.active b")
		until(t, "three are delivered", func() bool { return len(o.deliveries(made.ID, webhook.Delivered)) == 3 })
		if len(r.seen()) != 3 {
			t.Errorf("%d requests for 3 events", len(r.seen()))
		}
	})
}
