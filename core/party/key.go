package party

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/base64"
	"math/big"

	"github.com/emmansun/gmsm/sm2"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
)

// Algorithm names a signature scheme together with its curve and its hash.
type Algorithm string

// The schemes that the ledger verifies. Both sign with ASN.1 DER, a sequence of r and s.
const (
	// P256 is ECDSA over NIST P-256 with SHA-256 (FIPS 186-5). Only the lower of the two values of s
	// is taken, so that nobody can turn one valid signature into another.
	P256 Algorithm = "ecdsa-p256"
	// SM2 is GB/T 32918.2 over its recommended curve with SM3 and the standard's default user id.
	SM2 Algorithm = "sm2"
)

// Key is a public key. Public is the uncompressed point, 0x04 and the two coordinates, 65 bytes in
// all, in standard base64: the one encoding a point has, and what a browser exports as "raw". Two
// keys are the same key exactly when the two values are equal.
type Key struct {
	Algorithm Algorithm `json:"algorithm"`
	Public    string    `json:"public"`
}

// HeldKey is a key for the time in which it speaks for a party.
type HeldKey struct {
	Key
	Sequence int           `json:"sequence"` // from 1
	From     calendar.Date `json:"from"`
	Retired  calendar.Date `json:"retired,omitempty"` // none: the current key
}

// Check refuses a scheme that the ledger does not verify and a text that is not a point of its curve.
func (k Key) Check() error {
	_, err := k.point()
	return err
}

// Verify accepts a signature over the message by the key, or refuses it with signature_invalid; a
// key that is none is refused as Check does. It answers the same on every machine and never panics,
// whatever the bytes are.
func Verify(key Key, message, signature []byte) error {
	public, err := key.point()
	if err != nil {
		return err
	}
	valid := false
	switch key.Algorithm {
	case P256:
		digest := sha256.Sum256(message)
		valid = ecdsa.VerifyASN1(public, digest[:], signature) && hasLowS(signature)
	case SM2:
		valid = sm2.VerifyASN1WithSM2(public, nil, message, signature)
	}
	if !valid {
		return fault.New(fault.SignatureInvalid)
	}
	return nil
}

// point decodes the public key and checks that it lies on its curve.
func (k Key) point() (*ecdsa.PublicKey, error) {
	parse, ok := k.Algorithm.parser()
	if !ok {
		return nil, fault.In(fault.AlgorithmNotAllowed, "key.algorithm")
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(k.Public)
	// Base64 skips line breaks, which would give one key two texts.
	if err != nil || base64.StdEncoding.EncodeToString(raw) != k.Public {
		return nil, fault.In(fault.InvalidField, "key.public")
	}
	public, err := parse(raw)
	if err != nil {
		return nil, fault.In(fault.InvalidField, "key.public")
	}
	return public, nil
}

// parser returns how the scheme reads an uncompressed point.
func (a Algorithm) parser() (func([]byte) (*ecdsa.PublicKey, error), bool) {
	switch a {
	case P256:
		return func(raw []byte) (*ecdsa.PublicKey, error) {
			return ecdsa.ParseUncompressedPublicKey(elliptic.P256(), raw)
		}, true
	case SM2:
		return sm2.ParseUncompressedPublicKey, true
	}
	return nil, false
}

// hasLowS reports whether s is at most half the order of P-256. The signature has been verified
// before, so that its encoding is known to be strict.
func hasLowS(signature []byte) bool {
	var pair struct{ R, S *big.Int }
	rest, err := asn1.Unmarshal(signature, &pair)
	if err != nil || len(rest) > 0 {
		return false
	}
	half := new(big.Int).Rsh(elliptic.P256().Params().N, 1)
	return pair.S.Cmp(half) <= 0
}
