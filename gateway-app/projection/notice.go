package projection

import (
	"encoding/json"
	"strings"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/wire"
)

// Notice is one row of the feed before it has a place there: what happened, to what.
type Notice struct {
	Type     string // "loan.active", "repayment.received"
	Platform string // whose business it is; empty for what is everybody's
	Subject  string // the id of the record: a loan's full id, or a handle
	Payload  Payload
}

// Payload is what the feed says of a step: ids, amounts and dates, nothing about a person and no text that
// somebody wrote. Fields that do not belong to the step are absent. A consumer that needs more reads the
// record, or its history at the sequence.
type Payload struct {
	Loan             string        `json:"loan,omitempty"`
	Party            string        `json:"party,omitempty"`
	Mandate          string        `json:"mandate,omitempty"`
	Instruction      string        `json:"instruction,omitempty"`
	Suspense         string        `json:"suspense,omitempty"`
	Member           string        `json:"member,omitempty"`
	Regime           string        `json:"regime,omitempty"`
	Kind             string        `json:"kind,omitempty"` // of the instruction, the mandate or the party
	Status           string        `json:"status,omitempty"`
	Order            string        `json:"order,omitempty"` // the supervisory order's number
	Run              string        `json:"run,omitempty"`
	On               calendar.Date `json:"on,omitempty"` // business date
	ValueDate        calendar.Date `json:"value_date,omitempty"`
	ExpiresOn        calendar.Date `json:"expires_on,omitempty"`
	AmountMinor      money.Minor   `json:"amount_minor,omitempty"`
	PrincipalMinor   money.Minor   `json:"principal_minor,omitempty"`
	InterestMinor    money.Minor   `json:"interest_minor,omitempty"`
	PenaltyMinor     money.Minor   `json:"penalty_minor,omitempty"`
	FeesMinor        money.Minor   `json:"fees_minor,omitempty"`
	RefundMinor      money.Minor   `json:"refund_minor,omitempty"`
	OutstandingMinor money.Minor   `json:"outstanding_minor,omitempty"`
	First            uint64        `json:"first,omitempty"` // index of the first entry appended to a log
	Count            int           `json:"count,omitempty"`
	Size             uint64        `json:"size,omitempty"` // of the log
	Root             string        `json:"root,omitempty"`
	Sequence         int64         `json:"sequence,omitempty"` // of the record
}

var feed = &table{name: "rm_feed", columns: []string{
	"seq", "block", "tx_id", "at", "type", "kind", "collection", "platform", "subject", "payload",
}}

var events = &table{name: "rm_event", columns: []string{
	"collection", "noun", "id", "seq", "sequence", "block", "tx_id", "at", "kind", "dated", "event",
}}

// record keeps an event in the history of its record, and what the feed says of it.
func (b *batch) record(noun, id string, sequence int64, s told, text json.RawMessage) {
	c := b.change
	b.add(events, c.Collection, noun, id, b.number(), sequence, int64(c.Block), c.TxID, b.time, s.kind, s.on.String(), string(text))
	for _, n := range s.notices {
		n.Payload.Sequence, n.Payload.On = sequence, s.on
		b.tell(n)
	}
}

// tell appends to the feed.
func (b *batch) tell(n Notice) {
	b.at.feed++
	c := b.change
	text, _ := wire.Encode(n.Payload) // texts, numbers and dates cannot fail to encode
	kind, _, _ := strings.Cut(n.Type, ".")
	b.add(feed, b.at.feed, int64(c.Block), c.TxID, b.time, n.Type, kind, c.Collection, n.Platform, n.Subject, string(text))
}
