package localnet

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"

	"github.com/tallystick/tallystick/network"
	"github.com/tallystick/tallystick/test-network/process"
	"github.com/tallystick/tallystick/test-network/toolchain"
)

// Network is one run of the consortium on this machine. Its methods may be called from several
// goroutines.
type Network struct {
	options    Options
	folder     string
	tools      toolchain.Tools
	supervisor *process.Supervisor
	programs   map[string]toolchain.Program // chaincodes, as built by the Up of this process

	mutex sync.Mutex // guards state
	state state
}

// ErrNeverUp says that there is no such network to stop, look at or change.
var ErrNeverUp = errors.New("the network was never up: bring it up first")

// Open finds a network that was begun before, running or not, with the members and ports that it
// was made with.
func Open(options Options) (*Network, error) {
	n, err := prepare(options)
	if err != nil {
		return nil, err
	}
	found, err := n.loadState()
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, fmt.Errorf("open network %s: %w", n.options.Name, ErrNeverUp)
	}
	n.options.Consortium = n.state.Consortium
	return n, nil
}

func prepare(options Options) (*Network, error) {
	options, err := options.complete()
	if err != nil {
		return nil, err
	}
	folder := filepath.Join(options.Root, ".run", options.Name)
	return &Network{
		options:    options,
		folder:     folder,
		tools:      toolchain.ToolsOf(options.Root),
		supervisor: process.NewSupervisor(folder),
	}, nil
}

// Consortium is who takes part.
func (n *Network) Consortium() network.Consortium { return n.options.Consortium }

// Certified is who takes part, with the roots of the authorities that this network made.
func (n *Network) Certified() network.Consortium {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	return n.options.Consortium.Certified(n.state.Roots)
}

// ProfilePath is the connection profile of a member, or of the auditor.
func (n *Network) ProfilePath(member string) string {
	return filepath.Join(n.folder, "profiles", member+".json")
}

// Profile reads the connection profile of a member, or of the auditor.
func (n *Network) Profile(member string) (network.Profile, error) {
	return network.ReadProfile(n.ProfilePath(member))
}

// lock lets one command at a time bring the network up or down.
func (n *Network) lock(ctx context.Context) (unlock func(), err error) {
	if unlock, err = toolchain.Lock(ctx, n.folder+".lock"); err != nil {
		return nil, fmt.Errorf("wait for another command on network %s: %w", n.options.Name, err)
	}
	return unlock, nil
}

func (n *Network) path(parts ...string) string {
	return filepath.Join(append([]string{n.folder}, parts...)...)
}

// seats lays the members out over the ports, in the order of the consortium's file.
func (n *Network) seats() []seat {
	seats := make([]seat, len(n.options.Consortium.Members))
	for i, member := range n.options.Consortium.Members {
		seats[i] = seat{
			member:    member,
			folder:    n.path("members", member.ID),
			firstPort: n.state.BasePort + i*portsPerMember,
		}
	}
	return seats
}

func (n *Network) chaincode(name string) (deployed, bool) {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	found, ok := n.state.Chaincodes[name]
	return found, ok
}
