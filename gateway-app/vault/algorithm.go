package vault

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"hash"

	"github.com/emmansun/gmsm/sm3"
	"github.com/emmansun/gmsm/sm4"
	"github.com/tink-crypto/tink-go/v2/aead/subtle"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// Algorithm names how fields are sealed.
type Algorithm string

// The algorithms. Both draw a random nonce of 96 bits for every value.
const (
	AESGCM Algorithm = "aes-256-gcm"
	SM4GCM Algorithm = "sm4-gcm"
)

// ParseAlgorithm reads the setting; nothing set is AES-GCM.
func ParseAlgorithm(text string) (Algorithm, error) {
	switch a := Algorithm(text); a {
	case "":
		return AESGCM, nil
	case AESGCM, SM4GCM:
		return a, nil
	}
	return "", fmt.Errorf("read the vault's algorithm %q: set it to %s or %s", text, AESGCM, SM4GCM)
}

// KeyBytes is the length of a key: 32 for AES-256, 16 for SM4.
func (a Algorithm) KeyBytes() int {
	if a == SM4GCM {
		return 16
	}
	return 32
}

// GCM makes the algorithm's authenticated cipher for a caller that counts its own nonces.
func (a Algorithm) GCM(key []byte) (cipher.AEAD, error) {
	block, err := a.block(key)
	if err != nil {
		return nil, fmt.Errorf("make %s: %w", a, err)
	}
	return cipher.NewGCM(block)
}

func (a Algorithm) block(key []byte) (cipher.Block, error) {
	if len(key) != a.KeyBytes() {
		return nil, fmt.Errorf("a key of %d bytes, not %d", len(key), a.KeyBytes())
	}
	if a == SM4GCM {
		return sm4.NewCipher(key)
	}
	return aes.NewCipher(key)
}

// aead makes the cipher that draws its own nonces.
func (a Algorithm) aead(key []byte) (tink.AEAD, error) {
	if a == AESGCM {
		return subtle.NewAESGCM(key)
	}
	gcm, err := a.GCM(key)
	if err != nil {
		return nil, err
	}
	return &sm4GCM{gcm}, nil
}

// digest is the hash of the algorithm's family, for HMAC and key derivation.
func (a Algorithm) digest() func() hash.Hash {
	if a == SM4GCM {
		return sm3.New
	}
	return sha256.New
}

// sm4GCM gives SM4-GCM the form that AES-GCM has: nonce, ciphertext, tag.
type sm4GCM struct{ gcm cipher.AEAD }

func (s *sm4GCM) Encrypt(plain, associated []byte) ([]byte, error) {
	nonce := make([]byte, s.gcm.NonceSize(), s.gcm.NonceSize()+len(plain)+s.gcm.Overhead())
	if _, err := rand.Read(nonce); err != nil {
		return nil, fmt.Errorf("draw a nonce: %w", err)
	}
	return s.gcm.Seal(nonce, nonce, plain, associated), nil
}

func (s *sm4GCM) Decrypt(sealed, associated []byte) ([]byte, error) {
	n := s.gcm.NonceSize()
	if len(sealed) < n {
		return nil, ErrNotSealed
	}
	return s.gcm.Open(nil, sealed[:n], sealed[n:], associated)
}
