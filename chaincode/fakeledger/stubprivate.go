package fakeledger

import (
	"errors"
	"slices"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
)

var errNoCollection = errors.New("collection must not be an empty string")

// GetPrivateData reads a committed private value.
func (s *stub) GetPrivateData(collection, key string) ([]byte, error) {
	if collection == "" {
		return nil, errNoCollection
	}
	return s.simulation.getPrivate(collection, key)
}

// GetMultiplePrivateData reads committed private values in the order of the keys.
func (s *stub) GetMultiplePrivateData(collection string, keys ...string) ([][]byte, error) {
	if collection == "" {
		return nil, errNoCollection
	}
	if len(keys) == 0 {
		return nil, nil
	}
	return s.simulation.getPrivateBatch(collection, keys)
}

// GetPrivateDataHash reads the committed hash of a private value, on any peer and for any client.
func (s *stub) GetPrivateDataHash(collection, key string) ([]byte, error) {
	if collection == "" {
		return nil, errNoCollection
	}
	return s.simulation.getPrivateHash(collection, key)
}

// PutPrivateData writes a private value; an empty one deletes the key.
func (s *stub) PutPrivateData(collection, key string, value []byte) error {
	if collection == "" {
		return errNoCollection
	}
	if key == "" {
		return errors.New("key must not be an empty string")
	}
	return s.write(record{collection: collection, key: key, value: put(value)})
}

// DelPrivateData deletes a private key.
func (s *stub) DelPrivateData(collection, key string) error {
	if collection == "" {
		return errNoCollection
	}
	return s.write(record{collection: collection, key: key, value: put(nil)})
}

// PurgePrivateData deletes a private key and every value that it ever had.
func (s *stub) PurgePrivateData(collection, key string) error {
	if collection == "" {
		return errNoCollection
	}
	return s.write(record{collection: collection, key: key, value: &valueWrite{remove: true, purge: true}})
}

// SetPrivateDataValidationParameter gives a private key its own endorsement policy.
func (s *stub) SetPrivateDataValidationParameter(collection, key string, policy []byte) error {
	return s.write(record{collection: collection, key: key, policy: &policyWrite{policy: slices.Clone(policy)}})
}

// GetPrivateDataValidationParameter reads the committed endorsement policy of a private key.
func (s *stub) GetPrivateDataValidationParameter(collection, key string) ([]byte, error) {
	return s.simulation.getPolicy(collection, key)
}

// GetPrivateDataByRange reads the committed simple private keys; the transaction may not write.
func (s *stub) GetPrivateDataByRange(collection, start, end string) (shim.StateQueryIteratorInterface, error) {
	if collection == "" {
		return nil, errNoCollection
	}
	start, err := simpleRange(start, end)
	if err != nil {
		return nil, err
	}
	return s.scanPrivate(collection, start, end)
}

// GetPrivateDataByPartialCompositeKey reads the committed composite private keys with a common
// beginning; the transaction may not write.
func (s *stub) GetPrivateDataByPartialCompositeKey(collection, kind string, attributes []string) (shim.StateQueryIteratorInterface, error) {
	if collection == "" {
		return nil, errNoCollection
	}
	prefix, err := s.CreateCompositeKey(kind, attributes)
	if err != nil {
		return nil, err
	}
	return s.scanPrivate(collection, prefix, prefix+lastRune)
}

// GetPrivateDataQueryResult is refused: the state database is LevelDB.
func (s *stub) GetPrivateDataQueryResult(collection, _ string) (shim.StateQueryIteratorInterface, error) {
	if collection == "" {
		return nil, errNoCollection
	}
	return nil, s.simulation.richQuery(collection, false)
}

// scanPrivate keeps a nil iterator from turning into an interface that is not nil.
func (s *stub) scanPrivate(collection, start, end string) (shim.StateQueryIteratorInterface, error) {
	it, err := s.simulation.scanPrivate(collection, start, end)
	if err != nil {
		return nil, err
	}
	return it, nil
}
