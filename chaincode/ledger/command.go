package ledger

import (
	"errors"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-contract-api-go/v2/contractapi"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/wire"
)

// Command is one function that writes. Apply is called for each item in order; an item that it refuses
// leaves no trace, and in the atomic mode ends the whole command. An error that is no fault ends the
// transaction as internal.
type Command[T any] struct {
	Name  string // "Contract:Function", as core/wire lists it
	Apply func(tx *Tx, item T) error

	// Prepare, where given, runs before the first item: to read at once what the items need, or to
	// refuse the request whole.
	Prepare func(tx *Tx, items []T) error
	// Finish, where given, runs after the last item unless every item was refused; what it refuses is
	// the whole request.
	Finish func(tx *Tx) error
	// Founders, where given, says which members an item list founds. It is what authority goes by
	// while there is no root key, and it is for Consortium:Bootstrap alone.
	Founders func(items []T) []wire.Member
}

// Run runs a command that needs nothing but Apply.
func Run[T any](ctx contractapi.TransactionContextInterface, name string, apply func(tx *Tx, item T) error) (string, error) {
	return Command[T]{Name: name, Apply: apply}.Run(ctx)
}

// Run takes the command from the wire to the write set and answers an encoded wire.Answer. The error,
// if any, is the text of an encoded fault and nothing else; then nothing is written.
func (c Command[T]) Run(ctx contractapi.TransactionContextInterface) (string, error) {
	tx, err := begin(ctx.GetStub(), c.Name, false)
	if err != nil {
		return "", tx.refuse(err)
	}
	answer, err := c.run(tx, ctx.GetStub())
	if err != nil {
		return "", tx.refuse(err)
	}
	return answer, nil
}

// begin opens the transaction of a function of the closed list. The Tx is usable for refuse also
// where an error comes with it.
func begin(stub shim.ChaincodeStubInterface, name string, readOnly bool) (*Tx, error) {
	function, known := wire.Lookup(name)
	if !known || function.ReadOnly != readOnly {
		return &Tx{Function: wire.Function{Name: name}}, fault.New(fault.UnknownFunction)
	}
	tx, err := open(stub, function)
	if err != nil {
		return &Tx{Function: function}, err
	}
	return tx, nil
}

func (c Command[T]) run(tx *Tx, stub shim.ChaincodeStubInterface) (string, error) {
	raw, err := body(stub, tx.Function)
	if err != nil {
		return "", err
	}
	request, err := decodeRequest[T](raw, tx.Function)
	if err != nil {
		return "", err
	}
	tx.Mode, tx.salt = request.Mode, request.Salt
	if err := c.admit(tx, request); err != nil {
		return "", err
	}
	memory, err := tx.recall(request.ID, raw)
	if err != nil || memory.answered != "" {
		return memory.answered, err
	}
	if err := tx.takeApprovals(request.ID, raw, request.Approvals); err != nil {
		return "", err
	}
	if err := tx.checkGovernance(); err != nil {
		return "", err
	}
	answer, err := c.apply(tx, request.Items)
	if err != nil {
		return "", err
	}
	text, err := memory.keep(tx, answer)
	if err != nil {
		return "", err
	}
	return text, tx.close(stub, answer)
}

// admit settles who asks, and whether they may.
func (c Command[T]) admit(tx *Tx, request wire.Request[T]) error {
	bootstrapped, err := tx.loadMembers()
	switch {
	case err != nil:
		return err
	case !bootstrapped && c.Founders == nil:
		return fault.New(fault.NotBootstrapped)
	case !bootstrapped:
		tx.members = c.Founders(request.Items)
	}
	if err := tx.identify(); err != nil {
		return err
	}
	return tx.authorise(request.Collection)
}

// apply applies the items by the mode, and refuses a request of which nothing was applied with the
// refusal of its first item.
func (c Command[T]) apply(tx *Tx, items []T) (wire.Answer, error) {
	answer := wire.Answer{Version: wire.Version}
	if c.Prepare != nil {
		if err := c.Prepare(tx, items); err != nil {
			return answer, err
		}
	}
	for i, item := range items {
		mark := tx.Mark()
		err := c.Apply(tx, item)
		if err == nil {
			answer.Applied++
			continue
		}
		var refusal *fault.Fault
		if !errors.As(err, &refusal) || refusal.Code == fault.Internal {
			return answer, err
		}
		if tx.Mode == wire.Atomic {
			return answer, refusal.At(i)
		}
		tx.Rollback(mark)
		answer.Refused = append(answer.Refused, refusal.At(i))
	}
	if answer.Applied == 0 {
		return answer, answer.Refused[0]
	}
	if c.Finish != nil {
		return answer, c.Finish(tx)
	}
	return answer, nil
}

// close writes what was staged, and announces that something happened without saying what.
func (tx *Tx) close(stub shim.ChaincodeStubInterface, answer wire.Answer) error {
	if err := tx.pages.flush(); err != nil {
		return err
	}
	notice, err := wire.Encode(wire.Notice{
		Version:    wire.Version,
		Function:   tx.Function.Name,
		Collection: tx.Collection,
		Applied:    answer.Applied,
		Refused:    len(answer.Refused),
	})
	if err != nil {
		return defect("encode the notice", err)
	}
	if err := stub.SetEvent(wire.NoticeName, notice); err != nil {
		return peerDefect("set the event", err)
	}
	return nil
}
