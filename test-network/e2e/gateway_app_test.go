package e2e_test

import (
	"context"
	"path/filepath"
	"testing"

	"golang.org/x/sync/errgroup"
)

// The members' gateway apps act by themselves: the regulator's clears whatever waits, under the hands of
// tests that clear for themselves. So they run in the tests that say so, and are dead in all others.

func gatewayNode(member string) string { return member + "-gateway" }

// eachGateway does something to several at once.
func eachGateway(ctx context.Context, members []string, do func(ctx context.Context, node string) error) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, member := range members {
		group.Go(func() error { return do(ctx, gatewayNode(member)) })
	}
	return group.Wait()
}

// stopGateways ends them as a crash would: there is no other way that they must bear.
func (c *consortium) stopGateways() error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return eachGateway(ctx, c.members(), c.net.Kill)
}

// withGateways has the apps of some members run until the test ends.
func (c *consortium) withGateways(t *testing.T, members ...string) {
	t.Helper()
	t.Cleanup(func() {
		if err := c.stopGateways(); err != nil {
			t.Error(err)
		}
	})
	if err := eachGateway(within(t, patience), members, c.net.Start); err != nil {
		t.Fatal(err)
	}
}

// restartGateway kills a member's app, and has it run again.
func (c *consortium) restartGateway(t testing.TB, member string) {
	t.Helper()
	c.killGateway(t, member)
	if err := c.net.Start(within(t, patience), gatewayNode(member)); err != nil {
		t.Fatal(err)
	}
}

func (c *consortium) killGateway(t testing.TB, member string) {
	t.Helper()
	if err := c.net.Kill(within(t, patience), gatewayNode(member)); err != nil {
		t.Fatal(err)
	}
}

// gatewayFolder is everything that a member's app keeps: settings, database, keys and documents.
func (c *consortium) gatewayFolder(member string, parts ...string) string {
	return c.folder(append([]string{"members", member, "gateway"}, parts...)...)
}

// gatewayProgram is the program that the network runs.
func (c *consortium) gatewayProgram(t testing.TB) string {
	t.Helper()
	found, err := filepath.Glob(c.folder("bin", "gateway-*"))
	if err != nil || len(found) != 1 {
		t.Fatalf("the network's gateway app is one of %v, %v", found, err)
	}
	return found[0]
}
