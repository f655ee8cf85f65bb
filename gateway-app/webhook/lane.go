package webhook

import (
	"context"
	"errors"
	"time"

	"github.com/tallystick/tallystick/core/fault"
)

// slots are how many letters are under way to one endpoint at once, each about another subject.
const slots = 8

// closingTime is what a lane that ends has for writing down what came of its last attempts.
const closingTime = 3 * time.Second

// lane serves one endpoint.
type lane struct {
	*Webhooks
	id       string
	source   Source
	looked   int64 // up to where the feed was looked at
	underWay map[int64]bool
	verdicts chan verdict
}

func newLane(w *Webhooks, id string, source Source) *lane {
	return &lane{Webhooks: w, id: id, source: source, underWay: map[int64]bool{}, verdicts: make(chan verdict, slots)}
}

// run serves until the context ends, or the endpoint is no longer active.
func (l *lane) run(ctx context.Context) error {
	for {
		moved := l.feeds.moved(l.source)
		active, more, err := l.turn(ctx)
		if err != nil || !active {
			return errors.Join(err, l.close(ctx))
		}
		if !more {
			l.rest(ctx, moved)
		}
		if ctx.Err() != nil {
			return l.close(ctx)
		}
	}
}

// turn records what has come back, reads the endpoint as it is now, and sends what is due.
func (l *lane) turn(ctx context.Context) (active, more bool, err error) {
	if err := l.settle(ctx, false); err != nil {
		return false, false, err
	}
	r, err := l.find(ctx, l.db, l.id)
	if errors.Is(err, fault.New(fault.NotFound)) || err == nil && r.Status != Active {
		return false, false, nil
	}
	if err != nil {
		return false, false, err
	}
	l.looked, more, err = l.plan(ctx, r, l.looked)
	if errors.Is(err, errChanged) {
		return true, true, nil // look at it again as it is now
	}
	if err != nil {
		return false, false, err
	}
	return true, more, l.dispatch(ctx, r)
}

// dispatch sends what is due in the slots that are free.
func (l *lane) dispatch(ctx context.Context, r row) error {
	if len(l.underWay) == slots {
		return nil
	}
	letters, err := l.due(ctx, l.id, slots+len(l.underWay))
	if err != nil || len(letters) == 0 {
		return err
	}
	signers, err := l.signers(r)
	if err != nil {
		return err
	}
	for _, letter := range letters {
		if l.underWay[letter.sequence] || len(l.underWay) == slots {
			continue
		}
		l.underWay[letter.sequence] = true
		go func() { l.verdicts <- l.send(ctx, r, signers, letter) }()
	}
	return nil
}

// rest waits until there may be something to do. A verdict that ends the wait is recorded with those that
// came with it.
func (l *lane) rest(ctx context.Context, moved <-chan struct{}) {
	timer := time.NewTimer(l.settings.Poll)
	defer timer.Stop()
	if len(l.underWay) == slots {
		moved = nil // nothing can be sent before a slot is free
	}
	select {
	case <-ctx.Done():
	case <-timer.C:
	case <-moved:
	case v := <-l.verdicts:
		l.verdicts <- v // its own place is free
	}
}

// settle records the verdicts that are there or, to end with, all that are under way.
func (l *lane) settle(ctx context.Context, all bool) error {
	var verdicts []verdict
	for waiting := true; waiting; {
		select {
		case v := <-l.verdicts:
			delete(l.underWay, v.sequence)
			if !v.dropped {
				verdicts = append(verdicts, v)
			}
		default:
			waiting = false
			if all && len(l.underWay) > 0 {
				l.verdicts <- <-l.verdicts
				waiting = true
			}
		}
	}
	if len(verdicts) == 0 {
		return nil
	}
	return l.record(ctx, l.id, verdicts)
}

// close waits for what is under way, which the context has cut short if it is that which ended, and records
// what was answered in spite of it.
func (l *lane) close(ctx context.Context) error {
	if len(l.underWay) == 0 {
		return nil
	}
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), l.settings.Timeout+closingTime)
	defer cancel()
	return l.settle(closing, true)
}
