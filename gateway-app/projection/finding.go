package projection

import (
	"errors"
	"fmt"

	"github.com/tallystick/tallystick/gateway-app/ledger"
)

// Kind says what sort of thing a Finding is.
type Kind string

// The kinds of findings. Only Missing may pass by itself: the peer fetches from others what it lacks.
const (
	Gap        Kind = "gap"        // a block is not the one after the last that was folded
	Tampered   Kind = "tampered"   // a block or a private value is not what its hash says
	Missing    Kind = "missing"    // the peer did not give private data that the member should have
	Malformed  Kind = "malformed"  // a value is not in the one form that the ledger keeps, or its key is unknown
	Difference Kind = "difference" // what was folded is not what the record states
)

// Finding is the first thing that is wrong, and where. It names keys and never a value.
type Finding struct {
	Kind       Kind   `json:"kind"`
	Block      uint64 `json:"block"`
	TxID       string `json:"tx_id,omitempty"`
	Collection string `json:"collection,omitempty"`
	Key        string `json:"key,omitempty"`
	What       string `json:"what"`
}

// Error names the place, what is wrong there and what to do.
func (f *Finding) Error() string {
	place := fmt.Sprintf("block %d", f.Block)
	if f.TxID != "" {
		place += ", transaction " + f.TxID
	}
	if f.Key != "" {
		place += ", " + f.Collection + "/" + f.Key
	}
	return fmt.Sprintf("fold %s: %s: %s: %s", place, f.Kind, f.What, f.Kind.remedy())
}

func (k Kind) remedy() string {
	switch k {
	case Gap:
		return "rebuild the read model, and check that it belongs to this channel"
	case Missing:
		return "wait until the peer has fetched the data from another member's, then start again"
	case Malformed:
		return "use the release that the channel's contract belongs to, or audit the ledger"
	}
	return "audit the ledger and ask another member's peer"
}

// flaw is what a step finds wrong with the change in hand; the caller knows the place.
type flaw struct {
	kind Kind
	what string
}

func (f flaw) Error() string { return f.what }

func malformed(format string, args ...any) error {
	return flaw{Malformed, fmt.Sprintf(format, args...)}
}

func differs(format string, args ...any) error {
	return flaw{Difference, fmt.Sprintf(format, args...)}
}

// found makes a flaw the finding that it is at a change, and passes every other error on.
func found(c ledger.Change, err error) error {
	var f flaw
	if !errors.As(err, &f) {
		return err
	}
	return &Finding{Kind: f.kind, Block: c.Block, TxID: c.TxID, Collection: c.Collection, Key: c.Key, What: f.what}
}
