package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/tallystick/tallystick/gateway-app/scenario"
)

// crowds are the numbers of plain transactions under way at once that are tried. The best is kept.
var crowds = []int{32, 64, 128, 256}

// assetsEach is how many assets each of the crowd writes in turn, so that a peer which is some blocks
// behind has seen an asset's last write when its next one comes.
const assetsEach = 4

// assets are what the plain contract is measured on: some for each transaction that may be under way, so
// that no two of them ever collide.
type assets struct {
	clients []*plainClient // one a member; transactions go to them in turn
	ids     []string
	crowd   int
	counter atomic.Int64
}

// newAsset is an asset whose value on the ledger takes some two hundred bytes.
func newAsset(id string) string {
	text, err := json.Marshal(map[string]any{
		"id": id, "owner": "an owner with a name of usual length", "colour": "vermilion", "size": 12,
		"appraised_minor": 125_000, "description": strings.Repeat("of some use ", 4),
	})
	if err != nil {
		panic("encode an asset: " + err.Error())
	}
	return string(text)
}

// createAssets makes the assets of the largest crowd.
func createAssets(ctx context.Context, clients []*plainClient) (*assets, error) {
	a := &assets{clients: clients, ids: make([]string, assetsEach*crowds[len(crowds)-1])}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(64)
	for i := range a.ids {
		a.ids[i] = scenario.Handle()
		group.Go(func() error { return a.client(i).submit(ctx, "CreateAsset", newAsset(a.ids[i])) })
	}
	if err := group.Wait(); err != nil {
		return nil, fmt.Errorf("create the assets: %w", err)
	}
	return a, nil
}

func (a *assets) client(i int) *plainClient { return a.clients[i%len(a.clients)] }

// calibrate finds how many transactions under way at once give the highest rate.
func (a *assets) calibrate(ctx context.Context, each time.Duration) error {
	best, bestCrowd := 0.0, 0
	for _, crowd := range crowds {
		a.crowd = crowd
		p, err := a.run(ctx, each)
		if err != nil {
			return err
		}
		say("plain contract, %d under way: %.0f transactions a second", crowd, p.rate())
		if p.rate() > best {
			best, bestCrowd = p.rate(), crowd
		}
	}
	a.crowd = bestCrowd
	return nil
}

// run reads and writes assets for as long as it is told. Each of the crowd has assets of its own and one
// transaction under way; the phase ends when the last of them is committed.
func (a *assets) run(ctx context.Context, length time.Duration) (phase, error) {
	p := newPhase()
	end := p.began.Add(length)
	group, ctx := errgroup.WithContext(ctx)
	for i := range a.crowd {
		group.Go(func() error {
			for turn := 0; time.Now().Before(end); turn++ {
				id := a.ids[i*assetsEach+turn%assetsEach]
				appraised := strconv.FormatInt(a.counter.Add(1), 10)
				began := time.Now()
				if err := a.client(i).submitAgain(ctx, "UpdateAsset", id, appraised); err != nil {
					return err
				}
				p.add(1, time.Since(began))
			}
			return nil
		})
	}
	err := group.Wait()
	return p.end(), err
}
