package localnet

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"

	"github.com/tallystick/tallystick/network"
)

// state is what a network remembers between runs.
type state struct {
	BasePort   int                 `json:"base_port"`
	Consortium network.Consortium  `json:"consortium"`
	Complete   bool                `json:"complete"` // it has once been wholly up
	Chaincodes map[string]deployed `json:"chaincodes"`
	Gateway    string              `json:"gateway,omitempty"` // the gateway app's program, relative to the network's folder
	Roots      map[string][]string `json:"roots,omitempty"`   // by member: the fingerprint of its authority's certificate
}

// deployed is the chaincode process that every member runs.
type deployed struct {
	PackageID   string `json:"package_id"`
	ProgramPath string `json:"program_path"` // relative to the network's folder
}

func (n *Network) statePath() string { return filepath.Join(n.folder, "state.json") }

// loadState reads the state; a network that was never begun has none.
func (n *Network) loadState() (found bool, err error) {
	text, err := os.ReadFile(n.statePath())
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read state of network %s: %w", n.options.Name, err)
	}
	if err := json.Unmarshal(text, &n.state); err != nil {
		return false, fmt.Errorf("read state of network %s: %w: start anew with reset", n.options.Name, err)
	}
	return true, nil
}

// saveState replaces the file in one step, so that a crash leaves the old state or the new.
func (n *Network) saveState() error {
	text, err := json.MarshalIndent(n.state, "", "  ")
	if err != nil {
		return fmt.Errorf("write state of network %s: %w", n.options.Name, err)
	}
	if err := makeFolder(n.folder); err != nil {
		return err
	}
	fresh := n.statePath() + ".new"
	if err := os.WriteFile(fresh, append(text, '\n'), 0o600); err != nil {
		return fmt.Errorf("write state of network %s: %w", n.options.Name, err)
	}
	if err := os.Rename(fresh, n.statePath()); err != nil {
		return fmt.Errorf("write state of network %s: %w", n.options.Name, err)
	}
	return nil
}

// checkUnchanged refuses to go on with a network that was made for other members or ports: both
// are in its certificates and its first block.
func (n *Network) checkUnchanged() error {
	if !reflect.DeepEqual(n.state.Consortium, n.options.Consortium) {
		return fmt.Errorf("network %s was made for another consortium: start anew with reset, then up", n.options.Name)
	}
	if asked := n.options.BasePort; asked != 0 && asked != n.state.BasePort {
		return fmt.Errorf("network %s was made on ports from %d, not %d: start anew with reset, then up",
			n.options.Name, n.state.BasePort, asked)
	}
	return nil
}
