package localnet

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"
)

// Down stops every process of the network. What it holds stays: Up goes on where it stopped.
func (n *Network) Down(ctx context.Context) error {
	unlock, err := n.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	return n.down(ctx)
}

func (n *Network) down(ctx context.Context) error {
	if err := n.stopAll(ctx, n.table()); err != nil {
		return fmt.Errorf("stop network %s: %w", n.options.Name, err)
	}
	return nil
}

// Reset stops the network and removes all that it holds: ledgers, identities and logs.
func (n *Network) Reset(ctx context.Context) error {
	unlock, err := n.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	if err := n.down(ctx); err != nil {
		return err
	}
	if err := os.RemoveAll(n.folder); err != nil {
		return fmt.Errorf("remove network %s: %w", n.options.Name, err)
	}
	return nil
}

// Kill ends one node as a crash would.
func (n *Network) Kill(ctx context.Context, name string) error {
	row, err := n.findNode(name)
	if err != nil {
		return err
	}
	return n.supervisor.Kill(ctx, row.spec.Name)
}

// Start starts one node and waits until it serves. Its neighbours may take a moment longer to see
// it again: Ready waits for that.
func (n *Network) Start(ctx context.Context, name string) error {
	row, err := n.findNode(name)
	if err != nil {
		return err
	}
	_, err = n.supervisor.Start(ctx, row.spec)
	return err
}

// LogPath is where a node's output goes.
func (n *Network) LogPath(name string) (string, error) {
	row, err := n.findNode(name)
	if err != nil {
		return "", err
	}
	return n.supervisor.LogPath(row.spec.Name), nil
}

// stopAll stops rows side by side, but kind after kind, against the order of their start: a peer
// that loses its chaincode is quiet, a chaincode that loses its peer is not.
func (n *Network) stopAll(ctx context.Context, rows []node) error {
	for len(rows) > 0 {
		kind := rows[len(rows)-1].kind
		first := slices.IndexFunc(rows, func(row node) bool { return row.kind == kind })
		if err := n.stopTogether(ctx, rows[first:]); err != nil {
			return err
		}
		rows = rows[:first]
	}
	return nil
}

func (n *Network) stopTogether(ctx context.Context, rows []node) error {
	ctx, cancel := context.WithTimeout(ctx, stopPatience)
	defer cancel()
	errs := make(chan error, len(rows))
	for _, row := range rows {
		go func() { errs <- n.supervisor.Stop(ctx, row.spec.Name) }()
	}
	var all error
	for range rows {
		all = errors.Join(all, <-errs)
	}
	return all
}

// running names the nodes that run.
func (n *Network) running() []string {
	var names []string
	for _, row := range n.table() {
		if _, running := n.supervisor.Find(row.spec.Name); running {
			names = append(names, row.spec.Name)
		}
	}
	return names
}

// stoppedNodes lists the nodes that do not run.
func (n *Network) stoppedNodes() []node {
	return slices.DeleteFunc(n.table(), func(row node) bool {
		_, running := n.supervisor.Find(row.spec.Name)
		return running
	})
}

// undo stops what a failed start has started, leaving alone what ran before. It works even if the
// start failed because its context ended.
func (n *Network) undo(ctx context.Context, ranBefore []string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	rows := slices.DeleteFunc(n.table(), func(row node) bool {
		return slices.Contains(ranBefore, row.spec.Name)
	})
	if err := n.stopAll(ctx, rows); err != nil {
		return fmt.Errorf("clean up after the failed start: %w", err)
	}
	return nil
}
