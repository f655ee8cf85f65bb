package fakeledger

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"

	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset/kvrwset"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/protobuf/proto"
)

// policyEntry is the name under which a key's metadata holds its endorsement policy.
var policyEntry = peer.MetaDataKeys_VALIDATION_PARAMETER.String()

// results encodes the simulation as a peer signs it: the public read and write set with the hashes
// of the private ones, every list in the order of its plain keys.
func (s *simulation) results() ([]byte, error) {
	public, err := encode(s.publicSet())
	if err != nil {
		return nil, err
	}
	namespace := &rwset.NsReadWriteSet{Namespace: s.ledger.config.Chaincode, Rwset: public}
	for _, name := range slices.Sorted(maps.Keys(s.collections)) {
		hashed, err := hashedCollection(name, s.collections[name])
		if err != nil {
			return nil, err
		}
		namespace.CollectionHashedRwset = append(namespace.CollectionHashedRwset, hashed)
	}
	return encode(&rwset.TxReadWriteSet{
		DataModel: rwset.TxReadWriteSet_KV,
		NsRwset:   []*rwset.NsReadWriteSet{namespace},
	})
}

func (s *simulation) publicSet() *kvrwset.KVRWSet {
	set := &kvrwset.KVRWSet{}
	for _, key := range slices.Sorted(maps.Keys(s.public.reads)) {
		set.Reads = append(set.Reads, &kvrwset.KVRead{Key: key, Version: s.public.reads[key]})
	}
	for _, query := range s.distinctRanges() {
		set.RangeQueriesInfo = append(set.RangeQueriesInfo, &kvrwset.RangeQueryInfo{
			StartKey: query.start, EndKey: query.end, ItrExhausted: query.exhausted,
			ReadsInfo: &kvrwset.RangeQueryInfo_RawReads{RawReads: &kvrwset.QueryReads{KvReads: query.results}},
		})
	}
	for _, key := range slices.Sorted(maps.Keys(s.public.writes)) {
		set.Writes = append(set.Writes, plainWrite(key, s.public.writes[key]))
	}
	for _, key := range slices.Sorted(maps.Keys(s.public.policies)) {
		set.MetadataWrites = append(set.MetadataWrites,
			&kvrwset.KVMetadataWrite{Key: key, Entries: metadata(s.public.policies[key])})
	}
	return set
}

// distinctRanges leaves out a query that reached as far as an earlier one did.
func (s *simulation) distinctRanges() []*rangeRead {
	var distinct []*rangeRead
	for _, query := range s.ranges {
		same := func(other *rangeRead) bool {
			return other.start == query.start && other.end == query.end && other.exhausted == query.exhausted
		}
		if !slices.ContainsFunc(distinct, same) {
			distinct = append(distinct, query)
		}
	}
	return distinct
}

func hashedCollection(name string, set *keySet) (*rwset.CollectionHashedReadWriteSet, error) {
	hashed := &kvrwset.HashedRWSet{}
	for _, key := range slices.Sorted(maps.Keys(set.reads)) {
		hashed.HashedReads = append(hashed.HashedReads,
			&kvrwset.KVReadHash{KeyHash: []byte(keyHash(key)), Version: set.reads[key]})
	}
	for _, key := range slices.Sorted(maps.Keys(set.writes)) {
		hashed.HashedWrites = append(hashed.HashedWrites, hashedWrite(key, set.writes[key]))
	}
	for _, key := range slices.Sorted(maps.Keys(set.policies)) {
		hashed.MetadataWrites = append(hashed.MetadataWrites,
			&kvrwset.KVMetadataWriteHash{KeyHash: []byte(keyHash(key)), Entries: metadata(set.policies[key])})
	}
	encoded, err := encode(hashed)
	if err != nil {
		return nil, err
	}
	collection := &rwset.CollectionHashedReadWriteSet{CollectionName: name, HashedRwset: encoded}
	if len(set.writes) == 0 && len(set.policies) == 0 {
		return collection, nil
	}
	private, err := encode(privateSet(set))
	if err != nil {
		return nil, err
	}
	digest := sha256.Sum256(private)
	collection.PvtRwsetHash = digest[:]
	return collection, nil
}

// privateSet is what members exchange outside the ledger; its hash is on it.
func privateSet(set *keySet) *kvrwset.KVRWSet {
	private := &kvrwset.KVRWSet{}
	for _, key := range slices.Sorted(maps.Keys(set.writes)) {
		private.Writes = append(private.Writes, plainWrite(key, set.writes[key]))
	}
	for _, key := range slices.Sorted(maps.Keys(set.policies)) {
		private.MetadataWrites = append(private.MetadataWrites, &kvrwset.KVMetadataWrite{Key: key})
	}
	return private
}

func plainWrite(key string, w valueWrite) *kvrwset.KVWrite {
	return &kvrwset.KVWrite{Key: key, Value: w.value, IsDelete: w.remove}
}

func hashedWrite(key string, w valueWrite) *kvrwset.KVWriteHash {
	hashed := &kvrwset.KVWriteHash{KeyHash: []byte(keyHash(key)), IsDelete: w.remove, IsPurge: w.purge}
	if !w.remove {
		digest := sha256.Sum256(w.value)
		hashed.ValueHash = digest[:]
	}
	return hashed
}

func metadata(w policyWrite) []*kvrwset.KVMetadataEntry {
	return []*kvrwset.KVMetadataEntry{{Name: policyEntry, Value: w.policy}}
}

// keyHash is the name under which the public ledger knows a private key.
func keyHash(key string) string {
	digest := sha256.Sum256([]byte(key))
	return string(digest[:])
}

// encode gives equal messages equal bytes, within one build of the program.
func encode(message proto.Message) ([]byte, error) {
	encoded, err := proto.MarshalOptions{Deterministic: true}.Marshal(message)
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", message.ProtoReflect().Descriptor().Name(), err)
	}
	return encoded, nil
}
