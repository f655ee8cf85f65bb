package pseudonym

import (
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"sync"

	"github.com/cloudflare/circl/oprf"

	"github.com/tallystick/tallystick/core/fault"
)

// suite is the one of RFC 9497, section 4.3.
var suite = oprf.SuiteP256

// Sealer encrypts key files for storage; *vault.Vault is one.
type Sealer interface {
	Seal(table, row, column string, plain []byte) ([]byte, error)
	Open(table, row, column string, sealed []byte) ([]byte, error)
	Current(sealed []byte) bool // under the newest of its keys
}

// PublicKey is what the world may know of an epoch's key.
type PublicKey struct {
	Holder string `json:"holder" doc:"the member that holds the private key"`
	Epoch  int    `json:"epoch" doc:"from 1"`
	KeyID  string `json:"key_id" doc:"SHA-256 over a domain and the point, first 128 bits"`
	Point  string `json:"point" doc:"compressed point on P-256, hexadecimal"`
	Status string `json:"status" enum:"next,current,retired,pinned" doc:"what the key is used for"`
}

// key is one epoch's private key.
type key struct {
	private *oprf.PrivateKey
	id      string
	point   []byte
}

func newKey(private *oprf.PrivateKey) (*key, error) {
	point, err := private.Public().MarshalBinary()
	if err != nil {
		return nil, fmt.Errorf("read the public half of a pseudonym key: %w", err)
	}
	return &key{private, keyID(point), point}, nil
}

func keyID(point []byte) string {
	sum := sha256.Sum256(append([]byte("tallystick/pseudonym/key/v1\x00"), point...))
	return hex.EncodeToString(sum[:16])
}

// readPoint decodes the public half of another member's key, and holds it against its id.
func readPoint(p PublicKey) (*oprf.PublicKey, error) {
	raw, err := hex.DecodeString(p.Point)
	if err != nil || keyID(raw) != p.KeyID {
		return nil, fault.In(fault.InvalidField, "key_id")
	}
	public := new(oprf.PublicKey)
	if err := public.UnmarshalBinary(suite, raw); err != nil {
		return nil, fault.In(fault.InvalidField, "point")
	}
	return public, nil
}

// Keyring is a folder of private keys, one file an epoch. No key is ever overwritten by another.
type Keyring struct {
	folder string
	sealer Sealer

	mu   sync.Mutex
	held map[int]*key
}

// keyFile is what lies in a file of the keyring.
type keyFile struct {
	Version int    `json:"version"`
	Suite   string `json:"suite"`
	Epoch   int    `json:"epoch"`
	Sealed  bool   `json:"sealed"`
	Key     []byte `json:"key"`
}

// OpenKeyring opens a folder, and makes it where there is none. With a sealer, key files are encrypted as
// well as closed to others.
func OpenKeyring(folder string, sealer Sealer) (*Keyring, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("open the pseudonym keys: %w: name a folder that this process may write", err)
	}
	return &Keyring{folder: folder, sealer: sealer, held: map[int]*key{}}, nil
}

func (k *Keyring) path(epoch int) string {
	return filepath.Join(k.folder, fmt.Sprintf("epoch-%04d.key", epoch))
}

// make generates an epoch's key, unless it is there already.
func (k *Keyring) make(epoch int) (*key, error) {
	if held, err := k.key(epoch); err == nil || !errors.Is(err, fs.ErrNotExist) {
		return held, err
	}
	private, err := oprf.GenerateKey(suite, rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make the pseudonym key of epoch %d: %w", epoch, err)
	}
	if err := k.save(epoch, private); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	return k.key(epoch) // another process of the member may have been faster: its key counts
}

func (k *Keyring) save(epoch int, private *oprf.PrivateKey) error {
	raw, err := private.MarshalBinary()
	if err != nil {
		return fmt.Errorf("save the pseudonym key of epoch %d: %w", epoch, err)
	}
	file := keyFile{Version: 1, Suite: suite.Identifier(), Epoch: epoch, Key: raw}
	if k.sealer != nil {
		file.Sealed = true
		if file.Key, err = k.sealer.Seal("pseudonym_key", strconv.Itoa(epoch), "key", raw); err != nil {
			return fmt.Errorf("seal the pseudonym key of epoch %d: %w", epoch, err)
		}
	}
	text, err := json.Marshal(file)
	if err != nil {
		return err
	}
	return writeOnce(k.path(epoch), text)
}

// writeOnce makes a file that only its owner may read, whole or not at all.
func writeOnce(path string, text []byte) error {
	temporary, err := os.CreateTemp(filepath.Dir(path), ".new-*") // mode 0600
	if err != nil {
		return fmt.Errorf("write %s: %w", filepath.Base(path), err)
	}
	defer os.Remove(temporary.Name()) //nolint:errcheck // a leftover name is no key that counts
	_, err = temporary.Write(text)
	if err := errors.Join(err, temporary.Sync(), temporary.Close()); err != nil {
		return fmt.Errorf("write %s: %w", filepath.Base(path), err)
	}
	if err := os.Link(temporary.Name(), path); err != nil { // fails where the name is taken
		return fmt.Errorf("write %s: %w", filepath.Base(path), err)
	}
	return nil
}

// key reads an epoch's key; fs.ErrNotExist says that there is none, or none any more.
func (k *Keyring) key(epoch int) (*key, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if held, ok := k.held[epoch]; ok {
		return held, nil
	}
	file, err := k.load(epoch)
	if err != nil {
		return nil, fmt.Errorf("read the pseudonym key of epoch %d: %w", epoch, err)
	}
	private := new(oprf.PrivateKey)
	if err := private.UnmarshalBinary(suite, file.Key); err != nil {
		return nil, fmt.Errorf("read the pseudonym key of epoch %d: %w: restore the file from its backup", epoch, err)
	}
	held, err := newKey(private)
	if err != nil {
		return nil, err
	}
	k.held[epoch] = held
	return held, nil
}

func (k *Keyring) load(epoch int) (keyFile, error) {
	var file keyFile
	info, err := os.Stat(k.path(epoch))
	if err != nil {
		return file, err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return file, fmt.Errorf("%s can be read by others: chmod 600 it, and rotate the key", filepath.Base(k.path(epoch)))
	}
	text, err := os.ReadFile(k.path(epoch))
	if err != nil {
		return file, err
	}
	if err := json.Unmarshal(text, &file); err != nil {
		return file, err
	}
	switch {
	case file.Version != 1 || file.Suite != suite.Identifier() || file.Epoch != epoch:
		return file, errors.New("the file is of another version, suite or epoch: restore it from its backup")
	case file.Sealed && k.sealer == nil:
		return file, errors.New("the key is sealed: start with the vault that sealed it")
	case file.Sealed:
		file.Key, err = k.sealer.Open("pseudonym_key", strconv.Itoa(epoch), "key", file.Key)
	}
	return file, err
}

// destroy removes an epoch's key for good.
func (k *Keyring) destroy(epoch int) error {
	unlock, err := k.lock()
	if err != nil {
		return fmt.Errorf("destroy the pseudonym key of epoch %d: %w", epoch, err)
	}
	defer unlock()
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.held, epoch)
	if err := os.Remove(k.path(epoch)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("destroy the pseudonym key of epoch %d: %w", epoch, err)
	}
	return nil
}

// derive makes the common pseudonym of both outputs. The ids of both keys are part of it, so that no two
// epochs share a pseudonym.
func derive(regulatorKey, custodianKey string, fromRegulator, fromCustodian []byte) (string, error) {
	secret := append(append([]byte{}, fromRegulator...), fromCustodian...) // both are 32 bytes
	info := "tallystick/pseudonym/v1\x00" + regulatorKey + "\x00" + custodianKey
	raw, err := hkdf.Key(sha256.New, secret, nil, info, 16)
	return hex.EncodeToString(raw), err
}
