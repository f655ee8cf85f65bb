package serve

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/tallystick/tallystick/gateway-app/pseudonym"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/vault"
)

// opened is a member's vault with what is sealed under it, without the rest of the app.
type opened struct {
	db    *store.DB
	vault *vault.Vault
	ring  *pseudonym.Keyring
}

func openVaultOf(ctx context.Context, settings Settings) (opened, error) {
	algorithm, err := vault.ParseAlgorithm(settings.FieldCipher)
	if err != nil {
		return opened{}, fmt.Errorf("field_cipher: %w", err)
	}
	master, err := vault.Load(settings.masterPath())
	if err != nil {
		return opened{}, err
	}
	db, err := store.Open(ctx, settings.DatabaseURL)
	if err != nil {
		return opened{}, err
	}
	o := opened{db: db}
	if o.vault, err = openUnder(ctx, db, master, algorithm, settings.masterPath()); err != nil {
		return opened{}, errors.Join(err, db.Close())
	}
	if o.ring, err = pseudonym.OpenKeyring(settings.keyringPath(), o.vault); err != nil {
		return opened{}, errors.Join(err, db.Close())
	}
	return o, nil
}

func (s Settings) masterPath() string { return s.inData("master.key") }

func (s Settings) keyringPath() string { return s.inData("pseudonym-keys") }

// openUnder opens a vault, and says so where a change of its master key was cut off.
func openUnder(ctx context.Context, db *store.DB, master *vault.MasterKey, a vault.Algorithm, path string) (*vault.Vault, error) {
	v, err := vault.New(ctx, db, master, a)
	if errors.Is(err, vault.ErrWrongMaster) {
		if _, missing := os.Stat(vault.NextMaster(path)); missing == nil {
			return nil, fmt.Errorf("%w: a change of the master key was cut off: end it with gateway-app vault rewrap", err)
		}
	}
	return v, err
}

// RotateVault begins a new data key of a member's vault, under the algorithm that the settings name, and seals
// everything anew. The app may run meanwhile.
func RotateVault(ctx context.Context, settings Settings, out io.Writer) error {
	o, err := openVaultOf(ctx, settings)
	if err != nil {
		return err
	}
	defer o.db.Close()
	done, err := o.vault.Change(ctx, func(c vault.Column, n int) {
		fmt.Fprintf(out, "%s.%s: %d sealed anew\n", c.Table, c.Name, n)
	}, o.ring)
	if err != nil {
		return err
	}
	what := "begun"
	if !done.Begun {
		what = "was begun before, and is gone on with"
	}
	_, err = fmt.Fprintf(out, "key %d (%s) %s; %d values sealed anew; the former keys open until they are retired\n",
		done.Version, done.Algorithm, what, done.Resealed)
	return err
}

// RetireVault forgets every data key that was superseded a day ago, once nothing is sealed under it any more.
// At once means all but the newest; then the app must stand still.
func RetireVault(ctx context.Context, settings Settings, out io.Writer, atOnce bool) error {
	superseded := vault.RetireAfter
	if atOnce {
		superseded = 0
		release, err := settings.claim(alone)
		if err != nil {
			return err
		}
		defer release()
	}
	o, err := openVaultOf(ctx, settings)
	if err != nil {
		return err
	}
	defer o.db.Close()
	retired, err := o.vault.Retire(ctx, superseded, o.ring)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%d keys retired; everything is under key %d (%s)\n", retired, o.vault.Version(), o.vault.Algorithm())
	return err
}

// RewrapVault puts another master key in the place of the member's. The app must stand still.
func RewrapVault(ctx context.Context, settings Settings, out io.Writer) error {
	release, err := settings.claim(alone)
	if err != nil {
		return err
	}
	defer release()
	db, err := store.Open(ctx, settings.DatabaseURL)
	if err != nil {
		return err
	}
	defer db.Close()
	if err := vault.ChangeMaster(ctx, db, settings.masterPath()); err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, "another master key wraps the vault's keys: back it up, apart from the database, before the app starts")
	return err
}

// How a process has the data folder.
const (
	shared = syscall.LOCK_SH // an app, beside others and beside commands that may run beside it
	alone  = syscall.LOCK_EX // a command that needs every app to stand still
)

// How long a start waits for a command that has the folder alone, and how long such a command waits for an app that was
// ended a moment ago: the system gives up what a killed process had only when it has cleared its memory away.
const (
	claimPatience = 30 * time.Second
	alonePatience = 2 * time.Second
)

// claim takes the data folder until it is released, or until the process has ended, however it has.
func (s Settings) claim(how int) (release func(), err error) {
	folder, err := os.Open(filepath.Clean(s.DataFolder))
	if err != nil {
		return nil, fmt.Errorf("claim the data folder: %w", err)
	}
	patience := claimPatience
	if how == alone {
		patience = alonePatience
	}
	for until := time.Now().Add(patience); ; time.Sleep(100 * time.Millisecond) {
		err = syscall.Flock(int(folder.Fd()), how|syscall.LOCK_NB)
		if err == nil {
			return func() { _ = folder.Close() }, nil // which gives the claim up
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) || time.Now().After(until) {
			break
		}
	}
	if how == alone {
		err = fmt.Errorf("the app runs: end it, and try again: %w", err)
	} else {
		err = fmt.Errorf("a command that needs the app to stand still has it: wait for its end: %w", err)
	}
	return nil, fmt.Errorf("claim the data folder: %w", errors.Join(err, folder.Close()))
}
