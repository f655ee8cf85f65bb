package outbox

import (
	"log/slog"
	"math/rand/v2"
	"time"
)

const (
	oldestBlocks  = 5_000            // an envelope that many blocks old is not sent again
	oldestAge     = 15 * time.Minute // nor one whose proposal is that old
	mostBatchSize = 1 << 20          // bytes of items in one batch
	mostInvalid   = 8                // how often a request may be found invalid for other reasons than conflict, or meet a contract's defect
	conflictsHalf = 2                // conflicts between endorsers after which a batch is halved
)

type settings struct {
	holder       string
	workers      int
	batches      int
	poll         time.Duration
	lease        time.Duration
	firstPause   time.Duration
	longestPause time.Duration
	logger       *slog.Logger
	now          func() time.Time
}

func defaults() settings {
	return settings{
		holder: "outbox-" + newHandle(), workers: 16, batches: 3,
		poll: 100 * time.Millisecond, lease: 10 * time.Second,
		firstPause: 100 * time.Millisecond, longestPause: 30 * time.Second,
		logger: slog.Default(), now: time.Now,
	}
}

// Option changes how an outbox behaves.
type Option func(*settings)

// WithHolder names this process as holder of the outbox's lease. A process that was killed and comes back
// under its name goes on at once; under a new name it waits until the lease has expired. Two running
// processes never share a name.
func WithHolder(name string) Option { return func(s *settings) { s.holder = name } }

// WithWorkers bounds how many requests are under way at once, 16 otherwise.
func WithWorkers(workers int) Option { return func(s *settings) { s.workers = max(1, workers) } }

// WithBatches bounds how many merged batches of one function, collection and identity are under way at
// once, 3 otherwise. Fewer make larger batches.
func WithBatches(batches int) Option { return func(s *settings) { s.batches = max(1, batches) } }

// WithPoll sets how often the runner looks for commands that other processes stored.
func WithPoll(interval time.Duration) Option { return func(s *settings) { s.poll = interval } }

// WithLease sets for how long a runner that has died keeps others waiting.
func WithLease(ttl time.Duration) Option { return func(s *settings) { s.lease = ttl } }

// WithPauses sets the first and the longest pause between attempts at one request.
func WithPauses(first, longest time.Duration) Option {
	return func(s *settings) { s.firstPause, s.longestPause = first, longest }
}

// WithLogger names where the outbox tells of requests that do not get through; slog's default otherwise.
// It never logs an item.
func WithLogger(logger *slog.Logger) Option { return func(s *settings) { s.logger = logger } }

// pause is how long to wait before another attempt: up to twice as long each time, half of it random.
func (s *settings) pause(attempt int) time.Duration {
	longest := s.firstPause << min(max(attempt-1, 0), 20)
	if longest > s.longestPause || longest <= 0 {
		longest = s.longestPause
	}
	return longest/2 + rand.N(longest/2+1)
}
