// Package keys makes, keeps and uses the keys with which parties sign: borrowers' and lenders' own
// ones in clients and tests, never a member's identity.
//
// Signing stands outside core because it needs randomness, and core is deterministic. What is signed
// here is verified on the ledger by party.Verify, for the two schemes that it knows: ECDSA over
// P-256 with SHA-256, with the lower s, and SM2 with SM3 and the default user id. Keys are kept as
// PKCS #8 in PEM.
//
// The package never encrypts a key file; it only keeps others from reading it. A custodian's or
// platform's customer keeps the key on a device of their own.
package keys

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"

	"github.com/emmansun/gmsm/sm2"

	"github.com/tallystick/tallystick/core/party"
)

// What the package refuses. Callers compare with errors.Is.
var (
	ErrAlgorithm = errors.New("unknown algorithm: use ecdsa-p256 or sm2")
	ErrFormat    = errors.New("not one PKCS #8 private key in PEM, over P-256 or the SM2 curve")
)

// Key is a private key. It is safe for use by several goroutines.
type Key struct {
	algorithm party.Algorithm
	p256      *ecdsa.PrivateKey // set when the algorithm is P256
	sm2       *sm2.PrivateKey   // set when the algorithm is SM2
	public    party.Key
}

// Generate makes a new key.
func Generate(algorithm party.Algorithm) (*Key, error) {
	switch algorithm {
	case party.P256:
		private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			return nil, fmt.Errorf("generate %s key: %w", algorithm, err)
		}
		return newP256(private)
	case party.SM2:
		private, err := sm2.GenerateKey(rand.Reader)
		if err != nil {
			return nil, fmt.Errorf("generate %s key: %w", algorithm, err)
		}
		return newSM2(private)
	}
	return nil, fmt.Errorf("generate key: %w, not %q", ErrAlgorithm, algorithm)
}

// PublicKey is the public half in the form that the ledger keeps.
func (k *Key) PublicKey() party.Key { return k.public }

// Sign signs a message such that party.Verify accepts it under PublicKey.
func (k *Key) Sign(message []byte) ([]byte, error) {
	if k.algorithm == party.SM2 {
		signature, err := k.sm2.SignWithSM2(rand.Reader, nil, message)
		if err != nil {
			return nil, fmt.Errorf("sign with %s: %w", k.algorithm, err)
		}
		return signature, nil
	}
	digest := sha256.Sum256(message)
	signature, err := ecdsa.SignASN1(rand.Reader, k.p256, digest[:])
	if err != nil {
		return nil, fmt.Errorf("sign with %s: %w", k.algorithm, err)
	}
	return lowS(signature)
}

func newP256(private *ecdsa.PrivateKey) (*Key, error) {
	point, err := private.PublicKey.Bytes()
	if err != nil {
		return nil, fmt.Errorf("encode public key: %w", err)
	}
	return &Key{algorithm: party.P256, p256: private, public: publicKey(party.P256, point)}, nil
}

func newSM2(private *sm2.PrivateKey) (*Key, error) {
	public, err := sm2.PublicKeyToECDH(&private.PublicKey)
	if err != nil {
		return nil, fmt.Errorf("encode public key: %w", err)
	}
	return &Key{algorithm: party.SM2, sm2: private, public: publicKey(party.SM2, public.Bytes())}, nil
}

func publicKey(algorithm party.Algorithm, point []byte) party.Key {
	return party.Key{Algorithm: algorithm, Public: base64.StdEncoding.EncodeToString(point)}
}

// lowS rewrites an ECDSA signature with the lower of the two values of s, the only one that the
// ledger takes.
func lowS(signature []byte) ([]byte, error) {
	var pair struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(signature, &pair); err != nil {
		return nil, fmt.Errorf("normalise signature: %w", err)
	}
	order := elliptic.P256().Params().N
	if pair.S.Cmp(new(big.Int).Rsh(order, 1)) > 0 {
		pair.S.Sub(order, pair.S)
	}
	normal, err := asn1.Marshal(pair)
	if err != nil {
		return nil, fmt.Errorf("normalise signature: %w", err)
	}
	return normal, nil
}
