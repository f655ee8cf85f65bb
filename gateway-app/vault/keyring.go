package vault

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/base64"
	"fmt"
	"strconv"
	"time"

	"github.com/tink-crypto/tink-go/v2/tink"

	"github.com/tallystick/tallystick/gateway-app/store"
)

// purpose says what a key is for. A key for one purpose is never used for the other.
type purpose string

const (
	forFields purpose = "field" // seals values
	forIndex  purpose = "index" // keys the blind indexes and content addresses
)

// wrappedKey is a row of vault_key.
type wrappedKey struct {
	purpose   purpose
	version   uint32
	algorithm Algorithm
	wrapped   string // base64
}

// place is the associated data of a wrapped key: it cannot stand in for another version or purpose.
func (k wrappedKey) place() []byte {
	return place("vault_key", string(k.purpose)+"/"+strconv.FormatUint(uint64(k.version), 10), string(k.algorithm))
}

func (k wrappedKey) unwrap(master *MasterKey) ([]byte, error) {
	wrapper, err := master.wrapper(k.algorithm)
	if err != nil {
		return nil, err
	}
	raw, err := base64.StdEncoding.DecodeString(k.wrapped)
	if err != nil {
		return nil, fmt.Errorf("decode key %s/%d of the vault: %w", k.purpose, k.version, err)
	}
	secret, err := wrapper.Decrypt(raw, k.place())
	if err != nil {
		return nil, fmt.Errorf("unwrap key %s/%d of the vault: %w: give the master key that this database was made with",
			k.purpose, k.version, ErrWrongMaster)
	}
	return secret, nil
}

func (k *wrappedKey) wrap(master *MasterKey, secret []byte) error {
	wrapper, err := master.wrapper(k.algorithm)
	if err != nil {
		return err
	}
	raw, err := wrapper.Encrypt(secret, k.place())
	if err != nil {
		return fmt.Errorf("wrap key %s/%d of the vault: %w", k.purpose, k.version, err)
	}
	k.wrapped = base64.StdEncoding.EncodeToString(raw)
	return nil
}

// querier is what a database and a transaction share.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// readKeys lists every key that was not retired, oldest version first.
func readKeys(ctx context.Context, q querier) ([]wrappedKey, error) {
	rows, err := q.QueryContext(ctx,
		`SELECT purpose, version, algorithm, wrapped FROM vault_key WHERE wrapped <> '' ORDER BY purpose, version`)
	if err != nil {
		return nil, fmt.Errorf("read the vault's keys: %w", err)
	}
	defer rows.Close()
	var keys []wrappedKey
	for rows.Next() {
		var k wrappedKey
		if err := rows.Scan(&k.purpose, &k.version, &k.algorithm, &k.wrapped); err != nil {
			return nil, fmt.Errorf("read the vault's keys: %w", err)
		}
		keys = append(keys, k)
	}
	return keys, rows.Err()
}

// newKey draws a key, wraps it and stores it as the next version of its purpose.
func newKey(ctx context.Context, tx *sql.Tx, master *MasterKey, p purpose, a Algorithm, at time.Time) error {
	k := wrappedKey{purpose: p, algorithm: a}
	row := tx.QueryRowContext(ctx, `SELECT COALESCE(MAX(version), 0) + 1 FROM vault_key WHERE purpose = $1`, string(p))
	if err := row.Scan(&k.version); err != nil {
		return fmt.Errorf("count the vault's keys: %w", err)
	}
	secret := make([]byte, a.KeyBytes())
	if _, err := rand.Read(secret); err != nil {
		return fmt.Errorf("draw a key: %w", err)
	}
	if err := k.wrap(master, secret); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx,
		`INSERT INTO vault_key (purpose, version, algorithm, wrapped, made_at, retired_at) VALUES ($1, $2, $3, $4, $5, '')`,
		string(p), int64(k.version), string(a), k.wrapped, store.Time(at))
	if err != nil {
		return fmt.Errorf("store a key of the vault: %w", err)
	}
	return nil
}

// keyring is what the stored keys unwrap to.
type keyring struct {
	fields  map[uint32]tink.AEAD
	newest  uint32
	sealing Algorithm // of the newest
	index   []byte
	indexed Algorithm
}

func unwrapAll(keys []wrappedKey, master *MasterKey) (*keyring, error) {
	ring := &keyring{fields: map[uint32]tink.AEAD{}}
	for _, k := range keys {
		secret, err := k.unwrap(master)
		if err != nil {
			return nil, err
		}
		if k.purpose == forIndex {
			ring.index, ring.indexed = secret, k.algorithm
			continue
		}
		if ring.fields[k.version], err = k.algorithm.aead(secret); err != nil {
			return nil, fmt.Errorf("load key %d of the vault: %w", k.version, err)
		}
		ring.newest, ring.sealing = k.version, k.algorithm
	}
	return ring, nil
}
