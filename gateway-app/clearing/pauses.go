package clearing

import (
	"time"

	"github.com/tallystick/tallystick/core/fault"
)

const (
	firstPause   = 2 * time.Second
	longestPause = 5 * time.Minute
)

// pauses is how long each loan that was refused is left alone. It is kept in memory: after a restart each
// of them is tried once at once, which costs an endorsement.
type pauses struct {
	now   func() time.Time
	until map[string]pause
}

type pause struct {
	length time.Duration
	end    time.Time
}

func newPauses(now func() time.Time) pauses { return pauses{now, map[string]pause{}} }

// over reports whether a loan may be tried.
func (p pauses) over(id string) bool { return !p.now().Before(p.until[id].end) }

// longer begins a pause twice as long as the one before.
func (p pauses) longer(id string) time.Duration {
	length := min(max(2*p.until[id].length, firstPause), longestPause)
	p.until[id] = pause{length, p.now().Add(length)}
	return length
}

// forget drops what is known of loans that were not refused.
func (p pauses) forget(what string, loans []string, refused map[int]*fault.Fault) {
	for i, id := range loans {
		if refused[i] == nil {
			delete(p.until, what+id)
		}
	}
}
