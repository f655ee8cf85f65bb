package contracttest

import (
	"errors"
	"testing"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"

	"github.com/tallystick/tallystick/chaincode/contracts"
	"github.com/tallystick/tallystick/chaincode/fakeledger"
	"github.com/tallystick/tallystick/core/wire"
)

// usurper is a changed program: it runs the contracts, and writes over whatever key it is told to.
type usurper struct{ shim.Chaincode }

const overwrite = "Overwrite"

func (u usurper) Invoke(stub shim.ChaincodeStubInterface) *peer.Response {
	function, arguments := stub.GetFunctionAndParameters()
	if function != overwrite {
		return u.Chaincode.Invoke(stub)
	}
	if err := stub.PutState(arguments[0], []byte("{}")); err != nil {
		return shim.Error(err.Error())
	}
	return shim.Success(nil)
}

// What a root key lists, and a custodian's day, no two members write without the one that answers for it,
// whatever program they run.
func TestAChangedProgramWritesNoKeyOfGovernance(t *testing.T) {
	whole, err := contracts.New(wire.FoundersDigest(FakeFounders()))
	if err != nil {
		t.Fatal(err)
	}
	fake := OpenFake(t, func() shim.Chaincode { return usurper{whole} })
	w, _ := Opened(t, fake)
	adopted := w.Adopt(Sandbox())
	write := func(key string, endorsers ...string) error {
		p := fakeledger.Proposal{
			Creator: fake.Ledger().Identity(mspOf[endorsers[0]], "machine"), Function: overwrite, Args: []string{key},
		}
		for _, member := range endorsers {
			p.Endorsers = append(p.Endorsers, mspOf[member])
		}
		_, err := fake.Twin.Submit(p)
		return err
	}
	guardians := map[string]string{
		wire.RootMembers: Authority, wire.RootRegimes: Authority, wire.RegimeKey(adopted): Authority,
		wire.MemberKey(Harbor): Authority, wire.MemberKey(Authority): Authority, wire.DayKey(Meridian): Meridian,
	}
	other := map[string]string{Authority: Meridian, Meridian: Authority}
	for key, guardian := range guardians {
		for _, endorsers := range [][]string{
			{other[guardian], Harbor}, {other[guardian], Lantern}, {other[guardian], Harbor, Lantern}, {guardian},
		} {
			var invalid *fakeledger.CommitError
			if err := write(key, endorsers...); !errors.As(err, &invalid) || invalid.Verdict != peer.TxValidationCode_ENDORSEMENT_POLICY_FAILURE {
				t.Errorf("%v write over %s: %v", endorsers, key, err)
			}
		}
	}
	for key, guardian := range guardians {
		if err := write(key, guardian, Lantern); err != nil {
			t.Errorf("%s and another may not write %s: %v", guardian, key, err)
		}
	}
}
