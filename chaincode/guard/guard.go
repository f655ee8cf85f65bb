// Package guard stands between a peer and the contracts, and lets only what is well formed through.
//
// The rules: a function answers to its exact name with the exact number of arguments, and to nothing
// else; a panic becomes a refusal and never ends the process; a request body is one JSON object whose
// every field is known, said once, and of its documented kind. The reasons are three habits of
// Fabric's contract API: it calls Create for "create" but then skips the schema, it ignores surplus
// arguments, and it recovers nothing. Go's own decoder adds three more: it takes field names in any
// case, lets the last of two equal names win, and replaces broken text.
//
// The package never writes an input into a log or an error: not an argument, not a transient value,
// not a name that it does not know, and not the text of a panic. It cannot recover what the runtime
// itself ends a process for, such as an exhausted stack or a concurrent write to a map.
package guard

import (
	"fmt"
	"log/slog"
	"maps"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"

	"github.com/tallystick/tallystick/core/fault"
)

// Table lists every function that may be called, as "Contract:Function", with the number of
// arguments that it takes beside its name.
type Table map[string]int

// Chaincode is a chaincode behind the guard.
type Chaincode struct {
	inner shim.Chaincode
	table Table
	log   *slog.Logger
}

var _ shim.Chaincode = (*Chaincode)(nil)

// New guards a chaincode. The table is copied; it must name at least one function, each with its
// contract and a number of arguments that is not negative. The log receives one record a panic.
func New(inner shim.Chaincode, table Table, log *slog.Logger) (*Chaincode, error) {
	if inner == nil || log == nil {
		return nil, fmt.Errorf("guard a chaincode: the chaincode or the log is missing")
	}
	if len(table) == 0 {
		return nil, fmt.Errorf("guard a chaincode: the table names no function: list the contracts' functions")
	}
	for name, arguments := range table {
		contract, function, ok := strings.Cut(name, ":")
		if !ok || contract == "" || function == "" || strings.Contains(function, ":") || arguments < 0 {
			return nil, fmt.Errorf("guard a chaincode: %q with %d arguments is no entry of the table: write Contract:Function", name, arguments)
		}
	}
	return &Chaincode{inner: inner, table: maps.Clone(table), log: log}, nil
}

// Init guards the initialisation, which Fabric calls only where a definition requires it. Without a
// function it is passed on; with one it is held to the same rules as Invoke.
func (c *Chaincode) Init(stub shim.ChaincodeStubInterface) *peer.Response {
	if len(stub.GetArgs()) == 0 {
		return c.protected(stub, "", c.inner.Init)
	}
	return c.checked(stub, c.inner.Init)
}

// Invoke guards one transaction.
func (c *Chaincode) Invoke(stub shim.ChaincodeStubInterface) *peer.Response {
	return c.checked(stub, c.inner.Invoke)
}

func (c *Chaincode) checked(stub shim.ChaincodeStubInterface, call invocation) *peer.Response {
	arguments := stub.GetArgs()
	if len(arguments) == 0 {
		return refuse(fault.New(fault.UnknownFunction))
	}
	name := string(arguments[0])
	expected, known := c.table[name]
	if !known {
		return refuse(fault.New(fault.UnknownFunction))
	}
	if len(arguments)-1 != expected {
		return refuse(fault.In(fault.MalformedRequest, "arguments"))
	}
	return c.protected(stub, name, call)
}

type invocation func(shim.ChaincodeStubInterface) *peer.Response

// protected turns a panic, or no answer at all, into a refusal.
func (c *Chaincode) protected(stub shim.ChaincodeStubInterface, name string, call invocation) (response *peer.Response) {
	defer func() {
		if caught := recover(); caught != nil {
			c.report(stub.GetTxID(), name, caught)
			response = refuse(fault.New(fault.Internal))
		}
	}()
	if response = call(stub); response == nil {
		c.log.Error("chaincode gave no response", "tx", stub.GetTxID(), "function", name)
		return refuse(fault.New(fault.Internal))
	}
	return response
}

// report logs where a panic came from. What was thrown is named by its type alone: its text may
// quote the very value that broke the code.
func (c *Chaincode) report(txID, name string, caught any) {
	c.log.Error("chaincode panicked", "tx", txID, "function", name,
		"kind", fmt.Sprintf("%T", caught), "stack", callers())
}

// callers lists the functions on the stack from the panic outwards, as file and line. The runtime's
// own dump is not used, because it prints the arguments of every call.
func callers() []string {
	const (
		deepest = 64
		own     = 3 // runtime.Callers, this function and report
	)
	counters := make([]uintptr, deepest)
	frames := runtime.CallersFrames(counters[:runtime.Callers(own, counters)])
	var stack []string
	for {
		frame, more := frames.Next()
		stack = append(stack, fmt.Sprintf("%s %s:%d", frame.Function, filepath.Base(frame.File), frame.Line))
		if !more {
			return stack
		}
	}
}

func refuse(f *fault.Fault) *peer.Response { return shim.Error(f.Encode()) }
