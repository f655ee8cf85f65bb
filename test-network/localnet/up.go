package localnet

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/tallystick/tallystick/test-network/preflight"
	"github.com/tallystick/tallystick/test-network/toolchain"
)

// Patience of the steps. They end as soon as their condition holds; these bounds only turn a
// network that will never come up into an error.
const (
	upPatience   = 3 * time.Minute
	stopPatience = 15 * time.Second
)

// Up brings a network up and returns once every member can serve every transaction. If a start
// fails, the processes that it started are stopped and their logs are kept.
func Up(ctx context.Context, options Options) (*Network, error) {
	n, err := prepare(options)
	if err != nil {
		return nil, err
	}
	unlock, err := n.lock(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	if err := n.tools.Build(ctx, n.options.Progress); err != nil {
		return nil, err
	}
	if err := n.begin(ctx); err != nil {
		return nil, fmt.Errorf("bring up network %s: %w", n.options.Name, err)
	}
	if err := n.buildPrograms(ctx); err != nil {
		return nil, fmt.Errorf("bring up network %s: %w", n.options.Name, err)
	}
	ctx, cancel := context.WithTimeout(ctx, upPatience)
	defer cancel()
	stopped := n.running()
	if err := n.bringUp(ctx); err != nil {
		err = fmt.Errorf("bring up network %s: %w", n.options.Name, err)
		return nil, errors.Join(err, n.undo(ctx, stopped))
	}
	return n, nil
}

// begin loads a network that was once up, or starts one afresh, clearing what a failed first start
// left behind.
func (n *Network) begin(ctx context.Context) error {
	found, err := n.loadState()
	if err != nil {
		return err
	}
	if found && n.state.Complete {
		return n.checkUnchanged()
	}
	if found {
		if err := n.clear(ctx); err != nil {
			return err
		}
	}
	n.state = n.freshState()
	return n.saveState()
}

func (n *Network) freshState() state {
	basePort := n.options.BasePort
	if basePort == 0 {
		basePort = DefaultBasePort
	}
	return state{BasePort: basePort, Consortium: n.options.Consortium}
}

// clear stops whatever a failed start left running, and removes all that it made.
func (n *Network) clear(ctx context.Context) error {
	left, err := Open(n.options)
	if err != nil {
		return err
	}
	if err := left.stopAll(ctx, left.table()); err != nil {
		return err
	}
	if err := os.RemoveAll(n.folder); err != nil {
		return fmt.Errorf("remove what a failed start left: %w", err)
	}
	return nil
}

// step is one stage of bringing a network up. Each finds out what is done already.
type step struct {
	done string
	run  func(context.Context) error
}

func (n *Network) bringUp(ctx context.Context) error {
	begun := time.Now()
	for _, warning := range n.options.Consortium.Warnings() {
		fmt.Fprintf(n.options.Progress, "warning: %s\n", warning)
	}
	for _, step := range n.steps() {
		if err := step.run(ctx); err != nil {
			return err
		}
		fmt.Fprintf(n.options.Progress, "%6.1fs  %s\n", time.Since(begun).Seconds(), step.done)
	}
	return nil
}

func (n *Network) steps() []step {
	steps := []step{
		{"the machine is fit and the ports are free", n.checkMachine},
		{"certificate authorities run", n.startAuthorities},
		{"identities enrolled", n.enrol},
		{"settings and connection profiles written", n.configure},
		{"consenters and peers run", n.startFabric},
		{"the channel is joined", n.joinAll},
		{"every member's peer sees every other's", n.meet},
	}
	for _, name := range n.options.Chaincodes {
		steps = append(steps, step{"chaincode " + name + " deployed", func(ctx context.Context) error {
			return n.deploy(ctx, name, n.programs[name])
		}})
	}
	steps = append(steps, step{"every chaincode answers at every member", n.finish})
	if n.options.Gateways {
		steps = append(steps, step{"every member's gateway app is ready", n.startGateways})
	}
	return steps
}

func (n *Network) checkMachine(context.Context) error {
	var addresses []string
	for _, row := range n.stoppedNodes() {
		for _, address := range row.ports {
			addresses = append(addresses, address.String())
		}
	}
	return preflight.Check(preflight.Machine{Root: n.options.Root, Addresses: addresses})
}

func (n *Network) startAuthorities(ctx context.Context) error {
	if err := n.configureAuthorities(); err != nil {
		return err
	}
	return n.startAll(ctx, n.nodesOf(nodeCA))
}

func (n *Network) configure(ctx context.Context) error {
	return errors.Join(n.writeNodeSettings(), n.writeProfiles(), n.makeGenesis(ctx))
}

// buildPrograms builds the repository's own programs. The first time after a change the compiler
// may take minutes, which are not counted against the start's patience.
func (n *Network) buildPrograms(ctx context.Context) error {
	n.programs = make(map[string]toolchain.Program)
	for _, name := range n.options.Chaincodes {
		program, err := n.buildChaincode(ctx, name)
		if err != nil {
			return err
		}
		n.programs[name] = program
	}
	if n.options.Gateways {
		program, err := toolchain.BuildProgram(ctx, n.options.Root, "./gateway-app", nodeGateway, n.path("bin"))
		if err != nil {
			return err
		}
		n.programs[nodeGateway] = program
	}
	return n.installBuilder(ctx)
}

// installBuilder puts the peers' chaincode builder where their settings say, by its three names.
func (n *Network) installBuilder(ctx context.Context) error {
	folder := n.path("builder", "bin")
	program, err := toolchain.BuildProgram(ctx, n.options.Root, "./test-network/builder", "builder", folder)
	if err != nil {
		return err
	}
	for _, name := range []string{"detect", "build", "release"} {
		link := filepath.Join(folder, name)
		if err := os.Remove(link); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("install chaincode builder: %w", err)
		}
		if err := os.Symlink(filepath.Base(program.Path), link); err != nil {
			return fmt.Errorf("install chaincode builder: %w", err)
		}
	}
	return nil
}

func (n *Network) startFabric(ctx context.Context) error {
	return n.startAll(ctx, append(n.nodesOf(nodeConsenter), n.nodesOf(nodePeer)...))
}

// finish also starts chaincodes that were deployed by an earlier run and not asked for in this.
func (n *Network) finish(ctx context.Context) error {
	if err := n.startAll(ctx, n.stoppedNodes()); err != nil {
		return err
	}
	if err := n.Ready(ctx); err != nil {
		return err
	}
	n.mutex.Lock()
	defer n.mutex.Unlock()
	n.state.Complete = true
	return n.saveState()
}
