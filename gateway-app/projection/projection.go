package projection

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"sync"

	"github.com/tallystick/tallystick/gateway-app/ledger"
	"github.com/tallystick/tallystick/gateway-app/store"
)

// Source is where blocks come from: the member's own peer, through *ledger.Client.
type Source interface {
	BlocksWithPrivateData(ctx context.Context, from, to uint64) iter.Seq2[ledger.Block, error]
	Chain(ctx context.Context) (ledger.Chain, error)
	Profile() ledger.Profile
}

// Projection keeps the read model in step with the ledger. The embedded Model answers from it.
type Projection struct {
	*Model
	source     Source
	cacheLimit int

	mu      sync.Mutex
	next    uint64
	finding *Finding
	moved   chan struct{} // closed and made anew at every change of the two above
}

// New makes a projection of a source's blocks into a database. Nothing happens before Run.
func New(db *store.DB, source Source) *Projection {
	return &Projection{Model: NewModel(db), source: source, cacheLimit: cacheLimit, moved: make(chan struct{})}
}

// Run folds every block from the checkpoint on, and follows the chain until the context ends. It answers a
// *Finding when something is wrong; then the blocks before it are folded and it is not. Any other error is
// the source's or the database's, and Run may be called again at once. Several processes may run on one
// database: each block is folded by whoever comes first.
func (p *Projection) Run(ctx context.Context) error { return p.run(ctx, ledger.Forever) }

func (p *Projection) run(ctx context.Context, last uint64) error {
	for {
		err := p.follow(ctx, last)
		var finding *Finding
		switch {
		case errors.Is(err, errOvertaken):
			continue
		case errors.As(err, &finding):
			p.announce(func() { p.finding = finding })
			return finding
		case err != nil && ctx.Err() != nil:
			return ctx.Err()
		}
		return err
	}
}

// errOvertaken says that another process has folded what this one was about to.
var errOvertaken = errors.New("the read model was moved on by another process")

// follow reads and folds until the last block, an error, or the end of the context.
func (p *Projection) follow(ctx context.Context, last uint64) error {
	at, err := readCheckpoint(ctx, p.db)
	if err != nil {
		return err
	}
	if at.block < 0 {
		if err := p.begin(ctx); err != nil {
			return err
		}
	}
	p.announce(func() { p.next, p.finding = at.next(), nil })
	if at.next() > last {
		return nil
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	blocks := p.read(ctx, at.next(), last)
	kept := newCaches(p.cacheLimit)
	for in := range blocks {
		if at, err = p.fold(ctx, at, kept, gather(in, blocks)); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// The most that one SQL transaction holds: what a crash may have to fold again, and what waits in memory.
const (
	mostBlocks  = 256
	mostChanges = 8_000
)

// gather takes what is waiting beside a block: nothing when the projection is live, many blocks when it is
// catching up. What ended the reading comes last.
func gather(first intake, waiting <-chan intake) []intake {
	batch, changes := []intake{first}, len(first.steps)
	for first.err == nil && len(batch) < mostBlocks && changes < mostChanges {
		select {
		case in, open := <-waiting:
			if !open {
				return batch
			}
			batch, changes = append(batch, in), changes+len(in.steps)
			if in.err != nil {
				return batch
			}
		default:
			return batch
		}
	}
	return batch
}

// fold folds blocks in one SQL transaction. When one of them is wrong, those before it are folded without it.
func (p *Projection) fold(ctx context.Context, at checkpoint, kept caches, blocks []intake) (checkpoint, error) {
	var ended error
	if last := len(blocks) - 1; blocks[last].err != nil {
		blocks, ended = blocks[:last], blocks[last].err
	}
	for len(blocks) > 0 {
		after, good, err := p.write(ctx, at, kept, blocks)
		var finding *Finding
		switch {
		case err == nil:
			p.announce(func() { p.next = after.next() })
			return after, ended
		case !errors.As(err, &finding):
			return at, err
		}
		blocks, ended = blocks[:good], finding
	}
	return at, ended
}

// write folds blocks and writes rows and checkpoint, all or nothing. It answers how many blocks were in order.
func (p *Projection) write(ctx context.Context, at checkpoint, kept caches, blocks []intake) (checkpoint, int, error) {
	var b *batch
	good := 0
	err := p.db.Write(ctx, func(tx *sql.Tx) error {
		// Statements run to their end: a context that may end costs each of them a goroutine on SQLite.
		working := context.WithoutCancel(ctx)
		stands, err := claim(working, tx)
		switch {
		case err != nil:
			return err
		case stands != at:
			return errOvertaken
		}
		b, good = newBatch(tx, kept, at), 0
		for _, in := range blocks {
			if err := b.fold(working, in); err != nil {
				return err
			}
			good++
		}
		return b.write(working)
	})
	if err != nil {
		return at, good, err
	}
	b.committed()
	return b.at, good, nil
}

// announce changes what others wait for, and wakes them.
func (p *Projection) announce(change func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change()
	close(p.moved)
	p.moved = make(chan struct{})
}

// Moved answers a channel that is closed when the projection has moved on next, so that readers of the feed
// need not ask again and again.
func (p *Projection) Moved() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.moved
}

// Reach waits until a block is folded. It answers the finding that stopped the projection, if one did.
func (p *Projection) Reach(ctx context.Context, block uint64) error {
	for {
		p.mu.Lock()
		next, finding, moved := p.next, p.finding, p.moved
		p.mu.Unlock()
		switch {
		case next > block:
			return nil
		case finding != nil:
			return finding
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return fmt.Errorf("wait until block %d is in the read model: %w", block, ctx.Err())
		}
	}
}

// Lag is how far the read model is behind the member's peer.
type Lag struct {
	Next    uint64   `json:"next"`   // the first block that is not folded
	Height  uint64   `json:"height"` // the peer's next block
	Blocks  uint64   `json:"blocks"` // how many are waiting
	Finding *Finding `json:"finding,omitempty"`
}

// Lag asks the peer how far it has come and compares.
func (p *Projection) Lag(ctx context.Context) (Lag, error) {
	at, err := readCheckpoint(ctx, p.db)
	if err != nil {
		return Lag{}, err
	}
	chain, err := p.source.Chain(ctx)
	if err != nil {
		return Lag{}, fmt.Errorf("measure the lag of the read model: %w", err)
	}
	lag := Lag{Next: at.next(), Height: chain.Height}
	if chain.Height > lag.Next {
		lag.Blocks = chain.Height - lag.Next
	}
	p.mu.Lock()
	lag.Finding = p.finding
	p.mu.Unlock()
	return lag, nil
}
