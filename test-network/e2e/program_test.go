package e2e_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/tallystick/tallystick/test-network/toolchain"
)

// outcome is how a program of this repository ended.
type outcome struct {
	code           int
	output, errors string
}

// build builds one of the repository's programs and answers its path.
func build(t *testing.T, source string) string {
	t.Helper()
	root := repository(t)
	path := filepath.Join(t.TempDir(), filepath.Base(source))
	command := exec.CommandContext(within(t, 2*patience), "go", "build", "-o", path, "./"+source)
	command.Dir = root
	if said, err := command.CombinedOutput(); err != nil {
		t.Fatalf("build %s: %v\n%s", source, err, said)
	}
	return path
}

func repository(t *testing.T) string {
	t.Helper()
	root, err := toolchain.FindRoot(".")
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// run runs a program to its end, in an empty folder.
func run(ctx context.Context, t *testing.T, program string, arguments ...string) outcome {
	t.Helper()
	var output, diagnostics bytes.Buffer
	command := exec.CommandContext(ctx, program, arguments...)
	command.Dir, command.Env = t.TempDir(), os.Environ()
	command.Stdout, command.Stderr = &output, &diagnostics
	err := command.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("run %s: %v", program, err)
	}
	return outcome{command.ProcessState.ExitCode(), output.String(), diagnostics.String()}
}
