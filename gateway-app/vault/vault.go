package vault

import (
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/tink-crypto/tink-go/v2/tink"

	"github.com/tallystick/tallystick/gateway-app/store"
)

// What opening can meet.
var (
	// ErrNotSealed is a value that the vault did not write.
	ErrNotSealed = errors.New("not a sealed value")
	// ErrTampered is a sealed value that was changed, or moved from its table, row or column.
	ErrTampered = errors.New("sealed value was changed or moved")
	// ErrRetired is a value under a key that is no longer kept.
	ErrRetired = errors.New("sealed under a key that was retired")
	// ErrStale is a vault that could not read its keys for half a day.
	ErrStale = errors.New("the vault's keys could not be read for too long: check the database")
	// ErrWrongMaster is a master key that wraps other keys than this database's.
	ErrWrongMaster = errors.New("another master key wrapped it")
)

// A sealed value is its form, the version of its key, and what the cipher wrote.
const (
	form        byte = 1
	headerBytes int  = 5
)

const (
	reloadWithin = 5 * time.Second // bounds the read of keys that another process made
	freshFor     = time.Hour
	staleAfter   = 12 * time.Hour
)

// RetireAfter is how long a key was superseded before it may be destroyed beside a living process: longer than
// any goes on sealing with it.
const RetireAfter = 24 * time.Hour

// Vault seals and opens. Its methods may be called by many at once.
type Vault struct {
	db  *store.DB
	now func() time.Time

	mu      sync.RWMutex
	master  *MasterKey
	ring    *keyring
	loaded  time.Time // when the ring was last read
	loading bool
}

// New opens the database's vault under its master key, and makes the first keys of an empty one. When the
// algorithm is not that of the newest data key, a new version under the algorithm begins: what was sealed
// before still opens.
func New(ctx context.Context, db *store.DB, master *MasterKey, algorithm Algorithm) (*Vault, error) {
	v := &Vault{db: db, master: master, now: time.Now}
	err := db.Write(ctx, func(tx *sql.Tx) error { return v.prepare(ctx, tx, algorithm) })
	if err == nil {
		err = v.load(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("open the vault: %w", err)
	}
	return v, nil
}

func (v *Vault) prepare(ctx context.Context, tx *sql.Tx, algorithm Algorithm) error {
	keys, err := readKeys(ctx, tx)
	if err != nil {
		return err
	}
	ring, err := unwrapAll(keys, v.master)
	if err != nil {
		return err
	}
	if ring.newest == 0 || ring.sealing != algorithm {
		if err := newKey(ctx, tx, v.master, forFields, algorithm, v.now()); err != nil {
			return err
		}
	}
	if ring.index == nil {
		return newKey(ctx, tx, v.master, forIndex, algorithm, v.now())
	}
	return nil
}

// load reads the keys that are committed. A key is never used before it is: what it sealed would be lost
// with the transaction that made it.
func (v *Vault) load(ctx context.Context) error {
	at := v.now()
	keys, err := readKeys(ctx, v.db)
	if err != nil {
		return err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	ring, err := unwrapAll(keys, v.master)
	if err != nil {
		return err
	}
	v.ring, v.loaded = ring, at
	return nil
}

func (v *Vault) keys() *keyring {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return v.ring
}

// sealingKeys are the keys, read anew in the background once an hour, because another process may have
// rotated them. With keys half a day old it seals no more: the newest of them may be about to be retired.
func (v *Vault) sealingKeys() (*keyring, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	age := v.now().Sub(v.loaded)
	if age > freshFor && !v.loading {
		v.loading = true
		go v.refresh()
	}
	if age > staleAfter {
		return nil, ErrStale
	}
	return v.ring, nil
}

func (v *Vault) refresh() {
	ctx, cancel := context.WithTimeout(context.Background(), reloadWithin)
	defer cancel()
	// A database that does not answer leaves the keys as they are, until they are stale: then sealing says so.
	_ = v.load(ctx)
	v.mu.Lock()
	defer v.mu.Unlock()
	v.loading = false
}

// Algorithm is what new values are sealed with.
func (v *Vault) Algorithm() Algorithm { return v.keys().sealing }

// Version is the data key that new values are sealed with.
func (v *Vault) Version() uint32 { return v.keys().newest }

// Seal encrypts a value for its one place. Equal values give different bytes.
func (v *Vault) Seal(table, row, column string, plain []byte) ([]byte, error) {
	if err := registered(table, column); err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	ring, err := v.sealingKeys()
	if err != nil {
		return nil, fmt.Errorf("seal %s.%s: %w", table, column, err)
	}
	header := make([]byte, headerBytes)
	header[0] = form
	binary.BigEndian.PutUint32(header[1:], ring.newest)
	body, err := ring.fields[ring.newest].Encrypt(plain, append(header[:headerBytes:headerBytes], place(table, row, column)...))
	if err != nil {
		return nil, fmt.Errorf("seal %s.%s: %w", table, column, err)
	}
	return slices.Concat(header, body), nil
}

// Open decrypts a value at its place. It answers nothing unless every byte is as it was sealed, here.
func (v *Vault) Open(table, row, column string, sealed []byte) ([]byte, error) {
	if err := registered(table, column); err != nil {
		return nil, fmt.Errorf("open: %w", err)
	}
	version, ok := sealedVersion(sealed)
	if !ok {
		return nil, fmt.Errorf("open %s.%s: %w", table, column, ErrNotSealed)
	}
	key, err := v.key(version)
	if err != nil {
		return nil, fmt.Errorf("open %s.%s: %w", table, column, err)
	}
	header := sealed[:headerBytes:headerBytes]
	plain, err := key.Decrypt(sealed[headerBytes:], append(header, place(table, row, column)...))
	if err != nil {
		return nil, fmt.Errorf("open %s.%s: %w", table, column, ErrTampered)
	}
	return plain, nil
}

// key finds a version, in the database when another process made it since.
func (v *Vault) key(version uint32) (tink.AEAD, error) {
	if key := v.keys().fields[version]; key != nil {
		return key, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), reloadWithin)
	defer cancel()
	if err := v.load(ctx); err != nil {
		return nil, err
	}
	if key := v.keys().fields[version]; key != nil {
		return key, nil
	}
	return nil, fmt.Errorf("key version %d: %w", version, ErrRetired)
}

func sealedVersion(sealed []byte) (uint32, bool) {
	if len(sealed) < headerBytes || sealed[0] != form {
		return 0, false
	}
	return binary.BigEndian.Uint32(sealed[1:headerBytes]), true
}

// place is the associated data: every part with its length, so that no two places read alike.
func place(parts ...string) []byte {
	var b []byte
	for _, part := range parts {
		b = binary.BigEndian.AppendUint32(b, uint32(len(part)))
		b = append(b, part...)
	}
	return b
}

// SealText seals a text for a TEXT column. No text stays no text: that a field is empty is not hidden.
func (v *Vault) SealText(table, row, column, plain string) (string, error) {
	if plain == "" {
		return "", nil
	}
	sealed, err := v.Seal(table, row, column, []byte(plain))
	if err != nil {
		return "", err
	}
	return base64.StdEncoding.EncodeToString(sealed), nil
}

// OpenText opens what SealText wrote.
func (v *Vault) OpenText(table, row, column, sealed string) (string, error) {
	if sealed == "" {
		return "", nil
	}
	raw, err := base64.StdEncoding.DecodeString(sealed)
	if err != nil {
		return "", fmt.Errorf("open %s.%s: %w", table, column, ErrNotSealed)
	}
	plain, err := v.Open(table, row, column, raw)
	return string(plain), err
}
