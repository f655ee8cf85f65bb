package keys

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/smx509"

	"github.com/tallystick/tallystick/core/party"
)

const blockType = "PRIVATE KEY"

// EncodePEM writes the private key.
func (k *Key) EncodePEM() ([]byte, error) {
	var private any = k.p256
	if k.algorithm == party.SM2 {
		private = k.sm2
	}
	der, err := smx509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return nil, fmt.Errorf("encode %s key: %w", k.algorithm, err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: blockType, Bytes: der}), nil
}

// ParsePEM reads one private key.
func ParsePEM(text []byte) (*Key, error) {
	block, rest := pem.Decode(text)
	if block == nil || block.Type != blockType || len(rest) > 0 {
		return nil, fmt.Errorf("read key: %w", ErrFormat)
	}
	private, err := smx509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("read key: %w: %w", ErrFormat, err)
	}
	switch private := private.(type) {
	case *sm2.PrivateKey:
		return newSM2(private)
	case *ecdsa.PrivateKey:
		if private.Curve == elliptic.P256() {
			return newP256(private)
		}
	}
	return nil, fmt.Errorf("read key: %w", ErrFormat)
}

// Save writes the private key to a new file that only its owner may read. It never overwrites one: a
// lost key cannot be had back.
func (k *Key) Save(path string) error {
	text, err := k.EncodePEM()
	if err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("save key: %w: choose another path or move the old key away", err)
	}
	if err != nil {
		return fmt.Errorf("save key: %w", err)
	}
	_, err = file.Write(text)
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		_ = os.Remove(path) // half a key is none, and would bar the path
		return fmt.Errorf("save key: %w", err)
	}
	return nil
}

// Load reads what Save wrote.
func Load(path string) (*Key, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("load key: %w", err)
	}
	key, err := ParsePEM(text)
	if err != nil {
		return nil, fmt.Errorf("load key from %s: %w", path, err)
	}
	return key, nil
}
