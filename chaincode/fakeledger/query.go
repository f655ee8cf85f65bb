package fakeledger

import (
	"errors"

	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/queryresult"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset/kvrwset"
)

// A peer hands results to chaincode in batches, and reads one further than the batch to know whether
// there is more. What the peer has read counts as read by the transaction, so a range of up to this
// many keys is protected against phantoms in full, even where the chaincode stops early.
const batchSize = 100

// rangeRead is what a range query saw, to be seen again when the transaction commits.
type rangeRead struct {
	start, end string
	exhausted  bool
	results    []*kvrwset.KVRead
}

// stateIterator answers the keys of a range one by one.
type stateIterator struct {
	namespace string
	source    *store
	keys      []string   // the whole range
	next      int        // what the chaincode gets next
	fetched   int        // what the peer has read so far
	limit     int        // at most so many in all
	query     *rangeRead // nil where nothing is recorded: private ranges
	requested string     // the end that was asked for
}

func (s *simulation) scan(start, end string) *stateIterator {
	it := s.openRange(s.ledger.public, start, end)
	it.fetch(batchSize + 1)
	return it
}

// scanPage reads at most size keys and answers the key at which the next page begins.
func (s *simulation) scanPage(start, end string, size int32) (*stateIterator, string) {
	it := s.openRange(s.ledger.public, start, end)
	if size > 0 {
		it.limit = int(size)
	}
	it.fetch(len(it.keys) + 1)
	bookmark := ""
	if it.fetched < len(it.keys) {
		bookmark = it.keys[it.fetched]
	}
	it.keys = it.keys[:it.fetched]
	return it, bookmark
}

func (s *simulation) scanPrivate(collection, start, end string) (*stateIterator, error) {
	if err := s.mayRead(collection); err != nil {
		return nil, err
	}
	if err := s.beginPrivateQuery(); err != nil {
		return nil, err
	}
	it := &stateIterator{namespace: s.ledger.config.Chaincode, source: s.ledger.private[collection], limit: -1}
	if s.keeps(collection) {
		it.keys = it.source.span(start, end)
	}
	return it, nil
}

func (s *simulation) openRange(source *store, start, end string) *stateIterator {
	it := &stateIterator{
		namespace: s.ledger.config.Chaincode,
		source:    source,
		keys:      source.span(start, end),
		limit:     -1,
		query:     &rangeRead{start: start},
		requested: end,
	}
	s.ranges = append(s.ranges, it.query)
	return it
}

// fetch lets the peer read up to the given number of keys of the range, counted from its start.
func (it *stateIterator) fetch(upTo int) {
	if it.query == nil {
		return
	}
	for it.fetched < upTo && it.fetched != it.limit {
		if it.fetched == len(it.keys) {
			it.query.exhausted = true
			it.query.end = it.requested
			return
		}
		key := it.keys[it.fetched]
		it.query.results = append(it.query.results, &kvrwset.KVRead{Key: key, Version: it.source.version(key)})
		it.query.end = key
		it.fetched++
	}
}

// HasNext tells whether Next has a key to answer.
func (it *stateIterator) HasNext() bool { return it.next < len(it.keys) }

// Next answers the next key and its committed value.
func (it *stateIterator) Next() (*queryresult.KV, error) {
	if !it.HasNext() {
		return nil, errors.New("no such key")
	}
	key := it.keys[it.next]
	it.next++
	if it.next%batchSize == 0 {
		it.fetch(it.next + batchSize + 1)
	}
	return &queryresult.KV{Namespace: it.namespace, Key: key, Value: it.source.value(key)}, nil
}

// Close ends the query; what the peer has read stays read.
func (it *stateIterator) Close() error { return nil }

// historyIterator answers what was written to one public key, newest first.
type historyIterator struct {
	changes []*queryresult.KeyModification
}

// HasNext tells whether Next has a change to answer.
func (it *historyIterator) HasNext() bool { return len(it.changes) > 0 }

// Next answers the next older change.
func (it *historyIterator) Next() (*queryresult.KeyModification, error) {
	if !it.HasNext() {
		return nil, errors.New("no such key")
	}
	change := it.changes[0]
	it.changes = it.changes[1:]
	return change, nil
}

// Close ends the query.
func (it *historyIterator) Close() error { return nil }
