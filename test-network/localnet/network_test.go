package localnet_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hyperledger/fabric-gateway/pkg/client"

	"github.com/tallystick/tallystick/network"
	"github.com/tallystick/tallystick/test-network/localnet"
	"github.com/tallystick/tallystick/test-network/toolchain"
)

// progress shows what a network does among the test's own lines.
type progress struct{ t *testing.T }

func (p progress) Write(text []byte) (int, error) {
	p.t.Log(strings.TrimSuffix(string(text), "\n"))
	return len(text), nil
}

// fresh removes what an earlier run of the test left, and sees to it that this one leaves nothing.
func fresh(t *testing.T, options localnet.Options) localnet.Options {
	t.Helper()
	if testing.Short() {
		t.Skip("starts a network of real nodes")
	}
	if len(options.Chaincodes) == 0 {
		options.Chaincodes = []string{localnet.PlainChaincode}
	}
	options.Progress = progress{t}
	reset := func() {
		n, err := localnet.Open(options)
		if errors.Is(err, localnet.ErrNeverUp) {
			return
		}
		if err == nil {
			err = n.Reset(context.Background())
		}
		if err != nil {
			t.Error(err)
		}
	}
	reset()
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the logs of network %s are kept; its processes are stopped", options.Name)
			stop(t, options)
			return
		}
		reset()
	})
	return options
}

func stop(t *testing.T, options localnet.Options) {
	n, err := localnet.Open(options)
	if err == nil {
		err = n.Down(context.Background())
	}
	if err != nil {
		t.Error(err)
	}
}

func bringUp(t *testing.T, options localnet.Options) *localnet.Network {
	t.Helper()
	begun := time.Now()
	n, err := localnet.Up(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("up in %.1f s", time.Since(begun).Seconds())
	return n
}

// TestNetwork is the life of a network, in order: each part goes on where the one before stopped.
func TestNetwork(t *testing.T) {
	options := fresh(t, localnet.Options{Name: "localnet-test", BasePort: 21050})
	n := bringUp(t, options)
	t.Run("a transaction by one member is read at every member", func(t *testing.T) { sharesAssets(t, n) })
	t.Run("identities bear their roles", func(t *testing.T) { checkIdentities(t, n) })
	t.Run("profiles hold what a client needs", func(t *testing.T) { checkProfiles(t, n) })
	t.Run("consenters are administered over mutual TLS", func(t *testing.T) { checkAdministration(t, n) })
	t.Run("a second up changes nothing", func(t *testing.T) { staysUp(t, n, options) })
	t.Run("a leader that dies is replaced", func(t *testing.T) { losesLeader(t, n) })
	t.Run("a platform's peer that dies stops nobody", func(t *testing.T) { losesPeer(t, n) })
	t.Run("a chaincode process that dies comes back", func(t *testing.T) { losesChaincode(t, n) })
	t.Run("another program upgrades the chaincode", func(t *testing.T) { upgrades(t, n) })
	t.Run("a stopped network remembers", func(t *testing.T) { stopsAndRemembers(t, n, options) })
	t.Run("other ports need a reset", func(t *testing.T) { refusesOtherPorts(t, options) })
	t.Run("reset leaves nothing", func(t *testing.T) { resets(t, n, options) })
}

func sharesAssets(t *testing.T, n *localnet.Network) {
	create(t, contract(t, n, "harbor", "operator"), "shared")
	submit(t, contract(t, n, "meridian", "machine"), "UpdateAsset", client.WithArguments("shared", "31000"))
	for _, member := range n.Consortium().Members {
		awaitAppraised(t, contract(t, n, member.ID, "operator"), "shared", 31_000)
	}
	harbor := contract(t, n, "harbor", "operator")
	if _, err := harbor.SubmitTransaction("CreateAsset", assetText(t, "shared")); err == nil {
		t.Error("an asset was created twice")
	}
	if _, err := harbor.EvaluateTransaction("ReadAsset", "none"); err == nil {
		t.Error("an asset that does not exist was read")
	}
}

func staysUp(t *testing.T, n *localnet.Network, options localnet.Options) {
	before := pids(t, n)
	again := bringUp(t, options)
	if after := pids(t, again); !slices.Equal(before, after) {
		t.Errorf("processes were replaced: %v, then %v", before, after)
	}
}

func pids(t *testing.T, n *localnet.Network) []int {
	t.Helper()
	var all []int
	for _, node := range n.Status(t.Context()) {
		if node.State != "serving" {
			t.Errorf("%s is %s", node.Name, node.State)
		}
		all = append(all, node.PID)
	}
	return all
}

// The first consenter leads at first. Nobody is told that it died.
func losesLeader(t *testing.T, n *localnet.Network) {
	kill(t, n, "harbor-consenter")
	begun := time.Now()
	submit(t, contract(t, n, "lantern", "operator"), "UpdateAsset", client.WithArguments("shared", "32000"))
	t.Logf("a transaction was ordered %.1f s after the leader's death", time.Since(begun).Seconds())
	start(t, n, "harbor-consenter")
	// A consenter that missed nothing but the last block asks for it when the next one is proposed.
	submit(t, contract(t, n, "lantern", "operator"), "UpdateAsset", client.WithArguments("shared", "32500"))
	awaitSameHeight(t, n, "harbor-consenter", "meridian-consenter")
}

func losesPeer(t *testing.T, n *localnet.Network) {
	kill(t, n, "harbor-peer")
	submit(t, contract(t, n, "meridian", "operator"), "UpdateAsset", client.WithArguments("shared", "33000"))
	start(t, n, "harbor-peer")
	waitReady(t, n)
	awaitAppraised(t, contract(t, n, "harbor", "operator"), "shared", 33_000)
}

func losesChaincode(t *testing.T, n *localnet.Network) {
	kill(t, n, "authority-plain")
	start(t, n, "authority-plain")
	waitReady(t, n)
	awaitAppraised(t, contract(t, n, "authority", "operator"), "shared", 33_000)
}

// A program that changes by a byte is another package, which the members must agree on anew. What
// the ledger holds stays.
func upgrades(t *testing.T, n *localnet.Network) {
	if err := n.Upgrade(t.Context(), localnet.PlainChaincode); err != nil {
		t.Fatal(err)
	}
	if sequence, err := n.Sequence(t.Context(), localnet.PlainChaincode); err != nil || sequence != 2 {
		t.Errorf("the channel agreed %d times: %v", sequence, err)
	}
	waitReady(t, n)
	awaitAppraised(t, contract(t, n, "meridian", "operator"), "shared", 33_000)
	submit(t, contract(t, n, "harbor", "operator"), "UpdateAsset", client.WithArguments("shared", "33500"))
}

func stopsAndRemembers(t *testing.T, n *localnet.Network, options localnet.Options) {
	if err := n.Down(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, node := range n.Status(t.Context()) {
		if node.State != "stopped" {
			t.Errorf("%s is %s", node.Name, node.State)
		}
	}
	again := bringUp(t, options)
	on := contract(t, again, "lantern", "operator")
	awaitAppraised(t, on, "shared", 33_500)
	submit(t, on, "UpdateAsset", client.WithArguments("shared", "34000"))
}

func refusesOtherPorts(t *testing.T, options localnet.Options) {
	options.BasePort += 1000
	if _, err := localnet.Up(t.Context(), options); err == nil || !strings.Contains(err.Error(), "reset") {
		t.Errorf("got %v", err)
	}
}

func resets(t *testing.T, n *localnet.Network, options localnet.Options) {
	if err := n.Reset(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := localnet.Open(options); !errors.Is(err, localnet.ErrNeverUp) {
		t.Errorf("after a reset: %v", err)
	}
	root, err := toolchain.FindRoot(".")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(root, ".run", options.Name)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the network's folder is left: %v", err)
	}
}

func kill(t *testing.T, n *localnet.Network, node string) {
	t.Helper()
	if err := n.Kill(t.Context(), node); err != nil {
		t.Fatal(err)
	}
	for _, each := range n.Status(t.Context()) {
		if each.Name == node && each.State != "stopped" {
			t.Fatalf("%s was killed and is %s", node, each.State)
		}
	}
}

func start(t *testing.T, n *localnet.Network, node string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if err := n.Start(ctx, node); err != nil {
		t.Fatal(err)
	}
}

func waitReady(t *testing.T, n *localnet.Network) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	if err := n.Ready(ctx); err != nil {
		t.Fatal(err)
	}
}

// awaitSameHeight waits until a node has caught up with another.
func awaitSameHeight(t *testing.T, n *localnet.Network, behind, ahead string) {
	t.Helper()
	heights := map[string]uint64{}
	for deadline := time.Now().Add(60 * time.Second); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		for _, node := range n.Status(t.Context()) {
			heights[node.Name] = node.Height
		}
		if heights[behind] > 0 && heights[behind] >= heights[ahead] {
			return
		}
	}
	t.Fatalf("%s has %d blocks, %s has %d", behind, heights[behind], ahead, heights[ahead])
}

// TestThirdPlatform changes nothing but the members, and everything follows: a fifth authority,
// consenter, peer and chaincode, in policies, collections and profiles.
func TestThirdPlatform(t *testing.T) {
	consortium, err := network.Default()
	if err != nil {
		t.Fatal(err)
	}
	consortium.Members = append(slices.Clone(consortium.Members), network.Member{
		ID: "beacon", Name: "Beacon", Kind: network.Platform, MSPID: "BeaconMSP", Domain: "beacon.tallystick.test",
	})
	n := bringUp(t, fresh(t, localnet.Options{
		Name: "localnet-five", BasePort: 21250, Consortium: consortium,
		Chaincodes: []string{consortium.Chaincode, localnet.PlainChaincode},
	}))
	create(t, contract(t, n, "beacon", "operator"), "beacons")
	awaitAppraised(t, contract(t, n, "authority", "operator"), "beacons", 30_000)
	serving := 0
	for _, node := range n.Status(t.Context()) {
		if node.Member == "beacon" && node.State == "serving" {
			serving++
		}
	}
	if serving != 5 {
		t.Errorf("%d of the fifth member's nodes serve: want an authority, a consenter, a peer and two chaincodes", serving)
	}
}

// TestFailedStartIsCleanedUp interrupts a first start half-way, and then starts again.
func TestFailedStartIsCleanedUp(t *testing.T) {
	options := fresh(t, localnet.Options{Name: "localnet-failed", BasePort: 21450})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	interrupted := options
	interrupted.Progress = interrupter{after: "consenters and peers run", interrupt: cancel}
	if _, err := localnet.Up(ctx, interrupted); !errors.Is(err, context.Canceled) {
		t.Fatalf("the interrupted start: %v", err)
	}
	n, err := localnet.Open(options)
	if err != nil {
		t.Fatal(err)
	}
	for _, node := range n.Status(t.Context()) {
		if node.State != "stopped" {
			t.Errorf("%s is %s after a failed start", node.Name, node.State)
		}
	}
	path, err := n.LogPath("harbor-peer")
	if err != nil {
		t.Fatal(err)
	}
	if log, err := os.Stat(path); err != nil || log.Size() == 0 {
		t.Errorf("the log of a failed start is gone: %v", err)
	}
	create(t, contract(t, bringUp(t, options), "harbor", "operator"), "after all")
}

// interrupter ends a start when it reports a certain step.
type interrupter struct {
	after     string
	interrupt func()
}

func (i interrupter) Write(text []byte) (int, error) {
	if strings.Contains(string(text), i.after) {
		i.interrupt()
	}
	return len(text), nil
}
