package contracttest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/base64"
	"encoding/hex"
	"math/big"
	"testing"

	"github.com/emmansun/gmsm/sm2"

	"github.com/tallystick/tallystick/core/party"
)

// Signer is a customer's own key, which no member holds.
type Signer struct {
	Key  party.Key
	sign func(message []byte) ([]byte, error)
}

// NewSigner makes a key of the scheme.
func NewSigner(t testing.TB, algorithm party.Algorithm) Signer {
	t.Helper()
	if algorithm == party.SM2 {
		return newSM2(t)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatalf("make a P-256 key: %v", err)
	}
	point, err := key.PublicKey.Bytes()
	if err != nil {
		t.Fatalf("encode a P-256 key: %v", err)
	}
	return Signer{Key: publicKey(party.P256, point), sign: func(message []byte) ([]byte, error) {
		digest := sha256.Sum256(message)
		r, s, err := ecdsa.Sign(rand.Reader, key, digest[:])
		if err != nil {
			return nil, err
		}
		return asn1.Marshal(struct{ R, S *big.Int }{r, lower(s)})
	}}
}

func newSM2(t testing.TB) Signer {
	t.Helper()
	key, err := sm2.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatalf("make an SM2 key: %v", err)
	}
	public, err := sm2.PublicKeyToECDH(&key.PublicKey)
	if err != nil {
		t.Fatalf("encode an SM2 key: %v", err)
	}
	return Signer{Key: publicKey(party.SM2, public.Bytes()), sign: func(message []byte) ([]byte, error) {
		return key.SignWithSM2(rand.Reader, nil, message)
	}}
}

// Sign signs a statement as the customer's browser would.
func (s Signer) Sign(t testing.TB, statement []byte) []byte {
	t.Helper()
	signature, err := s.sign(statement)
	if err != nil {
		t.Fatalf("sign a statement: %v", err)
	}
	return signature
}

// lower takes the lower of the two values of s, the only one that the ledger accepts.
func lower(s *big.Int) *big.Int {
	order := elliptic.P256().Params().N
	if s.Cmp(new(big.Int).Rsh(order, 1)) > 0 {
		return new(big.Int).Sub(order, s)
	}
	return s
}

func publicKey(algorithm party.Algorithm, point []byte) party.Key {
	return party.Key{Algorithm: algorithm, Public: base64.StdEncoding.EncodeToString(point)}
}

// NewHandle draws 128 random bits.
func NewHandle() string { return randomHex(16) }

// NewDigest draws 256 random bits, as the digest of something that nobody else knows.
func NewDigest() string { return randomHex(32) }

func randomHex(bytes int) string {
	b := make([]byte, bytes)
	_, _ = rand.Read(b) // never fails: it ends the process where the system has no randomness
	return hex.EncodeToString(b)
}
