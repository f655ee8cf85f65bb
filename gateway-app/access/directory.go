package access

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"database/sql"
	"encoding/base32"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/gateway-app/store"
)

// Sealer encrypts one field. Table, row and column are bound to the ciphertext, so that a field moved to
// another place does not open.
type Sealer interface {
	Seal(table, row, column string, plain []byte) ([]byte, error)
	Open(table, row, column string, sealed []byte) ([]byte, error)
}

// Settings are what a member chooses. The zero value of each means the usual.
type Settings struct {
	Member           string           // shown by the app that makes one-time codes
	Kind             party.MemberKind // says which roles there are; empty: all
	CodeRoles        []Role           // who must set up one-time codes before doing anything else
	Idle             time.Duration    // a session that is not used this long ends; 30 minutes
	Absolute         time.Duration    // a session ends after this long whatever is done; 12 hours
	Cost             Cost             // of a password hash
	CertificateRoots *x509.CertPool   // whose certificates with a role machines may come with; nil: nobody's
	Provider         *Provider        // the OpenID provider of the staff; nil: none
	Clock            func() time.Time // time.Now
}

const (
	usualIdle     = 30 * time.Minute
	usualAbsolute = 12 * time.Hour
)

// Directory keeps organisations, users, and everything by which somebody proves who they are. Several
// processes may share one database.
type Directory struct {
	db       *store.DB
	sealer   Sealer
	settings Settings
	hasher   *hasher
	indexKey []byte
	provider *relyingParty
}

// Errors of proving who one is. They tell nothing about which names, keys or sessions exist.
var (
	ErrCredentials = errors.New("sign-in refused: name, password or one-time code is wrong")
	ErrSignedOut   = errors.New("not signed in: the token is unknown, ended or expired")
)

// Locked says that too many attempts for a name failed, from one address or from many. It is answered for names that nobody has, too.
type Locked struct{ Until time.Time }

// Error says until when, and nothing about the name.
func (l *Locked) Error() string {
	return "sign-in is locked after failed attempts until " + l.Until.UTC().Format(time.RFC3339)
}

// Open prepares the directory. The key by which names are found is made on the first start, and sealed.
func Open(ctx context.Context, db *store.DB, sealer Sealer, settings Settings) (*Directory, error) {
	if settings.Idle == 0 {
		settings.Idle = usualIdle
	}
	if settings.Absolute == 0 {
		settings.Absolute = usualAbsolute
	}
	if settings.Cost == (Cost{}) {
		settings.Cost = UsualCost
	}
	if settings.Clock == nil {
		settings.Clock = time.Now
	}
	h, err := newHasher(settings.Cost)
	if err != nil {
		return nil, fmt.Errorf("open the directory of users: %w", err)
	}
	d := &Directory{db: db, sealer: sealer, settings: settings, hasher: h}
	if settings.Provider != nil {
		d.provider = newRelyingParty(*settings.Provider)
	}
	if d.indexKey, err = d.secret(ctx, "name index"); err != nil {
		return nil, fmt.Errorf("open the directory of users: %w: if the vault's key was replaced, restore the former one", err)
	}
	return d, nil
}

const secretTable = "access_secret"

// secret reads a key of the directory's own, making it where there is none.
func (d *Directory) secret(ctx context.Context, name string) ([]byte, error) {
	fresh := make([]byte, 32)
	if _, err := rand.Read(fresh); err != nil {
		return nil, fmt.Errorf("make the key %q: %w", name, err)
	}
	sealed, err := d.sealer.Seal(secretTable, name, "sealed", fresh)
	if err != nil {
		return nil, fmt.Errorf("seal the key %q: %w", name, err)
	}
	err = d.db.Write(ctx, func(tx *sql.Tx) error {
		const insert = `INSERT INTO access_secret (name, sealed) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING`
		if _, err := tx.ExecContext(ctx, insert, name, sealed); err != nil {
			return err
		}
		return tx.QueryRowContext(ctx, `SELECT sealed FROM access_secret WHERE name = $1`, name).Scan(&sealed)
	})
	if err != nil {
		return nil, fmt.Errorf("keep the key %q: %w", name, err)
	}
	key, err := d.sealer.Open(secretTable, name, "sealed", sealed)
	if err != nil {
		return nil, fmt.Errorf("open the key %q: %w", name, err)
	}
	return key, nil
}

// index is how a value is found without being kept: a keyed hash of it, apart for every use.
func (d *Directory) index(use, value string) string {
	mac := hmac.New(sha256.New, d.indexKey)
	mac.Write([]byte(use + "\x00" + value))
	return hex.EncodeToString(mac.Sum(nil))
}

// FirstPassword is the password that a user starts with who was given none: known from the id to whoever has the
// directory's own key, and to nobody else, so that a request that is repeated after a crash is answered as before.
func (d *Directory) FirstPassword(id string) string {
	mac := hmac.New(sha256.New, d.indexKey)
	mac.Write([]byte("first password\x00" + id))
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(mac.Sum(nil)[:16])
}

// FoldName is the form in which two names are one: in which tries at a name are counted.
func FoldName(name string) string { return fold(name) }

// fold makes names equal that people take for equal.
func fold(name string) string { return strings.ToLower(norm.NFKC.String(strings.TrimSpace(name))) }

func (d *Directory) nameIndex(name string) string { return d.index("name", fold(name)) }

func (d *Directory) now() time.Time { return d.settings.Clock().UTC() }

// hashOf is what is kept of a secret that is long and random: its SHA-256. Nothing slower is needed.
func hashOf(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// newID is 128 random bits.
func newID() string {
	id := make([]byte, 16)
	_, _ = rand.Read(id) // documented never to fail
	return hex.EncodeToString(id)
}
