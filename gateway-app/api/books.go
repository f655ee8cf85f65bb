package api

import (
	"context"
	"encoding/json"

	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/evidence"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/mandate"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/core/wire"
)

// Row is a record of the ledger as the member's read model holds it: its state, and the transaction that
// wrote it last.
type Row[S any] struct {
	ID         string `json:"id" doc:"The record's handle or id"`
	Collection string `json:"collection,omitempty" doc:"The private collection that it lives in"`
	Block      uint64 `json:"block"`
	TxID       string `json:"tx_id"`
	At         string `json:"at" format:"date-time" doc:"The time that the transaction claims"`
	State      S      `json:"state"`
}

// Loan is everything the ledger holds of one loan.
type Loan struct {
	Row[loan.State]
	Terms   loan.Terms    `json:"terms"`
	Funding *loan.Funding `json:"funding,omitempty"`
}

// LoanEvent is one step of a loan's history.
type LoanEvent struct {
	Sequence int64      `json:"sequence" doc:"The loan's transactions, from 1"`
	Block    uint64     `json:"block"`
	TxID     string     `json:"tx_id"`
	At       string     `json:"at" format:"date-time"`
	Event    loan.Event `json:"event"`
}

// Event is one entry of the feed: what happened on the ledger, with nothing about a person.
type Event struct {
	ID         int64           `json:"id" doc:"Grows by one from event to event"`
	Type       string          `json:"type" doc:"Noun and verb, such as loan.active"`
	Subject    string          `json:"subject" doc:"The handle or id of what it happened to"`
	Collection string          `json:"collection,omitempty"`
	Block      uint64          `json:"block"`
	TxID       string          `json:"tx_id"`
	At         string          `json:"at" format:"date-time"`
	Data       json.RawMessage `json:"data"`
}

// Page asks for a part of a list: what follows After, at most Limit of it.
type Page struct {
	After string
	Limit int
}

// LoanFilter narrows a list of loans; an empty field narrows nothing.
type LoanFilter struct {
	Status     string
	Collection string
	Borrower   string
	Party      string // borrower or lender
}

// InstructionFilter narrows a list of custody instructions.
type InstructionFilter struct {
	Status     string
	Kind       string
	Collection string
	Party      string
	Loan       string
}

// Narrow is a filter of lists that have few columns worth filtering.
type Narrow struct {
	Collection string
	Party      string
}

// Books is the member's read model. Lists answer the cursor of the next page, empty at the end; single
// look-ups answer false when nothing is kept under the name.
type Books interface {
	// Reach waits until a block is folded in.
	Reach(ctx context.Context, block uint64) error

	Loans(ctx context.Context, filter LoanFilter, page Page) ([]Row[loan.State], string, error)
	Loan(ctx context.Context, handle string) (Loan, bool, error)
	LoanHistory(ctx context.Context, handle string, page Page) ([]LoanEvent, string, error)

	Parties(ctx context.Context, filter Narrow, page Page) ([]Row[party.State], string, error)
	Party(ctx context.Context, handle string) (Row[party.State], bool, error)
	Mandates(ctx context.Context, filter Narrow, page Page) ([]Row[mandate.State], string, error)
	Mandate(ctx context.Context, handle string) (Row[mandate.State], bool, error)

	Instructions(ctx context.Context, filter InstructionFilter, page Page) ([]Row[custody.Instruction], string, error)
	Instruction(ctx context.Context, handle string) (Row[custody.Instruction], bool, error)
	Suspended(ctx context.Context, filter Narrow, page Page) ([]Row[custody.Suspense], string, error)
	Accounts(ctx context.Context, filter Narrow, page Page) ([]Row[custody.Account], string, error)
	Account(ctx context.Context, party string) (Row[custody.Account], bool, error)
	Day(ctx context.Context, custodian string) (Row[custody.Day], bool, error)

	Members(ctx context.Context, page Page) ([]Row[wire.Member], string, error)
	Regimes(ctx context.Context, page Page) ([]Row[regime.Pack], string, error)
	Regime(ctx context.Context, id string) (Row[regime.Pack], bool, error)
	Freezes(ctx context.Context, page Page) ([]Row[wire.PlatformFreeze], string, error)

	Evidence(ctx context.Context, member string, page Page) ([]Row[wire.Anchored], string, error)
	EvidenceEntry(ctx context.Context, member, digest string) (Row[wire.Anchored], bool, error)
	EvidenceLog(ctx context.Context, member string) (Row[evidence.LogState], bool, error)

	// Feed answers events after a number, in order.
	Feed(ctx context.Context, after int64, limit int) ([]Event, error)
}

