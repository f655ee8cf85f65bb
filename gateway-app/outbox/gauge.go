package outbox

import (
	"context"
	"sync"
	"time"
)

// gaugeAge is for how long a height that was read is good enough to date envelopes by.
const gaugeAge = 10 * time.Second

// gauge reads the chain's height for many requests at once. What it gives is never above the true
// height, so an envelope is never taken for younger than it is.
type gauge struct {
	now func() time.Time

	mu     sync.Mutex
	height uint64
	readAt time.Time
}

func (g *gauge) at(ctx context.Context, l Ledger) (uint64, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.readAt.IsZero() && g.now().Sub(g.readAt) < gaugeAge {
		return g.height, nil
	}
	height, err := l.Height(ctx)
	if err != nil {
		return 0, err
	}
	g.height, g.readAt = height, g.now()
	return height, nil
}
