package access_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/tallystick/tallystick/gateway-app/access"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
)

// Whoever fails on purpose locks themselves out: the owner comes in from elsewhere, the whole time.
func TestALockOutIsOfWhoeverFailed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := open(t, db)
		o.user("anna", access.Administrator)
		attacker, home := access.Coming(context.Background(), "203.0.113.9"), access.Coming(context.Background(), "198.51.100.7")
		var locked *access.Locked
		for range 8 {
			_, _, err := o.SignIn(attacker, "anna", "a wrong password", "")
			if errors.As(err, &locked) {
				break
			}
		}
		if locked == nil {
			t.Fatal("the attacker was not locked out")
		}
		if _, _, err := o.SignIn(home, "anna", password, ""); err != nil {
			t.Errorf("the owner, elsewhere: %v", err)
		}
		if _, _, err := o.SignIn(attacker, "anna", password, ""); !errors.As(err, &locked) {
			t.Errorf("the owner's sign-in forgave the attacker: %v", err)
		}
	})
}

// Guesses from many addresses are slowed down, and neither the owner's own places nor one-time codes are.
func TestGuessesFromManyAddressesAreSlowedDown(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := open(t, db)
		anna, ben := o.user("anna", access.Administrator), o.user("ben", access.Administrator)
		home := access.Coming(context.Background(), "198.51.100.7")
		if _, _, err := o.SignIn(home, "anna", password, ""); err != nil {
			t.Fatal(err)
		}
		secret, tried := o.withCode(ben.ID), map[string]int{}
		for n := range 120 {
			from := access.Coming(context.Background(), fmt.Sprintf("203.0.113.%d", n))
			for _, name := range []string{"anna", "ben", "nobody"} {
				if _, _, err := o.SignIn(from, name, "a wrong password", ""); errors.Is(err, access.ErrCredentials) {
					tried[name]++
				}
			}
		}
		if tried["anna"] != 50 || tried["ben"] != 50 || tried["nobody"] != 50 {
			t.Errorf("within one moment %v guesses were checked, want 50 of each", tried)
		}
		elsewhere := access.Coming(context.Background(), "192.0.2.1")
		var locked *access.Locked
		if _, _, err := o.SignIn(elsewhere, "anna", password, ""); !errors.As(err, &locked) || locked.Until.Sub(o.clock.at) > time.Minute {
			t.Errorf("a stranger: %v", err)
		}
		if _, _, err := o.SignIn(home, "anna", password, ""); err != nil {
			t.Errorf("the owner, from where they come from: %v", err)
		}
		o.clock.pass(30 * time.Second) // past the code that confirmed it
		for n := range 60 {            // the attack goes on
			_, _, _ = o.SignIn(access.Coming(context.Background(), fmt.Sprintf("203.0.113.%d", n+130)), "ben", "a wrong password", "")
		}
		if _, _, err := o.SignIn(elsewhere, "ben", password, o.code(secret)); err != nil {
			t.Errorf("the owner, with a one-time code: %v", err)
		}
		if _, err := o.Unlock(context.Background(), anna.ID); err != nil {
			t.Fatal(err)
		}
		if _, _, err := o.SignIn(elsewhere, "anna", password, ""); err != nil {
			t.Errorf("unlocked: %v", err)
		}
	})
}
