package books_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/tallystick/tallystick/core/books"
	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
)

// pair is the collection in which everything private happens.
const pair = "harbor-meridian"

// otherPair is the collection of the other platform, which only ever gets stray receipts.
const otherPair = "lantern-meridian"

// ledger keeps what the contracts would have written: records are folded by core's own Apply and encoded by
// wire, a transaction at a time.
type ledger struct {
	testing.TB
	on        calendar.Date
	by        party.Actor       // who sends the transaction in hand
	committed map[string][]byte // collection and key → value
	staged    []books.Write
	history   []transaction
	cash      tally
}

type transaction struct {
	id     string
	by     books.Creator
	writes []books.Write
}

func newLedger(t testing.TB) *ledger {
	return &ledger{TB: t, committed: map[string][]byte{}}
}

// commit ends a transaction.
func (l *ledger) commit() {
	if len(l.staged) == 0 {
		return
	}
	for _, w := range l.staged {
		l.committed[w.Collection+"/"+w.Key] = w.Value
	}
	l.history = append(l.history, transaction{l.nextID(), creator(l.by), l.staged})
	l.staged = nil
}

// as says who sends the transaction in hand. No two can.
func (l *ledger) as(by party.Actor) {
	l.Helper()
	if len(l.staged) > 0 && l.by != by {
		l.Fatalf("%s stages what stands in a transaction of %s", by.Member, l.by.Member)
	}
	l.by = by
}

func creator(by party.Actor) books.Creator {
	return books.Creator{MSPID: by.Member + "MSP", Role: by.Role}
}

func (l *ledger) nextID() string { return fmt.Sprintf("tx-%02d", len(l.history)+1) }

func (l *ledger) must(err error) {
	l.Helper()
	if err != nil {
		l.Fatal(err)
	}
}

// put stages a value, in the place of what the transaction wrote under the key before.
func (l *ledger) put(collection, key string, value any) {
	l.Helper()
	raw, err := wire.Encode(value)
	l.must(err)
	w := books.Write{Collection: collection, Key: key, Value: raw}
	if at := l.find(collection, key); at >= 0 {
		l.staged[at] = w
		return
	}
	l.staged = append(l.staged, w)
}

func (l *ledger) find(collection, key string) int {
	return slices.IndexFunc(l.staged, func(w books.Write) bool { return w.Collection == collection && w.Key == key })
}

func decode[T any](l *ledger, raw []byte) T {
	l.Helper()
	var value T
	if len(raw) > 0 {
		l.must(json.Unmarshal(raw, &value))
	}
	return value
}

// load answers a record's state as the transaction in hand sees it.
func load[S any](l *ledger, collection, key string) S {
	l.Helper()
	raw := l.committed[collection+"/"+key]
	if at := l.find(collection, key); at >= 0 {
		raw = l.staged[at].Value
	}
	return decode[wire.Record[S, json.RawMessage]](l, raw).State
}

// save folds events into a record and stages its next version.
func save[S, E any](l *ledger, collection, key string, fresh S, apply func(S, E) S, events ...E) S {
	l.Helper()
	committed := decode[wire.Record[S, E]](l, l.committed[collection+"/"+key])
	next := wire.Record[S, E]{Version: wire.Version, Sequence: committed.Sequence + 1, State: committed.State}
	if committed.Sequence == 0 {
		next.State = fresh
	}
	if at := l.find(collection, key); at >= 0 {
		staged := decode[wire.Record[S, E]](l, l.staged[at].Value)
		next.State, next.Events = staged.State, staged.Events
	}
	switch {
	case collection == "":
	case committed.Sequence == 0:
		next.Salt = wire.Digest([]byte(key))
	default:
		next.Salt = wire.NextSalt(committed.Salt, l.nextID())
	}
	for _, e := range events {
		next.State, next.Events = apply(next.State, e), append(next.Events, e)
	}
	l.put(collection, key, next)
	return next.State
}

// openDay closes the open day and opens another, by way of as many days between as the longest step wants.
func (l *ledger) openDay(date string) {
	l.Helper()
	on, err := calendar.Parse(date)
	l.must(err)
	holidays := sandbox().Rules.Calendar()
	for day := l.closeDay(); ; day = l.closeDay() {
		next := on
		if furthest := day.Date.AddDays(custody.LongestStepDays); !day.Date.IsZero() && on > furthest {
			next = holidays.RollPreceding(furthest)
		}
		l.as(meridian)
		opened, err := custody.OpenDay(day, custody.Day{Custodian: "meridian", Date: next, Regime: "sandbox"}, holidays)
		l.must(err)
		save(l, "", wire.DayKey("meridian"), custody.Day{}, custody.ApplyDay, opened...)
		l.on = next
		l.commit()
		if next == on {
			return
		}
	}
}

// closeDay closes the day where one is open, and answers it.
func (l *ledger) closeDay() custody.Day {
	l.Helper()
	day := load[custody.Day](l, "", wire.DayKey("meridian"))
	if !day.Open {
		return day
	}
	l.as(meridian)
	closed, err := custody.CloseDay(day, day.Date)
	l.must(err)
	save(l, "", wire.DayKey("meridian"), custody.Day{}, custody.ApplyDay, closed...)
	l.commit()
	return load[custody.Day](l, "", wire.DayKey("meridian"))
}

// audit re-executes a history and answers the first finding.
func audit(history []transaction) (*books.Auditor, error) {
	auditor := books.New()
	for _, tx := range history {
		if err := auditor.Transaction(tx.id, tx.by, tx.writes); err != nil {
			return auditor, err
		}
	}
	return auditor, nil
}
