package boosting

import "math"

// leastGain is what a split must gain whatever the options say: below it lies only rounding.
const leastGain = 1e-6

// split is a question that could be asked at a leaf. Without a gain there is none.
type split struct {
	column      int
	bin         int // what is in this bin or one before it goes left
	missingLeft bool
	ordered     bool // parts values from values, not only the missing from the present
	gain        float64
	left, right cell
	leftWeight  float64
	rightWeight float64
}

// bounds are what a leaf may say, so that no monotone split above it is contradicted below.
type bounds struct{ lower, upper float64 }

var unbounded = bounds{math.Inf(-1), math.Inf(1)}

// terms are what every split of a leaf is measured by.
type terms struct {
	l2, minWeight, minGain float64
	bounds
	before float64 // what the leaf is worth unsplit
}

// consider keeps a candidate if it is allowed and better than the best so far. Candidates come in a fixed
// order, so the first of equals stays.
func (t *terms) consider(best *split, candidate split, direction int) {
	for _, side := range []*cell{&candidate.left, &candidate.right} {
		if weight := float64(side.second) * unit; weight < t.minWeight || weight+t.l2 <= 0 {
			return
		}
	}
	candidate.leftWeight = candidate.left.weight(t.l2, t.lower, t.upper)
	candidate.rightWeight = candidate.right.weight(t.l2, t.lower, t.upper)
	if candidate.ordered && float64(direction)*candidate.leftWeight > float64(direction)*candidate.rightWeight {
		return
	}
	candidate.gain = candidate.left.worth(candidate.leftWeight, t.l2) +
		candidate.right.worth(candidate.rightWeight, t.l2) - t.before
	if candidate.gain > leastGain && candidate.gain >= t.minGain && candidate.gain > best.gain {
		*best = candidate
	}
}

// bestOf looks through one column's cells: every cut with the missing on either side, and the missing
// against all that is present.
func (t *terms) bestOf(column int, cells []cell, total cell, direction int) split {
	var best split
	missing := cells[missingBin]
	present := total.minus(missing)
	var below cell
	for bin := 1; bin < len(cells); bin++ {
		if cells[bin].rows == 0 {
			continue // asks the same as the cut before
		}
		below.add(cells[bin])
		candidate := split{column: column, bin: bin, left: below, right: total.minus(below), ordered: true}
		if below.rows == present.rows {
			if missing.rows > 0 {
				candidate.bin, candidate.ordered = len(cells)-1, false
				t.consider(&best, candidate, direction)
			}
			break
		}
		if missing.rows == 0 { // nothing to learn from: the missing go with the many
			candidate.missingLeft = candidate.left.rows >= candidate.right.rows
			t.consider(&best, candidate, direction)
			continue
		}
		t.consider(&best, candidate, direction)
		candidate.missingLeft = true
		candidate.left.add(missing)
		candidate.right = total.minus(candidate.left)
		t.consider(&best, candidate, direction)
	}
	return best
}

// childBounds passes a leaf's bounds on: behind a monotone question, neither side may cross the middle.
func (s *split) childBounds(of bounds, direction int) (left, right bounds) {
	left, right = of, of
	if !s.ordered || direction == 0 {
		return left, right
	}
	middle := s.leftWeight/2 + s.rightWeight/2
	if direction > 0 {
		left.upper, right.lower = middle, middle
	} else {
		left.lower, right.upper = middle, middle
	}
	return left, right
}
