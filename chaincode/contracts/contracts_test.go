package contracts

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/hyperledger/fabric-contract-api-go/v2/contractapi"

	"github.com/tallystick/tallystick/core/wire"
)

// What core/wire lists, the contracts have, and the other way round; a private function takes no
// argument, a public one its request.
func TestTheClosedListAndTheContractsAgree(t *testing.T) {
	if _, err := New(""); err != nil {
		t.Fatal(err)
	}
	callable := table(all(""))
	var found []string
	for _, c := range all("") {
		for _, m := range ownMethods(c) {
			name := c.GetName() + ":" + m.Name
			found = append(found, name)
			if arguments, listed := callable[name]; !listed {
				t.Errorf("%s is in no list", name)
			} else if m.Type.NumIn()-2 != arguments { // the receiver and the context
				t.Errorf("%s takes %d arguments, want %d", name, m.Type.NumIn()-2, arguments)
			}
		}
	}
	for name := range callable {
		if !slices.Contains(found, name) {
			t.Errorf("no contract has %s", name)
		}
	}
}

func TestEveryContractThatCoreNamesIsAssembled(t *testing.T) {
	for _, f := range wire.Functions() {
		if _, listed := table(all(""))[f.Name]; !listed {
			contract, _, _ := strings.Cut(f.Name, ":")
			t.Errorf("%s: contract %s is not assembled", f.Name, contract)
		}
	}
}

// ownMethods leaves out what every contract inherits.
func ownMethods(c contractapi.ContractInterface) []reflect.Method {
	inherited := reflect.TypeFor[*contractapi.Contract]()
	var own []reflect.Method
	for m := range reflect.TypeOf(c).NumMethod() {
		method := reflect.TypeOf(c).Method(m)
		if _, ok := inherited.MethodByName(method.Name); !ok {
			own = append(own, method)
		}
	}
	return own
}
