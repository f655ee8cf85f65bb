package split

import (
	"fmt"
	"math/bits"
	"slices"

	"github.com/tallystick/tallystick/core/money"
)

// Cumulative divides what is new in a cumulative total: total is everything that has come in so far,
// credited what each payee has had of it, and the result what each is to be credited now.
//
// It guarantees that no credit is negative, that the credits sum to the total less what was credited,
// and that no payee passes its exact share of the total rounded up, unless it was past it before. So
// when the total equals the sum of the weights, as when every yuan of principal is repaid, each
// payee has its weight to the unit, whatever the receipts were that led there.
func Cumulative(total money.Minor, weights []int64, credited []money.Minor) ([]money.Minor, error) {
	sum, err := sumOf(weights)
	if err != nil {
		return nil, err
	}
	fresh, err := undivided(total, credited, len(weights))
	if err != nil {
		return nil, err
	}
	credits := make([]money.Minor, len(weights))
	if fresh == 0 {
		return credits, nil
	}
	var buffer [onStack]claim
	claims := buffer[:0]
	left := fresh
	for i, w := range weights {
		share, remainder, owed := deficit(uint64(total), uint64(w), uint64(credited[i]), sum)
		if !owed {
			continue
		}
		credits[i] = share
		left -= share
		claims = append(claims, claim{remainder, i})
	}
	if left == 0 {
		return credits, nil
	}
	slices.SortFunc(claims, largestFirst)
	if left < 0 {
		takeBack(credits, claims, -left)
		return credits, nil
	}
	// What is left is at most the sum of the remainders, each less than a unit: one each suffices.
	for _, c := range claims[:left] {
		credits[c.payee]++
	}
	return credits, nil
}

// undivided checks what was credited and returns what is new: total less the sum of credits.
func undivided(total money.Minor, credited []money.Minor, payees int) (money.Minor, error) {
	if total < 0 {
		return 0, ErrTotal
	}
	if len(credited) != payees {
		return 0, fmt.Errorf("%d credits for %d weights: %w", len(credited), payees, ErrCredited)
	}
	fresh := total
	for i, c := range credited {
		if c < 0 {
			return 0, fmt.Errorf("credit %d: %w", i, ErrCredited)
		}
		if c > fresh {
			return 0, ErrOverpaid
		}
		fresh -= c
	}
	return fresh, nil
}

// deficit returns the whole units by which a payee is short of its exact share, and what remains in
// units divided by sum. It reports false for a payee that has its share, or more.
func deficit(total, weight, credited, sum uint64) (units money.Minor, remainder uint64, owed bool) {
	shareHigh, shareLow := bits.Mul64(total, weight)
	hadHigh, hadLow := bits.Mul64(credited, sum)
	low, borrow := bits.Sub64(shareLow, hadLow, 0)
	high, borrow := bits.Sub64(shareHigh, hadHigh, borrow)
	if borrow != 0 || high|low == 0 {
		return 0, 0, false
	}
	// weight <= sum, so the quotient is at most total and high < sum: the division cannot trap.
	quotient, remainder := bits.Div64(high, low, sum)
	return money.Minor(quotient), remainder, true
}

// takeBack removes excess units from the credits, one at a time from whoever is left with the
// smallest claim. It is needed when some payees stand above their share: the others then wait.
//
// A payee that gives a unit back is a whole unit short, more than any other, so it is not asked again
// before all others with something to give: the loop goes round, and many rounds are taken at once.
func takeBack(credits []money.Minor, claims []claim, excess money.Minor) {
	slices.Reverse(claims) // smallest claim first; among equals the later payee gives first
	for excess > 0 {
		claims = slices.DeleteFunc(claims, func(c claim) bool { return credits[c.payee] == 0 })
		rounds := excess / money.Minor(len(claims))
		for _, c := range claims {
			rounds = min(rounds, credits[c.payee])
		}
		if rounds == 0 {
			// Less than a full round is left, and everyone has at least a unit to give.
			for _, c := range claims[:excess] {
				credits[c.payee]--
			}
			return
		}
		for _, c := range claims {
			credits[c.payee] -= rounds
		}
		excess -= rounds * money.Minor(len(claims))
	}
}
