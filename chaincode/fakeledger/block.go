package fakeledger

import (
	"slices"

	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/queryresult"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// Block is what was ordered and validated together, invalid transactions included. Blocks count
// from 1: the configuration block of a real channel is number 0.
type Block struct {
	Number  uint64
	Entries []Entry
}

// Entry is one transaction of a block, with its verdict and with the private writes as they are kept
// by the members of their collections; what was purged since is no longer among them.
type Entry struct {
	*Transaction
	Verdict Verdict
	Private []PrivateWrites
}

// Blocks answers all blocks in their order: everything from which the state can be replayed.
func (l *Ledger) Blocks() []Block {
	l.mu.RLock()
	defer l.mu.RUnlock()
	blocks := slices.Clone(l.blocks)
	for i := range blocks {
		blocks[i].Entries = slices.Clone(blocks[i].Entries)
	}
	return blocks
}

// Height is the number of the last block, 0 before there is one.
func (l *Ledger) Height() uint64 {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return uint64(len(l.blocks))
}

// history reads the changes of a public key from the blocks, newest first. The ledger is locked.
func (l *Ledger) history(key string) []*queryresult.KeyModification {
	var changes []*queryresult.KeyModification
	for b := len(l.blocks) - 1; b >= 0; b-- {
		entries := l.blocks[b].Entries
		for i := len(entries) - 1; i >= 0; i-- {
			w, written := entries[i].set.public.writes[key]
			if !written || entries[i].Verdict != Valid {
				continue
			}
			changes = append(changes, &queryresult.KeyModification{
				TxId: entries[i].TxID, Value: slices.Clone(w.value), IsDelete: w.remove,
				Timestamp: timestamppb.New(entries[i].Timestamp),
			})
		}
	}
	return changes
}

// purge removes the former values of purged keys from the blocks' private side. The hashes stay.
func (l *Ledger) purge(s *simulation) {
	for collection, set := range s.collections {
		for key, w := range set.writes {
			if w.purge {
				l.forget(collection, key)
			}
		}
	}
}

func (l *Ledger) forget(collection, key string) {
	for _, b := range l.blocks {
		for i := range b.Entries {
			b.Entries[i].Private = without(b.Entries[i].Private, collection, key)
		}
	}
}

func without(all []PrivateWrites, collection, key string) []PrivateWrites {
	var kept []PrivateWrites
	for _, p := range all {
		if p.Collection == collection {
			p.Writes = slices.DeleteFunc(slices.Clone(p.Writes), func(w Write) bool { return w.Key == key && !w.Delete })
		}
		if len(p.Writes) > 0 {
			kept = append(kept, p)
		}
	}
	return kept
}
