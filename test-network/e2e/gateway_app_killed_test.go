package e2e_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"
)

// How the apps are killed: the seed fixes the order and the pauses, and the machine's speed what they hit.
const (
	disturbanceSeed = 20_161_117
	longestUp       = 1500 * time.Millisecond // from an app's readiness to the next one's death
	longestDown     = 700 * time.Millisecond
	leastKills      = 2 // of each app during one story
)

// disturbGateways kills and restarts the members' apps, one after the other in a random order, until the
// answered function is called. That tells how often each was killed, when all of them run again.
func (c *consortium) disturbGateways(t *testing.T) func() map[string]int {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	kills, ended := map[string]int{}, make(chan error, 1)
	go func() { ended <- c.killInTurn(ctx, kills) }()
	end := sync.OnceValue(func() map[string]int {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		return kills
	})
	t.Cleanup(func() { end() }) // also when the story was broken off
	return end
}

func (c *consortium) killInTurn(ctx context.Context, kills map[string]int) error {
	chance, members := rand.New(rand.NewPCG(disturbanceSeed, 0)), c.members()
	for {
		for _, at := range chance.Perm(len(members)) {
			up, down := drawn(chance, longestUp), drawn(chance, longestDown)
			if !pause(ctx, up) {
				return nil
			}
			if err := c.killForAWhile(members[at], down); err != nil {
				return err
			}
			kills[members[at]]++
		}
	}
}

func drawn(chance *rand.Rand, most time.Duration) time.Duration {
	return time.Duration(chance.Int64N(int64(most)))
}

// killForAWhile has a bound of its own: an app that was killed is started also when the story has ended.
func (c *consortium) killForAWhile(member string, down time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := c.net.Kill(ctx, gatewayNode(member)); err != nil {
		return fmt.Errorf("kill the gateway app of %s: %w", member, err)
	}
	time.Sleep(down)
	if err := c.net.Start(ctx, gatewayNode(member)); err != nil {
		return fmt.Errorf("start the gateway app of %s after it was killed: %w", member, err)
	}
	return nil
}

// pause waits, and reports whether it came to the end of the wait.
func pause(ctx context.Context, length time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(length):
		return true
	}
}

func severalTimes(t *testing.T, kills map[string]int) {
	t.Helper()
	t.Logf("killed %v", kills)
	if len(kills) != 4 {
		t.Errorf("only the apps of %v were killed", kills)
	}
	for member, times := range kills {
		if times < leastKills {
			t.Errorf("the app of %s was killed %d times, want %d or more", member, times, leastKills)
		}
	}
}
