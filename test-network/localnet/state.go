package localnet

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// state is what a network remembers between runs.
type state struct {
	BasePort   int                 `json:"base_port"`
	Consortium string              `json:"consortium_sha256"`
	Complete   bool                `json:"complete"` // it has once been wholly up
	Chaincodes map[string]deployed `json:"chaincodes"`
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
	fresh := n.statePath() + ".new"
	if err := os.WriteFile(fresh, append(text, '\n'), 0o600); err != nil {
		return fmt.Errorf("write state of network %s: %w", n.options.Name, err)
	}
	if err := os.Rename(fresh, n.statePath()); err != nil {
		return fmt.Errorf("write state of network %s: %w", n.options.Name, err)
	}
	return nil
}

// consortiumDigest recognises the consortium that a network was made for.
func (n *Network) consortiumDigest() (string, error) {
	text, err := json.Marshal(n.options.Consortium)
	if err != nil {
		return "", fmt.Errorf("recognise consortium: %w", err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}

// checkUnchanged refuses to go on with a network that was made for other members or ports: both
// are in its certificates and its first block.
func (n *Network) checkUnchanged() error {
	digest, err := n.consortiumDigest()
	if err != nil {
		return err
	}
	if n.state.Consortium != digest {
		return fmt.Errorf("network %s was made for another consortium: start anew with reset, then up", n.options.Name)
	}
	if asked := n.options.BasePort; asked != 0 && asked != n.state.BasePort {
		return fmt.Errorf("network %s was made on ports from %d, not %d: start anew with reset, then up",
			n.options.Name, n.state.BasePort, asked)
	}
	return nil
}
