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

// pause is what a loan was answered, and for how long that is taken for the answer.
type pause struct {
	length   time.Duration
	end      time.Time
	code     fault.Code
	standing string // of the loan when it was answered
}

func newPauses(now func() time.Time) pauses { return pauses{now, map[string]pause{}} }

// forGood reports whether no passing of time makes the answer another. A relief that is not yet due finds
// the reservation to be what the loan needs, and will until one of the two changes.
func (p pause) forGood() bool { return p.code == fault.NotYetDue && p.standing != "" }

// over reports whether a loan may be tried: its pause has ended, or it is not what it was when it was
// answered.
func (p pauses) over(what string, l Loan) bool {
	last, paused := p.until[what+l.ID]
	switch {
	case !paused || last.standing != l.Standing:
		return true
	case last.forGood():
		return false
	}
	return !p.now().Before(last.end)
}

// longer begins a pause twice as long as the one before, and reports whether the answer is news.
func (p pauses) longer(what string, l Loan, code fault.Code) (set pause, news bool) {
	last := p.until[what+l.ID]
	if last.standing != l.Standing {
		last.length = 0
	}
	length := min(max(2*last.length, firstPause), longestPause)
	set = pause{length, p.now().Add(length), code, l.Standing}
	p.until[what+l.ID] = set
	return set, last.code != code
}

// forget drops what is known of loans that were not refused.
func (p pauses) forget(what string, loans []Loan, refused map[int]*fault.Fault) {
	for i, l := range loans {
		if refused[i] == nil {
			delete(p.until, what+l.ID)
		}
	}
}
