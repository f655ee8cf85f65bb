package vault

import (
	"crypto/hkdf"
	"crypto/rand"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"

	"github.com/tink-crypto/tink-go/v2/tink"
)

const (
	masterBytes = 32
	masterBlock = "TALLYSTICK MASTER KEY"
)

// MasterKey wraps data keys. Whoever holds it and the database can read everything that is sealed.
type MasterKey struct{ secret []byte }

// Create draws a master key and writes it into a new file that only its owner may read (mode 0600). A
// file that exists is never overwritten: with its key everything sealed would be lost. When Create
// returns, the file is on the disk.
func Create(path string) (err error) {
	secret := make([]byte, masterBytes)
	if _, err := rand.Read(secret); err != nil {
		return fmt.Errorf("draw a master key: %w", err)
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("create the master key's file: %w", err)
	}
	defer func() {
		if closed := file.Close(); err == nil {
			err = closed
		}
	}()
	if err := pem.Encode(file, &pem.Block{Type: masterBlock, Bytes: secret}); err != nil {
		return fmt.Errorf("write the master key's file: %w", err)
	}
	if err := file.Sync(); err != nil {
		return fmt.Errorf("write the master key's file: %w", err)
	}
	return syncFolder(filepath.Dir(path))
}

func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("open the master key's folder: %w", err)
	}
	defer folder.Close()
	if err := folder.Sync(); err != nil {
		return fmt.Errorf("write the master key's folder: %w", err)
	}
	return nil
}

// Load reads the master key. A file that anybody but its owner may read is refused.
func Load(path string) (*MasterKey, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("read the master key: %w; make one with vault.Create on first start, or restore it from its backup", err)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return nil, fmt.Errorf("read the master key %s: mode %04o lets others read it: set 0600", path, mode)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the master key: %w", err)
	}
	block, rest := pem.Decode(text)
	if block == nil || block.Type != masterBlock || len(block.Bytes) != masterBytes || len(rest) > 0 {
		return nil, fmt.Errorf("read the master key %s: the file holds no master key: restore it from its backup", path)
	}
	return &MasterKey{secret: block.Bytes}, nil
}

// wrapper is the cipher that wraps keys of an algorithm, under a key derived for nothing else.
func (m *MasterKey) wrapper(a Algorithm) (tink.AEAD, error) {
	key, err := hkdf.Key(a.digest(), m.secret, nil, "tallystick vault wrap "+string(a), a.KeyBytes())
	if err != nil {
		return nil, fmt.Errorf("derive the wrapping key: %w", err)
	}
	return a.aead(key)
}
