package pseudonym

import (
	"context"
	"errors"
	"io/fs"
	"testing"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
)

func (w *world) rotation() Rotation {
	return Rotation{
		Regulator: w.regulator, Custodian: w.custodian, Remaining: w.custodian.Remaining,
		Renew: func(collection string) (Renewer, bool) {
			p, ok := w.platforms[collection[:len(collection)-len("-meridian")]]
			return p, ok
		},
	}
}

func TestRotationMovesEverybodyAndDestroysTheOldKeys(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db, DefaultLimits())
		here, there := w.bring("harbor", aliceNumber, aliceNumber), w.bring("lantern", aliceNumber, aliceNumber)
		bob := w.bring("harbor", bobNumber, bobNumber)
		w.apply("harbor", here, bob)
		w.apply("lantern", there)
		before, bobBefore := w.linked(here), w.linked(bob)

		epoch, err := Rotate(t.Context(), w.rotation())
		if err != nil || epoch != 2 {
			t.Fatalf("epoch %d: %v", epoch, err)
		}
		if w.linked(here) == before || w.linked(here) != w.linked(there) || w.linked(bob) == bobBefore || w.linked(bob) == w.linked(here) {
			t.Errorf("alice %s → %s and %s, bob %s → %s", before, w.linked(here), w.linked(there), bobBefore, w.linked(bob))
		}
		for _, h := range []*Holder{w.regulator.Holder, w.custodian.Holder} {
			keys := must(h.Keys(t.Context()))
			if keys[0].Status != Retired || keys[1].Status != Current {
				t.Errorf("%s: %+v", h.member, keys)
			}
			if _, err := h.keys.key(1); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s still has the old key: %v", h.member, err)
			}
		}
		// Who comes to a platform now is the person that the others became.
		late := w.bring("lantern", bobNumber, bobNumber)
		if r := w.apply("lantern", late)[0]; !r.Linked || w.linked(late) != w.linked(bob) {
			t.Errorf("%+v: %s, not %s", r, w.linked(late), w.linked(bob))
		}
		if epoch, err := Rotate(t.Context(), w.rotation()); err != nil || epoch != 3 {
			t.Errorf("a second rotation: epoch %d, %v", epoch, err)
		}
		if w.linked(late) != w.linked(bob) {
			t.Error("the second rotation made two people of one")
		}
	})
}

// While an epoch is next, and a platform is not there, nothing that is current changes, new parties are linked
// as before, and the rotation goes on once the platform is back.
func TestRotationWaitsForEverybody(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t), DefaultLimits())
	here, there := w.bring("harbor", aliceNumber, aliceNumber), w.bring("lantern", bobNumber, bobNumber)
	w.apply("harbor", here)
	w.apply("lantern", there)
	away := w.rotation()
	everybody := away.Renew
	away.Renew = func(collection string) (Renewer, bool) {
		if collection == "lantern-meridian" {
			return nil, false
		}
		return everybody(collection)
	}
	if _, err := Rotate(t.Context(), away); !errors.Is(err, ErrRemaining) || !errors.Is(err, fault.New(fault.WrongStatus)) {
		t.Fatalf("a rotation that leaves somebody behind: %v", err)
	}
	if keys := must(w.custodian.Keys(t.Context())); keys[0].Status != Current || keys[1].Status != Next {
		t.Fatalf("%+v", keys)
	}
	moved := w.linked(here)
	// Alice, who has moved, and Bob, who has not, each come to the other platform meanwhile.
	alice, bob := w.bring("lantern", aliceNumber, aliceNumber), w.bring("harbor", bobNumber, bobNumber)
	w.apply("lantern", alice)
	w.apply("harbor", bob)
	if w.linked(alice) != moved || w.linked(bob) != w.linked(there) {
		t.Error("a person became two while the keys changed")
	}
	if _, err := w.platforms["lantern"].Renew(t.Context(), 2, "lantern-meridian", []string{w.bring("lantern", aliceNumber, aliceNumber)}); err != nil {
		t.Fatal(err)
	}
	if epoch, err := Rotate(t.Context(), w.rotation()); err != nil || epoch != 2 {
		t.Fatalf("epoch %d: %v", epoch, err)
	}
	if w.linked(alice) != moved || w.linked(bob) != w.linked(there) {
		t.Error("a person became two when the keys had changed")
	}
}

// Parties that a machine has linked, without a number: they hold up no rotation, are listed, and become whom
// their numbers make them once these are taken in.
func TestPartiesLinkedOtherwiseHoldNothingUp(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t), DefaultLimits())
	known := w.bring("harbor", aliceNumber, aliceNumber)
	w.apply("harbor", known)
	here, there, other := w.linkOtherwise("harbor", "f1"), w.linkOtherwise("lantern", "f1"), w.linkOtherwise("harbor", "f1")
	if epoch, err := Rotate(t.Context(), w.rotation()); err != nil || epoch != 2 {
		t.Fatalf("epoch %d: %v", epoch, err)
	}
	listed := must(w.custodian.Unreached(t.Context()))
	if len(listed) != 3 || listed[0].Known || w.linked(here) != "f1" {
		t.Errorf("listed %+v, linked to %s", listed, w.linked(here))
	}
	// Bob's numbers are taken in, on both platforms; the third party of the same pseudonym is Alice in truth.
	w.takeIn(here, bobNumber)
	w.takeIn(there, bobNumber)
	w.takeIn(other, aliceNumber)
	for platform, handle := range map[string]string{"harbor": here, "lantern": there} {
		if r := w.apply(platform, handle)[0]; !r.Linked {
			t.Errorf("%s: %+v", platform, r)
		}
	}
	if w.linked(here) == "f1" || w.linked(here) != w.linked(there) || w.linked(here) == w.linked(known) {
		t.Errorf("bob is %s and %s, alice %s", w.linked(here), w.linked(there), w.linked(known))
	}
	bob := w.linked(here)
	if r := w.apply("harbor", other)[0]; r.Linked || r.Refusal == nil || r.Refusal.Code != fault.AlreadyExists {
		t.Errorf("two people of one pseudonym became one: %+v", r)
	}
	if w.linked(here) != bob {
		t.Errorf("bob became %s", w.linked(here))
	}
}

// Two people whom a machine gave one pseudonym are not made one by coming in one call.
func TestTwoPeopleOfOnePseudonymStayTwo(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t), DefaultLimits())
	alice, bob := w.linkOtherwise("harbor", "f1"), w.linkOtherwise("harbor", "f1")
	w.takeIn(alice, aliceNumber)
	w.takeIn(bob, bobNumber)
	results := w.apply("harbor", alice, bob)
	if !results[0].Linked || results[1].Linked || results[1].Refusal == nil || results[1].Refusal.Code != fault.AlreadyExists {
		t.Errorf("%+v", results)
	}
	if epoch, err := Rotate(t.Context(), w.rotation()); err != nil || epoch != 2 {
		t.Errorf("epoch %d: %v", epoch, err)
	}
	if listed := must(w.custodian.Unreached(t.Context())); len(listed) != 1 || listed[0].Party != bob || !listed[0].Shared {
		t.Errorf("listed %+v", listed)
	}
}

// A party that was linked without a number, and whose number was taken in since, moves with a rotation.
func TestARotationTakesInWhoWasLinkedOtherwise(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t), DefaultLimits())
	here, there := w.linkOtherwise("harbor", "f1"), w.linkOtherwise("lantern", "f2")
	w.takeIn(here, aliceNumber)
	w.takeIn(there, aliceNumber)
	if epoch, err := Rotate(t.Context(), w.rotation()); err != nil || epoch != 2 {
		t.Fatalf("epoch %d: %v", epoch, err)
	}
	if w.linked(here) == "f1" || w.linked(here) != w.linked(there) {
		t.Errorf("alice is %s and %s", w.linked(here), w.linked(there))
	}
	if listed := must(w.custodian.Unreached(t.Context())); len(listed) != 0 {
		t.Errorf("listed %+v", listed)
	}
}

// A rotation may be cut off behind every step, and is started again.
func TestRotationIsResumed(t *testing.T) {
	for cut := 1; cut <= 7; cut++ {
		w := newWorld(t, storetest.SQLite(t), DefaultLimits())
		here, there := w.bring("harbor", aliceNumber, aliceNumber), w.bring("lantern", aliceNumber, aliceNumber)
		w.apply("harbor", here)
		w.apply("lantern", there)
		r, steps := w.rotation(), cut
		r.Regulator, r.Custodian = &cutOff{w.regulator, &steps}, &cutOff{w.custodian, &steps}
		_, err := Rotate(t.Context(), r)
		if cut <= 6 && !errors.Is(err, errCut) || cut == 7 && err != nil {
			t.Fatalf("cut off behind step %d: %v", cut, err)
		}
		if cut <= 5 {
			if epoch, err := Rotate(t.Context(), w.rotation()); err != nil || epoch != 2 {
				t.Fatalf("cut off behind step %d: epoch %d, %v", cut, epoch, err)
			}
		}
		if w.linked(here) != w.linked(there) {
			t.Errorf("cut off behind step %d: a person became two", cut)
		}
		if keys := must(w.regulator.Keys(t.Context())); len(keys) != 2 || keys[0].Status != Retired {
			t.Errorf("cut off behind step %d: %+v", cut, keys)
		}
	}
}

var errCut = errors.New("cut off")

// cutOff fails behind the step that the count comes to.
type cutOff struct {
	KeyHolder
	left *int
}

func (c *cutOff) then(err error) error {
	if *c.left--; *c.left == 0 && err == nil {
		return errCut
	}
	return err
}

func (c *cutOff) Prepare(ctx context.Context, epoch int) (PublicKey, error) {
	k, err := c.KeyHolder.Prepare(ctx, epoch)
	return k, c.then(err)
}

func (c *cutOff) Activate(ctx context.Context, epoch int) error {
	return c.then(c.KeyHolder.Activate(ctx, epoch))
}

func (c *cutOff) Retire(ctx context.Context, epoch int) error {
	return c.then(c.KeyHolder.Retire(ctx, epoch))
}
