package localnet

import (
	"context"
	"errors"
	"time"
)

// statusPatience is how long a node is given to say how far it is.
const statusPatience = 3 * time.Second

// NodeStatus is one node as it is now.
type NodeStatus struct {
	Name        string        `json:"name"`
	Member      string        `json:"member"`
	Kind        string        `json:"kind"`
	State       string        `json:"state"` // serving, starting or stopped
	PID         int           `json:"pid,omitempty"`
	Address     string        `json:"address"`
	Height      uint64        `json:"height,omitempty"` // blocks of the channel, of peers and consenters
	CPU         time.Duration `json:"cpu_ns"`
	MemoryBytes int64         `json:"memory_bytes"`
}

// Status lists every node of the network.
func (n *Network) Status(ctx context.Context) []NodeStatus {
	rows := n.table()
	nodes := make([]NodeStatus, len(rows))
	// Looking at a node never fails: what it does not tell is left out.
	_ = eachAtOnce(ctx, len(rows), func(ctx context.Context, i int) error {
		nodes[i] = n.look(ctx, rows[i])
		return nil
	})
	return nodes
}

func (n *Network) look(ctx context.Context, row node) NodeStatus {
	ctx, cancel := context.WithTimeout(ctx, statusPatience)
	defer cancel()
	result := NodeStatus{
		Name: row.spec.Name, Member: row.member, Kind: row.kind,
		State: "stopped", Address: row.ports[0].String(),
	}
	identity, running := n.supervisor.Find(row.spec.Name)
	if !running {
		return result
	}
	result.State, result.PID = "starting", identity.PID
	if usage, err := identity.Usage(); err == nil {
		result.CPU, result.MemoryBytes = usage.CPU, usage.MemoryBytes
	}
	if row.spec.Ready(ctx) == nil {
		result.State = "serving"
		result.Height = n.heightAt(ctx, row)
	}
	return result
}

// heightAt is 0 for nodes that keep no blocks and for those that do not say.
func (n *Network) heightAt(ctx context.Context, row node) uint64 {
	for _, s := range n.seats() {
		if s.member.ID != row.member {
			continue
		}
		switch row.kind {
		case nodePeer:
			return n.peerHeight(ctx, s)
		case nodeConsenter:
			return n.consenterHeight(ctx, s)
		}
	}
	return 0
}

func (n *Network) peerHeight(ctx context.Context, s seat) uint64 {
	admin, err := newAdministrator(s)
	if err != nil {
		return 0
	}
	defer admin.close()
	height, err := admin.height(ctx, n.options.Consortium.Channel)
	if err != nil {
		return 0
	}
	return height
}

func (n *Network) consenterHeight(ctx context.Context, s seat) uint64 {
	admin, err := newConsenterAdmin(s)
	if err != nil {
		return 0
	}
	info, _, err := admin.channel(ctx, n.options.Consortium.Channel)
	if err != nil {
		return 0
	}
	return info.Height
}

// Build builds Fabric's programs, unless they are built.
func Build(ctx context.Context, options Options) error {
	n, err := prepare(options)
	if err != nil {
		return err
	}
	return n.tools.Build(ctx, n.options.Progress)
}

// FetchFonts fetches the font for PDF reports, unless it is there.
func FetchFonts(ctx context.Context, options Options) error {
	n, err := prepare(options)
	if err != nil {
		return err
	}
	return n.tools.FetchFonts(ctx, n.options.Progress)
}

// Preflight says whether the machine can run the network that the options name.
func Preflight(options Options) error {
	n, err := Open(options)
	if errors.Is(err, ErrNeverUp) {
		if n, err = prepare(options); err == nil {
			n.state = n.freshState()
		}
	}
	if err != nil {
		return err
	}
	return n.checkMachine(context.Background())
}
