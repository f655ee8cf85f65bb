package ledger

import (
	"github.com/hyperledger/fabric-chaincode-go/v2/shim"

	"github.com/tallystick/tallystick/chaincode/guard"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/wire"
)

// body answers the bytes of a request: the one transient value of a private function, the one
// argument of a public one.
func body(stub shim.ChaincodeStubInterface, function wire.Function) ([]byte, error) {
	if function.Private {
		transient, err := stub.GetTransient()
		if err != nil {
			return nil, peerDefect("read the transient data", err)
		}
		raw, ok := transient[wire.TransientRequest]
		switch {
		case !ok:
			return nil, fault.In(fault.MissingField, wire.TransientRequest)
		case len(transient) > 1 || len(stub.GetArgs()) > 1:
			return nil, fault.New(fault.MalformedRequest)
		}
		return raw, nil
	}
	arguments := stub.GetArgs()
	if len(arguments) != 2 { // the function's name, and the request
		return nil, fault.In(fault.MalformedRequest, "arguments")
	}
	return arguments[1], nil
}

// decodeRequest reads a command strictly, and refuses an envelope that is not as documented.
func decodeRequest[T any](raw []byte, function wire.Function) (wire.Request[T], error) {
	request, err := guard.Decode[wire.Request[T]](raw)
	if err != nil {
		return request, err
	}
	switch {
	case request.Version != wire.Version:
		return request, fault.In(fault.InvalidField, "version")
	case !wire.IsHandle(request.ID):
		return request, fault.In(fault.InvalidField, "id")
	case request.Mode != wire.Each && request.Mode != wire.Atomic:
		return request, fault.In(fault.InvalidField, "mode")
	}
	if err := checkSecrecy(function, request.Salt, request.Collection); err != nil {
		return request, err
	}
	return request, checkCount(len(request.Items), function)
}

// checkSecrecy wants a salt and a collection of a private command, and neither of a public one.
func checkSecrecy(function wire.Function, salt, collection string) error {
	const saltName = "salt"
	switch {
	case function.Private && salt == "":
		return fault.In(fault.MissingField, saltName)
	case function.Private && !wire.IsDigest(salt), !function.Private && salt != "":
		return fault.In(fault.InvalidField, saltName)
	}
	return checkPlace(function, collection)
}

func checkPlace(function wire.Function, collection string) error {
	switch {
	case function.Private && collection == "":
		return fault.In(fault.MissingField, "collection")
	case !function.Private && collection != "":
		return fault.In(fault.InvalidField, "collection")
	}
	return nil
}

func checkCount(items int, function wire.Function) error {
	switch {
	case items == 0:
		return fault.New(fault.BatchEmpty)
	case items > function.MaxItems:
		return fault.New(fault.BatchTooLarge)
	}
	return nil
}

// decodeRead reads the request of a read. Whether it may name no item is the function's business.
func decodeRead(raw []byte, function wire.Function) (wire.Read, error) {
	request, err := guard.Decode[wire.Read](raw)
	switch {
	case err != nil:
		return request, err
	case request.Version != wire.Version:
		return request, fault.In(fault.InvalidField, "version")
	case len(request.Items) > function.MaxItems:
		return request, fault.New(fault.BatchTooLarge)
	}
	return request, checkPlace(function, request.Collection)
}
