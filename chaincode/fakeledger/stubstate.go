package fakeledger

import (
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
)

// Composite keys live behind a null byte, and simple ranges begin after it.
const (
	compositePrefix = "\x00"
	firstSimpleKey  = "\x01"
	lastRune        = string(utf8.MaxRune)
)

// GetState reads a committed value.
func (s *stub) GetState(key string) ([]byte, error) { return s.simulation.get(key), nil }

// GetMultipleStates reads committed values in the order of the keys; a missing one is nil.
func (s *stub) GetMultipleStates(keys ...string) ([][]byte, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	values := make([][]byte, len(keys))
	for i, key := range keys {
		values[i] = s.simulation.get(key)
	}
	return values, nil
}

// PutState writes a value; an empty one deletes the key.
func (s *stub) PutState(key string, value []byte) error {
	if key == "" {
		return errors.New("key must not be an empty string")
	}
	return s.write(record{key: key, value: put(value)})
}

// DelState deletes a key.
func (s *stub) DelState(key string) error { return s.write(record{key: key, value: put(nil)}) }

// SetStateValidationParameter gives a key its own endorsement policy.
func (s *stub) SetStateValidationParameter(key string, policy []byte) error {
	return s.write(record{key: key, policy: &policyWrite{policy: slices.Clone(policy)}})
}

// GetStateValidationParameter reads the committed endorsement policy of a key.
func (s *stub) GetStateValidationParameter(key string) ([]byte, error) {
	return s.simulation.getPolicy("", key)
}

// GetStateByRange reads the committed simple keys from start to before end.
func (s *stub) GetStateByRange(start, end string) (shim.StateQueryIteratorInterface, error) {
	start, err := simpleRange(start, end)
	if err != nil {
		return nil, err
	}
	return s.simulation.scan(start, end), nil
}

// GetStateByRangeWithPagination reads one page of a simple range; the transaction may not write.
func (s *stub) GetStateByRangeWithPagination(start, end string, size int32, bookmark string) (shim.StateQueryIteratorInterface, *peer.QueryResponseMetadata, error) {
	start, err := simpleRange(start, end)
	if err != nil {
		return nil, nil, err
	}
	return s.page(start, end, size, bookmark)
}

// GetStateByPartialCompositeKey reads the committed composite keys with a common beginning.
func (s *stub) GetStateByPartialCompositeKey(kind string, attributes []string) (shim.StateQueryIteratorInterface, error) {
	prefix, err := s.CreateCompositeKey(kind, attributes)
	if err != nil {
		return nil, err
	}
	return s.simulation.scan(prefix, prefix+lastRune), nil
}

// GetStateByPartialCompositeKeyWithPagination reads one page of them; the transaction may not write.
func (s *stub) GetStateByPartialCompositeKeyWithPagination(kind string, attributes []string, size int32, bookmark string) (shim.StateQueryIteratorInterface, *peer.QueryResponseMetadata, error) {
	prefix, err := s.CreateCompositeKey(kind, attributes)
	if err != nil {
		return nil, nil, err
	}
	return s.page(prefix, prefix+lastRune, size, bookmark)
}

// GetAllStatesCompositeKeyWithPagination reads one page of all composite keys.
func (s *stub) GetAllStatesCompositeKeyWithPagination(size int32, bookmark string) (shim.StateQueryIteratorInterface, *peer.QueryResponseMetadata, error) {
	return s.page(compositePrefix, compositePrefix+lastRune, size, bookmark)
}

// page is a plain range where neither a size nor a bookmark is given, as in Fabric.
func (s *stub) page(start, end string, size int32, bookmark string) (shim.StateQueryIteratorInterface, *peer.QueryResponseMetadata, error) {
	if size == 0 && bookmark == "" {
		return s.simulation.scan(start, end), &peer.QueryResponseMetadata{}, nil
	}
	if bookmark != "" {
		start = bookmark
	}
	if err := s.simulation.beginPagedQuery(); err != nil {
		return nil, nil, err
	}
	it, next := s.simulation.scanPage(start, end, size)
	return it, &peer.QueryResponseMetadata{FetchedRecordsCount: int32(len(it.keys)), Bookmark: next}, nil
}

// CreateCompositeKey joins a kind and attributes into one key.
func (s *stub) CreateCompositeKey(kind string, attributes []string) (string, error) {
	return shim.CreateCompositeKey(kind, attributes)
}

// SplitCompositeKey takes a composite key apart.
func (s *stub) SplitCompositeKey(key string) (string, []string, error) {
	var parts []string
	begin := 1
	for i := 1; i < len(key); i++ {
		if key[i] == 0 {
			parts = append(parts, key[begin:i])
			begin = i + 1
		}
	}
	if len(parts) == 0 {
		// Fabric's own shim indexes into nothing here, and its process dies; so does this one.
		panic(fmt.Sprintf("split composite key: %d bytes hold no component", len(key)))
	}
	return parts[0], parts[1:], nil
}

// GetQueryResult is refused: the state database is LevelDB.
func (s *stub) GetQueryResult(string) (shim.StateQueryIteratorInterface, error) {
	return nil, s.simulation.richQuery("", false)
}

// GetQueryResultWithPagination is refused: the state database is LevelDB.
func (s *stub) GetQueryResultWithPagination(_ string, size int32, bookmark string) (shim.StateQueryIteratorInterface, *peer.QueryResponseMetadata, error) {
	return nil, nil, s.simulation.richQuery("", size != 0 || bookmark != "")
}

// GetHistoryForKey answers what valid transactions wrote to a public key, newest first.
func (s *stub) GetHistoryForKey(key string) (shim.HistoryQueryIteratorInterface, error) {
	return &historyIterator{changes: s.simulation.ledger.history(key)}, nil
}

func put(value []byte) *valueWrite {
	if len(value) == 0 {
		return &valueWrite{remove: true}
	}
	return &valueWrite{value: slices.Clone(value)}
}

// simpleRange keeps composite keys out of a range of simple ones.
func simpleRange(start, end string) (string, error) {
	if start == "" {
		start = firstSimpleKey
	}
	for _, key := range []string{start, end} {
		if len(key) > 0 && key[0] == compositePrefix[0] {
			return "", fmt.Errorf("first character of the key [%s] contains a null character which is not allowed", key)
		}
	}
	return start, nil
}
