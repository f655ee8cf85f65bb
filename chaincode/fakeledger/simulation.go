package fakeledger

import (
	"errors"
	"fmt"
	"slices"

	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset/kvrwset"
)

// valueWrite is what a transaction does to a value. Fabric takes an empty value for a deletion.
type valueWrite struct {
	value         []byte
	remove, purge bool
}

// policyWrite is what a transaction does to a key-level endorsement policy.
type policyWrite struct {
	policy []byte
}

// keySet is the read and write set of a transaction in one namespace, by plain key.
type keySet struct {
	reads    map[string]*kvrwset.Version
	writes   map[string]valueWrite
	policies map[string]policyWrite
}

func newKeySet() *keySet {
	return &keySet{
		reads:    map[string]*kvrwset.Version{},
		writes:   map[string]valueWrite{},
		policies: map[string]policyWrite{},
	}
}

// simulation is one peer's execution of one proposal. It reads committed state only, and collects
// what was read and written. The ledger must be locked for reading while it lives.
type simulation struct {
	ledger  *Ledger
	txID    string
	peer    string // MSP id of the peer that executes
	creator string // MSP id of the client

	public      *keySet
	collections map[string]*keySet
	ranges      []*rangeRead

	wrote, pagedThrough, queriedPrivate bool
}

func newSimulation(l *Ledger, txID, peer, creator string) *simulation {
	return &simulation{
		ledger: l, txID: txID, peer: peer, creator: creator,
		public: newKeySet(), collections: map[string]*keySet{},
	}
}

// set answers the key set of a collection; the empty name is the public state.
func (s *simulation) set(collection string) *keySet {
	if collection == "" {
		return s.public
	}
	if _, ok := s.collections[collection]; !ok {
		s.collections[collection] = newKeySet()
	}
	return s.collections[collection]
}

func (s *simulation) get(key string) []byte {
	s.public.reads[key] = s.ledger.public.version(key)
	return s.ledger.public.value(key)
}

func (s *simulation) getPolicy(collection, key string) ([]byte, error) {
	if collection == "" {
		s.public.reads[key] = s.ledger.public.version(key)
		return slices.Clone(s.ledger.public.entries[key].policy), nil
	}
	if err := s.mayRead(collection); err != nil {
		return nil, err
	}
	e := s.hashedEntry(collection, key)
	return slices.Clone(e.policy), nil
}

// getPrivate fails on a peer that does not keep the collection, but only for a key that exists: the
// peer cannot tell a key that it misses from one that was never written, save by the public hash.
func (s *simulation) getPrivate(collection, key string) ([]byte, error) {
	if err := s.mayRead(collection); err != nil {
		return nil, err
	}
	public := s.ledger.hashed[collection].version(keyHash(key))
	private := s.privateVersion(collection, key)
	if !sameVersion(public, private) {
		return nil, fmt.Errorf("private data matching public hash version is not available. "+
			"Public hash version = %s, Private data version = %s", height(public), height(private))
	}
	s.set(collection).reads[key] = private
	return s.privateValue(collection, key), nil
}

// getPrivateBatch differs from getPrivate as it does in Fabric: a peer that does not keep the
// collection answers nothing instead of an error, and the mismatch shows between endorsers.
func (s *simulation) getPrivateBatch(collection string, keys []string) ([][]byte, error) {
	if err := s.mayRead(collection); err != nil {
		return nil, err
	}
	values := make([][]byte, len(keys))
	for i, key := range keys {
		s.set(collection).reads[key] = s.privateVersion(collection, key)
		values[i] = s.privateValue(collection, key)
	}
	return values, nil
}

// getPrivateHash needs no membership: every peer keeps the hashes.
func (s *simulation) getPrivateHash(collection, key string) ([]byte, error) {
	if err := s.exists(collection); err != nil {
		return nil, err
	}
	return slices.Clone(s.hashedEntry(collection, key).value), nil
}

func (s *simulation) hashedEntry(collection, key string) entry {
	e := s.ledger.hashed[collection].entries[keyHash(key)]
	s.set(collection).reads[key] = e.version
	return e
}

func (s *simulation) privateVersion(collection, key string) *kvrwset.Version {
	if !s.keeps(collection) {
		return nil
	}
	return s.ledger.private[collection].version(key)
}

func (s *simulation) privateValue(collection, key string) []byte {
	if !s.keeps(collection) {
		return nil
	}
	return s.ledger.private[collection].value(key)
}

// keeps tells whether the executing peer holds the values of the collection.
func (s *simulation) keeps(collection string) bool {
	return slices.Contains(s.ledger.collections[collection].Members, s.peer)
}

func (s *simulation) exists(collection string) error {
	if _, ok := s.ledger.collections[collection]; !ok {
		return fmt.Errorf("collection [%s] not defined in the collection config for chaincode [%s]",
			collection, s.ledger.config.Chaincode)
	}
	return nil
}

func (s *simulation) mayRead(collection string) error {
	return s.permitted(collection, "read", s.ledger.collections[collection].OpenRead)
}

func (s *simulation) mayWrite(collection string) error {
	return s.permitted(collection, "write", s.ledger.collections[collection].OpenWrite)
}

// permitted checks the client, not the peer: that is what memberOnlyRead and memberOnlyWrite mean.
func (s *simulation) permitted(collection, access string, open bool) error {
	c, ok := s.ledger.collections[collection]
	if !ok {
		return fmt.Errorf("collection %s/%s/%s could not be found",
			s.ledger.config.Channel, s.ledger.config.Chaincode, collection)
	}
	if open || slices.Contains(c.Members, s.creator) {
		return nil
	}
	return fmt.Errorf("tx creator does not have %s access permission on privatedata in chaincodeName:%s collectionName: %s",
		access, s.ledger.config.Chaincode, collection)
}

// record is one write on its way into the write set.
type record struct {
	collection, key string
	value           *valueWrite
	policy          *policyWrite
}

func (s *simulation) write(r record) error {
	if r.collection != "" {
		if err := s.mayWrite(r.collection); err != nil {
			return err
		}
	}
	if s.queriedPrivate {
		return fmt.Errorf("txid [%s]: unsuppored transaction. Transaction has already performed queries on pvt data. Writes are not allowed", s.txID)
	}
	if s.pagedThrough {
		return fmt.Errorf("txid [%s]: unsuppored transaction. Transaction has already performed a paginated query. Writes are not allowed", s.txID)
	}
	s.wrote = true
	set := s.set(r.collection)
	if r.value != nil {
		set.writes[r.key] = *r.value
	}
	if r.policy != nil {
		set.policies[r.key] = *r.policy
	}
	return nil
}

// beginPrivateQuery and beginPagedQuery let a transaction either write or query so, never both: the
// results of such queries are not checked again when the transaction commits.
func (s *simulation) beginPrivateQuery() error {
	if s.wrote {
		return fmt.Errorf("txid [%s]: unsuppored transaction. Queries on pvt data is supported only in a read-only transaction", s.txID)
	}
	s.queriedPrivate = true
	return nil
}

func (s *simulation) beginPagedQuery() error {
	if s.wrote {
		return fmt.Errorf("txid [%s]: unsuppored transaction. Paginated queries are supported only in a read-only transaction", s.txID)
	}
	s.pagedThrough = true
	return nil
}

// richQuery refuses as LevelDB does, after the checks that a peer makes first.
func (s *simulation) richQuery(collection string, paged bool) error {
	switch {
	case collection != "":
		if err := s.mayRead(collection); err != nil {
			return err
		}
		if err := s.beginPrivateQuery(); err != nil {
			return err
		}
	case paged:
		if err := s.beginPagedQuery(); err != nil {
			return err
		}
		return errors.New("ExecuteQueryWithMetadata not supported for leveldb")
	}
	return errors.New("ExecuteQuery not supported for leveldb")
}

func height(v *kvrwset.Version) string {
	if v == nil {
		return "<nil>"
	}
	return fmt.Sprintf("{BlockNum: %d, TxNum: %d}", v.GetBlockNum(), v.GetTxNum())
}
