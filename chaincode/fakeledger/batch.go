package fakeledger

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// writeBatch holds writes back until it is flushed. What a peer would refuse is then refused at the
// flush, not at the write; the last write to a key wins.
type writeBatch struct {
	records map[batchKey]record
}

type batchKey struct {
	collection, key string
	policy          bool
}

func (b *writeBatch) add(r record) {
	b.records[batchKey{collection: r.collection, key: r.key, policy: r.policy != nil}] = r
}

// flush sends the writes in the order of their keys. Fabric promises no order; one that is always
// the same gives every run the same first error.
func (b *writeBatch) flush(s *simulation) error {
	order := slices.SortedFunc(maps.Keys(b.records), func(x, y batchKey) int {
		if c := strings.Compare(x.collection, y.collection); c != 0 {
			return c
		}
		return strings.Compare(x.key, y.key)
	})
	for _, key := range order {
		if err := s.write(b.records[key]); err != nil {
			return fmt.Errorf("failed send batch: %w", err)
		}
	}
	return nil
}
