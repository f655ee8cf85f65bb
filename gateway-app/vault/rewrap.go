package vault

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/tallystick/tallystick/gateway-app/store"
)

// NextMaster is where a change of the master key keeps the new one until the database is under it.
func NextMaster(path string) string { return path + ".next" }

// ChangeMaster draws another master key, wraps every key of the database with it in one transaction, and puts
// it in the place of the former, which is gone from then on. The sealed values stay as they are. Cut off at
// any point it loses nothing: the database is under the one or the other key, both are on the disk until the
// new one counts, and a second call ends what the first began. No process may use the vault meanwhile: it
// could not unwrap a key that comes later.
func ChangeMaster(ctx context.Context, db *store.DB, path string) error {
	former, err := Load(path)
	if err != nil {
		return err
	}
	keys, err := readKeys(ctx, db)
	if err != nil {
		return err
	}
	if len(keys) == 0 {
		return errors.New("change the master key: this database has no keys yet: start the app once")
	}
	_, wrong := unwrapAll(keys, former)
	next, err := nextMaster(path, wrong == nil)
	if err != nil {
		return fmt.Errorf("change the master key: %w", err)
	}
	if _, err := unwrapAll(keys, next); err != nil { // not under the new one yet
		if err := rewrapAll(ctx, db, former, next); err != nil {
			return fmt.Errorf("change the master key: %w", err)
		}
	}
	if err := os.Rename(NextMaster(path), path); err != nil {
		return fmt.Errorf("change the master key: %w", err)
	}
	return syncFolder(filepath.Dir(path))
}

// nextMaster loads the new key, or makes it. A file that was cut off while it was written may be made anew as
// long as the former key opens the database.
func nextMaster(path string, formerOpens bool) (*MasterKey, error) {
	next, err := Load(NextMaster(path))
	if err == nil || !formerOpens {
		return next, err
	}
	if err := os.Remove(NextMaster(path)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if err := Create(NextMaster(path)); err != nil {
		return nil, err
	}
	return Load(NextMaster(path))
}

// rewrapAll puts every key under another master key, in one transaction.
func rewrapAll(ctx context.Context, db *store.DB, from, to *MasterKey) error {
	return db.Write(ctx, func(tx *sql.Tx) error {
		keys, err := readKeys(ctx, tx)
		if err != nil {
			return err
		}
		for _, k := range keys {
			if err := rewrapOne(ctx, tx, k, from, to); err != nil {
				return err
			}
		}
		return nil
	})
}

func rewrapOne(ctx context.Context, tx *sql.Tx, k wrappedKey, from, to *MasterKey) error {
	secret, err := k.unwrap(from)
	if err != nil {
		return err
	}
	if err := k.wrap(to, secret); err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `UPDATE vault_key SET wrapped = $1 WHERE purpose = $2 AND version = $3`,
		k.wrapped, string(k.purpose), int64(k.version))
	return err
}
