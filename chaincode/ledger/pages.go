package ledger

import (
	"bytes"
	"cmp"
	"maps"
	"slices"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"

	"github.com/tallystick/tallystick/core/wire"
)

// place is where a value stands: a key in a private collection, or in public state where the
// collection is empty.
type place struct{ collection, key string }

// page is what the transaction knows of one place. A page is replaced, never changed in part, once it
// has been staged: rolling back restores the former one.
type page struct {
	committed []byte // as the peer keeps it; nil where there is nothing
	value     any    // what it was decoded to, or what was staged
	head      head   // of a record, as committed
	events    any    // of a record, as staged
	encode    func() ([]byte, error)
	policy    []byte // a key-level policy to set
}

func (p page) staged() bool { return p.encode != nil }

// pages is every place that the transaction has touched.
type pages struct {
	stub shim.ChaincodeStubInterface
	byAt map[place]page
	undo []former
}

// former is a page as it was before something was staged on it.
type former struct {
	at   place
	page page
}

func newPages(stub shim.ChaincodeStubInterface) pages {
	return pages{stub: stub, byAt: map[place]page{}}
}

// read answers a page, from the peer only the first time.
func (p *pages) read(at place) (page, error) {
	if known, ok := p.byAt[at]; ok {
		return known, nil
	}
	var raw []byte
	var err error
	if at.collection == "" {
		raw, err = p.stub.GetState(at.key)
	} else {
		raw, err = p.stub.GetPrivateData(at.collection, at.key)
	}
	if err != nil {
		return page{}, peerDefect("read a key", err)
	}
	read := page{committed: present(raw)}
	p.byAt[at] = read
	return read, nil
}

// present makes nothing of an empty value: Fabric keeps none.
func present(raw []byte) []byte {
	if len(raw) == 0 {
		return nil
	}
	return raw
}

// prefetch reads at once what was not read before.
func (p *pages) prefetch(collection string, keys []string) error {
	var missing []string
	asked := map[string]bool{}
	for _, key := range keys {
		if _, known := p.byAt[place{collection, key}]; !known && !asked[key] {
			asked[key] = true
			missing = append(missing, key)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	var values [][]byte
	var err error
	if collection == "" {
		values, err = p.stub.GetMultipleStates(missing...)
	} else {
		values, err = p.stub.GetMultiplePrivateData(collection, missing...)
	}
	if err != nil {
		return peerDefect("read many keys", err)
	}
	for i, key := range missing {
		p.byAt[place{collection, key}] = page{committed: present(values[i])}
	}
	return nil
}

// keep replaces a page by one that learned nothing but what was committed.
func (p *pages) keep(at place, decoded page) { p.byAt[at] = decoded }

// stage replaces a page by one that will be written, and remembers the former.
func (p *pages) stage(at place, staged page) {
	p.undo = append(p.undo, former{at, p.byAt[at]})
	p.byAt[at] = staged
}

// mark names a moment to which rollback can return.
func (p *pages) mark() int { return len(p.undo) }

// rollback takes back everything staged since the mark. What was read stays known.
func (p *pages) rollback(mark int) {
	for i := len(p.undo) - 1; i >= mark; i-- {
		p.byAt[p.undo[i].at] = p.undo[i].page
	}
	p.undo = p.undo[:mark]
}

// flush sends what is staged to the peer, by collection and key. A value equal to the committed one
// is not written.
func (p *pages) flush() error {
	p.stub.StartWriteBatch()
	order := slices.SortedFunc(maps.Keys(p.byAt), func(a, b place) int {
		return cmp.Or(cmp.Compare(a.collection, b.collection), cmp.Compare(a.key, b.key))
	})
	for _, at := range order {
		if err := p.write(at, p.byAt[at]); err != nil {
			return err
		}
	}
	if err := p.stub.FinishWriteBatch(); err != nil {
		return peerDefect("write", err)
	}
	return nil
}

func (p *pages) write(at place, staged page) error {
	if staged.policy != nil {
		if err := p.stub.SetStateValidationParameter(at.key, staged.policy); err != nil {
			return peerDefect("set a key's policy", err)
		}
	}
	if !staged.staged() {
		return nil
	}
	raw, err := staged.encode()
	if err != nil {
		return defect("encode a value", err)
	}
	if bytes.Equal(raw, staged.committed) {
		return nil
	}
	if at.collection == "" {
		err = p.stub.PutState(at.key, raw)
	} else {
		err = p.stub.PutPrivateData(at.collection, at.key, raw)
	}
	if err != nil {
		return peerDefect("write a key", err)
	}
	return nil
}

// Mark is a moment of a transaction to which it can be rolled back.
type Mark int

// Mark names this moment. The runner does so before each item; a contract may nest further ones.
func (tx *Tx) Mark() Mark { return Mark(tx.pages.mark()) }

// Rollback takes back every Save, Put and SetPolicy since the mark. Marks taken since are void.
func (tx *Tx) Rollback(m Mark) { tx.pages.rollback(int(m)) }

// Prefetch reads many keys of one collection in one call to the peer, public state where the
// collection is empty. Later reads of them cost nothing.
func (tx *Tx) Prefetch(collection string, keys ...string) error {
	return tx.pages.prefetch(collection, keys)
}

// Raw answers the bytes that are committed under a key, nil where there is nothing.
func (tx *Tx) Raw(collection, key string) ([]byte, error) {
	known, err := tx.pages.read(place{collection, key})
	return known.committed, err
}

// PrivateHash answers, in lower-case hexadecimal, the SHA-256 of what is committed under a private
// key, empty where there is nothing. Every peer can answer it, also one that does not hold the value.
// It does not see what this transaction writes.
func (tx *Tx) PrivateHash(collection, key string) (string, error) {
	raw, err := tx.pages.stub.GetPrivateDataHash(collection, key)
	if err != nil {
		return "", peerDefect("read the hash of a private value", err)
	}
	return hexOf(raw), nil
}

// SetPolicy gives a public key its own endorsement policy, from the next transaction on. The policy
// is an encoded SignaturePolicyEnvelope.
func (tx *Tx) SetPolicy(key string, policy []byte) error {
	at := place{key: key}
	known, err := tx.pages.read(at)
	if err != nil {
		return err
	}
	known.policy = policy
	tx.pages.stage(at, known)
	return nil
}

// Get reads a plain value: one that is not a record. It sees what this transaction has Put.
func Get[T any](tx *Tx, collection, key string) (value T, exists bool, err error) {
	at := place{collection, key}
	known, err := tx.pages.read(at)
	if err != nil {
		return value, false, err
	}
	if known.value == nil && known.committed == nil {
		return value, false, nil
	}
	if known.value == nil {
		if value, err = decodeStored[T](known.committed); err != nil {
			return value, false, err
		}
		known.value = value
		tx.pages.keep(at, known)
	}
	return as[T](known)
}

// Put stages a plain value. It reads the key first, so that of two transactions that create one key
// only one commits; a private value carries its own Salt.
func Put[T any](tx *Tx, collection, key string, value T) error {
	at := place{collection, key}
	known, err := tx.pages.read(at)
	if err != nil {
		return err
	}
	known.value = value
	known.encode = func() ([]byte, error) { return wire.Encode(value) }
	tx.pages.stage(at, known)
	return nil
}

// as answers a page's value in the one type that this key is used with.
func as[T any](known page) (T, bool, error) {
	value, ok := known.value.(T)
	if !ok {
		return value, false, defect("read a key under two types", nil)
	}
	return value, true, nil
}
