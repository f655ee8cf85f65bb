package serve

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

// taskLease is how long a task waits for another process when the one that did it was killed. The lanes of
// commands, of clearing, of payouts and of webhooks have shorter leases of their own.
const taskLease = time.Minute

// processName tells this process from the member's others on the same database: by the machine and the
// address, which no two of them share. A process that was killed and is started again in its place has the
// same name, and goes on at once with what it held; another one waits until the leases have expired.
func processName(member string, settings Settings) (string, error) {
	if settings.Process != "" {
		return member + "/" + settings.Process, nil
	}
	host, err := os.Hostname()
	if err != nil {
		return "", fmt.Errorf("name this process by its machine: %w: name it with process in the settings", err)
	}
	return member + "/" + host + "/" + settings.Listen, nil
}

// alone is a task that one of the member's processes does at a time; the others wait to take its place.
func (f *foundations) alone(name string, run func(context.Context) error) task {
	return task{name, func(ctx context.Context) error {
		return f.db.Hold(ctx, "task/"+name, f.process, taskLease, func(ctx context.Context) error {
			return errors.Join(run(ctx), context.Cause(ctx))
		})
	}}
}
