package accesslog

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"github.com/tallystick/tallystick/gateway-app/accesslog/chain"
)

// handleBytes is the length of a handle as it is kept.
const handleBytes = 16

// disclosure is the set of those whose data a row is about: distinct handles in their order. It is kept once
// however often it is shown, because a list that is read again shows mostly the same.
type disclosure []byte

func disclose(handles []string) (disclosure, error) {
	sorted := slices.Compact(slices.Sorted(slices.Values(handles)))
	packed := make(disclosure, 0, handleBytes*len(sorted))
	for _, handle := range sorted {
		raw, err := hex.DecodeString(handle)
		if err != nil || len(raw) != handleBytes {
			return nil, errors.New("append to the access log: a subject is no handle")
		}
		packed = append(packed, raw...)
	}
	return packed, nil
}

func (d disclosure) count() int64 { return int64(len(d) / handleBytes) }

// digest is empty for nobody.
func (d disclosure) digest() string {
	if len(d) == 0 {
		return ""
	}
	sum := sha256.Sum256(d)
	return hex.EncodeToString(sum[:])
}

func (d disclosure) keep(ctx context.Context, tx *sql.Tx) error {
	if len(d) == 0 {
		return nil
	}
	const insert = `INSERT INTO access_disclosure (digest, subjects) VALUES ($1, $2) ON CONFLICT (digest) DO NOTHING`
	_, err := tx.ExecContext(ctx, insert, d.digest(), []byte(d))
	return err
}

// names reports whether any of the handles is in the set.
func (d disclosure) names(handles map[[handleBytes]byte]bool) bool {
	for at := 0; at+handleBytes <= len(d); at += handleBytes {
		if handles[[handleBytes]byte(d[at:])] {
			return true
		}
	}
	return false
}

// naming answers whether a row is about any of these handles, as what was asked for or among those whose data was shown.
func (l *Log) naming(ctx context.Context, handles []string) (func(chain.Row) bool, error) {
	wanted, subjects := map[[handleBytes]byte]bool{}, map[string]bool{}
	for _, handle := range handles {
		one, err := disclose([]string{handle})
		if err != nil {
			return nil, err
		}
		wanted[[handleBytes]byte(one)], subjects[handle] = true, true
	}
	shown := map[string]bool{}
	err := l.eachDisclosure(ctx, func(digest string, d disclosure) error {
		if d.names(wanted) {
			shown[digest] = true
		}
		return nil
	})
	return func(row chain.Row) bool { return subjects[row.Subject] || shown[row.Disclosed] }, err
}

// eachDisclosure visits every set that is kept, by its digest.
func (l *Log) eachDisclosure(ctx context.Context, visit func(digest string, d disclosure) error) error {
	rows, err := l.db.QueryContext(ctx, `SELECT digest, subjects FROM access_disclosure`)
	if err != nil {
		return fmt.Errorf("read whose data was shown: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var digest string
		var packed []byte
		if err := rows.Scan(&digest, &packed); err != nil {
			return fmt.Errorf("read whose data was shown: %w", err)
		}
		if err := visit(digest, packed); err != nil {
			return err
		}
	}
	return rows.Err()
}

// verifyDisclosures finds a set that is not what its digest says, and a row whose set is not kept.
func (l *Log) verifyDisclosures(ctx context.Context) error {
	kept := map[string]bool{"": true}
	err := l.eachDisclosure(ctx, func(digest string, d disclosure) error {
		if d.digest() != digest {
			return &chain.Finding{Kind: chain.Altered, Detail: "the handles of " + digest + " are not those that were shown"}
		}
		kept[digest] = true
		return nil
	})
	if err != nil {
		return err
	}
	for row, err := range l.For(true).rows(ctx) {
		if err != nil {
			return err
		}
		if !kept[row.Disclosed] {
			return &chain.Finding{Kind: chain.Missing, Sequence: row.Sequence, Detail: "the handles of those whose data was shown are not kept"}
		}
	}
	return nil
}
