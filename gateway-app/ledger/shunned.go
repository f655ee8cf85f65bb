package ledger

import (
	"slices"
	"sync"
	"time"
)

const (
	// shunTime is for how long an organisation that failed an endorsement is asked last.
	shunTime = 10 * time.Second
	// longestShun bounds it for one that fails again whenever it is asked again.
	longestShun = 5 * time.Minute
)

// shunned remembers who failed to endorse a moment ago, so that not every command has to find out for
// itself.
type shunned struct {
	mu    sync.Mutex
	spans map[string]span
}

// span is how long an organisation is asked last, and until when.
type span struct {
	length time.Duration
	until  time.Time
}

// add begins a span. One that follows soon upon another is twice as long; commands that failed
// together count once.
func (s *shunned) add(orgs []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.spans == nil {
		s.spans = map[string]span{}
	}
	now := time.Now()
	for _, org := range orgs {
		last, length := s.spans[org], shunTime
		if now.Before(last.until) {
			continue
		}
		if now.Before(last.until.Add(last.length)) {
			length = min(2*last.length, longestShun)
		}
		s.spans[org] = span{length, now.Add(length)}
	}
}

// order moves the sets that may hold a shunned organisation behind the others.
func (s *shunned) order(sets [][]string, holding func([]string) []string) [][]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	var first, last [][]string
	for _, set := range sets {
		if slices.ContainsFunc(holding(set), func(org string) bool { return now.Before(s.spans[org].until) }) {
			last = append(last, set)
		} else {
			first = append(first, set)
		}
	}
	return append(first, last...)
}
