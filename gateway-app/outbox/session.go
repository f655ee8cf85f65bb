package outbox

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/tallystick/tallystick/core/fault"
)

// leaseName is the lease of the one runner.
const leaseName = "outbox"

// Run sees commands through until the context ends, which it answers with nil. While another process
// runs the outbox it waits. When the database fails it begins anew, as after a crash.
func (o *Outbox) Run(ctx context.Context) error {
	for attempt := 1; ctx.Err() == nil; attempt++ {
		began := time.Now()
		err := o.db.Hold(ctx, leaseName, o.settings.holder, o.settings.lease, o.session)
		if ctx.Err() != nil {
			break
		}
		if time.Since(began) > o.settings.longestPause {
			attempt = 1
		}
		o.settings.logger.Error("the outbox begins anew", "attempt", attempt, "error", err)
		select {
		case <-ctx.Done():
		case <-time.After(o.settings.pause(attempt)):
		}
	}
	return nil //nolint:nilerr // that the context ended is how a runner ends
}

// session is one time of holding the lease. What it knows besides the database ends with it.
type session struct {
	*Outbox
	journal  journal
	schedule *schedule
	height   *gauge
	loaded   int64 // commands up to this sequence number were seen
	running  int
	ended    chan ending
	due      chan *unit
}

// ending is what a worker hands back.
type ending struct {
	unit *unit
	fate fate
	err  error
}

func (o *Outbox) session(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	s := &session{
		Outbox:   o,
		journal:  journal{&scribe{db: o.db, ctx: ctx}},
		schedule: newSchedule(o.settings.batches),
		height:   &gauge{now: o.settings.now},
		ended:    make(chan ending, o.settings.workers),
		due:      make(chan *unit),
	}
	var workers sync.WaitGroup
	defer workers.Wait()
	defer stop()
	if err := s.recover(ctx); err != nil {
		return err
	}
	return s.loop(ctx, &workers)
}

// recover loads everything that is undecided. What was sent takes its lanes before what was not.
func (s *session) recover(ctx context.Context) error {
	page, err := s.pages(ctx)
	if err != nil {
		return err
	}
	sent := map[string][]*queued{}
	var requests []string
	for _, q := range page {
		if q.request == "" {
			s.schedule.add(q)
			continue
		}
		s.schedule.enter(q)
		if sent[q.request] == nil {
			requests = append(requests, q.request)
		}
		sent[q.request] = append(sent[q.request], q)
	}
	for _, id := range requests {
		u, err := loadUnit(ctx, s.db, id, sent[id])
		if err != nil {
			return err
		}
		s.schedule.again(u)
	}
	return nil
}

// pages reads all commands that were not seen yet.
func (s *session) pages(ctx context.Context) ([]*queued, error) {
	var all []*queued
	for {
		page, err := loadPage(ctx, s.db, s.loaded)
		if err != nil {
			return nil, err
		}
		all = append(all, page...)
		if len(page) > 0 {
			s.loaded = page[len(page)-1].seq
		}
		if len(page) < pageSize {
			return all, nil
		}
	}
}

// loop is the one goroutine that knows the schedule.
func (s *session) loop(ctx context.Context, workers *sync.WaitGroup) error {
	poll := time.NewTicker(s.settings.poll)
	defer poll.Stop()
	for {
		s.launch(ctx, workers)
		var err error
		select {
		case <-ctx.Done():
			return ctx.Err()
		case e := <-s.ended:
			err = s.take(ctx, e)
		case u := <-s.due:
			s.schedule.again(u)
		case <-s.woken:
			err = s.load(ctx)
		case <-poll.C:
			err = s.load(ctx)
		}
		if err != nil {
			return err
		}
	}
}

// launch gives every free worker a unit.
func (s *session) launch(ctx context.Context, workers *sync.WaitGroup) {
	for s.running < s.settings.workers {
		u, ok := s.schedule.next()
		if !ok {
			return
		}
		s.running++
		workers.Go(func() {
			f, err := s.attempt(ctx, u)
			if err == nil {
				s.tell(f.outcomes)
			}
			s.ended <- ending{u, f, err} // there is room for every worker's
		})
	}
}

func (s *session) load(ctx context.Context) error {
	page, err := s.pages(ctx)
	for _, q := range page {
		s.schedule.add(q)
	}
	return err
}

// take goes on with a unit after an attempt.
func (s *session) take(ctx context.Context, e ending) error {
	s.running--
	switch u := e.unit; {
	case e.err != nil:
		return e.err
	case e.fate.outcomes != nil:
		s.schedule.finish(u)
	case e.fate.halves != nil:
		s.schedule.pause(u)
		for _, half := range e.fate.halves {
			s.schedule.again(half)
		}
	case e.fate.atOnce:
		s.schedule.pause(u)
		s.schedule.again(u)
	default:
		s.schedule.pause(u)
		s.later(ctx, u, e.fate.trouble)
	}
	return nil
}

// later attempts a unit again after a pause, in which it holds its lanes and no worker.
func (s *session) later(ctx context.Context, u *unit, trouble error) {
	if ctx.Err() != nil {
		return
	}
	wait := s.settings.pause(u.attempts)
	if code := fault.Of(trouble).Code; code != fault.Conflict && code != fault.Busy || u.attempts > 5 {
		s.settings.logger.Warn("a request did not get through and is tried again", "function", u.first().function,
			"request", u.id, "commands", len(u.commands), "tx", u.txID, "attempt", u.attempts, "pause", wait, "reason", reason(trouble))
	}
	time.AfterFunc(wait, func() {
		select {
		case s.due <- u:
		case <-ctx.Done():
		}
	})
}

// reason is a trouble's text: a refusal's code where there is one.
func reason(trouble error) string {
	var f *fault.Fault
	if errors.As(trouble, &f) {
		return string(f.Code)
	}
	return trouble.Error()
}
