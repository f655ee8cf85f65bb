// Package toolchain finds the repository, builds Fabric's own programs from their pinned modules
// and builds this repository's programs. What is built already, from the same pins, is used again.
// It runs the go command with argument lists and never a shell.
package toolchain

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

const modulePath = "github.com/tallystick/tallystick"

// FindRoot finds the repository that a folder lies in.
func FindRoot(folder string) (string, error) {
	folder, err := filepath.Abs(folder)
	if err != nil {
		return "", fmt.Errorf("find the repository: %w", err)
	}
	for at := folder; ; at = filepath.Dir(at) {
		text, err := os.ReadFile(filepath.Join(at, "go.mod"))
		if err == nil && strings.HasPrefix(string(text), "module "+modulePath+"\n") {
			return at, nil
		}
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return "", fmt.Errorf("find the repository: %w", err)
		}
		if at == filepath.Dir(at) {
			return "", fmt.Errorf("find the repository: %s is not inside it: go there, or name it with --root", folder)
		}
	}
}

// Tools are Fabric's programs and sample settings, as Build leaves them.
type Tools struct {
	root string
}

// ToolsOf are the tools of a repository, built or not.
func ToolsOf(root string) Tools { return Tools{root: root} }

// Path is where a program is installed.
func (t Tools) Path(program string) string {
	return filepath.Join(t.root, ".tools", "bin", program)
}

// SamplePath is where Fabric's sample core.yaml or orderer.yaml is kept.
func (t Tools) SamplePath(file string) string {
	return filepath.Join(t.root, ".tools", "config", file)
}
