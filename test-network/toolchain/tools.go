package toolchain

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// toolModule is a folder whose go.mod pins programs of one project.
type toolModule struct {
	folder   string
	programs []string
	samples  string // module whose sampleconfig folder is kept, if any
}

var toolModules = []toolModule{
	{
		folder:   "test-network/tools/fabric",
		programs: []string{"peer", "orderer", "configtxgen", "configtxlator", "osnadmin", "discover", "ledgerutil"},
		samples:  "github.com/hyperledger/fabric",
	},
	{
		folder:   "test-network/tools/ca",
		programs: []string{"fabric-ca-server", "fabric-ca-client"},
	},
}

// sampleFiles are the settings over which a node's own are laid.
var sampleFiles = []string{"core.yaml", "orderer.yaml"}

// Build builds the tools whose pins have changed since they were last built, one builder at a
// time even if several programs ask.
func (t Tools) Build(ctx context.Context, progress io.Writer) error {
	unlock, err := Lock(ctx, filepath.Join(t.root, ".tools", "lock"))
	if err != nil {
		return fmt.Errorf("build tools: %w", err)
	}
	defer unlock()
	for _, module := range toolModules {
		if err := t.buildModule(ctx, module, progress); err != nil {
			return fmt.Errorf("build tools of %s: %w", module.folder, err)
		}
	}
	return nil
}

func (t Tools) buildModule(ctx context.Context, module toolModule, progress io.Writer) error {
	source := filepath.Join(t.root, module.folder)
	digest, err := pinDigest(source)
	if err != nil {
		return err
	}
	stamp := filepath.Join(t.root, ".tools", filepath.Base(module.folder)+".stamp")
	if t.current(module, stamp, digest) {
		return nil
	}
	fmt.Fprintf(progress, "building %s: one to four minutes, once\n", strings.Join(module.programs, ", "))
	install := exec.CommandContext(ctx, "go", "install", "-trimpath", "-mod=readonly", "tool")
	install.Dir = source
	install.Env = append(os.Environ(), "GOBIN="+filepath.Join(t.root, ".tools", "bin"), "GOWORK=off")
	if output, err := install.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s: check the network's route to the Go module proxy and that a C compiler is installed", err, output)
	}
	if module.samples != "" {
		if err := t.keepSamples(ctx, source, module.samples); err != nil {
			return err
		}
	}
	return os.WriteFile(stamp, []byte(digest), 0o644)
}

// current says whether the programs exist and were built from these pins by this compiler.
func (t Tools) current(module toolModule, stamp, digest string) bool {
	recorded, err := os.ReadFile(stamp)
	if err != nil || string(recorded) != digest {
		return false
	}
	for _, program := range module.programs {
		if _, err := os.Stat(t.Path(program)); err != nil {
			return false
		}
	}
	return true
}

func pinDigest(folder string) (string, error) {
	hash := sha256.New()
	fmt.Fprintln(hash, runtime.Version())
	for _, name := range []string{"go.mod", "go.sum"} {
		text, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			return "", err
		}
		hash.Write(text)
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

// keepSamples copies the sample settings, because the module cache may be cleaned at any time.
func (t Tools) keepSamples(ctx context.Context, source, module string) error {
	list := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", module)
	list.Dir = source
	list.Env = append(os.Environ(), "GOWORK=off")
	output, err := list.Output()
	if err != nil {
		return fmt.Errorf("find sources of %s: %w", module, err)
	}
	for _, name := range sampleFiles {
		text, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(output)), "sampleconfig", name))
		if err != nil {
			return fmt.Errorf("copy sample settings: %w", err)
		}
		if err := os.MkdirAll(filepath.Dir(t.SamplePath(name)), 0o755); err != nil {
			return fmt.Errorf("copy sample settings: %w", err)
		}
		if err := os.WriteFile(t.SamplePath(name), text, 0o644); err != nil {
			return fmt.Errorf("copy sample settings: %w", err)
		}
	}
	return nil
}
