package evidence

import (
	"cmp"
	"slices"

	"github.com/transparency-dev/merkle/compact"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
)

// MaxSize is the most entries a log can have: the largest integer that every reader of JSON keeps.
const MaxSize = 1 << 53

// LogState is what the ledger keeps of a member's log. The zero value is a log that was not begun.
type LogState struct {
	Member string `json:"member"`
	Size   uint64 `json:"size"`
	// Range are the roots of the perfect subtrees that cover the log, the largest first: one for each
	// bit that is set in Size.
	Range []Hash `json:"range"`
	Root  Hash   `json:"root,omitzero"`
}

// Command is something that a member asks of its log: Append, and nothing else.
type Command interface {
	decide(s LogState) (Event, error)
}

// Append adds entries at the end of the log of the actor's own member, all of them or none.
type Append struct {
	Actor  party.Actor   `json:"actor"`
	On     calendar.Date `json:"on"`
	Member string        `json:"member"`
	Items  []Item        `json:"items"`
}

// Item is an entry, and what the caller found when it looked up the two digests in the log as it
// stood before this command. What the same command appends is seen by Decide itself.
type Item struct {
	Entry         Entry `json:"entry"`
	Present       bool  `json:"present,omitempty"`        // the log holds the entry's digest
	PreviousKnown bool  `json:"previous_known,omitempty"` // the log holds the digest that it follows
}

// EventKind names what happened to a log.
type EventKind string

// Appended is all that can happen to a log.
const Appended EventKind = "appended"

// Event says what was appended and what the log became.
type Event struct {
	Kind    EventKind     `json:"kind"`
	Member  string        `json:"member"`
	On      calendar.Date `json:"on"`
	First   uint64        `json:"first"` // the index of the first entry, from 0
	Entries []Entry       `json:"entries"`
	Range   []Hash        `json:"range"`
	Root    Hash          `json:"root"`
}

// Decide answers what a command does to a log, or one refusal, always a *fault.Fault.
func Decide(s LogState, c Command) ([]Event, error) {
	event, err := c.decide(s)
	if err != nil {
		return nil, err
	}
	return []Event{event}, nil
}

// Apply folds an event into a log. It never fails and never touches what it was given: an event that
// does not begin where the log ends changes nothing. An auditor who trusts no event decides the same
// command again and compares.
func Apply(s LogState, e Event) LogState {
	if e.Kind != Appended || e.First != s.Size {
		return s
	}
	return LogState{
		Member: e.Member,
		Size:   e.First + uint64(len(e.Entries)),
		Range:  slices.Clone(e.Range),
		Root:   e.Root,
	}
}

func (c Append) decide(s LogState) (Event, error) {
	if err := cmp.Or(party.RequireDate(c.On, "on"), party.RequireID(c.Member, "member")); err != nil {
		return Event{}, err
	}
	if len(c.Items) == 0 {
		return Event{}, fault.In(fault.BatchEmpty, "items")
	}
	for i, item := range c.Items {
		if err := item.Entry.check(); err != nil {
			return Event{}, err.At(i)
		}
	}
	if c.Actor.Member != c.Member || s.Member != "" && s.Member != c.Member {
		return Event{}, fault.New(fault.WrongMember)
	}
	if err := c.Actor.RequireWriter(); err != nil {
		return Event{}, err
	}
	if err := c.checkChains(); err != nil {
		return Event{}, err
	}
	if s.Size > MaxSize-uint64(len(c.Items)) {
		return Event{}, fault.New(fault.Overflow)
	}
	return c.grow(s)
}

// checkChains refuses a digest that the log holds already and one that follows a digest it does not
// hold. An item sees those before it.
func (c Append) checkChains() error {
	seen := make(map[string]bool, len(c.Items))
	for i, item := range c.Items {
		if item.Present || seen[item.Entry.Digest] {
			return fault.In(fault.AlreadyExists, "digest").At(i)
		}
		if p := item.Entry.Previous; p != "" && !item.PreviousKnown && !seen[p] {
			return fault.In(fault.PreviousUnknown, "previous").At(i)
		}
		seen[item.Entry.Digest] = true
	}
	return nil
}

// grow computes the log after the append from its compact range alone.
func (c Append) grow(s LogState) (Event, error) {
	event := Event{Kind: Appended, Member: c.Member, On: c.On, First: s.Size}
	factory := compact.RangeFactory{Hash: children}
	grown, err := factory.NewRange(0, s.Size, slicesOf(s.Range))
	if err != nil {
		return Event{}, fault.New(fault.Internal)
	}
	event.Entries = make([]Entry, len(c.Items))
	for i, item := range c.Items {
		event.Entries[i] = item.Entry
		leaf := item.Entry.LeafHash()
		if err := grown.Append(leaf[:], nil); err != nil {
			return Event{}, fault.New(fault.Internal)
		}
	}
	root, err := grown.GetRootHash(nil)
	if err != nil {
		return Event{}, fault.New(fault.Internal)
	}
	event.Range, event.Root = hashesOf(grown.Hashes()), Hash(root)
	return event, nil
}

// check refuses an entry whose fields are not in their documented form.
func (e Entry) check() *fault.Fault {
	switch {
	case e.Digest == "":
		return fault.In(fault.MissingField, "digest")
	case !isDigest(e.Digest):
		return fault.In(fault.DigestMalformed, "digest")
	case e.Previous != "" && !isDigest(e.Previous):
		return fault.In(fault.DigestMalformed, "previous")
	case !e.Phase.Valid():
		return fault.In(fault.InvalidField, "phase")
	case !isMediaType(e.MediaType):
		return fault.In(fault.InvalidField, "media_type")
	}
	return nil
}

func isDigest(text string) bool {
	_, err := ParseHash(text)
	return err == nil
}

// isMediaType reports whether a text is a type and a subtype of RFC 6838, in lower case and without
// parameters.
func isMediaType(text string) bool {
	const longest = 127
	slashes := 0
	for i := range len(text) {
		c := text[i]
		switch {
		case 'a' <= c && c <= 'z' || '0' <= c && c <= '9':
		case c == '/' && i > 0 && i < len(text)-1:
			slashes++
		case i > 0 && (c == '.' || c == '+' || c == '-' || c == '_'):
		default:
			return false
		}
	}
	return slashes == 1 && len(text) <= longest
}
