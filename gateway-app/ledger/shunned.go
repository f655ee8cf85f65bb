package ledger

import (
	"sync"
	"time"
)

// shunTime is how long an organisation whose peer did not answer is asked last.
const shunTime = 10 * time.Second

// shunned remembers whose peers did not answer a moment ago, so that not every command has to find
// out for itself.
type shunned struct {
	mu    sync.Mutex
	until map[string]time.Time
}

func (s *shunned) add(orgs []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.until == nil {
		s.until = map[string]time.Time{}
	}
	for _, org := range orgs {
		s.until[org] = time.Now().Add(shunTime)
	}
}

// order moves the sets that hold a shunned organisation behind the others.
func (s *shunned) order(sets [][]string) [][]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var first, last [][]string
	for _, set := range sets {
		if s.holds(set) {
			last = append(last, set)
		} else {
			first = append(first, set)
		}
	}
	return append(first, last...)
}

func (s *shunned) holds(set []string) bool {
	for _, org := range set {
		if time.Now().Before(s.until[org]) {
			return true
		}
	}
	return false
}
