package dataset

import (
	"fmt"
	"math/bits"
	"math/rand/v2"
	"slices"
)

// Plan is how figures are divided for cross-validation. The same plan on the same outcomes is the same folds.
type Plan struct {
	Folds   int    `json:"folds"`
	Repeats int    `json:"repeats"`
	Seed    uint64 `json:"seed"`
}

// Split is one fold held out, and the rows to train on; both rise.
type Split struct {
	Repeat, Fold int
	Train, Test  []int
}

// Splits divides rows into folds that hold the same share of bad outcomes, to a row, again for each repeat.
//
// Within a repeat, good rows and then bad rows are shuffled (Fisher and Yates, from the last place down) by a
// PCG generator seeded with the plan's seed and the repeat's number, and dealt out in turn. A draw below n is
// the high word of n times 64 random bits.
func (p Plan) Splits(bad []bool) ([]Split, error) {
	counts := [2]int{}
	for _, is := range bad {
		counts[class(is)]++
	}
	if p.Folds < 2 || p.Repeats < 1 || min(counts[0], counts[1]) < p.Folds {
		return nil, fmt.Errorf("divide %d good and %d bad rows into %d folds, %d times: at least two folds, "+
			"one repeat and a row of each kind in each fold are needed", counts[0], counts[1], p.Folds, p.Repeats)
	}
	var splits []Split
	for repeat := range p.Repeats {
		fold := p.deal(bad, repeat)
		for f := range p.Folds {
			s := Split{Repeat: repeat, Fold: f}
			for row := range bad {
				if fold[row] == f {
					s.Test = append(s.Test, row)
				} else {
					s.Train = append(s.Train, row)
				}
			}
			splits = append(splits, s)
		}
	}
	return splits, nil
}

// deal gives every row its fold.
func (p Plan) deal(bad []bool, repeat int) []int {
	source := rand.NewPCG(p.Seed, uint64(repeat))
	fold, next := make([]int, len(bad)), 0
	for _, kind := range []bool{false, true} {
		for _, row := range shuffled(bad, kind, source) {
			fold[row] = next % p.Folds
			next++
		}
	}
	return fold
}

// shuffled lists the rows of one kind in an order that the source makes.
func shuffled(bad []bool, kind bool, source *rand.PCG) []int {
	var rows []int
	for row, is := range bad {
		if is == kind {
			rows = append(rows, row)
		}
	}
	for i := len(rows) - 1; i > 0; i-- {
		at, _ := bits.Mul64(source.Uint64(), uint64(i+1))
		rows[i], rows[at] = rows[at], rows[i]
	}
	return rows
}

// HoldOut sets a share of the rows of each kind aside, in parts per million and rounded down, shuffled as
// Splits does. Both lists rise.
func HoldOut(bad []bool, sharePPM int, seed uint64) (train, held []int, err error) {
	const whole = 1_000_000
	if sharePPM <= 0 || sharePPM >= whole {
		return nil, nil, fmt.Errorf("hold out %d ppm: a share between none and all is needed", sharePPM)
	}
	source := rand.NewPCG(seed, 0)
	for _, kind := range []bool{false, true} {
		rows := shuffled(bad, kind, source)
		first := len(rows) * sharePPM / whole
		held, train = append(held, rows[:first]...), append(train, rows[first:]...)
	}
	slices.Sort(train)
	slices.Sort(held)
	return train, held, nil
}

func class(bad bool) int {
	if bad {
		return 1
	}
	return 0
}
