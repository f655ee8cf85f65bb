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

// Reproducible makes the same program of the same sources in every folder. It shares nothing with what tests have
// compiled before.
const Reproducible = "-trimpath"

// BuildProgram builds a main package of the repository and copies the program into a folder. The
// copy is named by its content, so that a program that runs is never overwritten by its successor. Flags are
// the compiler's: what members must agree on by its digest is built with Reproducible.
func BuildProgram(ctx context.Context, root, packagePath, name, folder string, flags ...string) (Program, error) {
	program, err := buildProgram(ctx, root, packagePath, name, folder, flags)
	if err != nil {
		return Program{}, fmt.Errorf("build %s: %w", packagePath, err)
	}
	return program, nil
}

func buildProgram(ctx context.Context, root, packagePath, name, folder string, flags []string) (Program, error) {
	// Always the same file, because then the go command sees that it need not link it again.
	built := filepath.Join(root, ".tools", "programs", name)
	unlock, err := Lock(ctx, built+".lock")
	if err != nil {
		return Program{}, err
	}
	defer unlock()
	arguments := append([]string{"build", "-buildvcs=false", "-mod=readonly", "-o", built}, flags...)
	build := exec.CommandContext(ctx, "go", append(arguments, packagePath)...)
	build.Dir = root
	if output, err := build.CombinedOutput(); err != nil {
		return Program{}, fmt.Errorf("%w: %s", err, output)
	}
	return adopt(built, name, folder)
}

// adopt copies a program, unless the folder has that very one.
func adopt(built, name, folder string) (Program, error) {
	content, err := os.ReadFile(built)
	if err != nil {
		return Program{}, err
	}
	sum := sha256.Sum256(content)
	digest := hex.EncodeToString(sum[:])
	program := Program{Path: filepath.Join(folder, name+"-"+digest[:12]), Digest: digest}
	if _, err := os.Stat(program.Path); !errors.Is(err, fs.ErrNotExist) {
		return program, err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return Program{}, err
	}
	fresh := program.Path + ".new"
	if err := os.WriteFile(fresh, content, 0o755); err != nil {
		return Program{}, err
	}
	return program, os.Rename(fresh, program.Path)
}
