// Package enrolment gives members of staff certificates of their own for what they sign on the ledger. It
// asks the member's Fabric CA, by its REST API: an identity is registered with the role that the chaincode
// reads from the certificate, enrolled with a key made here, renewed before it expires, and revoked with
// its user.
//
// An identity's name says nothing about the person. Keys and enrolment secrets are sealed before they are
// stored. A step is stored before it is taken, so a crash between the authority's answer and our own rows
// loses nothing: the step is taken again.
//
// Revoking stops this app's signing at once. Peers refuse a revoked certificate from when the member's list
// of revoked certificates is in the channel's configuration; the package makes the list and publishes
// nothing.
package enrolment

import (
	"context"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/x509"
	"database/sql"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/gateway-app/store"
)

// Sealer encrypts one field, bound to its place.
type Sealer interface {
	Seal(table, row, column string, plain []byte) ([]byte, error)
	Open(table, row, column string, sealed []byte) ([]byte, error)
}

// The states of an enrolment.
const (
	Registered = "registered" // the authority knows or is about to know it; there is no certificate yet
	Enrolled   = "enrolled"
	Revoking   = "revoking" // no longer used here; the authority has not confirmed yet
	Revoked    = "revoked"
)

// Enrolment is one identity of a member of staff.
type Enrolment struct {
	Name        string     `json:"name"`
	User        string     `json:"user"`
	Role        party.Role `json:"role"`
	Status      string     `json:"status"`
	Certificate string     `json:"certificate,omitempty"` // PEM
	ExpiresAt   string     `json:"expires_at,omitempty"`
	UpdatedAt   string     `json:"updated_at"`

	secret, key []byte // sealed
}

// Credential is what signs for somebody: a certificate and its private key, in PEM.
type Credential struct {
	Certificate []byte
	Key         []byte
}

// Register keeps the enrolments of a member's staff. Several processes may share one database; one of
// them at a time should Run.
type Register struct {
	db        *store.DB
	sealer    Sealer
	authority *Authority
	registrar credential
	clock     func() time.Time

	mu    sync.Mutex
	chain []*x509.Certificate // the authority's own certificate and those above it, once they were asked for
}

// New keeps enrolments, asking the authority as the registrar whose certificate and key lie at the paths.
func New(db *store.DB, sealer Sealer, authority *Authority, certPath, keyPath string, clock func() time.Time) (*Register, error) {
	registrar, err := readCredential(certPath, keyPath)
	if err != nil {
		return nil, fmt.Errorf("load the registrar of the certificate authority: %w: enrol it and name its files in the settings", err)
	}
	if clock == nil {
		clock = time.Now
	}
	return &Register{db: db, sealer: sealer, authority: authority, registrar: registrar, clock: clock}, nil
}

func readCredential(certPath, keyPath string) (credential, error) {
	certificate, err := os.ReadFile(certPath)
	if err != nil {
		return credential{}, err
	}
	text, err := os.ReadFile(keyPath)
	if err != nil {
		return credential{}, err
	}
	key, err := parseKey(text)
	if err != nil {
		return credential{}, fmt.Errorf("%s: %w", keyPath, err)
	}
	c := credential{certificate: certificate, key: key}
	return c, c.check()
}

func parseKey(text []byte) (*ecdsa.PrivateKey, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("it holds no key in PEM")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	key, ok := parsed.(*ecdsa.PrivateKey)
	if !ok {
		return nil, errors.New("it holds no ECDSA key")
	}
	return key, nil
}

func writeKey(key *ecdsa.PrivateKey) ([]byte, error) {
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("write a key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw}), nil
}

func (r *Register) now() string { return store.Time(r.clock()) }

const table = "enrolment"

// Enrol gives a user a certificate with the role. One that they have with this role is answered as it is;
// one with another role is revoked first. What was begun and not finished is finished.
func (r *Register) Enrol(ctx context.Context, user string, role party.Role) (Enrolment, error) {
	if user == "" {
		return Enrolment{}, fault.In(fault.MissingField, "user")
	}
	switch role {
	case party.Operator, party.Supervisor, party.Machine, party.Admin, party.Auditor:
	default:
		return Enrolment{}, fault.In(fault.InvalidField, "role")
	}
	current, err := r.begin(ctx, user, role)
	if err != nil {
		return Enrolment{}, fmt.Errorf("enrol user %s: %w", user, err)
	}
	if err := r.revokePending(ctx, user); err != nil {
		return Enrolment{}, fmt.Errorf("enrol user %s: %w", user, err)
	}
	if current.Status == Enrolled {
		return current, nil
	}
	if err := r.finish(ctx, current); err != nil {
		return Enrolment{}, fmt.Errorf("enrol user %s: %w", user, err)
	}
	return r.Enrolment(ctx, current.Name)
}

// begin finds the user's enrolment with the role, or stores a new one. Those with other roles, and those
// that have expired, are to be revoked.
func (r *Register) begin(ctx context.Context, user string, role party.Role) (current Enrolment, err error) {
	err = r.db.Write(ctx, func(tx *sql.Tx) error {
		const dismiss = `UPDATE enrolment SET status = $1, updated_at = $2
			WHERE user_id = $3 AND status IN ($4, $5) AND (role <> $6 OR expires_at <> '' AND expires_at <= $2)`
		if _, err := tx.ExecContext(ctx, dismiss, Revoking, r.now(), user, Registered, Enrolled, string(role)); err != nil {
			return err
		}
		current, err = scanEnrolment(tx.QueryRowContext(ctx, selectEnrolments+` WHERE user_id = $1 AND status IN ($2, $3) ORDER BY name LIMIT 1`,
			user, Registered, Enrolled))
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		current = Enrolment{Name: "staff-" + randomHex(8), User: user, Role: role, Status: Registered, UpdatedAt: r.now()}
		if current.secret, err = r.sealer.Seal(table, current.Name, "secret", []byte(randomHex(16))); err != nil {
			return err
		}
		const insert = `INSERT INTO enrolment (name, user_id, role, status, secret, certificate, expires_at, updated_at, revoked_at)
			VALUES ($1, $2, $3, $4, $5, '', '', $6, '')`
		_, err = tx.ExecContext(ctx, insert, current.Name, user, string(role), Registered, current.secret, current.UpdatedAt)
		return err
	})
	return current, err
}

// finish registers and enrols what begin stored. Both may have happened before: registering twice is
// refused with a code that says so, and enrolling again makes another certificate of the same identity.
func (r *Register) finish(ctx context.Context, e Enrolment) error {
	secret, err := r.sealer.Open(table, e.Name, "secret", e.secret)
	if err != nil {
		return fmt.Errorf("open the enrolment secret: %w", err)
	}
	err = r.authority.register(ctx, r.registrar, e.Name, string(secret), string(e.Role))
	if err != nil && !refusedWith(err, codeRegistered) {
		return err
	}
	made, err := r.authority.enrol(ctx, e.Name, string(secret))
	if err != nil {
		return err
	}
	return r.keep(ctx, e.Name, e.Status, made)
}

// keep stores a certificate and its sealed key, and forgets the secret. An enrolment that was revoked
// meanwhile stays so.
func (r *Register) keep(ctx context.Context, name, status string, made credential) error {
	parsed, err := made.parsed()
	if err != nil {
		return err
	}
	text, err := writeKey(made.key)
	if err != nil {
		return err
	}
	sealed, err := r.sealer.Seal(table, name, "key_sealed", text)
	if err != nil {
		return fmt.Errorf("seal a key: %w", err)
	}
	return r.db.Write(ctx, func(tx *sql.Tx) error {
		const update = `UPDATE enrolment SET status = $1, key_sealed = $2, certificate = $3, expires_at = $4, secret = NULL, updated_at = $5
			WHERE name = $6 AND status = $7`
		done, err := tx.ExecContext(ctx, update, Enrolled, sealed, string(made.certificate), store.Time(parsed.NotAfter), r.now(), name, status)
		if err != nil {
			return err
		}
		if n, err := done.RowsAffected(); err != nil || n == 0 {
			return errors.Join(fault.New(fault.WrongStatus), err)
		}
		return nil
	})
}

func randomHex(bytes int) string {
	raw := make([]byte, bytes)
	_, _ = rand.Read(raw) // documented never to fail
	return hex.EncodeToString(raw)
}
