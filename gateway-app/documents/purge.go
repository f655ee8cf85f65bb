package documents

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Forget deletes the documents about a subject inside the caller's transaction, with the keys of content
// that nobody else's document has, and answers how many. From the commit on such content cannot be
// opened; its files go with the next Sweep.
func (s *Store) Forget(ctx context.Context, tx *sql.Tx, subject string) (int64, error) {
	result, err := tx.ExecContext(ctx, `DELETE FROM document WHERE subject = $1`, subject)
	if err != nil {
		return 0, fmt.Errorf("forget the documents of %s: %w", subject, err)
	}
	count, err := result.RowsAffected()
	if err != nil {
		return 0, err
	}
	_, err = tx.ExecContext(ctx,
		`DELETE FROM document_content WHERE NOT EXISTS (SELECT 1 FROM document d WHERE d.address = document_content.address)`)
	if err != nil {
		return 0, fmt.Errorf("forget the documents of %s: %w", subject, err)
	}
	return count, nil
}

// Sweep removes files that no row names and that are older than an upload can last, and answers how many.
// What it removes has no key and could not be read.
func (s *Store) Sweep(ctx context.Context, older time.Duration) (int, error) {
	entries, err := os.ReadDir(s.folder)
	if err != nil {
		return 0, fmt.Errorf("sweep the documents folder: %w", err)
	}
	removed := 0
	for _, entry := range entries {
		info, err := entry.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue // another sweep was faster
		}
		if err != nil {
			return removed, fmt.Errorf("sweep the documents folder: %w", err)
		}
		if info.IsDir() || time.Since(info.ModTime()) < older {
			continue
		}
		gone, err := s.sweepFile(ctx, entry.Name())
		if err != nil {
			return removed, fmt.Errorf("sweep the documents folder: %w", err)
		}
		if gone {
			removed++
		}
	}
	return removed, nil
}

func (s *Store) sweepFile(ctx context.Context, name string) (bool, error) {
	var named int
	if err := s.db.QueryRowContext(ctx, `SELECT COUNT(*) FROM document_content WHERE file = $1`, name).Scan(&named); err != nil {
		return false, err
	}
	if named > 0 {
		return false, nil
	}
	err := os.Remove(filepath.Join(s.folder, name))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}
