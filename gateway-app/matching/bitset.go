package matching

import (
	"iter"
	"math/bits"
)

// bitset is a set of small numbers. Eligibility is ten million pairs; as sets they are a megabyte and
// meet in words of 64.
type bitset []uint64

func newBitset(size int) bitset { return make(bitset, (size+63)/64) }

func (s bitset) add(i int32)      { s[i>>6] |= 1 << (i & 63) }
func (s bitset) drop(i int32)     { s[i>>6] &^= 1 << (i & 63) }
func (s bitset) has(i int32) bool { return s[i>>6]&(1<<(i&63)) != 0 }

// keep leaves only what is in both.
func (s bitset) keep(other bitset) {
	for i := range s {
		s[i] &= other[i]
	}
}

func (s bitset) count() int {
	n := 0
	for _, word := range s {
		n += bits.OnesCount64(word)
	}
	return n
}

// both walks what is in s and in other, ascending. What the caller takes out of either while it walks
// may still be walked over within the word at hand.
func (s bitset) both(other bitset) iter.Seq[int32] {
	return func(yield func(int32) bool) {
		for i, word := range s {
			for word &= other[i]; word != 0; word &= word - 1 {
				if !yield(int32(i<<6 + bits.TrailingZeros64(word))) {
					return
				}
			}
		}
	}
}

// butNot walks what is in s and not in other, ascending, under the same terms as both.
func (s bitset) butNot(other bitset) iter.Seq[int32] {
	return func(yield func(int32) bool) {
		for i, word := range s {
			for word &^= other[i]; word != 0; word &= word - 1 {
				if !yield(int32(i<<6 + bits.TrailingZeros64(word))) {
					return
				}
			}
		}
	}
}

// join adds all that is in the other.
func (s bitset) join(other bitset) {
	for i := range s {
		s[i] |= other[i]
	}
}

// remove takes out all that is in the other.
func (s bitset) remove(other bitset) {
	for i := range s {
		s[i] &^= other[i]
	}
}
