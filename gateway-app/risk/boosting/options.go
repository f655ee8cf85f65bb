package boosting

import (
	"fmt"
	"math"
)

// Growth says which open leaf of a tree is split next.
type Growth string

const (
	// DepthWise splits level by level.
	DepthWise Growth = "depth"
	// LeafWise splits the leaf that gains most.
	LeafWise Growth = "leaf"
)

const (
	mostDepth  = 16      // deeper trees explain nothing to anybody, and their Shapley weights lose digits
	mostLeaves = 1 << 10 // every open leaf keeps a histogram
	mostBins   = 255     // with the one for missing values a bin's number is one byte
	mostRows   = 1 << 22 // so that no sum of slopes leaves 63 bits
)

// Options are the settings of a training run. They are kept in the forest's file, so that whoever has the
// rows can repeat the run.
type Options struct {
	// Seed begins the generator of every random choice: validation rows, rows and columns of each tree.
	Seed uint64 `json:"seed"`
	// Rounds is how many trees are grown at most.
	Rounds int `json:"rounds"`
	// LearningRate is the share of each tree that is added.
	LearningRate float64 `json:"learning_rate"`
	// Growth is the order in which leaves are split.
	Growth Growth `json:"growth"`
	// MaxDepth is how many questions lead to a leaf at most.
	MaxDepth int `json:"max_depth"`
	// MaxLeaves is how many leaves a tree has at most; 0 leaves it to the depth, which is then at most 10.
	MaxLeaves int `json:"max_leaves"`
	// L2 is the penalty on a leaf's square.
	L2 float64 `json:"l2"`
	// MinGain is what a split must gain at least: gamma.
	MinGain float64 `json:"min_gain"`
	// MinChildWeight is the least sum of second derivatives on either side of a split.
	MinChildWeight float64 `json:"min_child_weight"`
	// Bins is how many quantile bins a column's values fall into at most.
	Bins int `json:"bins"`
	// RowShare is the share of rows that each tree sees, drawn without replacement.
	RowShare float64 `json:"row_share"`
	// ColumnShare is the share of columns that each tree may ask.
	ColumnShare float64 `json:"column_share"`
	// ValidationShare of the rows is kept out of growing and watches the loss; 0 grows every round.
	ValidationShare float64 `json:"validation_share"`
	// Patience is after how many rounds without a lower validation loss growing stops. The trees after the
	// lowest loss are dropped.
	Patience int `json:"patience"`
}

// Standard returns cautious settings for credit data of some thousands of rows.
func Standard() Options {
	return Options{
		Seed: 1, Rounds: 300, LearningRate: 0.05, Growth: DepthWise, MaxDepth: 4, L2: 1, MinChildWeight: 1,
		Bins: mostBins, RowShare: 0.8, ColumnShare: 0.8,
	}
}

// check refuses settings that mean nothing.
func (o Options) check() error {
	share := func(x float64) bool { return x > 0 && x <= 1 }
	penalty := func(x float64) bool { return x >= 0 && !math.IsInf(x, 1) }
	for _, rule := range []struct {
		holds bool
		says  string
	}{
		{o.Rounds >= 1, "rounds must be at least 1"},
		{share(o.LearningRate), "learning_rate must be above 0 and at most 1"},
		{o.Growth == DepthWise || o.Growth == LeafWise, `growth must be "depth" or "leaf"`},
		{o.MaxDepth >= 1 && o.MaxDepth <= mostDepth, fmt.Sprintf("max_depth must be from 1 to %d", mostDepth)},
		{
			o.MaxLeaves == 0 || o.MaxLeaves >= 2 && o.MaxLeaves <= mostLeaves,
			fmt.Sprintf("max_leaves must be 0 or from 2 to %d", mostLeaves),
		},
		{o.MaxLeaves > 0 || 1<<o.MaxDepth <= mostLeaves, "max_leaves is needed with this max_depth"},
		{penalty(o.L2), "l2 must not be negative"},
		{penalty(o.MinGain), "min_gain must not be negative"},
		{penalty(o.MinChildWeight), "min_child_weight must not be negative"},
		{o.Bins >= 2 && o.Bins <= mostBins, fmt.Sprintf("bins must be from 2 to %d", mostBins)},
		{share(o.RowShare), "row_share must be above 0 and at most 1"},
		{share(o.ColumnShare), "column_share must be above 0 and at most 1"},
		{o.ValidationShare >= 0 && o.ValidationShare < 1, "validation_share must be at least 0 and below 1"},
		{(o.ValidationShare > 0) == (o.Patience > 0), "validation_share and patience come together"},
		{o.Patience >= 0, "patience must not be negative"},
	} {
		if !rule.holds {
			return fmt.Errorf("training options: %s", rule.says)
		}
	}
	return nil
}
