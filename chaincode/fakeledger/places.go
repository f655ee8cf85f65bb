package fakeledger

import (
	"crypto/sha256"
	"iter"
	"maps"
)

// A place is a key with its collection, which is empty for the public state.

// writtenPlaces walks every key to which the transaction writes a value or a policy.
func (s *simulation) writtenPlaces() iter.Seq[[2]string] {
	return s.places(func(set *keySet) iter.Seq[string] {
		return func(yield func(string) bool) {
			for key := range set.writes {
				if !yield(key) {
					return
				}
			}
			for key := range set.policies {
				if _, both := set.writes[key]; !both && !yield(key) {
					return
				}
			}
		}
	})
}

// policyPlaces walks every key to which the transaction writes a policy.
func (s *simulation) policyPlaces() iter.Seq[[2]string] {
	return s.places(func(set *keySet) iter.Seq[string] { return maps.Keys(set.policies) })
}

func (s *simulation) places(keys func(*keySet) iter.Seq[string]) iter.Seq[[2]string] {
	return func(yield func([2]string) bool) {
		for key := range keys(s.public) {
			if !yield([2]string{"", key}) {
				return
			}
		}
		for collection, set := range s.collections {
			for key := range keys(set) {
				if !yield([2]string{collection, key}) {
					return
				}
			}
		}
	}
}

// at answers the two halves of the write to a key, nil where there is none.
func (k *keySet) at(key string) (*valueWrite, *policyWrite) {
	var value *valueWrite
	var policy *policyWrite
	if w, ok := k.writes[key]; ok {
		value = &w
	}
	if w, ok := k.policies[key]; ok {
		policy = &w
	}
	return value, policy
}

// hashOf is the public shadow of a private write.
func hashOf(w *valueWrite) *valueWrite {
	if w == nil || w.remove {
		return w
	}
	digest := sha256.Sum256(w.value)
	return &valueWrite{value: digest[:]}
}
