package outbox

import (
	"github.com/tallystick/tallystick/core/wire"
)

// schedule says what may be proposed next. A command is ready when it is first in all of its lanes.
// Commands enter all of their lanes at once and in one order, so no two wait for each other. It belongs
// to one goroutine.
type schedule struct {
	lanes   map[string][]*queued // in order of storing; the first of each is ready or under way
	alone   []*unit              // ready, the longest waiting first
	groups  map[kind]*group      // of mergeable commands
	batches int                  // how many batches of one kind may be under way
}

// kind is what commands of one batch have in common.
type kind struct{ function, collection, identity string }

type group struct {
	ready    []*queued
	underway int
}

func newSchedule(batches int) *schedule {
	return &schedule{lanes: map[string][]*queued{}, groups: map[kind]*group{}, batches: batches}
}

func (q *queued) kind() kind { return kind{q.function, q.collection, q.identity} }

// add takes a command that was never sent.
func (s *schedule) add(q *queued) {
	if s.enter(q); q.behind == 0 {
		s.ready(q)
	}
}

// enter puts a command at the end of its lanes.
func (s *schedule) enter(q *queued) {
	for _, lane := range q.lanes {
		if len(s.lanes[lane]) > 0 {
			q.behind++
		}
		s.lanes[lane] = append(s.lanes[lane], q)
	}
}

func (s *schedule) ready(q *queued) {
	if !q.merge {
		s.alone = append(s.alone, unitOf([]*queued{q}))
		return
	}
	g := s.group(q)
	g.ready = append(g.ready, q)
}

// group is the group of a mergeable command.
func (s *schedule) group(q *queued) *group {
	g := s.groups[q.kind()]
	if g == nil {
		g = &group{}
		s.groups[q.kind()] = g
	}
	return g
}

// again takes back a unit that is to be proposed as it is.
func (s *schedule) again(u *unit) { s.alone = append(s.alone, u) }

// next takes a unit that may be proposed now: the one whose first command has waited longest.
func (s *schedule) next() (*unit, bool) {
	var oldest *group
	for _, g := range s.groups {
		if len(g.ready) > 0 && g.underway < s.batches && (oldest == nil || g.ready[0].seq < oldest.ready[0].seq) {
			oldest = g
		}
	}
	if len(s.alone) > 0 && (oldest == nil || s.alone[0].first().seq <= oldest.ready[0].seq) {
		u := s.alone[0]
		s.alone = s.alone[1:]
		s.begin(u)
		return u, true
	}
	if oldest == nil {
		return nil, false
	}
	u := unitOf(oldest.take())
	s.begin(u)
	return u, true
}

// take removes as many ready commands as one request may carry, at least one.
func (g *group) take() []*queued {
	function, _ := wire.Lookup(g.ready[0].function)
	items, size, n := 0, 0, 0
	for _, q := range g.ready {
		if n > 0 && (items+q.items > function.MaxItems || size+q.size > mostBatchSize) {
			break
		}
		items, size, n = items+q.items, size+q.size, n+1
	}
	taken := g.ready[:n:n]
	g.ready = g.ready[n:]
	return taken
}

// begin counts a unit as under way, and pause takes it back while it waits for another attempt.
func (s *schedule) begin(u *unit) { s.count(u, 1) }
func (s *schedule) pause(u *unit) { s.count(u, -1) }

func (s *schedule) count(u *unit, n int) {
	if u.first().merge {
		s.group(u.first()).underway += n
	}
}

// finish removes a decided unit's commands from their lanes; those behind them become ready.
func (s *schedule) finish(u *unit) {
	s.pause(u)
	for _, q := range u.commands {
		for _, lane := range q.lanes {
			s.leave(lane)
		}
	}
}

// leave removes the first command of a lane.
func (s *schedule) leave(lane string) {
	rest := s.lanes[lane][1:]
	if len(rest) == 0 {
		delete(s.lanes, lane)
		return
	}
	s.lanes[lane] = rest
	if rest[0].behind--; rest[0].behind == 0 {
		s.ready(rest[0])
	}
}
