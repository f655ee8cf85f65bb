package fakeledger

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
)

// Transaction is an endorsed proposal: what a client sends to be ordered, and a block then holds.
// What a reader finds in it must not be changed.
type Transaction struct {
	TxID      string
	Creator   Identity
	Timestamp time.Time
	Arguments []string // the function first
	Endorsers []string // MSP ids of the peers that signed
	Response  *peer.Response
	Event     *peer.ChaincodeEvent // nil where the chaincode set none
	// Results is the encoded rwset.TxReadWriteSet: reads, ranges, public writes, and the hashes of
	// what is private. Equal executions have equal bytes.
	Results []byte
	// Action is the encoded peer.ChaincodeAction that endorsers sign: results, event and response.
	Action []byte

	ledger *Ledger
	set    *simulation
}

// Write is one value that a transaction wrote, or its deletion.
type Write struct {
	Key    string
	Value  []byte
	Delete bool
}

// PolicyWrite is one key-level endorsement policy that a transaction set.
type PolicyWrite struct {
	Key    string
	Policy []byte
}

// PrivateWrites is what a transaction wrote into one collection, as a member of it sees it.
type PrivateWrites struct {
	Collection string
	Writes     []Write
}

// HashedWrite is what everyone sees of one private write.
type HashedWrite struct {
	Collection    string
	KeyHash       []byte
	ValueHash     []byte // nil for a deletion
	Delete, Purge bool
}

// Function is the name of the function that was called.
func (t *Transaction) Function() string { return t.Arguments[0] }

// Writes lists the public writes in the order of their keys.
func (t *Transaction) Writes() []Write { return t.set.public.ordered() }

// Policies lists the key-level policies set on public keys, in the order of the keys.
func (t *Transaction) Policies() []PolicyWrite {
	var policies []PolicyWrite
	for _, key := range slices.Sorted(maps.Keys(t.set.public.policies)) {
		policies = append(policies, PolicyWrite{Key: key, Policy: t.set.public.policies[key].policy})
	}
	return policies
}

// Reads lists the public keys that were read one by one, in their order.
func (t *Transaction) Reads() []string { return slices.Sorted(maps.Keys(t.set.public.reads)) }

// Private lists the private writes by collection, both in order. Once the transaction's private
// writes have been purged, those of a Block no longer hold them; those of the Transaction do.
func (t *Transaction) Private() []PrivateWrites {
	var all []PrivateWrites
	for _, name := range slices.Sorted(maps.Keys(t.set.collections)) {
		if writes := t.set.collections[name].ordered(); len(writes) > 0 {
			all = append(all, PrivateWrites{Collection: name, Writes: writes})
		}
	}
	return all
}

// Hashed lists what the public ledger shows of the private writes, by collection.
func (t *Transaction) Hashed() []HashedWrite {
	var all []HashedWrite
	for _, name := range slices.Sorted(maps.Keys(t.set.collections)) {
		set := t.set.collections[name]
		for _, key := range slices.Sorted(maps.Keys(set.writes)) {
			w := hashedWrite(key, set.writes[key])
			all = append(all, HashedWrite{
				Collection: name, KeyHash: w.GetKeyHash(), ValueHash: w.GetValueHash(),
				Delete: w.GetIsDelete(), Purge: w.GetIsPurge(),
			})
		}
	}
	return all
}

func (k *keySet) ordered() []Write {
	var writes []Write
	for _, key := range slices.Sorted(maps.Keys(k.writes)) {
		w := k.writes[key]
		writes = append(writes, Write{Key: key, Value: slices.Clone(w.value), Delete: w.remove})
	}
	return writes
}

// CommitError says that a block holds the transaction as invalid: nothing was written.
type CommitError struct {
	TxID    string
	Verdict Verdict
}

// Error puts it as Fabric's client does.
func (e *CommitError) Error() string {
	return fmt.Sprintf("transaction %s failed to commit with status code %d (%s)", e.TxID, e.Verdict, e.Verdict)
}
