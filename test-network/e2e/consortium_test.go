package e2e_test

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tallystick/tallystick/chaincode/contracttest"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/ledger"
	"github.com/tallystick/tallystick/test-network/localnet"
)

const (
	harbor    = contracttest.Harbor
	lantern   = contracttest.Lantern
	meridian  = contracttest.Meridian
	authority = contracttest.Authority
)

// patience bounds one step. No test waits for it unless something is wrong.
const patience = 90 * time.Second

// consortium is the network as the tests see it: its nodes, a connection for each identity, and the
// reader who re-executes everything.
type consortium struct {
	net     *localnet.Network
	auditor *auditor

	mu      sync.Mutex
	clients map[string]*ledger.Client
	down    map[string]bool // members whose peer a test has killed
}

var openOnce = sync.OnceValues(openConsortium)

// onNetwork is the network of all tests.
func onNetwork(t testing.TB) *consortium {
	t.Helper()
	if testing.Short() {
		t.Skip("a real network takes minutes: run without -short")
	}
	c, err := openOnce()
	if err != nil {
		t.Fatalf("open the network: %v", err)
	}
	if err := c.auditor.finding(); err != nil {
		t.Skipf("the books broke in a test before this one: %v", err)
	}
	return c
}

func openConsortium() (*consortium, error) {
	found, err := localnet.Open(options())
	if err != nil {
		return nil, err
	}
	c := &consortium{net: found, clients: map[string]*ledger.Client{}, down: map[string]bool{}}
	if err := c.stopGateways(); err != nil {
		return nil, err
	}
	reader, err := c.connect(authority, "auditor")
	if err != nil {
		return nil, err
	}
	c.auditor = newAuditor(reader)
	return c, nil
}

// members lists the ids of everybody who takes part.
func (c *consortium) members() []string {
	var ids []string
	for _, m := range c.net.Consortium().Members {
		ids = append(ids, m.ID)
	}
	return ids
}

func (c *consortium) mspID(member string) string {
	for _, m := range c.net.Consortium().Members {
		if m.ID == member {
			return m.MSPID
		}
	}
	panic("no member is called " + member)
}

func (c *consortium) mspIDs(members []string) []string {
	ids := make([]string, len(members))
	for i, member := range members {
		ids[i] = c.mspID(member)
	}
	return ids
}

// unattributed is the identity of a member whose certificate bears no role: its consenter's.
const unattributed = "consenter"

// profile is a member's connection profile, with one identity more: of a certificate without a role.
func (c *consortium) profile(member string) (ledger.Profile, error) {
	profile, err := ledger.LoadProfile(c.net.ProfilePath(member))
	if err != nil {
		return profile, err
	}
	profile.Identities[unattributed] = c.nodeIdentity(member, unattributed)
	return profile, nil
}

// client is a member's connection as one of its identities, kept for all tests.
func (c *consortium) client(t testing.TB, member, identity string) *ledger.Client {
	t.Helper()
	client, err := c.connect(member, identity)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func (c *consortium) connect(member, identity string) (*ledger.Client, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	name := member + "/" + identity
	if client, ok := c.clients[name]; ok {
		return client, nil
	}
	profile, err := c.profile(member)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if _, has := profile.Identities[identity]; !has && identity == "auditor" {
		if profile.Identities[identity], err = c.issue(ctx, member, identity, "client", "role=auditor:ecert"); err != nil {
			return nil, err
		}
	}
	client, err := ledger.Connect(ctx, profile, identity)
	if err != nil {
		return nil, err
	}
	c.clients[name] = client
	return client, nil
}

// settled waits until every peer that runs has a block, and the books were checked with it. Without it
// one member would ask about what another has just written.
func (c *consortium) settled(t testing.TB, block uint64) {
	t.Helper()
	ctx := within(t, patience)
	for _, member := range c.running() {
		if err := c.client(t, member, "machine").Reach(ctx, block); err != nil {
			t.Fatalf("wait until %s has block %d: %v", member, block, err)
		}
	}
	if err := c.auditor.reach(ctx, block); err != nil {
		t.Fatalf("the books do not hold: %v", err)
	}
}

// running lists the members whose peers run.
func (c *consortium) running() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var ids []string
	for _, id := range c.members() {
		if !c.down[id] {
			ids = append(ids, id)
		}
	}
	return ids
}

// kill ends a node as a crash would, and sees to it that it runs again when the test ends.
func (c *consortium) kill(t testing.TB, node string) {
	t.Helper()
	if err := c.net.Kill(within(t, patience), node); err != nil {
		t.Fatal(err)
	}
	c.mark(node, true)
	t.Cleanup(func() { c.start(t, node) })
}

// start starts a node, unless it runs, and waits until every member sees every other again.
func (c *consortium) start(t testing.TB, node string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := c.net.Start(ctx, node); err != nil {
		t.Fatal(err)
	}
	if err := c.net.Ready(ctx); err != nil {
		t.Fatal(err)
	}
	c.mark(node, false)
}

// mark notes that a member's peer is down, or up. What is connected to it is connected anew, rather
// than wait for a connection that broke to be tried again.
func (c *consortium) mark(node string, down bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	member, isPeer := strings.CutSuffix(node, "-peer")
	if !isPeer || c.down[member] == down {
		return
	}
	c.down[member] = down
	for name, client := range c.clients {
		if strings.HasPrefix(name, member+"/") {
			client.Close()
			delete(c.clients, name)
		}
	}
}

// heights is how far every running member's peer has come.
func (c *consortium) heights(t testing.TB) map[string]uint64 {
	t.Helper()
	heights := map[string]uint64{}
	for _, member := range c.running() {
		chain, err := c.client(t, member, "machine").Chain(within(t, patience))
		if err != nil {
			t.Fatalf("ask %s's peer: %v", member, err)
		}
		heights[member] = chain.Height
	}
	return heights
}

// newest is the last block that any running member's peer has.
func (c *consortium) newest(t testing.TB) uint64 {
	t.Helper()
	return slices.Max(slices.Collect(maps.Values(c.heights(t)))) - 1
}

// exposures are all versions of all records about common pseudonyms, in the order of the blocks that any member's
// peer has by now: a platform may have seen a commit that the regulator's peer, which alone is read, has yet to see.
func (c *consortium) exposures(t *testing.T) iter.Seq[[]byte] {
	t.Helper()
	ctx := within(t, patience)
	reader := c.client(t, authority, "machine")
	newest := c.newest(t)
	return func(yield func([]byte) bool) {
		for block, err := range reader.BlocksWithPrivateData(ctx, 0, newest) {
			if err != nil {
				t.Fatal(err)
			}
			for _, change := range block.Changes(reader.Profile().Chaincode) {
				if change.Collection == wire.Exposure && !yield(change.Value) {
					return
				}
			}
		}
	}
}

// within is a context that ends with the test, and after a while.
func within(t testing.TB, limit time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeoutCause(context.Background(), limit, fmt.Errorf("%s: nothing after %s", t.Name(), limit))
	t.Cleanup(cancel)
	return ctx
}
