package boosting

import "math"

// Forest is a trained model. It does not change, and any number of callers may ask it at once.
type Forest struct {
	names    []string
	monotone []int
	options  Options
	training Training
	base     float64 // the margin before the first tree
	trees    []tree
}

// Training says what a forest was grown on.
type Training struct {
	Rows           int     `json:"rows"`            // that trees were fitted to
	Bad            int     `json:"bad"`             // of those
	ValidationRows int     `json:"validation_rows"` // that only watched
	Rounds         int     `json:"rounds"`          // that were grown, before trees were dropped
	Loss           float64 `json:"loss"`            // mean logistic loss of the kept trees on the fitted rows
	ValidationLoss float64 `json:"validation_loss"` // and on the others; 0 where there are none
}

// tree is its nodes: the root first, children side by side behind their parent.
type tree []node

// node asks a question or, being a leaf, answers.
type node struct {
	at          float64 // a value that is at most this goes left; a leaf's answer
	gain        float64 // what the split was worth in training
	column      int32   // the column that is asked; below 0: a leaf
	left        int32   // the right child is the next
	rows        int32   // training rows that came by
	missingLeft bool    // where a missing value goes
}

const leafColumn = -1

func (n *node) isLeaf() bool { return n.column < 0 }

// next answers the node's question for a row: with the left child or the one beside it.
func (n *node) next(row []float64) int32 {
	value := row[n.column]
	if value <= n.at || n.missingLeft && math.IsNaN(value) {
		return n.left
	}
	return n.left + 1
}

// Names returns the columns in the order in which a row holds them.
func (f *Forest) Names() []string { return append([]string(nil), f.names...) }

// Monotone returns the direction in which each column was bound.
func (f *Forest) Monotone() []int { return append([]int(nil), f.monotone...) }

// Options returns the settings that the forest was trained with.
func (f *Forest) Options() Options { return f.options }

// Training returns what the forest was grown on.
func (f *Forest) Training() Training { return f.training }

// Trees returns how many trees were kept.
func (f *Forest) Trees() int { return len(f.trees) }

// Margin is the logarithm of the odds of being bad, for a row with one value a column, NaN where it is
// missing. As with any slice, a row that is too short panics.
func (f *Forest) Margin(row []float64) float64 {
	margin := f.base
	for _, t := range f.trees {
		n := &t[0]
		for !n.isLeaf() {
			n = &t[n.next(row)]
		}
		margin += n.at
	}
	return margin
}

// Probability is that of being bad, for a row as Margin takes it.
func (f *Forest) Probability(row []float64) float64 { return logistic(f.Margin(row)) }

// Gains returns, by column, the sum of what its splits were worth in training. It tells which columns the
// forest leans on, not which way, and not for whom: that is what Contributions says.
func (f *Forest) Gains() []float64 {
	gains := make([]float64, len(f.names))
	for _, t := range f.trees {
		for i := range t {
			if !t[i].isLeaf() {
				gains[t[i].column] += t[i].gain
			}
		}
	}
	return gains
}
