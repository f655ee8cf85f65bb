package party

import (
	"cmp"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
)

// RotateKey replaces the key that speaks for a party. The old key signs the new one, so that no
// member can put a key of its own in its place.
type RotateKey struct {
	Actor     Actor         `json:"actor"`
	On        calendar.Date `json:"on"`
	Handle    string        `json:"handle"`
	Key       Key           `json:"key"`
	Signature []byte        `json:"signature"` // by the old key over RotationStatement
}

// RotationStatement is what the old key signs. The sequence is the new key's place among the party's
// keys, so that an old rotation cannot be played again.
func RotationStatement(handle string, sequence int, key Key) []byte {
	return NewStatement("tallystick/key-rotation/v1").
		Text("handle", handle).
		Integer("sequence", int64(sequence)).
		Text("algorithm", string(key.Algorithm)).
		Text("public", key.Public).
		Bytes()
}

func (c RotateKey) decide(s State) (Event, error) {
	if err := cmp.Or(RequireDate(c.On, "on"), RequireID(c.Handle, "handle"), c.Key.Check()); err != nil {
		return Event{}, err
	}
	if err := cmp.Or(s.known(c.Handle), c.Actor.RequireEither(s.Platform, s.Custodian)); err != nil {
		return Event{}, err
	}
	old, err := s.MaySign(c.On)
	if err != nil {
		return Event{}, err
	}
	for _, held := range s.Keys {
		if held.Key == c.Key {
			return Event{}, fault.In(fault.AlreadyExists, "key")
		}
	}
	statement := RotationStatement(c.Handle, len(s.Keys)+1, c.Key)
	if err := Verify(old, statement, c.Signature); err != nil {
		return Event{}, err
	}
	event := newEvent(KeyRotated, c.Handle, c.Actor, c.On)
	event.Key, event.Signature = &c.Key, c.Signature
	return event, nil
}
