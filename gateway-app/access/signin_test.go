package access_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/access"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
)

func TestAUserSignsInWorksAndSignsOut(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx, o := context.Background(), open(t, db)
		made := o.user("Lin Wei", access.RiskOfficer, access.Finance)
		token, p := o.signIn(" lin WEI ") // as people write names
		if p.ID != made.ID || p.Kind != access.KindUser || p.Name != "Lin Wei" || !p.Has(access.Finance) || !strings.HasPrefix(token, "ts_") {
			t.Errorf("got %+v", p)
		}
		back, err := o.Authenticate(ctx, token)
		if err != nil || back.ID != made.ID || back.Session != p.Session || len(back.Roles) != 2 {
			t.Errorf("got %+v, %v", back, err)
		}
		other, _ := o.signIn("Lin Wei")
		if list, err := o.Sessions(ctx, made.ID); err != nil || len(list) != 2 {
			t.Errorf("got %+v, %v", list, err)
		}
		if err := o.SignOut(ctx, p.ID, p.Session); err != nil {
			t.Fatal(err)
		}
		wantSignedOut(t, o, token)
		if _, err := o.Authenticate(ctx, other); err != nil {
			t.Errorf("another session ended, too: %v", err)
		}
		for _, wrong := range []string{"", "ts_", "tk_", "Bearer", other + "x", strings.ToUpper(other)} {
			wantSignedOut(t, o, wrong)
		}
	})
}

func wantSignedOut(t *testing.T, o *office, token string) {
	t.Helper()
	if p, err := o.Authenticate(context.Background(), token); !errors.Is(err, access.ErrSignedOut) {
		t.Errorf("got %+v, %v", p, err)
	}
}

func TestASessionEndsWhenIdleAndInTheEndAnyway(t *testing.T) {
	ctx, o := context.Background(), open(t, storetest.SQLite(t))
	o.user("lin", access.Finance)
	idle, _ := o.signIn("lin")
	busy, _ := o.signIn("lin")
	for range 24 { // twelve hours, by half hours less a minute
		o.clock.pass(29 * time.Minute)
		if _, err := o.Authenticate(ctx, busy); err != nil {
			t.Fatal(err)
		}
	}
	wantSignedOut(t, o, idle)
	o.clock.pass(25 * time.Minute)
	wantSignedOut(t, o, busy)
}

func TestEverySessionEndsWithThePasswordAndWithTheUser(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx, o := context.Background(), open(t, db)
		u := o.user("lin", access.Finance)
		for name, end := range map[string]func(p access.Principal) error{
			"a new password": func(p access.Principal) error {
				if err := o.ChangePassword(ctx, p, password, "another long enough one"); err != nil {
					return err
				}
				_, again, err := o.SignIn(ctx, "lin", "another long enough one", "")
				if err != nil {
					return err
				}
				return o.ChangePassword(ctx, again, "another long enough one", password)
			},
			"signing out everywhere": func(p access.Principal) error { return o.SignOutEverywhere(ctx, p.ID) },
			"dismissal": func(p access.Principal) error {
				if _, err := o.Disable(ctx, p.ID); err != nil {
					return err
				}
				if _, _, err := o.SignIn(ctx, "lin", password, ""); !errors.Is(err, access.ErrCredentials) {
					t.Errorf("a dismissed user signs in: %v", err)
				}
				_, err := o.Enable(ctx, p.ID)
				return err
			},
		} {
			first, p := o.signIn("lin")
			second, _ := o.signIn("lin")
			if err := end(p); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			wantSignedOut(t, o, first)
			wantSignedOut(t, o, second)
		}
		given, err := o.Reset(ctx, u.ID)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := o.SignIn(ctx, "lin", given, ""); err != nil {
			t.Errorf("the new password does not work: %v", err)
		}
		if _, _, err := o.SignIn(ctx, "lin", password, ""); !errors.Is(err, access.ErrCredentials) {
			t.Errorf("the old password works: %v", err)
		}
	})
}

func TestAOneTimeCodeIsNeededAndGoodOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		o := open(t, db, func(s *access.Settings) { s.CodeRoles = []access.Role{access.Supervisor} })
		u := o.user("lin", access.Supervisor)
		token, p := o.signIn("lin")
		if !p.CodeDue {
			t.Error("a supervisor may work without a one-time code")
		}
		if err := o.ConfirmCode(ctx, u.ID, "123456"); !errors.Is(err, fault.New(fault.WrongStatus)) {
			t.Errorf("a code before there is a secret: %v", err)
		}
		secret := o.withCode(u.ID)
		if p, err := o.Authenticate(ctx, token); err != nil || p.CodeDue {
			t.Errorf("got %+v, %v", p, err)
		}
		refused := func(code string) {
			t.Helper()
			if _, _, err := o.SignIn(ctx, "lin", password, code); !errors.Is(err, access.ErrCredentials) {
				t.Errorf("code %q: %v", code, err)
			}
		}
		refused("")
		refused(o.code(secret)) // the one that confirmed it
		o.clock.pass(30 * time.Second)
		code := o.code(secret)
		if _, p, err := o.SignIn(ctx, "lin", password, code); err != nil || p.CodeDue {
			t.Fatalf("got %+v, %v", p, err)
		}
		refused(code)
		o.clock.pass(5 * time.Minute)
		refused(code)
		if _, err := o.EnrolCode(ctx, u.ID, password); !errors.Is(err, fault.New(fault.WrongStatus)) {
			t.Errorf("codes were replaced without an administrator: %v", err)
		}
	})
}

// One code, sent twenty times at once, lets one in.
func TestACodeSentManyTimesAtOnceLetsOneIn(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx, o := context.Background(), open(t, db)
		secret := o.withCode(o.user("lin", access.Finance).ID)
		o.clock.pass(time.Minute)
		code := o.code(secret)
		var wait sync.WaitGroup
		var lock sync.Mutex
		in := 0
		for range 4 {
			wait.Go(func() {
				if _, _, err := o.SignIn(ctx, "lin", password, code); err == nil {
					lock.Lock()
					in++
					lock.Unlock()
				}
			})
		}
		wait.Wait()
		if in != 1 {
			t.Errorf("%d were let in", in)
		}
	})
}

func TestFailuresLockANameForLongerAndLonger(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx, o := context.Background(), open(t, db)
		o.user("known", access.Finance)
		for _, name := range []string{"known", "nobody"} { // the same for both
			var waits []time.Duration
			for range 16 {
				_, _, err := o.SignIn(ctx, name, "a wrong password", "")
				var locked *access.Locked
				switch {
				case errors.As(err, &locked):
					waits = append(waits, locked.Until.Sub(o.clock.at))
					o.clock.at = locked.Until
				case !errors.Is(err, access.ErrCredentials):
					t.Fatalf("%s: %v", name, err)
				}
			}
			minutes := func(m float64) time.Duration { return time.Duration(m * float64(time.Minute)) }
			if want := []time.Duration{minutes(0.5), minutes(1), minutes(2), minutes(4), minutes(8), minutes(16)}; !slices.Equal(waits, want) {
				t.Errorf("%s waits %v, want %v", name, waits, want)
			}
		}
		o.clock.pass(time.Hour)
		o.signIn("known") // and a success forgives
		if _, _, err := o.SignIn(ctx, "known", "a wrong password", ""); !errors.Is(err, access.ErrCredentials) {
			t.Error(err)
		}
		o.signIn("known")
	})
}

func TestGuessesSentAtOnceCountEach(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx, o := context.Background(), open(t, db)
		o.user("lin", access.Finance)
		var wait sync.WaitGroup
		var lock sync.Mutex
		tried := 0
		for range 16 {
			wait.Go(func() {
				if _, _, err := o.SignIn(ctx, "lin", "a wrong password", ""); errors.Is(err, access.ErrCredentials) {
					lock.Lock()
					tried++
					lock.Unlock()
				}
			})
		}
		wait.Wait()
		if tried != 5 {
			t.Errorf("%d guesses were checked, want 5", tried)
		}
	})
}

// An unknown name takes as long as a known one, because its password is hashed, too. The median of several
// is compared: single ones vary with the machine's load.
func TestUnknownNamesAnswerAlikeAndTakeAsLong(t *testing.T) {
	ctx := context.Background()
	o := open(t, storetest.SQLite(t), func(s *access.Settings) { s.Cost = access.Cost{MemoryKiB: 16 << 10, Passes: 3, Threads: 1} })
	o.user("known", access.Finance)
	median := func(name string) time.Duration {
		var took []time.Duration
		for range 9 {
			o.clock.pass(25 * time.Hour) // failures are forgotten
			began := time.Now()
			_, _, err := o.SignIn(ctx, name, "a wrong password", "")
			took = append(took, time.Since(began))
			if !errors.Is(err, access.ErrCredentials) || err.Error() != access.ErrCredentials.Error() {
				t.Fatalf("%s: %v", name, err)
			}
		}
		slices.Sort(took)
		return took[len(took)/2]
	}
	known, unknown := median("known"), median("unknown")
	if unknown < known/2 || unknown > known*2 {
		t.Errorf("a known name takes %v, an unknown one %v", known, unknown)
	}
}

func TestPasswordsAreStrongAndHashesAreReplaced(t *testing.T) {
	ctx, db := context.Background(), storetest.SQLite(t)
	o := open(t, db)
	for _, weak := range []string{"short", "aaaaaaaaaaaaaaaaaaaa", "my name is lin, 2026", strings.Repeat("long", 200), "elevenchars\xff\xff"} {
		_, err := o.CreateUser(ctx, access.NewUser{Organisation: o.organisation, Name: "Lin", Password: weak, Roles: []access.Role{access.Finance}})
		if !errors.Is(err, fault.New(fault.InvalidField)) || fault.Of(err).Field != "password" {
			t.Errorf("%q: %v", weak, err)
		}
	}
	u := o.user("lin", access.Finance)
	stored := func() (hash string) {
		t.Helper()
		if err := db.QueryRowContext(ctx, `SELECT password FROM access_user WHERE id = $1`, u.ID).Scan(&hash); err != nil {
			t.Fatal(err)
		}
		return hash
	}
	if !strings.HasPrefix(stored(), "$argon2id$v=19$m=64,t=1,p=1$") {
		t.Errorf("stored as %s", stored())
	}
	dearer, err := access.Open(ctx, db, o.seal, access.Settings{Cost: access.Cost{MemoryKiB: 128, Passes: 2, Threads: 1}, Clock: o.clock.now})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := dearer.SignIn(ctx, "lin", password, ""); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(stored(), "$argon2id$v=19$m=128,t=2,p=1$") {
		t.Errorf("stored as %s after a sign-in at the new cost", stored())
	}
}
