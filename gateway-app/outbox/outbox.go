package outbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/store"
)

// Outbox stores commands and sees them through. It is safe for use by many goroutines.
type Outbox struct {
	db       *store.DB
	dial     Dialer
	settings settings
	storing  *scribe
	woken    chan struct{} // tells the runner that a command was stored

	mu      sync.Mutex
	waiting map[string][]chan struct{} // by command, closed once it is decided by this process
}

// New makes an outbox over a database. Nothing is sent until Run.
func New(db *store.DB, dial Dialer, options ...Option) *Outbox {
	o := &Outbox{
		db: db, dial: dial, settings: defaults(),
		storing: &scribe{db: db, ctx: context.Background()},
		woken:   make(chan struct{}, 1), waiting: map[string][]chan struct{}{},
	}
	for _, option := range options {
		option(&o.settings)
	}
	return o
}

// Put stores a command in the caller's transaction, so that it is durable together with the caller's own
// rows or not at all. The same id with the same content is stored once; with other content Put refuses
// with request_id_reused. A command that the ledger would refuse for its form is refused here. Call Wake
// after the commit to have it sent at once.
func (o *Outbox) Put(ctx context.Context, tx *sql.Tx, c Command) error {
	row, err := newRow(c, o.settings.now())
	if err != nil {
		return fmt.Errorf("store %s: %w", c.Function, err)
	}
	if err := row.put(ctx, tx); err != nil {
		return fmt.Errorf("store %s: %w", c.Function, err)
	}
	return nil
}

// Wake tells this process's runner that commands were stored. Without it they are found at the next
// poll.
func (o *Outbox) Wake() {
	select {
	case o.woken <- struct{}{}:
	default: // it has been told and has not yet looked
	}
}

// Do stores a command and waits until it is decided, by this process or another. When the context ends
// first it answers the present status: the command goes on. An error means that the command was refused
// for its form, that storing it took too long, or that the database failed;
// then the same command is safe to give again.
func (o *Outbox) Do(ctx context.Context, c Command) (Outcome, error) {
	decided, forget := o.watch(c.ID)
	defer forget()
	if err := o.storeAnyway(ctx, c); err != nil {
		return Outcome{}, err
	}
	o.Wake()
	// Another process may decide it, which only the database tells.
	ticker := time.NewTicker(max(o.settings.poll, time.Millisecond))
	defer ticker.Stop()
	for {
		select {
		case <-decided:
			return o.present(ctx, c.ID)
		case <-ctx.Done():
			return o.present(ctx, c.ID)
		case <-ticker.C:
		}
		if out, err := o.present(ctx, c.ID); err != nil || out.Status.Final() {
			return out, err
		}
		ticker.Reset(min(10*o.settings.poll, 2*time.Second))
	}
}

// store is Put in a transaction shared with other callers. A refusal is kept out of the transaction's
// error, because it is not the others' business.
func (o *Outbox) store(ctx context.Context, c Command) error {
	var refusal error
	err := o.storing.write(ctx, func(tx *sql.Tx) error {
		refusal = o.Put(ctx, tx, c)
		var f *fault.Fault
		if errors.As(refusal, &f) {
			return nil
		}
		return refusal
	})
	if err != nil {
		return err
	}
	return refusal
}

// storeAnyway is store for a caller who may not wait: how long somebody waits for an outcome does not shorten the time
// that storing may take.
func (o *Outbox) storeAnyway(ctx context.Context, c Command) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storingPatience)
	defer cancel()
	return o.store(ctx, c)
}

// storingPatience bounds how long a command may take to be stored.
const storingPatience = 10 * time.Second

// present is a stored command's status, read also when the caller's context has ended.
func (o *Outbox) present(ctx context.Context, id string) (Outcome, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	out, found, err := o.Find(ctx, id)
	if err == nil && !found {
		err = fmt.Errorf("find command %s: it was stored and is gone", id)
	}
	return out, err
}

// watch answers a channel that is closed when this process decides the command.
func (o *Outbox) watch(id string) (decided <-chan struct{}, forget func()) {
	done := make(chan struct{})
	o.mu.Lock()
	defer o.mu.Unlock()
	o.waiting[id] = append(o.waiting[id], done)
	return done, func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		left := o.waiting[id][:0]
		for _, each := range o.waiting[id] {
			if each != done {
				left = append(left, each)
			}
		}
		if o.waiting[id] = left; len(left) == 0 {
			delete(o.waiting, id)
		}
	}
}

// tell wakes whoever waits for decided commands.
func (o *Outbox) tell(outcomes []Outcome) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, out := range outcomes {
		for _, done := range o.waiting[out.ID] {
			close(done)
		}
		delete(o.waiting, out.ID)
	}
}
