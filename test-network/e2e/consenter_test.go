package e2e_test

import (
	"context"
	"testing"
	"time"

	"github.com/tallystick/tallystick/gateway-app/ledger"
)

// consenterPatience is how long a consenter may take to fetch what it has missed.
const consenterPatience = 20 * time.Second

// levelConsenters waits until every consenter has as many blocks as the peers.
//
// A consenter that falls behind on a machine with too much to do fetches what it missed, and SmartBFT
// may then wait for ever: a decision that its old view handed over just before is delivered to nobody.
// It says no word of it and takes no part any more until it is restarted, which is what an operator who
// watches the heights does, and what is done here. It is told as part of the test's output.
func (c *consortium) levelConsenters(t *testing.T) {
	t.Helper()
	client := c.client(t, authority, "machine")
	tip := c.heights(t)[authority]
	for _, consenter := range client.Profile().Orderers {
		if height := awaitConsenter(t, client, consenter, tip, consenterPatience); height < tip {
			node := consenter.Member + "-consenter"
			t.Logf("%s stands at %d of %d blocks and does not move: it is restarted", node, height, tip)
			if err := c.net.Kill(within(t, patience), node); err != nil {
				t.Fatal(err)
			}
			c.start(t, node)
			if height := awaitConsenter(t, client, consenter, tip, patience); height < tip {
				t.Fatalf("%s is at %d of %d blocks after its restart", node, height, tip)
			}
		}
	}
}

// awaitConsenter waits until a consenter has so many blocks, for so long, and answers how many it has.
func awaitConsenter(t *testing.T, client *ledger.Client, consenter ledger.Endpoint, tip uint64, patience time.Duration) uint64 {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var last uint64
	for {
		height, err := client.ConsenterHeight(ctx, consenter)
		if err == nil {
			last = height
		}
		if last >= tip || ctx.Err() != nil {
			return last
		}
		time.Sleep(100 * time.Millisecond)
	}
}
