package ledger

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/wire"
)

// Evaluate runs a reading function on the member's own peer and answers what the contract answered.
// A private request leaves the member for nobody else. A busy peer is asked again. A function that
// writes is refused: evaluated, it would change nothing and look as if it had.
func (c *Client) Evaluate(ctx context.Context, function string, request any) ([]byte, error) {
	described, ok := wire.Lookup(function)
	if !ok || !described.ReadOnly {
		return nil, &Failure{Attempt: "evaluate " + function, Fault: fault.New(fault.UnknownFunction)}
	}
	body, err := encode(request)
	if err != nil {
		return nil, fmt.Errorf("evaluate %s: %w", function, err)
	}
	o := order{function: described, body: body}
	for attempt := 1; ; attempt++ {
		answer, err := c.evaluateOnce(ctx, o)
		if err == nil {
			return answer, nil
		}
		err = failed("evaluate "+function, "", err)
		if fault.Of(err).Code != fault.Busy || attempt >= c.settings.attempts || c.settings.pause(ctx, attempt) != nil {
			return nil, err
		}
	}
}

func (c *Client) evaluateOnce(ctx context.Context, o order) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, evaluateTimeout)
	defer cancel()
	proposal, err := c.contract.NewProposal(o.function.Name, o.carry([]string{c.profile.MSPID})...)
	if err != nil {
		return nil, err
	}
	return proposal.EvaluateWithContext(ctx)
}

// Read evaluates a function and decodes what it answers.
func Read[T any](ctx context.Context, c *Client, function string, request any) (T, error) {
	var value T
	raw, err := c.Evaluate(ctx, function, request)
	if err != nil {
		return value, err
	}
	if err := json.Unmarshal(raw, &value); err != nil {
		return value, fmt.Errorf("read %s: decode the answer: %w", function, err)
	}
	return value, nil
}
