package accesslog

import (
	"context"
	"database/sql"
	"sync"
	"time"
)

const (
	mostAtOnce  = 500              // rows of one transaction
	longestWait = 30 * time.Second // for the database to take a transaction of them
)

// queue holds entries that wait for a transaction. Whoever finds nobody writing writes for all who come
// meanwhile: a commit costs the same for one row and for hundreds, and rows have one order anyway.
type queue struct {
	mu      sync.Mutex
	waiting []waiting
	writing bool
}

// waiting is an entry and who waits for it.
type waiting struct {
	entry Entry
	done  chan error
}

// Write appends one row, and answers when it is durable. It shares a transaction with others that are
// written at the same moment. An entry whose caller has left is written all the same.
func (l *Log) Write(ctx context.Context, e Entry) error {
	if _, err := disclose(e.Subjects); err != nil { // it would fail the others, too
		return err
	}
	w := waiting{e, make(chan error, 1)}
	l.queue.mu.Lock()
	l.queue.waiting = append(l.queue.waiting, w)
	lead := !l.queue.writing
	l.queue.writing = true
	l.queue.mu.Unlock()
	if lead {
		go l.writeQueued()
	}
	select {
	case err := <-w.done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// writeQueued writes until nobody waits any more.
func (l *Log) writeQueued() {
	for {
		l.queue.mu.Lock()
		batch := l.queue.waiting[:min(len(l.queue.waiting), mostAtOnce)]
		l.queue.waiting = l.queue.waiting[len(batch):]
		l.queue.writing = len(batch) > 0
		l.queue.mu.Unlock()
		if len(batch) == 0 {
			return
		}
		entries := make([]Entry, len(batch))
		for i, w := range batch {
			entries[i] = w.entry
		}
		err := l.writeAll(entries)
		for _, w := range batch {
			w.done <- err
		}
	}
}

func (l *Log) writeAll(entries []Entry) error {
	ctx, cancel := context.WithTimeout(context.Background(), longestWait)
	defer cancel()
	return l.db.Write(ctx, func(tx *sql.Tx) error { return l.Append(ctx, tx, entries...) })
}
