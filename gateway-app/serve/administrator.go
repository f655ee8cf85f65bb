package serve

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/access"
	"github.com/tallystick/tallystick/gateway-app/accesslog"
	"github.com/tallystick/tallystick/gateway-app/ledger"
)

// atTheMachine is who the access log names for what was done with the member's settings and keys instead of a
// sign-in, and under which policy.
const atTheMachine = "at-the-machine"

// bureau is the member's users and its access log, without the rest of the app. The app may run meanwhile.
type bureau struct {
	member string
	users  *access.Directory
	log    *accesslog.Log
	close  func() error
}

func openBureau(ctx context.Context, settings Settings) (*bureau, error) {
	profile, err := ledger.LoadProfile(settings.ProfilePath)
	if err != nil {
		return nil, err
	}
	o, err := openVaultOf(ctx, settings)
	if err != nil {
		return nil, err
	}
	users, err := access.Open(ctx, o.db, o.vault, access.Settings{Member: profile.Member, Kind: profile.Kind})
	if err != nil {
		return nil, errors.Join(err, o.db.Close())
	}
	return &bureau{member: profile.Member, users: users, log: accesslog.New(o.db, profile.Member, nil, nil), close: o.db.Close}, nil
}

// record writes what is about to be done into the access log. What cannot be written down is not done.
func (b *bureau) record(ctx context.Context, operation, subject string) error {
	return b.log.Write(ctx, accesslog.Entry{
		At: time.Now().UTC(), Actor: atTheMachine, Operation: operation, Decision: accesslog.Allowed, Policy: atTheMachine,
		Subject: subject, RequestID: rand.Text(),
	})
}

// RestoreAdministrator lets an administrator in again who was lost, or makes another, and prints a password, once.
// It is the way back for a member whose second administrator cannot approve any more, and takes who has the
// machine: its settings, its master key and its database.
func RestoreAdministrator(ctx context.Context, settings Settings, name string, out io.Writer) error {
	b, err := openBureau(ctx, settings)
	if err != nil {
		return err
	}
	defer b.close() //nolint:errcheck // nothing is left to write: the database answered every commit
	before, err := b.users.UserNamed(ctx, name)
	operation := "user.reset"
	if errors.Is(err, fault.New(fault.NotFound)) {
		operation, err = "user.create", nil
	}
	if err != nil {
		return err
	}
	if err := b.record(ctx, operation, before.ID); err != nil {
		return err
	}
	user, made, err := b.users.Recover(ctx, b.member, name)
	if errors.Is(err, fault.New(fault.WrongRole)) {
		return fmt.Errorf("restore %q: %w: this user never was an administrator; name another", name, err)
	}
	if err != nil {
		return fmt.Errorf("restore %q: %w", name, err)
	}
	_, err = fmt.Fprintf(out, "%s may sign in with the password %s\nTheir id is %s. Have them change it at once, and set a one-time code up.\n",
		made.Name, made.Password, user.ID)
	return err
}

// DisableAdministrator locks a user out without another administrator's approval, as when an account was taken over.
func DisableAdministrator(ctx context.Context, settings Settings, name string, out io.Writer) error {
	return atOnce(ctx, settings, "user.disable", name, out, (*access.Directory).Disable)
}

// UnlockAdministrator forgives the failed sign-ins of a user.
func UnlockAdministrator(ctx context.Context, settings Settings, name string, out io.Writer) error {
	return atOnce(ctx, settings, "user.unlock", name, out, (*access.Directory).Unlock)
}

// atOnce does one thing to the user of a name.
func atOnce(ctx context.Context, settings Settings, operation, name string, out io.Writer,
	do func(*access.Directory, context.Context, string) (access.User, error),
) error {
	b, err := openBureau(ctx, settings)
	if err != nil {
		return err
	}
	defer b.close() //nolint:errcheck // nothing is left to write: the database answered every commit
	user, err := b.users.UserNamed(ctx, name)
	if err != nil {
		return fmt.Errorf("%s of %q: %w", operation, name, err)
	}
	if err := b.record(ctx, operation, user.ID); err != nil {
		return err
	}
	if _, err := do(b.users, ctx, user.ID); err != nil {
		return fmt.Errorf("%s of %q: %w", operation, name, err)
	}
	_, err = fmt.Fprintf(out, "%s: done, and in the access log\n", operation)
	return err
}
