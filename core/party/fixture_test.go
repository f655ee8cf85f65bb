package party_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/base64"
	"errors"
	"math/big"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
)

var (
	harbor     = party.Actor{Member: "harbor", Kind: party.Platform, Role: party.Machine}
	lantern    = party.Actor{Member: "lantern", Kind: party.Platform, Role: party.Machine}
	meridian   = party.Actor{Member: "meridian", Kind: party.Custodian, Role: party.Operator}
	authority  = party.Actor{Member: "authority", Kind: party.Regulator, Role: party.Supervisor}
	digest     = strings.Repeat("ab", 32)
	attestedOn = day("2016-01-04")
)

func day(text string) calendar.Date {
	d, err := calendar.Parse(text)
	if err != nil {
		panic(err)
	}
	return d
}

// signer signs with ECDSA as RFC 6979 does, without randomness, so that golden files can hold
// signatures.
type signer struct{ private *ecdsa.PrivateKey }

func newSigner(seed byte) signer {
	private, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), bytes.Repeat([]byte{seed}, 32))
	if err != nil {
		panic(err)
	}
	return signer{private}
}

func (s signer) key() party.Key {
	point, err := s.private.PublicKey.Bytes()
	if err != nil {
		panic(err)
	}
	return party.Key{Algorithm: party.P256, Public: base64.StdEncoding.EncodeToString(point)}
}

func (s signer) sign(message []byte) []byte {
	hashed := sha256.Sum256(message)
	signature, err := s.private.Sign(nil, hashed[:], crypto.SHA256)
	if err != nil {
		panic(err)
	}
	var pair struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(signature, &pair); err != nil {
		panic(err)
	}
	order := elliptic.P256().Params().N
	if pair.S.Cmp(new(big.Int).Rsh(order, 1)) > 0 {
		pair.S.Sub(order, pair.S)
	}
	normal, err := asn1.Marshal(pair)
	if err != nil {
		panic(err)
	}
	return normal
}

var firstKey, secondKey = newSigner(1), newSigner(2)

func identity() party.Identity {
	return party.Identity{
		Handle: "p-1", Platform: "harbor", Custodian: "meridian", Kind: party.Natural,
		KYCLevel: 2, Expires: day("2017-01-04"), Key: firstKey.key(),
	}
}

// apply runs commands that must all be accepted.
func apply(t testing.TB, s party.State, commands ...party.Command) party.State {
	t.Helper()
	for i, c := range commands {
		events, err := party.Decide(s, c)
		if err != nil {
			t.Fatalf("command %d, %T: %v", i+1, c, err)
		}
		for _, e := range events {
			s = party.Apply(s, e)
		}
	}
	return s
}

// attested is a party in good standing with a verified account.
func attested(t testing.TB) party.State {
	t.Helper()
	return apply(t, party.State{},
		party.Attest{Actor: harbor, On: attestedOn, Identity: identity()},
		party.Attest{Actor: meridian, On: attestedOn, Identity: identity(), AccountDigest: digest})
}

// refused checks that a command is refused with a code and, unless it is empty, a field.
func refused(t testing.TB, s party.State, c party.Command, code fault.Code, field string) {
	t.Helper()
	events, err := party.Decide(s, c)
	if !errors.Is(err, fault.New(code)) {
		t.Errorf("%T: got %v, want %s", c, err, code)
		return
	}
	if field != "" && fault.Of(err).Field != field {
		t.Errorf("%T: got field %q, want %q", c, fault.Of(err).Field, field)
	}
	if len(events) > 0 {
		t.Errorf("%T: refused and yet %d events", c, len(events))
	}
}
