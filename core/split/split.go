// Package split divides money among payees so that the parts always sum to the whole.
//
// The rule is that of the largest remainder (Hamilton's method): everyone gets the share rounded
// down, and the units that are left go one each to the largest remainders, ties to whoever comes
// first in the list. Dividing the same total in the same order always gives the same parts.
//
// Cumulative applies it to what has come in since the beginning rather than to one receipt, so a
// payee who loses a fraction of a unit today regains it as soon as it amounts to something.
//
// The package knows weights, not people: who a payee is and why it has its weight is the caller's.
// It never creates or drops a unit; it refuses instead.
package split

import (
	"cmp"
	"errors"
	"fmt"
	"math/bits"
	"slices"

	"github.com/tallystick/tallystick/core/money"
)

// What a division refuses. Callers compare with errors.Is.
var (
	ErrWeights  = errors.New("weights must not be negative, must not all be zero and must sum within 64 bits")
	ErrTotal    = errors.New("cumulative total must not be negative")
	ErrCredited = errors.New("one credit from 0 up is needed for each weight")
	ErrOverpaid = errors.New("more was credited before than the cumulative total")
)

// onStack is the number of payees up to which a division allocates nothing but its result.
const onStack = 32

// claim is what one payee is still owed, in units divided by the sum of weights.
type claim struct {
	remainder uint64
	payee     int
}

// Largest divides a total in proportion to the weights. The parts sum to the total, each lies within
// one unit of its exact share, a payee of weight zero gets nothing, and a negative total is divided
// as the mirror image of the positive one.
func Largest(total money.Minor, weights []int64) ([]money.Minor, error) {
	sum, err := sumOf(weights)
	if err != nil {
		return nil, err
	}
	magnitude, sign := uint64(total), money.Minor(1)
	if total < 0 {
		magnitude, sign = -magnitude, -1
	}
	var buffer [onStack]claim
	claims := buffer[:0]
	parts := make([]money.Minor, len(weights))
	left := magnitude
	for i, w := range weights {
		high, low := bits.Mul64(magnitude, uint64(w))
		share, remainder := bits.Div64(high, low, sum)
		// The conversion wraps only for 1<<63, and the sign then turns it into the least int64.
		parts[i] = money.Minor(share) * sign
		left -= share
		claims = append(claims, claim{remainder, i})
	}
	if left == 0 {
		return parts, nil
	}
	// The remainders sum to left whole units and each is less than one, so more than left of them
	// are positive: a payee with nothing left over is never reached.
	slices.SortFunc(claims, largestFirst)
	for _, c := range claims[:left] {
		parts[c.payee] += sign
	}
	return parts, nil
}

// sumOf checks the weights and adds them up.
func sumOf(weights []int64) (uint64, error) {
	var sum uint64
	for i, w := range weights {
		if w < 0 {
			return 0, fmt.Errorf("weight %d: %w", i, ErrWeights)
		}
		sum += uint64(w)
		if sum > 1<<63-1 {
			return 0, fmt.Errorf("weight %d: %w", i, ErrWeights)
		}
	}
	if sum == 0 {
		return 0, ErrWeights
	}
	return sum, nil
}

// largestFirst orders claims by remainder, and equal ones by the payee's place in the list.
func largestFirst(a, b claim) int {
	if c := cmp.Compare(b.remainder, a.remainder); c != 0 {
		return c
	}
	return cmp.Compare(a.payee, b.payee)
}
