package fakeledger

import (
	"fmt"
	"slices"

	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset/kvrwset"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
)

// Verdict is what validation made of a transaction, in Fabric's own codes.
type Verdict = peer.TxValidationCode

// The verdicts that this ledger gives.
const (
	Valid                    = peer.TxValidationCode_VALID
	DuplicateTxID            = peer.TxValidationCode_DUPLICATE_TXID
	EndorsementPolicyFailure = peer.TxValidationCode_ENDORSEMENT_POLICY_FAILURE
	MVCCReadConflict         = peer.TxValidationCode_MVCC_READ_CONFLICT
	PhantomReadConflict      = peer.TxValidationCode_PHANTOM_READ_CONFLICT
)

// Commit orders the transactions into one block, validates them in that order and applies those
// that are valid. It answers one verdict a transaction; the block holds all of them. A transaction
// of another ledger panics.
func (l *Ledger) Commit(txs ...*Transaction) []Verdict {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, tx := range txs {
		if tx == nil || tx.ledger != l {
			panic("commit to the fake ledger: the transaction was not endorsed on this ledger")
		}
	}
	verdicts := l.validateEndorsements(txs)
	b := Block{Number: uint64(len(l.blocks)) + 1}
	touched := map[[2]string]bool{}
	for i, tx := range txs {
		if verdicts[i] == Valid {
			verdicts[i] = l.validateReads(tx.set, touched)
		}
		if verdicts[i] == Valid {
			at := &kvrwset.Version{BlockNum: b.Number, TxNum: uint64(i)}
			l.apply(tx.set, at, touched)
		}
		l.seen[tx.TxID] = true
		b.Entries = append(b.Entries, Entry{Transaction: tx, Verdict: verdicts[i], Private: tx.Private()})
	}
	l.blocks = append(l.blocks, b)
	for i, tx := range txs {
		if verdicts[i] == Valid {
			l.purge(tx.set)
		}
	}
	return slices.Clone(verdicts)
}

// validateEndorsements judges ids and signatures of the whole block before any of it is applied, as
// a peer does: policies are those of the state before the block.
func (l *Ledger) validateEndorsements(txs []*Transaction) []Verdict {
	verdicts := make([]Verdict, len(txs))
	changed := map[[2]string]bool{}
	for i, tx := range txs {
		switch {
		case l.seen[tx.TxID]:
			verdicts[i] = DuplicateTxID
		case !l.endorsed(tx, changed):
			verdicts[i] = EndorsementPolicyFailure
		default:
			verdicts[i] = Valid
			for place := range tx.set.policyPlaces() {
				changed[place] = true
			}
		}
	}
	first := map[string]bool{}
	for i, tx := range txs {
		if verdicts[i] != Valid {
			continue
		}
		if first[tx.TxID] {
			verdicts[i] = DuplicateTxID
		}
		first[tx.TxID] = true
	}
	return verdicts
}

// endorsed evaluates every policy that the transaction's writes fall under: a key's own policy where
// it has one, or else the collection's, or else the chaincode's; and the chaincode's where nothing
// else was evaluated. A key whose policy changes earlier in the same block fails.
func (l *Ledger) endorsed(tx *Transaction, changed map[[2]string]bool) bool {
	evaluated := false
	for place := range tx.set.writtenPlaces() {
		if changed[place] {
			return false
		}
		collection, key := place[0], place[1]
		policy := l.config.Policy
		if own := l.policyOf(collection, key); len(own) > 0 {
			decoded, err := decodePolicy(own)
			if err != nil {
				// A peer takes this for a failure of its own and stops processing the channel.
				panic(fmt.Sprintf("validate a transaction: the policy of a key cannot be read, which halts every peer: %v", err))
			}
			policy = decoded
		} else if c := l.collections[collection]; c.Policy != nil {
			policy = c.Policy
		}
		if !satisfies(policy, tx.Endorsers) {
			return false
		}
		evaluated = true
	}
	return evaluated || satisfies(l.config.Policy, tx.Endorsers)
}

func (l *Ledger) policyOf(collection, key string) []byte {
	if collection == "" {
		return l.public.entries[key].policy
	}
	return l.hashed[collection].entries[keyHash(key)].policy
}

// validateReads compares what was read with the state after the valid transactions before it.
func (l *Ledger) validateReads(s *simulation, touched map[[2]string]bool) Verdict {
	for key, version := range s.public.reads {
		if touched[[2]string{"", key}] || !sameVersion(version, l.public.version(key)) {
			return MVCCReadConflict
		}
	}
	for _, query := range s.ranges {
		if !l.sameRange(query) {
			return PhantomReadConflict
		}
	}
	for collection, set := range s.collections {
		for key, version := range set.reads {
			if touched[[2]string{collection, key}] || !sameVersion(version, l.hashed[collection].version(keyHash(key))) {
				return MVCCReadConflict
			}
		}
	}
	return Valid
}

// sameRange runs a query again: as far as the end that was asked for where the peer reached it, or
// else up to and including the last key that it saw.
func (l *Ledger) sameRange(query *rangeRead) bool {
	keys := l.public.span(query.start, query.end)
	if !query.exhausted {
		keys = l.public.span(query.start, query.end+"\x00")
	}
	if len(keys) != len(query.results) {
		return false
	}
	for i, read := range query.results {
		if read.GetKey() != keys[i] || !sameVersion(read.GetVersion(), l.public.version(keys[i])) {
			return false
		}
	}
	return true
}

func (l *Ledger) apply(s *simulation, at *kvrwset.Version, touched map[[2]string]bool) {
	for place := range s.writtenPlaces() {
		touched[place] = true
		collection, key := place[0], place[1]
		value, policy := s.set(collection).at(key)
		if collection == "" {
			l.public.apply(key, value, policy, at)
			continue
		}
		l.private[collection].apply(key, value, policy, at)
		l.hashed[collection].apply(keyHash(key), hashOf(value), policy, at)
	}
}
