package fakeledger_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"

	"github.com/tallystick/tallystick/chaincode/fakeledger"
)

const (
	harbor    = "HarborMSP"
	lantern   = "LanternMSP"
	meridian  = "MeridianMSP"
	authority = "AuthorityMSP"

	pair = "harbor-meridian" // Harbor, Meridian and Authority; M AND (H OR A)
	club = "club"            // Meridian and Authority; no policy of its own
	open = "open"            // Meridian keeps it, everyone may read and write
)

// function is a chaincode that is one Go function.
type function func(stub shim.ChaincodeStubInterface) error

func (f function) Init(shim.ChaincodeStubInterface) *peer.Response { return shim.Success(nil) }

func (f function) Invoke(stub shim.ChaincodeStubInterface) *peer.Response {
	if err := f(stub); err != nil {
		return shim.Error(err.Error())
	}
	return shim.Success([]byte("done"))
}

func config() fakeledger.Config {
	return fakeledger.Config{
		Members: []string{harbor, lantern, meridian, authority},
		Policy: fakeledger.AnyOf([]string{meridian, authority}, []string{meridian, harbor},
			[]string{meridian, lantern}, []string{authority, harbor}, []string{authority, lantern}),
		Collections: []fakeledger.Collection{
			{
				Name: pair, Members: []string{harbor, meridian, authority},
				Policy: fakeledger.AnyOf([]string{meridian, harbor}, []string{meridian, authority}),
			},
			{Name: club, Members: []string{meridian, authority}},
			{Name: open, Members: []string{meridian}, OpenRead: true, OpenWrite: true},
		},
	}
}

// channel is a ledger with the words that most tests need.
type channel struct {
	*fakeledger.Ledger
	t *testing.T
}

func newChannel(t *testing.T) channel {
	t.Helper()
	return channel{fakeledger.New(config()), t}
}

// by proposes as the machine of a member, endorsed by the members named.
func (c channel) by(member string, endorsers ...string) fakeledger.Proposal {
	return fakeledger.Proposal{
		Creator: c.Identity(member, "machine"), Function: "Test:Run", Endorsers: endorsers,
	}
}

// usual is a proposal that every policy here is content with.
func (c channel) usual() fakeledger.Proposal { return c.by(meridian, meridian, harbor) }

func (c channel) endorse(f function) *fakeledger.Transaction {
	c.t.Helper()
	tx, err := c.Endorse(f, c.usual())
	if err != nil {
		c.t.Fatal(err)
	}
	return tx
}

func (c channel) submit(f function) *fakeledger.Transaction {
	c.t.Helper()
	tx, err := c.Submit(f, c.usual())
	if err != nil {
		c.t.Fatal(err)
	}
	return tx
}

func (c channel) put(keysAndValues ...string) {
	c.t.Helper()
	c.submit(func(stub shim.ChaincodeStubInterface) error {
		for i := 0; i < len(keysAndValues); i += 2 {
			if err := stub.PutState(keysAndValues[i], []byte(keysAndValues[i+1])); err != nil {
				return err
			}
		}
		return nil
	})
}

func (c channel) putPrivate(collection, key, value string) {
	c.t.Helper()
	c.submit(func(stub shim.ChaincodeStubInterface) error {
		return stub.PutPrivateData(collection, key, []byte(value))
	})
}

// refused expects the function to be refused with a text.
func (c channel) refused(want string, f function) {
	c.t.Helper()
	_, err := c.Endorse(f, c.usual())
	if err == nil || !strings.Contains(err.Error(), want) {
		c.t.Errorf("answers %v, want an error with %q", err, want)
	}
}

func verdictOf(t *testing.T, err error) fakeledger.Verdict {
	t.Helper()
	if err == nil {
		return fakeledger.Valid
	}
	var commit *fakeledger.CommitError
	if !errors.As(err, &commit) {
		t.Fatalf("answers %v, want a verdict", err)
	}
	return commit.Verdict
}

// sameVerdicts compares what one block came to.
func sameVerdicts(t *testing.T, got []fakeledger.Verdict, want ...fakeledger.Verdict) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("verdicts %v, want %v", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("transaction %d is %s, want %s", i, got[i], want[i])
		}
	}
}

func write(key, value string) function {
	return func(stub shim.ChaincodeStubInterface) error { return stub.PutState(key, []byte(value)) }
}

// readThenWrite makes a transaction that depends on one key and changes another.
func readThenWrite(read, written string) function {
	return func(stub shim.ChaincodeStubInterface) error {
		if _, err := stub.GetState(read); err != nil {
			return err
		}
		return stub.PutState(written, []byte("x"))
	}
}
