package toolchain

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
)

// Program is one of this repository's programs, built.
type Program struct {
	Path   string
	Digest string // SHA-256 of the file, in hex
}

// BuildProgram builds a main package of the repository into a folder. The file is named by its
// content, so that a program that runs is never overwritten by its successor.
func BuildProgram(ctx context.Context, root, packagePath, name, folder string) (Program, error) {
	fail := func(err error) (Program, error) {
		return Program{}, fmt.Errorf("build %s: %w", packagePath, err)
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fail(err)
	}
	fresh, err := os.CreateTemp(folder, name+"-*.new")
	if err != nil {
		return fail(err)
	}
	defer os.Remove(fresh.Name())
	if err := fresh.Close(); err != nil {
		return fail(err)
	}
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-mod=readonly", "-o", fresh.Name(), packagePath)
	build.Dir = root
	if output, err := build.CombinedOutput(); err != nil {
		return fail(fmt.Errorf("%w: %s", err, output))
	}
	return adopt(fresh.Name(), name, folder)
}

// AdoptProgram copies a program that was built elsewhere into a folder.
func AdoptProgram(path, name, folder string) (Program, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return Program{}, fmt.Errorf("adopt program: %w", err)
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return Program{}, fmt.Errorf("adopt program: %w", err)
	}
	fresh := filepath.Join(folder, name+".new")
	if err := os.WriteFile(fresh, content, 0o755); err != nil {
		return Program{}, fmt.Errorf("adopt program: %w", err)
	}
	return adopt(fresh, name, folder)
}

func adopt(fresh, name, folder string) (Program, error) {
	content, err := os.ReadFile(fresh)
	if err != nil {
		return Program{}, fmt.Errorf("adopt program: %w", err)
	}
	sum := sha256.Sum256(content)
	digest := hex.EncodeToString(sum[:])
	path := filepath.Join(folder, name+"-"+digest[:12])
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		if err := os.Rename(fresh, path); err != nil {
			return Program{}, fmt.Errorf("adopt program: %w", err)
		}
	}
	if err := os.Chmod(path, 0o755); err != nil {
		return Program{}, fmt.Errorf("adopt program: %w", err)
	}
	return Program{Path: path, Digest: digest}, nil
}
