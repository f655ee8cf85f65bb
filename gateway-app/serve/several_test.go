package serve

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
)

// Processes that run at once have different names, and one that is started again has its former one.
func TestAProcessIsNamedByItsPlace(t *testing.T) {
	name := func(member string, s Settings) string { return must[string](t)(processName(member, s)) }
	first, second := Settings{Listen: "127.0.0.1:7060"}, Settings{Listen: "127.0.0.1:7061"}
	if a, b := name("harbor", first), name("harbor", second); a == b || a != name("harbor", first) {
		t.Errorf("%q and %q", a, b)
	}
	first.Process, second.Process = "east", "west"
	if a, b := name("harbor", first), name("harbor", second); a != "harbor/east" || b != "harbor/west" {
		t.Errorf("%q and %q", a, b)
	}
}

// Of two processes one does a task. The other begins when it has ended, and not while it stands by.
func TestATaskIsDoneByOneProcess(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		begun := make(chan string, 2)
		doing := func(process string) func(context.Context) error {
			f := &foundations{db: db, process: process}
			return f.alone("a test's task", func(ctx context.Context) error {
				begun <- process
				<-ctx.Done()
				return nil
			}).run
		}
		working, kill := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- doing("harbor/east")(working) }()
		if who := <-begun; who != "harbor/east" {
			t.Fatal(who)
		}
		waiting, stop := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer stop()
		if err := doing("harbor/west")(waiting); !errors.Is(err, context.DeadlineExceeded) || len(begun) > 0 {
			t.Errorf("the other process came to %v, and %d began", err, len(begun))
		}
		kill()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("a task that is stopped ends with %v", err)
		}
		after, end := context.WithCancel(t.Context())
		go func() { ended <- doing("harbor/west")(after) }()
		if who := <-begun; who != "harbor/west" {
			t.Errorf("%s began", who)
		}
		end()
		<-ended
	})
}
