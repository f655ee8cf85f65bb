package boosting

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// Train grows a forest on some rows of a matrix. What is bad is what the forest gives the probability of.
func Train(matrix Matrix, bad []bool, rows []int, options Options) (*Forest, error) {
	if err := options.check(); err != nil {
		return nil, err
	}
	if err := matrix.check(bad, rows); err != nil {
		return nil, fmt.Errorf("training matrix: %w", err)
	}
	r, err := newRun(matrix, bad, rows, options)
	if err != nil {
		return nil, err
	}
	for range options.Rounds {
		r.round()
		if r.isStale() {
			break
		}
	}
	return r.forest(matrix), nil
}

// run is one training. Positions below fitted are what trees grow on; those behind only watch.
type run struct {
	options Options
	data    *binned
	bad     []bool    // by position
	margins []float64 // by position
	fitted  int
	slopes  []slope
	dice    *dice
	grower  *grower
	base    float64
	trees   []tree
	losses  []lossPair // after each round
	best    int        // the round with the lowest validation loss
}

// lossPair is the mean loss of the fitted and of the validation rows.
type lossPair struct{ fitted, validation float64 }

func newRun(matrix Matrix, bad []bool, rows []int, options Options) (*run, error) {
	r := &run{options: options, dice: newDice(options.Seed)}
	fitted, watching := r.setAside(bad, rows)
	if len(watching) == 0 && options.ValidationShare > 0 {
		return nil, fmt.Errorf("a validation share of %v of %d rows is none: take more of either",
			options.ValidationShare, len(rows))
	}
	all := slices.Concat(fitted, watching)
	r.fitted, r.bad = len(fitted), make([]bool, len(all))
	for i, row := range all {
		r.bad[i] = bad[row]
	}
	worse := count(r.bad[:r.fitted])
	if worse == 0 || worse == r.fitted {
		return nil, errors.New("all rows to fit have the same outcome: there is nothing to learn")
	}
	r.base = logarithm(float64(worse)) - logarithm(float64(r.fitted-worse))
	r.margins = slices.Repeat([]float64{r.base}, len(all))
	r.slopes = make([]slope, r.fitted)
	r.data = bin(matrix.Columns, all, r.fitted, options.Bins)
	r.grower = newGrower(r.data, matrix.directions(), r.slopes, options)
	return r, nil
}

// setAside draws the validation rows, the same share of either outcome. Both parts keep their order.
func (r *run) setAside(bad []bool, rows []int) (fitted, watching []int) {
	if r.options.ValidationShare == 0 {
		return rows, nil
	}
	byOutcome := map[bool][]bool{}
	for _, outcome := range []bool{false, true} {
		same := 0
		for _, row := range rows {
			if bad[row] == outcome {
				same++
			}
		}
		wanted := int(math.Round(r.options.ValidationShare * float64(same)))
		byOutcome[outcome] = r.dice.draw(same, wanted)
	}
	for _, row := range rows {
		drawn := byOutcome[bad[row]]
		if drawn[0] {
			watching = append(watching, row)
		} else {
			fitted = append(fitted, row)
		}
		byOutcome[bad[row]] = drawn[1:]
	}
	return fitted, watching
}

// round grows one more tree.
func (r *run) round() {
	shareRows(r.fitted, func(from, to int) {
		for i := from; i < to; i++ {
			outcome := 0.0
			if r.bad[i] {
				outcome = 1
			}
			r.slopes[i] = slopeAt(r.margins[i], outcome)
		}
	})
	columns := r.dice.draw(len(r.data.cuts), portion(len(r.data.cuts), r.options.ColumnShare))
	rows := r.dice.draw(r.fitted, portion(r.fitted, r.options.RowShare))
	grown := r.grower.tree(rows, columns)
	shareRows(len(r.margins), func(from, to int) {
		for i := from; i < to; i++ {
			r.margins[i] += grown.value(r.data, i)
		}
	})
	r.trees = append(r.trees, grown.nodes)
	r.watch()
}

// value is the answer for a position.
func (g *grownTree) value(data *binned, position int) float64 {
	at := int32(0)
	for !g.nodes[at].isLeaf() {
		n := &g.nodes[at]
		if binGoesLeft(data.bins[n.column][position], g.bins[at], n.missingLeft) {
			at = n.left
		} else {
			at = n.left + 1
		}
	}
	return g.nodes[at].at
}

// watch measures the validation loss, in the order of the rows, and remembers the best round.
func (r *run) watch() {
	if r.fitted == len(r.margins) {
		r.best = len(r.trees)
		return
	}
	r.losses = append(r.losses, lossPair{r.meanLoss(0, r.fitted), r.meanLoss(r.fitted, len(r.margins))})
	if r.best == 0 || r.losses[len(r.losses)-1].validation < r.losses[r.best-1].validation {
		r.best = len(r.trees)
	}
}

// isStale tells whether patience has run out.
func (r *run) isStale() bool {
	return r.options.Patience > 0 && len(r.trees)-r.best >= r.options.Patience
}

// meanLoss of the positions from one up to another.
func (r *run) meanLoss(from, to int) float64 {
	sum := 0.0
	for i := from; i < to; i++ {
		sum += loss(r.margins[i], r.bad[i])
	}
	return sum / float64(to-from)
}

// forest is what the run leaves behind.
func (r *run) forest(matrix Matrix) *Forest {
	losses := lossPair{}
	if len(r.losses) > 0 {
		losses = r.losses[r.best-1]
	} else {
		losses.fitted = r.meanLoss(0, r.fitted)
	}
	return &Forest{
		names: slices.Clone(matrix.Names), monotone: slices.Clone(matrix.directions()), options: r.options,
		training: Training{
			Rows: r.fitted, Bad: count(r.bad[:r.fitted]), ValidationRows: len(r.margins) - r.fitted,
			Rounds: len(r.trees), Loss: losses.fitted, ValidationLoss: losses.validation,
		},
		base: r.base, trees: r.trees[:r.best],
	}
}

// count returns how many are true.
func count(outcomes []bool) int {
	trues := 0
	for _, outcome := range outcomes {
		if outcome {
			trues++
		}
	}
	return trues
}
