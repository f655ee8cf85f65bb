package fakeledger

import (
	"bytes"
	"slices"

	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset/kvrwset"
)

// entry is what the state database keeps of a key: the value, the key-level policy and the place
// (block and transaction) that wrote it last, which is its version.
type entry struct {
	value   []byte
	policy  []byte
	version *kvrwset.Version
}

// store is one namespace of the state database: a map, and its keys in byte order for ranges.
type store struct {
	entries map[string]entry
	keys    []string
}

func newStore() *store { return &store{entries: map[string]entry{}} }

func (s *store) value(key string) []byte { return bytes.Clone(s.entries[key].value) }

// version is nil for a key that does not exist.
func (s *store) version(key string) *kvrwset.Version { return s.entries[key].version }

func (s *store) put(key string, e entry) {
	if _, exists := s.entries[key]; !exists {
		i, _ := slices.BinarySearch(s.keys, key)
		s.keys = slices.Insert(s.keys, i, key)
	}
	s.entries[key] = e
}

func (s *store) remove(key string) {
	if _, exists := s.entries[key]; !exists {
		return
	}
	delete(s.entries, key)
	i, _ := slices.BinarySearch(s.keys, key)
	s.keys = slices.Delete(s.keys, i, i+1)
}

// span answers the keys from start to before end; an empty end means to the last key.
func (s *store) span(start, end string) []string {
	from, _ := slices.BinarySearch(s.keys, start)
	to := len(s.keys)
	if end != "" {
		to, _ = slices.BinarySearch(s.keys, end)
	}
	if from >= to {
		return nil
	}
	return s.keys[from:to]
}

// apply gives a key what one transaction wrote to it, as Fabric merges the two halves of a write: a
// value alone keeps the policy, a policy alone keeps the value and is lost on a key that does not
// exist, and a deletion removes both.
func (s *store) apply(key string, value *valueWrite, policy *policyWrite, at *kvrwset.Version) {
	current, exists := s.entries[key]
	switch {
	case value != nil && value.remove:
		s.remove(key)
		return
	case value != nil:
		current.value = value.value
	case !exists:
		return
	}
	if policy != nil {
		current.policy = policy.policy
	}
	current.version = at
	s.put(key, current)
}

func sameVersion(a, b *kvrwset.Version) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.GetBlockNum() == b.GetBlockNum() && a.GetTxNum() == b.GetTxNum()
}
