package toolchain

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestFindRoot(t *testing.T) {
	root, err := FindRoot(".")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(root, "network", "consortium.yaml")); err != nil {
		t.Errorf("%s is not the repository: %v", root, err)
	}
	if _, err := FindRoot(t.TempDir()); err == nil || !strings.Contains(err.Error(), "--root") {
		t.Errorf("outside of the repository: %v", err)
	}
}

// The tools' modules are apart from each other and from the product's, but must name one version
// of Fabric's programs exactly.
func TestToolsArePinned(t *testing.T) {
	root, err := FindRoot(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, module := range toolModules {
		text, err := os.ReadFile(filepath.Join(root, module.folder, "go.mod"))
		if err != nil {
			t.Fatal(err)
		}
		for _, program := range module.programs {
			if !strings.Contains(string(text), "/"+program+"\n") {
				t.Errorf("%s does not list %s as a tool", module.folder, program)
			}
		}
	}
	product, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	for _, forbidden := range []string{"github.com/hyperledger/fabric ", "github.com/hyperledger/fabric-ca "} {
		if strings.Contains(string(product), forbidden) {
			t.Errorf("the product depends on %s", forbidden)
		}
	}
}

func TestPinDigestChangesWithThePins(t *testing.T) {
	folder := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	digest := func() string {
		got, err := pinDigest(folder)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	write("go.mod", "one")
	write("go.sum", "two")
	first := digest()
	if digest() != first {
		t.Error("the same pins give two digests")
	}
	write("go.sum", "three")
	if digest() == first {
		t.Error("other pins give the same digest: old programs would be used")
	}
}

func TestLockExcludes(t *testing.T) {
	if _, err := exec.LookPath("flock"); err != nil {
		t.Skip("needs the flock program of util-linux")
	}
	path := filepath.Join(t.TempDir(), "lock")
	unlock, err := Lock(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	free := func() bool { return exec.Command("flock", "--nonblock", path, "true").Run() == nil }
	if free() {
		t.Error("another process took the lock that this one holds")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := Lock(ctx, path); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the lock was taken twice: %v", err)
	}
	unlock()
	deadline := time.Now().Add(5 * time.Second)
	for !free() {
		if time.Now().After(deadline) {
			t.Fatal("the lock was not given back")
		}
	}
}
