package serve

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"time"

	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/api"
	"github.com/tallystick/tallystick/gateway-app/clearing"
	"github.com/tallystick/tallystick/gateway-app/netting"
	"github.com/tallystick/tallystick/gateway-app/projection"
)

// tasks are what the app does by itself, all of them resumable. Of several processes one does each; blocks are
// folded by whoever comes first.
func (f *foundations) tasks() []task {
	tasks := []task{
		f.presence(),
		{"commands to the ledger", f.box.Run},
		{"read model", f.books.Run},
		{"webhooks", f.hooks.Run},
		f.alone("anchoring of the access log", func(ctx context.Context) error {
			return f.log.Run(ctx, nil, f.reporting("anchoring of the access log"))
		}),
	}
	if f.staff != nil {
		tasks = append(tasks, f.alone("certificates of staff", func(ctx context.Context) error {
			return f.staff.Run(ctx, nil, f.reporting("certificates of staff"))
		}))
	}
	if f.profile.Kind == party.Regulator {
		lane := clearing.New(f.db, f.box, clearing.NewModel(f.books), clearing.Settings{
			Process: f.process, Interval: clearingInterval, Logger: f.logger,
		})
		tasks = append(tasks, task{"clearing", lane.Run})
	}
	if f.payouts != nil {
		tasks = append(tasks, task{"payout runs", f.payouts.Run})
	}
	tasks = append(tasks, f.fundingTasks()...)
	tasks = append(tasks, f.alone("tidying of users and commands", f.every(time.Hour, f.tidy)))
	return slices.Concat(tasks, f.customerTasks(), f.submissionTasks(), f.reminderTasks(), f.alertTasks(), f.warningTasks(), f.underwritingTasks())
}

// commandsKept is how long a decided command can be asked about.
const commandsKept = 30 * 24 * time.Hour

// tidy deletes what no longer counts.
func (f *foundations) tidy(ctx context.Context) error {
	if err := f.users.Tidy(ctx); err != nil {
		return err
	}
	_, err := f.box.Prune(ctx, time.Now().Add(-commandsKept))
	return err
}

// clearingInterval is how often the regulator looks for loans to clear.
const clearingInterval = 200 * time.Millisecond

// openNetting makes a custodian's payout runs.
func (f *foundations) openNetting() (*netting.Netting, error) {
	daily, err := timeOfDay(f.settings.PayoutRunAt)
	if err != nil {
		return nil, err
	}
	model := netting.NewModel(f.books.Model, f.books.Reach, f.catchUp)
	return netting.New(f.db, f.box, model, netting.Settings{
		Custodian: f.profile.Member, Collections: f.collections(), Process: f.process,
		Daily: daily, Zone: time.Local, Poll: clearingInterval, Logger: f.logger,
	}), nil
}

// timeOfDay reads a time such as 18:30; none is no time.
func timeOfDay(text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	at, err := time.Parse("15:04", text)
	if err != nil {
		return 0, fmt.Errorf("payout_run_at %q: write a time of day as 18:30", text)
	}
	return time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute, nil
}

// catchUp waits until everything that is on the ledger now is in the books.
func (f *foundations) catchUp(ctx context.Context) error {
	lag, err := f.books.Lag(ctx)
	if err != nil || lag.Height == 0 {
		return err
	}
	return f.books.Reach(ctx, lag.Height-1)
}

// collections are the collections of pairs that the member holds.
func (f *foundations) collections() []string {
	var names []string
	for _, pair := range f.pairs() {
		names = append(names, f.pairName(pair))
	}
	return names
}

func (f *foundations) pairName(pair projection.Pair) string {
	return wire.PairCollection(pair.Platform, pair.Custodian)
}

// holds reports whether a collection exists and the member is in it: regulators are in all of them.
func (f *foundations) holds(collection, platform, custodian string) bool {
	if !slices.Contains(f.profile.Collections, collection) {
		return false
	}
	return f.profile.Kind == party.Regulator || f.profile.Member == platform || f.profile.Member == custodian
}

// reporting logs what a task could not do this time.
func (f *foundations) reporting(name string) func(error) {
	return func(err error) { f.logger.Error("a task will be tried again", "task", name, "error", err) }
}

// mostBlocksBehind is how far the books may be behind the peer in a member that is ready.
const mostBlocksBehind = 50

// checks say whether the app can do its work.
func (f *foundations) checks() []api.Check {
	checks := []api.Check{
		{Name: "database", Run: f.db.PingContext},
		{Name: "peer", Run: func(ctx context.Context) error {
			_, err := f.books.Lag(ctx)
			return err
		}},
		{Name: "lag", Run: f.checkLag},
	}
	if f.desk != nil {
		checks = append(checks, api.Check{Name: "models", Run: f.desk.Registry().Ready})
	}
	return checks
}

func (f *foundations) checkLag(ctx context.Context) error {
	lag, err := f.books.Lag(ctx)
	switch {
	case err != nil:
		return err
	case lag.Finding != nil:
		return lag.Finding
	case lag.Blocks > mostBlocksBehind:
		return fmt.Errorf("the books are %d blocks behind", lag.Blocks)
	}
	return nil
}

// gauges are the figures that show trouble before it is one.
func (f *foundations) gauges() []api.Gauge {
	return append(slices.Concat(f.reminderGauges(), f.alertGauges(), f.warningGauges(), f.underwritingGauges(), f.submissionGauges()), []api.Gauge{
		{
			Name: "books_lag_blocks", Help: "Blocks that the read model is behind the member's peer.",
			Value: func(ctx context.Context) (float64, error) {
				lag, err := f.books.Lag(ctx)
				return float64(lag.Blocks), err
			},
		},
		{
			Name: "outbox_unfinished", Help: "Commands that are stored and not decided.",
			Value: func(ctx context.Context) (float64, error) {
				const query = `SELECT COUNT(*) FROM outbox_command WHERE decided_at = ''`
				var count int64
				err := f.db.QueryRowContext(ctx, query).Scan(&count)
				return float64(count), err
			},
		},
		{
			Name: "webhooks_pending", Help: "Webhook deliveries that were not accepted yet.",
			Value: func(ctx context.Context) (float64, error) {
				backlog, err := f.hooks.Backlog(ctx, false)
				return float64(backlog.Pending), err
			},
		},
		{
			Name: "webhooks_dead", Help: "Webhook deliveries that were given up.",
			Value: func(ctx context.Context) (float64, error) {
				backlog, err := f.hooks.Backlog(ctx, false)
				return float64(backlog.Dead), err
			},
		},
		{Name: "resident_bytes", Help: "Memory that the process holds.", Value: residentBytes},
	}...)
}

// residentBytes reads Linux's own account of the process.
func residentBytes(context.Context) (float64, error) {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0, err
	}
	var size, resident int64
	if _, err := fmt.Sscan(string(text), &size, &resident); err != nil {
		return 0, fmt.Errorf("read %s: %w", strconv.Quote("/proc/self/statm"), err)
	}
	return float64(resident * int64(os.Getpagesize())), nil
}
