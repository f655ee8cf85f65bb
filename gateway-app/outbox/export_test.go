package outbox

import "time"

// WithClock makes time a test's own.
func WithClock(now func() time.Time) Option { return func(s *settings) { s.now = now } }
