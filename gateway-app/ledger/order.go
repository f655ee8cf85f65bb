package ledger

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/hyperledger/fabric-gateway/pkg/client"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/wire"
)

// order is a command that is ready to be proposed.
type order struct {
	function  wire.Function
	body      []byte
	endorsers [][]string // sets of organisations, asked in turn; a set that is nil is the peer's choice
	attempts  int
}

// SubmitOption changes one submission.
type SubmitOption func(*order)

// EndorsedBy names the organisations that are to endorse, instead of those that follow from the
// collection.
func EndorsedBy(mspIDs ...string) SubmitOption {
	return func(o *order) { o.endorsers = [][]string{mspIDs} }
}

// Attempts bounds how often this command is proposed, instead of WithAttempts.
func Attempts(attempts int) SubmitOption { return func(o *order) { o.attempts = max(1, attempts) } }

// order checks what can be checked without the network. A reading function is not submitted: its answer
// would stand in a block, for every member to read, for ever.
func (c *Client) order(name string, request any, options []SubmitOption) (order, error) {
	function, ok := wire.Lookup(name)
	if !ok || function.ReadOnly {
		return order{}, &Failure{Attempt: "submit " + name, Fault: fault.New(fault.UnknownFunction)}
	}
	body, err := encode(request)
	if err != nil {
		return order{}, fmt.Errorf("submit %s: %w", name, err)
	}
	o := order{function: function, body: body, attempts: c.settings.attempts}
	for _, option := range options {
		option(&o)
	}
	if o.endorsers != nil {
		return o, nil
	}
	if !function.Private {
		o.endorsers = c.profile.publicEndorsers()
		return o, nil
	}
	collection, err := collectionOf(body)
	if err != nil {
		return order{}, fmt.Errorf("submit %s: %w", name, err)
	}
	if o.endorsers, err = c.profile.endorsers(function, collection); err != nil {
		return order{}, fmt.Errorf("submit %s: %w", name, err)
	}
	return o, nil
}

// without is the order with one set of endorsers fewer to ask.
func (o order) without(set []string) order {
	o.endorsers = slices.DeleteFunc(slices.Clone(o.endorsers), func(each []string) bool { return slices.Equal(each, set) })
	return o
}

// encode takes bytes as they are, and writes everything else in the ledger's one form.
func encode(request any) ([]byte, error) {
	switch request := request.(type) {
	case []byte:
		return request, nil
	case json.RawMessage:
		return request, nil
	}
	body, err := wire.Encode(request)
	if err != nil {
		return nil, fmt.Errorf("encode the request: %w", err)
	}
	return body, nil
}

// carry lays a private request in the transient map, which no block keeps, and a public one in the
// only argument.
func (o order) carry(orgs []string) []client.ProposalOption {
	var options []client.ProposalOption
	if o.function.Private {
		options = append(options, client.WithTransient(map[string][]byte{wire.TransientRequest: o.body}))
	} else {
		options = append(options, client.WithBytesArguments(o.body))
	}
	if len(orgs) > 0 {
		options = append(options, client.WithEndorsingOrganizations(orgs...))
	}
	return options
}
