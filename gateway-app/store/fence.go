package store

import (
	"context"
	"database/sql"
)

// fence is a lease on which the writes of a context depend, and those of the contexts around it.
type fence struct {
	lease *Lease
	outer *fence
}

type fenceKey struct{}

// behind is a context whose writes to the lease's database are the holder's: each of them checks the lease
// in its own transaction. Nobody who works under Hold can forget to.
func (l *Lease) behind(ctx context.Context) context.Context {
	return context.WithValue(ctx, fenceKey{}, &fence{l, fenceOf(ctx)})
}

func fenceOf(ctx context.Context) *fence {
	f, _ := ctx.Value(fenceKey{}).(*fence)
	return f
}

// check fails with ErrLeaseLost when a lease on this database, on which the context depends, is lost.
func (f *fence) check(ctx context.Context, db *DB, tx *sql.Tx) error {
	for ; f != nil; f = f.outer {
		if f.lease.db != db {
			continue
		}
		if err := f.lease.Check(ctx, tx); err != nil {
			return err
		}
	}
	return nil
}
