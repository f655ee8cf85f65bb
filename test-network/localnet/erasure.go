package localnet

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/tallystick/tallystick/network"
)

// erasureAuthorities makes, once, the keys with which the custodian's and the regulator's gateway apps sign
// erasures, and answers the public halves by member.
func (n *Network) erasureAuthorities() (map[string][]string, error) {
	public := map[string][]string{}
	for _, s := range n.seats() {
		if s.member.Kind == network.Platform {
			continue
		}
		text, err := authorityKey(s.path(nodeGateway, "data", "erasure.key"))
		if err != nil {
			return nil, fmt.Errorf("make the key of %s for erasures: %w", s.member.ID, err)
		}
		public[s.member.ID] = []string{text}
	}
	return public, nil
}

// authorityKey reads the private key at the path, made where there is none, and answers its public half.
func authorityKey(path string) (string, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		text, err = newAuthorityKey(path)
	}
	if err != nil {
		return "", err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return "", fmt.Errorf("%s holds no key in PEM: delete it", path)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return "", err
	}
	private, ok := parsed.(*ecdsa.PrivateKey)
	if !ok {
		return "", fmt.Errorf("%s holds no ECDSA key: delete it", path)
	}
	der, err := x509.MarshalPKIXPublicKey(&private.PublicKey)
	if err != nil {
		return "", err
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})), nil
}

func newAuthorityKey(path string) ([]byte, error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return nil, err
	}
	if err := makeFolder(filepath.Dir(path)); err != nil {
		return nil, err
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	return text, os.WriteFile(path, text, 0o600)
}
