package serve

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"

	"github.com/tallystick/tallystick/gateway-app/ledger"
	"github.com/tallystick/tallystick/gateway-app/projection"
	"github.com/tallystick/tallystick/gateway-app/store"
)

// Rebuild drops the member's read model and folds every block again. It says how many rows there were
// before and after, and the digest over all of them: the same, unless the ledger has grown meanwhile. It refuses to
// beside the app, on this machine or another.
func Rebuild(ctx context.Context, settings Settings, out io.Writer) error {
	release, err := settings.claim(alone)
	if err != nil {
		return err
	}
	defer release()
	profile, err := ledger.LoadProfile(settings.ProfilePath)
	if err != nil {
		return err
	}
	db, err := store.Open(ctx, settings.DatabaseURL)
	if err != nil {
		return err
	}
	defer db.Close()
	client, err := ledger.Connect(ctx, profile, machine)
	if err != nil {
		return err
	}
	defer client.Close()
	process, err := processName(profile.Member, settings)
	if err != nil {
		return err
	}
	return standStill(ctx, db, process, patience, func(ctx context.Context) error {
		if err := describe(ctx, db, out, "before"); err != nil {
			return err
		}
		if err := projection.Rebuild(ctx, db, client); err != nil {
			return err
		}
		return describe(ctx, db, out, "after")
	})
}

// describe counts the rows of the read model, and digests them in their order.
func describe(ctx context.Context, db *store.DB, out io.Writer, when string) error {
	rows, digest := 0, sha256.New()
	for row, err := range projection.Rows(ctx, db) {
		if err != nil {
			return fmt.Errorf("read the read model: %w", err)
		}
		rows++
		fmt.Fprintln(digest, row)
	}
	_, err := fmt.Fprintf(out, "%s: %d rows, sha256 %x\n", when, rows, digest.Sum(nil))
	return err
}
