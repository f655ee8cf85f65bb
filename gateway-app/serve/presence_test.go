package serve

import (
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
)

const shortPatience = 300 * time.Millisecond

// An app and a rebuild exclude each other on the database, whichever came first and from whatever machine.
func TestARebuildIsRefusedBesideTheApp(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		if err := appear(t.Context(), db, "harbor/east", shortPatience); err != nil {
			t.Fatal(err)
		}
		f := &foundations{db: db, process: "harbor/east"}
		running, end := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- f.presence().run(running) }()
		rebuilt := false
		rebuild := func(ctx context.Context) error {
			rebuilt = true
			if err := appear(ctx, db, "harbor/west", shortPatience); err == nil || !strings.Contains(err.Error(), "being rebuilt by harbor/mender") {
				t.Errorf("an app that starts beside the rebuild comes to %v", err)
			}
			return nil
		}
		err := standStill(t.Context(), db, "harbor/mender", shortPatience, rebuild)
		if err == nil || !strings.Contains(err.Error(), "end harbor/east") || rebuilt {
			t.Errorf("beside the app: %v, rebuilt: %v", err, rebuilt)
		}
		end()
		<-ended
		if err := standStill(t.Context(), db, "harbor/mender", shortPatience, rebuild); err != nil || !rebuilt {
			t.Errorf("after the app: %v, rebuilt: %v", err, rebuilt)
		}
	})
}

// On one machine the folder says it at once.
func TestARebuildIsRefusedBesideTheAppsFolder(t *testing.T) {
	settings := Settings{DataFolder: t.TempDir()}
	release := must[func()](t)(settings.claim(shared))
	defer release()
	err := Rebuild(t.Context(), settings, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "the app runs: end it") {
		t.Errorf("beside the app: %v", err)
	}
}
