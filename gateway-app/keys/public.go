package keys

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/smx509"

	"github.com/tallystick/tallystick/core/party"
)

const publicBlockType = "PUBLIC KEY"

// ErrPublicFormat is a text that is no public key in PEM.
var ErrPublicFormat = errors.New("not one public key in PEM (SubjectPublicKeyInfo), over P-256 or the SM2 curve")

// EncodePublicPEM writes a public key as settings and other programs take it.
func EncodePublicPEM(key party.Key) (string, error) {
	public, err := pointOf(key)
	if err != nil {
		return "", fmt.Errorf("encode public key: %w", err)
	}
	der, err := smx509.MarshalPKIXPublicKey(public)
	if err != nil {
		return "", fmt.Errorf("encode public key: %w", err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: publicBlockType, Bytes: der})), nil
}

// ParsePublicPEM reads one public key, and answers it in the form with which party.Verify checks.
func ParsePublicPEM(text string) (party.Key, error) {
	block, rest := pem.Decode([]byte(text))
	if block == nil || block.Type != publicBlockType || len(rest) > 0 {
		return party.Key{}, fmt.Errorf("read public key: %w", ErrPublicFormat)
	}
	parsed, err := smx509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return party.Key{}, fmt.Errorf("read public key: %w: %w", ErrPublicFormat, err)
	}
	public, ok := parsed.(*ecdsa.PublicKey)
	if !ok {
		return party.Key{}, fmt.Errorf("read public key: %w", ErrPublicFormat)
	}
	algorithm := party.P256
	switch public.Curve {
	case elliptic.P256():
	case sm2.P256():
		algorithm = party.SM2
	default:
		return party.Key{}, fmt.Errorf("read public key: %w", ErrPublicFormat)
	}
	if algorithm == party.P256 {
		point, err := public.Bytes()
		if err != nil {
			return party.Key{}, fmt.Errorf("read public key: %w", err)
		}
		return publicKey(algorithm, point), nil
	}
	point, err := sm2.PublicKeyToECDH(public)
	if err != nil {
		return party.Key{}, fmt.Errorf("read public key: %w", err)
	}
	return publicKey(algorithm, point.Bytes()), nil
}

func pointOf(key party.Key) (*ecdsa.PublicKey, error) {
	raw, err := base64.StdEncoding.DecodeString(key.Public)
	if err != nil {
		return nil, err
	}
	switch key.Algorithm {
	case party.P256:
		return ecdsa.ParseUncompressedPublicKey(elliptic.P256(), raw)
	case party.SM2:
		return sm2.ParseUncompressedPublicKey(raw)
	}
	return nil, fmt.Errorf("%w, not %q", ErrAlgorithm, key.Algorithm)
}
