package keys_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/gateway-app/keys"
)

func algorithms() []party.Algorithm { return []party.Algorithm{party.P256, party.SM2} }

func generate(t *testing.T, algorithm party.Algorithm) *keys.Key {
	t.Helper()
	key, err := keys.Generate(algorithm)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// Half of all raw ECDSA signatures have the higher s, so that a hundred without one are no accident.
func TestTheLedgerTakesWhatIsSigned(t *testing.T) {
	for _, algorithm := range algorithms() {
		key, other := generate(t, algorithm), generate(t, algorithm)
		for i := range 100 {
			message := bytes.Repeat([]byte{byte(i)}, i)
			signature, err := key.Sign(message)
			if err != nil {
				t.Fatal(err)
			}
			if err := party.Verify(key.PublicKey(), message, signature); err != nil {
				t.Fatalf("%s: %v", algorithm, err)
			}
			if err := party.Verify(other.PublicKey(), message, signature); !errors.Is(err, fault.New(fault.SignatureInvalid)) {
				t.Fatalf("%s: another's signature: %v", algorithm, err)
			}
		}
	}
}

func TestAKeyIsKeptForItsOwnerOnly(t *testing.T) {
	for _, algorithm := range algorithms() {
		path := filepath.Join(t.TempDir(), "key.pem")
		key := generate(t, algorithm)
		if err := key.Save(path); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: mode %v, %v", algorithm, info.Mode(), err)
		}
		loaded, err := keys.Load(path)
		if err != nil || loaded.PublicKey() != key.PublicKey() {
			t.Fatalf("%s: loaded %v, %v", algorithm, loaded, err)
		}
		signature, err := loaded.Sign([]byte("terms"))
		if err != nil {
			t.Fatal(err)
		}
		if err := party.Verify(key.PublicKey(), []byte("terms"), signature); err != nil {
			t.Errorf("%s: %v", algorithm, err)
		}
		if err := generate(t, algorithm).Save(path); !errors.Is(err, fs.ErrExist) {
			t.Errorf("%s: an old key was overwritten: %v", algorithm, err)
		}
	}
}

func TestWhatIsNoKeyIsRefused(t *testing.T) {
	good, err := generate(t, party.P256).EncodePEM()
	if err != nil {
		t.Fatal(err)
	}
	larger, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(larger)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{
		"nothing":       nil,
		"two keys":      append(append([]byte(nil), good...), good...),
		"another block": bytes.ReplaceAll(good, []byte("PRIVATE KEY"), []byte("CERTIFICATE")),
		"no DER":        pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("x")}),
		"another curve": pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}),
	} {
		if _, err := keys.ParsePEM(text); !errors.Is(err, keys.ErrFormat) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if _, err := keys.Generate("rsa"); !errors.Is(err, keys.ErrAlgorithm) {
		t.Errorf("rsa: got %v", err)
	}
	if _, err := keys.Load(filepath.Join(t.TempDir(), "none.pem")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: got %v", err)
	}
}
