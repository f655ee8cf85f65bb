package access_test

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/tallystick/tallystick/gateway-app/access"
	"github.com/tallystick/tallystick/gateway-app/store"
)

// seal is AES-GCM with the place as additional data.
type seal struct{ aead cipher.AEAD }

func newSeal(t *testing.T) seal {
	t.Helper()
	key := make([]byte, 32)
	_, _ = rand.Read(key)
	block, err := aes.NewCipher(key)
	if err != nil {
		t.Fatal(err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		t.Fatal(err)
	}
	return seal{aead}
}

func place(parts ...string) []byte { return []byte(strings.Join(parts, "\x00")) }

func (s seal) Seal(table, row, column string, plain []byte) ([]byte, error) {
	return s.aead.Seal(nil, nil, plain, place(table, row, column)), nil
}

func (s seal) Open(table, row, column string, sealed []byte) ([]byte, error) {
	return s.aead.Open(nil, nil, sealed, place(table, row, column))
}

// clock is a time that tests move.
type clock struct{ at time.Time }

func (c *clock) now() time.Time          { return c.at }
func (c *clock) pass(span time.Duration) { c.at = c.at.Add(span) }

// cheap keeps tests fast. The usual cost has a test of its own.
var cheap = access.Cost{MemoryKiB: 64, Passes: 1, Threads: 1}

const password = "correct horse battery"

// office is a directory with one organisation.
type office struct {
	*access.Directory
	t            *testing.T
	clock        *clock
	seal         seal
	organisation string
}

func open(t *testing.T, db *store.DB, change ...func(*access.Settings)) *office {
	t.Helper()
	o := &office{t: t, clock: &clock{time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)}, seal: newSeal(t)}
	settings := access.Settings{Member: "harbor", Cost: cheap, Clock: o.clock.now}
	for _, each := range change {
		each(&settings)
	}
	var err error
	if o.Directory, err = access.Open(context.Background(), db, o.seal, settings); err != nil {
		t.Fatal(err)
	}
	made, err := o.CreateOrganisation(context.Background(), "Harbor")
	if err != nil {
		t.Fatal(err)
	}
	o.organisation = made.ID
	return o
}

// user makes a user with the password of all tests.
func (o *office) user(name string, roles ...access.Role) access.User {
	o.t.Helper()
	u, err := o.CreateUser(context.Background(), access.NewUser{Organisation: o.organisation, Name: name, Password: password, Roles: roles})
	if err != nil {
		o.t.Fatal(err)
	}
	return u
}

func (o *office) machine(name string) access.User {
	o.t.Helper()
	u, err := o.CreateUser(context.Background(), access.NewUser{Organisation: o.organisation, Kind: access.Device, Name: name, Roles: []access.Role{access.Machine}})
	if err != nil {
		o.t.Fatal(err)
	}
	return u
}

func (o *office) signIn(name string) (string, access.Principal) {
	o.t.Helper()
	token, p, err := o.SignIn(context.Background(), name, password, "")
	if err != nil {
		o.t.Fatal(err)
	}
	return token, p
}

// withCode sets a one-time code up and answers its secret.
func (o *office) withCode(user string) string {
	o.t.Helper()
	secret, err := o.EnrolCode(context.Background(), user, password)
	if err != nil {
		o.t.Fatal(err)
	}
	if err := o.ConfirmCode(context.Background(), user, o.code(secret.Secret)); err != nil {
		o.t.Fatal(err)
	}
	return secret.Secret
}

func (o *office) code(secret string) string {
	o.t.Helper()
	code, err := totp.GenerateCode(secret, o.clock.at)
	if err != nil {
		o.t.Fatal(err)
	}
	return code
}
