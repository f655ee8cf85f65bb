package preflight

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// fit is a folder that passes every check on a machine that can run these tests.
func fit(t *testing.T) Machine {
	t.Helper()
	root := t.TempDir()
	if err := os.WriteFile(filepath.Join(root, "go.mod"), []byte("module test\n\ngo 1.21\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	return Machine{Root: root}
}

func TestPortsInUseAreNamed(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	busy := listener.Addr().String()
	machine := fit(t)
	machine.Addresses = []string{busy}
	err = Check(machine)
	if err == nil || !strings.Contains(err.Error(), busy) || !strings.Contains(err.Error(), "--base-port") {
		t.Errorf("got %v", err)
	}
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	if err := Check(machine); err != nil && strings.Contains(err.Error(), busy) {
		t.Errorf("the port is free again, and yet %v", err)
	}
}

func TestFindingsAreReportedTogether(t *testing.T) {
	machine := fit(t)
	t.Setenv("PATH", t.TempDir())
	err := Check(machine)
	if err == nil {
		t.Fatal("a machine without any program is fit")
	}
	for _, want := range []string{"install Go 1.21", "apt install build-essential", "apt install git"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
	}
}

func TestOldGoIsNamed(t *testing.T) {
	machine := fit(t)
	if err := os.WriteFile(filepath.Join(machine.Root, "go.mod"), []byte("module test\n\ngo 1.99.0\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	// Without this the go command itself would refuse, or fetch the version it lacks.
	t.Setenv("GOTOOLCHAIN", "local")
	if err := checkGo(machine.Root); err == nil || !strings.Contains(err.Error(), "1.99.0") {
		t.Errorf("got %v", err)
	}
}
