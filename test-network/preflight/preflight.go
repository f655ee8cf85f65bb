// Package preflight looks, before anything is started, for what would make a network fail half-way:
// a missing compiler, a full disk, a port in use. Every finding names its remedy, and all findings
// are reported together. The package changes nothing.
package preflight

import (
	"errors"
	"fmt"
	"go/version"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"
)

// minFreeBytes is what Fabric's build cache, programs and a long run's ledgers need.
const minFreeBytes = 4 << 30

// Machine is what the network will ask of the machine.
type Machine struct {
	Root      string   // the repository, whose go.mod names the Go version and whose disk is used
	Addresses []string // host:port of everything that will listen
}

// Check reports every way in which the machine is not fit, joined.
func Check(machine Machine) error {
	return errors.Join(
		checkSystem(),
		checkGo(machine.Root),
		checkProgram("a C compiler", "apt install build-essential", "cc", "gcc", "clang"),
		checkProgram("git", "apt install git", "git"),
		checkDisk(machine.Root),
		checkAddresses(machine.Addresses),
	)
}

func checkSystem() error {
	if runtime.GOOS != "linux" {
		return fmt.Errorf("the test network reads Linux's /proc and this is %s: use a Linux machine", runtime.GOOS)
	}
	return nil
}

var goDirective = regexp.MustCompile(`(?m)^go (\S+)$`)

// checkGo asks the go command that will be run, which need not be the one that built this program.
func checkGo(root string) error {
	text, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		return fmt.Errorf("find the Go version: %w", err)
	}
	wanted := goDirective.FindStringSubmatch(string(text))
	if wanted == nil {
		return errors.New("find the Go version: go.mod names none")
	}
	command := exec.Command("go", "env", "GOVERSION")
	command.Dir = root
	output, err := command.Output()
	if err != nil {
		return fmt.Errorf("run go: %w: install Go %s from https://go.dev/dl", err, wanted[1])
	}
	if found := strings.TrimSpace(string(output)); version.Compare(found, "go"+wanted[1]) < 0 {
		return fmt.Errorf("%s is older than go%s: install it from https://go.dev/dl", found, wanted[1])
	}
	return nil
}

func checkProgram(what, remedy string, names ...string) error {
	for _, name := range names {
		if _, err := exec.LookPath(name); err == nil {
			return nil
		}
	}
	return fmt.Errorf("%s is missing: %s", what, remedy)
}

func checkDisk(root string) error {
	var disk syscall.Statfs_t
	if err := syscall.Statfs(root, &disk); err != nil {
		return fmt.Errorf("look at the disk of %s: %w", root, err)
	}
	if free := disk.Bavail * uint64(disk.Bsize); free < minFreeBytes {
		return fmt.Errorf("%d MB free on the disk of %s, %d needed: make room", free>>20, root, minFreeBytes>>20)
	}
	return nil
}

func checkAddresses(addresses []string) error {
	var busy []string
	for _, address := range addresses {
		listener, err := net.Listen("tcp", address)
		if err != nil {
			busy = append(busy, address)
			continue
		}
		_ = listener.Close()
	}
	if len(busy) > 0 {
		return fmt.Errorf("in use: %s: stop what listens there, or choose other ports with --base-port", strings.Join(busy, ", "))
	}
	return nil
}
