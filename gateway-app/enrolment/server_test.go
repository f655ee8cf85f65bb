package enrolment

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tallystick/tallystick/gateway-app/store"
)

// serverPath is where the build leaves the stock server.
const serverPath = "../../.tools/bin/fabric-ca-server"

// running is a real Fabric CA in a folder of its own.
type running struct {
	authority         *Authority
	certPath, keyPath string // of its registrar
	stop              func()
	err               error
}

var (
	once   sync.Once
	shared *running
)

// server starts one Fabric CA for all tests of the package.
func server(t *testing.T) *running {
	t.Helper()
	if _, err := os.Stat(serverPath); err != nil {
		t.Skipf("no Fabric CA to test against: build it with `make build`: %v", err)
	}
	once.Do(func() { shared = start() })
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return shared
}

func TestMain(m *testing.M) {
	code := m.Run()
	if shared != nil && shared.stop != nil {
		shared.stop()
	}
	os.Exit(code)
}

func start() *running {
	r := &running{}
	r.err = r.start()
	return r
}

const registrarName, registrarSecret = "registrar", "only-for-this-test"

func (r *running) start() error {
	home, err := os.MkdirTemp("", "fabric-ca-")
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	port := listener.Addr().(*net.TCPAddr).Port
	if err := listener.Close(); err != nil {
		return err
	}
	program, err := filepath.Abs(serverPath)
	if err != nil {
		return err
	}
	log, err := os.Create(filepath.Join(home, "log"))
	if err != nil {
		return err
	}
	command := exec.Command(program, "start", "--home", home, "--boot", registrarName+":"+registrarSecret,
		"--address", "127.0.0.1", "--port", fmt.Sprint(port), "--ca.name", "ca", "--csr.cn", "ca.example", "--csr.hosts", "127.0.0.1",
		"--tls.enabled",
		"--idemix.curve", "gurvy.Bn254", "--idemix.rhpoolsize", "1")
	command.Env = append(os.Environ(), "FABRIC_CA_SERVER_OPERATIONS_LISTENADDRESS=127.0.0.1:0")
	command.Dir, command.Stdout, command.Stderr = home, log, log
	if err := command.Start(); err != nil {
		return err
	}
	r.stop = func() {
		_ = command.Process.Kill()
		_ = command.Wait()
		_ = os.RemoveAll(home)
	}
	return r.ready(fmt.Sprintf("https://127.0.0.1:%d", port), home)
}

// ready waits for the server and enrols its registrar.
func (r *running) ready(address, home string) error {
	var last error
	for range 150 {
		time.Sleep(100 * time.Millisecond)
		authority, err := NewAuthority(address, "ca", "Harbor", filepath.Join(home, "ca-cert.pem"))
		if err != nil {
			last = err
			continue
		}
		made, err := authority.enrol(context.Background(), registrarName, registrarSecret)
		if err != nil {
			last = err
			continue
		}
		key, err := writeKey(made.key)
		if err != nil {
			return err
		}
		r.authority, r.certPath, r.keyPath = authority, filepath.Join(home, "registrar.pem"), filepath.Join(home, "registrar.key")
		return errors.Join(os.WriteFile(r.certPath, made.certificate, 0o600), os.WriteFile(r.keyPath, key, 0o600))
	}
	log, _ := os.ReadFile(filepath.Join(home, "log"))
	return fmt.Errorf("the Fabric CA does not answer: %w\n%s", last, log)
}

// seal is AES-GCM with the place as additional data.
type seal struct{ aead cipher.AEAD }

func newSeal(t *testing.T) seal {
	t.Helper()
	key := make([]byte, 32)
	_, _ = rand.Read(key)
	block, err := aes.NewCipher(key)
	if err != nil {
		t.Fatal(err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		t.Fatal(err)
	}
	return seal{aead}
}

func place(parts ...string) []byte { return []byte(strings.Join(parts, "\x00")) }

func (s seal) Seal(table, row, column string, plain []byte) ([]byte, error) {
	return s.aead.Seal(nil, nil, plain, place(table, row, column)), nil
}

func (s seal) Open(table, row, column string, sealed []byte) ([]byte, error) {
	return s.aead.Open(nil, nil, sealed, place(table, row, column))
}

// clock is a time that tests move.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

// register keeps enrolments in the database, against the real authority.
func register(t *testing.T, db *store.DB, at *clock) *Register {
	t.Helper()
	s := server(t)
	r, err := New(db, newSeal(t), s.authority, s.certPath, s.keyPath, at.now)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// away is an authority that cannot be reached.
func away(r *Register) (back func()) {
	former := r.authority.client
	gone := *r.authority
	gone.client = &http.Client{Transport: &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
		return nil, errors.New("no route")
	}}}
	present := r.authority
	r.authority = &gone
	return func() { r.authority, r.authority.client = present, former }
}
