package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/wire"
)

// paths are the operations of the chaincode's functions.
var paths = map[string]string{
	"Consortium:Bootstrap":       "/v1/members/bootstrap",
	"Consortium:Register":        "/v1/members",
	"Consortium:ProposeRegime":   "/v1/regimes",
	"Consortium:ApproveRegime":   "/v1/regimes/approvals",
	"Consortium:RetireRegime":    "/v1/regimes/retirements",
	"Consortium:FreezePlatform":  "/v1/platforms/freezes",
	"Consortium:ReleasePlatform": "/v1/platforms/releases",

	"Party:Attest":          "/v1/parties",
	"Party:VerifyAccount":   "/v1/parties/accounts",
	"Party:Link":            "/v1/parties/links",
	"Party:Succeed":         "/v1/parties/successions",
	"Party:Renew":           "/v1/parties/renewals",
	"Party:RotateKey":       "/v1/parties/keys",
	"Party:Revoke":          "/v1/parties/revocations",
	"Party:Freeze":          "/v1/parties/freezes",
	"Party:Release":         "/v1/parties/releases",
	"Party:Consent":         "/v1/parties/consents",
	"Party:WithdrawConsent": "/v1/parties/consents/withdrawals",

	"Mandate:Register": "/v1/mandates",
	"Mandate:Confirm":  "/v1/mandates/confirmations",
	"Mandate:Revoke":   "/v1/mandates/revocations",

	"Loan:Propose":  "/v1/loans",
	"Loan:Clear":    "/v1/loans/clearances",
	"Loan:Relieve":  "/v1/loans/reliefs",
	"Loan:Decline":  "/v1/loans/declines",
	"Loan:Fund":     "/v1/loans/fundings",
	"Loan:Disburse": "/v1/loans/disbursements",
	"Loan:Withdraw": "/v1/loans/withdrawals",
	"Loan:Expire":   "/v1/loans/expiries",
	"Loan:Cancel":   "/v1/loans/cancellations",
	"Loan:WriteOff": "/v1/loans/write-offs",
	"Loan:Freeze":   "/v1/loans/freezes",
	"Loan:Release":  "/v1/loans/releases",

	"Custody:OpenBooks": "/v1/custody/books",
	"Custody:OpenDay":   "/v1/business-days",
	"Custody:CloseDay":  "/v1/business-days/closings",
	"Custody:Instruct":  "/v1/custody/instructions",
	"Custody:Accept":    "/v1/custody/instructions/acceptances",
	"Custody:Settle":    "/v1/custody/instructions/settlements",
	"Custody:Refuse":    "/v1/custody/instructions/refusals",
	"Custody:Expire":    "/v1/custody/instructions/expiries",
	"Custody:Cancel":    "/v1/custody/instructions/cancellations",
	"Custody:Net":       "/v1/custody/payouts",
	"Custody:Place":     "/v1/custody/suspense/placements",
	"Custody:Return":    "/v1/custody/suspense/returns",

	"Repayment:Post":    "/v1/receipts",
	"Repayment:Reverse": "/v1/receipts/reversals",

	"Evidence:Append": "/v1/evidence",
}

// Order is a command whose items are encoded already.
type Order struct {
	Function   string // "Loan:Propose"
	Collection string // of a private function
	Mode       wire.Mode
	Items      []json.RawMessage
	Key        string // the Idempotency-Key; made when empty
}

// Answer is what became of a command of which something was applied.
type Answer struct {
	RequestID string // on the ledger
	TxID      string
	Block     uint64
	Applied   int
	Refused   []*fault.Fault // the other items, by their position from 1
}

// Command sends a batch and waits until the ledger has decided it and the member's books show it. A batch
// of which every item was refused is an error that holds the first refusal, and a *Problem that lists all.
func Command[T any](ctx context.Context, c *Client, function, collection string, mode wire.Mode, items []T) (Answer, error) {
	o := Order{Function: function, Collection: collection, Mode: mode, Items: make([]json.RawMessage, len(items))}
	for i, item := range items {
		var err error
		if o.Items[i], err = wire.Encode(item); err != nil {
			return Answer{}, fmt.Errorf("write item %d of %s: %w", i+1, function, err)
		}
	}
	return c.Submit(ctx, o)
}

// decided is a command's answer as the API writes it.
type decided struct {
	RequestID string    `json:"request_id"`
	Status    string    `json:"status"`
	TxID      string    `json:"tx_id"`
	Block     uint64    `json:"block"`
	Applied   int       `json:"applied"`
	Refused   []Refusal `json:"refused"`
}

func (d decided) answer() Answer {
	a := Answer{RequestID: d.RequestID, TxID: d.TxID, Block: d.Block, Applied: d.Applied}
	for _, r := range d.Refused {
		a.Refused = append(a.Refused, r.Fault())
	}
	return a
}

// Submit is Command for items that are encoded already.
func (c *Client) Submit(ctx context.Context, o Order) (Answer, error) {
	path, known := paths[o.Function]
	if !known {
		return Answer{}, fault.New(fault.UnknownFunction)
	}
	if o.Key == "" {
		o.Key = NewKey()
	}
	body, err := json.Marshal(struct {
		Mode       wire.Mode         `json:"mode,omitempty"`
		Collection string            `json:"collection,omitempty"`
		Items      []json.RawMessage `json:"items"`
	}{o.Mode, o.Collection, o.Items})
	if err != nil {
		return Answer{}, fmt.Errorf("write the items of %s: %w", o.Function, err)
	}
	r := request{method: http.MethodPost, path: path, body: body, key: o.Key}
	for try := 0; ; try++ {
		got, err := c.persist(ctx, r)
		if err != nil {
			return Answer{}, fmt.Errorf("%s: %w", o.Function, err)
		}
		if got.status != http.StatusAccepted {
			d, err := decoded[decided](got, nil)
			return d.answer(), err
		}
		if err := rest(ctx, try, 0); err != nil { // asked again under the same key, it waits for the outcome
			return Answer{}, fmt.Errorf("%s is not decided yet: %w", o.Function, err)
		}
	}
}

// Found is how far a command is.
type Found struct {
	Answer
	Status string // stored, sent, committed or refused
}

// CommandStatus asks what became of a command, by its request id on the ledger.
func (c *Client) CommandStatus(ctx context.Context, id string) (Found, error) {
	d, err := Get[decided](ctx, c, "/v1/commands/"+id, nil)
	return Found{Answer: d.answer(), Status: d.Status}, err
}

// errNotReached marks an answer that says: not yet.
var errNotReached = errors.New("the app's books do not show the block yet")

// Reach waits until the app's books show a block of the ledger: another member's command, for one.
func (c *Client) Reach(ctx context.Context, block uint64) error {
	for {
		at, err := Get[struct {
			Reached bool `json:"reached"`
		}](ctx, c, fmt.Sprintf("/v1/blocks/%d", block), nil)
		if err != nil || at.Reached {
			return err
		}
		if ctx.Err() != nil {
			return fmt.Errorf("wait for block %d: %w: %w", block, ctx.Err(), errNotReached)
		}
	}
}
