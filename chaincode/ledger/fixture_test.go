package ledger_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-contract-api-go/v2/contractapi"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"

	"github.com/tallystick/tallystick/chaincode/fakeledger"
	"github.com/tallystick/tallystick/chaincode/ledger"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
)

const (
	harbor    = "HarborMSP"
	lantern   = "LanternMSP"
	meridian  = "MeridianMSP"
	authority = "AuthorityMSP"

	pair = "harbor-meridian"
)

// roots are the fingerprint of no certificate: nobody here approves anything.
var roots = []string{wire.Digest([]byte("root"))}

var founders = []wire.Member{
	{ID: "harbor", Name: "Harbor", Kind: party.Platform, MSPID: harbor, Roots: roots},
	{ID: "lantern", Name: "Lantern", Kind: party.Platform, MSPID: lantern, Roots: roots},
	{ID: "meridian", Name: "Meridian", Kind: party.Custodian, MSPID: meridian, Roots: roots},
	{ID: "authority", Name: "Authority", Kind: party.Regulator, MSPID: authority, Roots: roots},
}

func config() fakeledger.Config {
	guardians := []string{meridian, authority}
	platform := func(msp string) fakeledger.Collection {
		return fakeledger.Collection{
			Members: []string{msp, meridian, authority},
			Policy:  fakeledger.AnyOf([]string{meridian, msp}, guardians),
		}
	}
	harbors, lanterns := platform(harbor), platform(lantern)
	harbors.Name, lanterns.Name = pair, "lantern-meridian"
	return fakeledger.Config{
		Members: []string{harbor, lantern, meridian, authority},
		Policy: fakeledger.AnyOf(guardians, []string{meridian, harbor}, []string{meridian, lantern},
			[]string{authority, harbor}, []string{authority, lantern}),
		Collections: []fakeledger.Collection{
			harbors, lanterns,
			{Name: wire.Exposure, Members: guardians, Policy: fakeledger.AnyOf(guardians)},
		},
	}
}

// purse is a record as any contract might keep one: a balance, moved by events.
type purse struct {
	BalanceMinor int64    `json:"balance_minor"`
	Notes        []string `json:"notes,omitempty"`
}

type moved struct {
	AmountMinor int64  `json:"amount_minor"`
	Note        string `json:"note,omitempty"`
}

// move is the item of the test's command.
type move struct {
	Purse       string `json:"purse"`
	AmountMinor int64  `json:"amount_minor"`
	Note        string `json:"note,omitempty"`
}

func purseKey(handle string) string { return "purse/" + handle }

// apply is a contract in small: load, decide, save. A balance below zero is refused, after the save,
// so that a rollback has something to take back.
func apply(tx *ledger.Tx, m move) error {
	state, _, err := ledger.Load[purse](tx, tx.Collection, purseKey(m.Purse))
	if err != nil {
		return err
	}
	state.BalanceMinor += m.AmountMinor
	if m.Note != "" {
		state.Notes = append(state.Notes[:len(state.Notes):len(state.Notes)], m.Note)
	}
	event := moved{AmountMinor: m.AmountMinor, Note: m.Note}
	if err := ledger.Save(tx, tx.Collection, purseKey(m.Purse), state, []moved{event}); err != nil {
		return err
	}
	if state.BalanceMinor < 0 {
		return fault.In(fault.InsufficientFunds, "amount_minor")
	}
	return nil
}

// functions are chaincodes by the name of the one function that is called.
type functions map[string]func(ctx contractapi.TransactionContextInterface) (string, error)

func (f functions) Init(shim.ChaincodeStubInterface) *peer.Response { return shim.Success(nil) }

func (f functions) Invoke(stub shim.ChaincodeStubInterface) *peer.Response {
	name, _ := stub.GetFunctionAndParameters()
	ctx := &contractapi.TransactionContext{}
	ctx.SetStub(stub)
	answer, err := f[name](ctx)
	if err != nil {
		return shim.Error(err.Error())
	}
	return shim.Success([]byte(answer))
}

// privately and openly are rows of the closed list that the tests run their own commands under.
const (
	privately = "Custody:Instruct"
	openly    = "Evidence:Append"
	reading   = "Custody:Read"
)

func bootstrap(ctx contractapi.TransactionContextInterface) (string, error) {
	var root wire.Root
	return ledger.Command[wire.Member]{
		Name:     "Consortium:Bootstrap",
		Founders: func(items []wire.Member) []wire.Member { return items },
		Apply: func(tx *ledger.Tx, m wire.Member) error {
			entry := wire.MemberEntry{Version: wire.Version, Member: m}
			digest, err := wire.MemberDigest(entry)
			root.Listed = append(root.Listed, wire.Listed{ID: m.ID, Digest: digest})
			return errors.Join(err, ledger.Put(tx, "", wire.MemberKey(m.ID), entry))
		},
		Finish: func(tx *ledger.Tx) error {
			root.Version = wire.Version
			return ledger.Put(tx, "", wire.RootMembers, root)
		},
	}.Run(ctx)
}

// command is a private command of the test's own.
func command(apply func(tx *ledger.Tx, m move) error) functions {
	return functions{
		"Consortium:Bootstrap": bootstrap,
		privately: func(ctx contractapi.TransactionContextInterface) (string, error) {
			return ledger.Run(ctx, privately, apply)
		},
		openly: func(ctx contractapi.TransactionContextInterface) (string, error) {
			return ledger.Run(ctx, openly, apply)
		},
		reading: func(ctx contractapi.TransactionContextInterface) (string, error) {
			return ledger.Read(ctx, reading, purseKey)
		},
	}
}

// network is two fakes with the words that the tests need. Handles are drawn from a counter, so that
// a failure can be repeated.
type network struct {
	*fakeledger.Twin
	t     *testing.T
	drawn int
}

// founded is a network whose consortium is bootstrapped.
func founded(t *testing.T, chaincode functions) *network {
	t.Helper()
	n := unfounded(t, chaincode)
	n.mustSubmit(n.public(authority, "admin", "Consortium:Bootstrap", request(n.handle(), "", founders...)))
	return n
}

func unfounded(t *testing.T, chaincode functions) *network {
	t.Helper()
	return &network{Twin: fakeledger.NewTwin(t, config(), func() shim.Chaincode { return chaincode }), t: t}
}

func (n *network) handle() string {
	n.drawn++
	digest := sha256.Sum256(fmt.Appendf(nil, "handle %d", n.drawn))
	return hex.EncodeToString(digest[:16])
}

// request is a well-formed command in the atomic mode; private ones have a salt.
func request[T any](id, collection string, items ...T) wire.Request[T] {
	r := wire.Request[T]{Version: wire.Version, ID: id, Collection: collection, Mode: wire.Atomic, Items: items}
	if collection != "" {
		r.Salt = wire.Digest([]byte("salt of " + id))
	}
	return r
}

func encoded(t testing.TB, v any) []byte {
	t.Helper()
	if text, ok := v.(string); ok {
		return []byte(text)
	}
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// private proposes as a member's role, endorsed by the custodian and the platform.
func (n *network) private(member, role, function string, request any) fakeledger.Proposal {
	n.t.Helper()
	return fakeledger.Proposal{
		Creator: n.Identity(member, role), Function: function, Endorsers: []string{meridian, harbor},
		Transient: map[string][]byte{wire.TransientRequest: encoded(n.t, request)},
	}
}

func (n *network) public(member, role, function string, request any) fakeledger.Proposal {
	n.t.Helper()
	return fakeledger.Proposal{
		Creator: n.Identity(member, role), Function: function, Endorsers: []string{meridian, authority},
		Args: []string{string(encoded(n.t, request))},
	}
}

func (n *network) mustSubmit(p fakeledger.Proposal) (*fakeledger.Transaction, wire.Answer) {
	n.t.Helper()
	tx, err := n.Submit(p)
	if err != nil {
		n.t.Fatalf("submit %s: %v", p.Function, err)
	}
	var answer wire.Answer
	if err := json.Unmarshal(tx.Response.GetPayload(), &answer); err != nil {
		n.t.Fatalf("read the answer: %v", err)
	}
	return tx, answer
}

// mustRefuse wants exactly this refusal, and a ledger that has not changed.
func (n *network) mustRefuse(p fakeledger.Proposal, want *fault.Fault) {
	n.t.Helper()
	before := n.Ledger().Height()
	_, err := n.Submit(p)
	var refusal *fakeledger.Refusal
	if !errors.As(err, &refusal) {
		n.t.Fatalf("got %v, want the refusal %v", err, want)
	}
	if refusal.Message != want.Encode() {
		n.t.Fatalf("refused with %s, want %s", refusal.Message, want.Encode())
	}
	if n.Ledger().Height() != before {
		n.t.Fatal("a refused proposal was committed")
	}
}

// stored reads a record of the pair's collection.
func (n *network) stored(handle string) *wire.Record[purse, moved] {
	n.t.Helper()
	raw := n.Ledger().Private(pair, purseKey(handle))
	if raw == nil {
		return nil
	}
	var record wire.Record[purse, moved]
	if err := json.Unmarshal(raw, &record); err != nil {
		n.t.Fatal(err)
	}
	return &record
}
