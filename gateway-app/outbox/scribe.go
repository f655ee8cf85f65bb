package outbox

import (
	"context"
	"database/sql"
	"sync"

	"github.com/tallystick/tallystick/gateway-app/store"
)

// mostNotes is how many writes share one transaction.
const mostNotes = 64

// scribe writes for many goroutines in few transactions: who comes while one is being committed goes
// with the next. A commit waits for the disk, and the disk does not care how much it carries.
type scribe struct {
	db  *store.DB
	ctx context.Context // whose end ends every write, and whose lease, if it has one, fences it

	mu      sync.Mutex
	waiting []*note
	busy    bool
}

// note is one goroutine's part of a transaction.
type note struct {
	ctx   context.Context
	write func(tx *sql.Tx) error
	done  chan error
}

// write runs a function in a transaction that it may share, and answers once it is durable. Like every
// write of the store, the function may run several times.
func (s *scribe) write(ctx context.Context, run func(tx *sql.Tx) error) error {
	n := &note{ctx: ctx, write: run, done: make(chan error, 1)}
	s.mu.Lock()
	s.waiting = append(s.waiting, n)
	lead := !s.busy
	s.busy = true
	s.mu.Unlock()
	if lead {
		go s.serve()
	}
	select {
	case err := <-n.done:
		return err
	case <-ctx.Done():
		return ctx.Err() // it may still be written
	}
}

func (s *scribe) serve() {
	for {
		s.mu.Lock()
		notes := s.waiting[:min(len(s.waiting), mostNotes)]
		s.waiting = s.waiting[len(notes):]
		s.busy = len(notes) > 0
		s.mu.Unlock()
		if len(notes) == 0 {
			return
		}
		s.commit(notes)
	}
}

// commit writes the notes together. When one of them fails each is written alone, so that only it fails.
func (s *scribe) commit(notes []*note) {
	err := s.together(notes)
	if err == nil || len(notes) == 1 {
		for _, n := range notes {
			n.done <- err
		}
		return
	}
	for i := range notes {
		notes[i].done <- s.together(notes[i : i+1])
	}
}

func (s *scribe) together(notes []*note) error {
	return s.db.Write(s.ctx, func(tx *sql.Tx) error {
		for _, n := range notes {
			if n.ctx.Err() != nil {
				continue // nobody waits for it any more
			}
			if err := n.write(tx); err != nil {
				return err
			}
		}
		return nil
	})
}
