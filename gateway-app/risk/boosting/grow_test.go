package boosting

import (
	"math"
	"slices"
	"strings"
	"testing"
)

// stump returns options under which one tree asks one question.
func stump() Options {
	options := Standard()
	options.Rounds, options.MaxDepth, options.RowShare, options.ColumnShare = 1, 1, 1, 1
	options.LearningRate = 1
	return options
}

// TestFirstSplitIsTheBestOfAll tries every question that could be asked of the rows, with the formulas of
// the paper in plain floats, and compares.
func TestFirstSplitIsTheBestOfAll(t *testing.T) {
	for seed := range uint64(8) {
		s := invented(180, seed)
		options := stump()
		options.L2, options.MinChildWeight = float64(seed)/2, 1+float64(seed%3)
		forest := train(t, s, s.rows(), options)
		share := float64(count(s.bad)) / float64(len(s.bad))
		best, left, right := exhaustive(s, share, options)
		root := forest.trees[0][0]
		if root.isLeaf() {
			t.Fatalf("seed %d: no question was asked", seed)
		}
		if math.Abs(root.gain-best) > 1e-6*best {
			t.Errorf("seed %d: gained %v, the best question gains %v", seed, root.gain, best)
		}
		answers := []float64{forest.trees[0][1].at, forest.trees[0][2].at}
		if math.Abs(answers[0]-left) > 1e-8 || math.Abs(answers[1]-right) > 1e-8 {
			t.Errorf("seed %d: leaves say %v, want %v and %v", seed, answers, left, right)
		}
	}
}

// exhaustive returns the most that any question gains, and what its leaves say.
func exhaustive(s sample, share float64, options Options) (best, left, right float64) {
	slope := func(row int) (float64, float64) {
		if s.bad[row] {
			return share - 1, share * (1 - share)
		}
		return share, share * (1 - share)
	}
	worth := func(g, h float64) float64 { return g * g / (h + options.L2) }
	for _, column := range s.Columns {
		for _, bound := range append([]float64{math.MaxFloat64}, column...) {
			for _, missingLeft := range []bool{false, true} {
				var g, h [2]float64
				for row, value := range column {
					side := 1
					if value <= bound || missingLeft && math.IsNaN(value) {
						side = 0
					}
					first, second := slope(row)
					g[side], h[side] = g[side]+first, h[side]+second
				}
				if min(h[0], h[1]) < options.MinChildWeight {
					continue
				}
				gain := worth(g[0], h[0]) + worth(g[1], h[1]) - worth(g[0]+g[1], h[0]+h[1])
				if gain > best+1e-9 {
					best, left, right = gain, -g[0]/(h[0]+options.L2), -g[1]/(h[1]+options.L2)
				}
			}
		}
	}
	return best, left, right
}

func TestForestLearnsWhatIsThere(t *testing.T) {
	learn, unseen := invented(4000, 1), invented(4000, 2)
	forest := train(t, learn, learn.rows(), Standard())
	if got := auc(predict(forest, unseen, unseen.rows()), unseen.bad); got < .77 {
		t.Errorf("AUC on unseen rows %.3f, want at least .77", got)
	}
	said, came := 0.0, float64(count(unseen.bad))
	for _, p := range predict(forest, unseen, unseen.rows()) {
		said += p
	}
	if math.Abs(said/came-1) > .06 {
		t.Errorf("%.0f bad rows were expected, %.0f came", said, came)
	}
	gains := forest.Gains()
	if gains[4] != 0 || gains[5] != 0 || gains[0] != slices.Max(gains) {
		t.Errorf("gains %v: debt gains most, constant and absent columns nothing", gains)
	}
}

func TestMissingValuesLearnTheirSide(t *testing.T) {
	s := sample{Matrix: Matrix{Names: []string{"x"}, Columns: [][]float64{nil}}}
	for i := range 400 {
		value, bad := float64(i%100), i%100 >= 50
		if i >= 300 { // the missing behave like the high values
			value, bad = math.NaN(), i%10 != 0
		}
		s.Columns[0], s.bad = append(s.Columns[0], value), append(s.bad, bad)
	}
	forest := train(t, s, s.rows(), stump())
	if root := forest.trees[0][0]; root.at != 49.5 || root.missingLeft {
		t.Errorf("asks at most %v, missing left %v; want 49.5, false", root.at, root.missingLeft)
	}
	for i := range s.Columns[0] {
		s.Columns[0][i] = map[bool]float64{true: math.NaN(), false: 7}[s.bad[i]]
	}
	forest = train(t, s, s.rows(), stump())
	present, missing := forest.Probability([]float64{1e9}), forest.Probability([]float64{math.NaN()})
	if present > .2 || missing < .8 {
		t.Errorf("present %.3f, missing %.3f: being missing is all that tells", present, missing)
	}
}

func TestEveryOptionHasItsEffect(t *testing.T) {
	s := invented(2000, 4)
	grow := func(change func(o *Options)) *Forest {
		options := Standard()
		options.Rounds = 30
		change(&options)
		return train(t, s, s.rows(), options)
	}
	plain := nodes(grow(func(*Options) {}))
	if got := nodes(grow(func(o *Options) { o.MinGain = 8 })); got >= plain {
		t.Errorf("a least gain leaves %d of %d nodes", got, plain)
	}
	if got := nodes(grow(func(o *Options) { o.MinChildWeight = 20 })); got >= plain {
		t.Errorf("a least weight leaves %d of %d nodes", got, plain)
	}
	for _, leaf := range leaves(grow(func(o *Options) { o.L2 = 1e6 })) {
		if math.Abs(leaf.at) > 1e-3 {
			t.Fatalf("under a huge penalty a leaf still says %v", leaf.at)
		}
	}
	for _, growth := range []Growth{DepthWise, LeafWise} {
		for _, tree := range grow(func(o *Options) { o.MaxLeaves, o.Growth, o.MaxDepth = 6, growth, 9 }).trees {
			if len(tree) > 11 {
				t.Fatalf("%s-wise: a tree of six leaves has %d nodes", growth, len(tree))
			}
		}
	}
	narrow := grow(func(o *Options) { o.ColumnShare = .2 })
	for i, tree := range narrow.trees {
		asked := map[int32]bool{}
		for _, n := range tree {
			asked[n.column] = true
		}
		delete(asked, leafColumn)
		if len(asked) > 1 {
			t.Errorf("tree %d may ask one column of six and asks %d", i, len(asked))
		}
	}
	for _, tree := range grow(func(o *Options) { o.RowShare = .3 }).trees {
		if tree[0].rows != 600 {
			t.Fatalf("a tree saw %d rows, want 600", tree[0].rows)
		}
	}
}

// TestLeafWiseTakesTheBestLeafFirst compares what six leaves gain when all may be anywhere.
func TestLeafWiseTakesTheBestLeafFirst(t *testing.T) {
	s := invented(3000, 5)
	gained := map[Growth]float64{}
	for _, growth := range []Growth{DepthWise, LeafWise} {
		options := stump()
		options.MaxDepth, options.MaxLeaves, options.Growth = 10, 6, growth
		for _, gain := range train(t, s, s.rows(), options).Gains() {
			gained[growth] += gain
		}
	}
	if gained[LeafWise] <= gained[DepthWise] {
		t.Errorf("leaf-wise gains %v, depth-wise %v", gained[LeafWise], gained[DepthWise])
	}
}

func TestGrowingStopsWhenValidationDoes(t *testing.T) {
	s := invented(1500, 6)
	options := Standard()
	options.Rounds, options.LearningRate, options.ValidationShare, options.Patience = 400, .3, .3, 10
	forest := train(t, s, s.rows(), options)
	said := forest.Training()
	if said.Rounds != forest.Trees()+10 || said.Rounds >= 400 {
		t.Errorf("%d trees of %d rounds: want ten rounds of patience", forest.Trees(), said.Rounds)
	}
	if said.Rows+said.ValidationRows != 1500 || math.Abs(float64(said.ValidationRows)-450) > 1 {
		t.Errorf("%d rows watched, %d were fitted", said.ValidationRows, said.Rows)
	}
	if said.ValidationLoss <= said.Loss || said.Loss <= 0 {
		t.Errorf("loss %v on fitted rows, %v on others", said.Loss, said.ValidationLoss)
	}
	options.Patience, options.Rounds = 400, said.Rounds
	if longer := train(t, s, s.rows(), options); longer.Trees() != forest.Trees() {
		t.Errorf("with more patience %d trees are kept, before %d", longer.Trees(), forest.Trees())
	}
}

func TestWhatCannotBeTrainedIsRefused(t *testing.T) {
	for want, change := range map[string]func(s *sample, rows *[]int, o *Options){
		"rounds must":              func(_ *sample, _ *[]int, o *Options) { o.Rounds = 0 },
		"learning_rate":            func(_ *sample, _ *[]int, o *Options) { o.LearningRate = math.NaN() },
		"growth":                   func(_ *sample, _ *[]int, o *Options) { o.Growth = "wide" },
		"max_depth":                func(_ *sample, _ *[]int, o *Options) { o.MaxDepth = 17 },
		"max_leaves must":          func(_ *sample, _ *[]int, o *Options) { o.MaxLeaves = 1 },
		"max_leaves is needed":     func(_ *sample, _ *[]int, o *Options) { o.MaxDepth = 11 },
		"l2":                       func(_ *sample, _ *[]int, o *Options) { o.L2 = -1 },
		"min_gain":                 func(_ *sample, _ *[]int, o *Options) { o.MinGain = math.Inf(1) },
		"min_child_weight":         func(_ *sample, _ *[]int, o *Options) { o.MinChildWeight = math.NaN() },
		"bins must":                func(_ *sample, _ *[]int, o *Options) { o.Bins = 256 },
		"row_share":                func(_ *sample, _ *[]int, o *Options) { o.RowShare = 0 },
		"column_share":             func(_ *sample, _ *[]int, o *Options) { o.ColumnShare = 1.5 },
		"validation_share must":    func(_ *sample, _ *[]int, o *Options) { o.ValidationShare, o.Patience = 1, 1 },
		"come together":            func(_ *sample, _ *[]int, o *Options) { o.Patience = 3 },
		"is none":                  func(_ *sample, r *[]int, o *Options) { o.ValidationShare, o.Patience, *r = .01, 1, (*r)[:20] },
		"names for":                func(s *sample, _ *[]int, _ *Options) { s.Names = s.Names[1:] },
		"has no name":              func(s *sample, _ *[]int, _ *Options) { s.Names[2] = "" },
		"are named":                func(s *sample, _ *[]int, _ *Options) { s.Names[2] = s.Names[1] },
		"directions for":           func(s *sample, _ *[]int, _ *Options) { s.Monotone = []int{1} },
		"none of -1, 0, 1":         func(s *sample, _ *[]int, _ *Options) { s.Monotone = []int{0, 0, 2, 0, 0, 0} },
		"outcomes":                 func(s *sample, _ *[]int, _ *Options) { s.Columns[1] = s.Columns[1][1:] },
		"infinite in row 5":        func(s *sample, _ *[]int, _ *Options) { s.Columns[1][5] = math.Inf(-1) },
		"not among":                func(_ *sample, r *[]int, _ *Options) { (*r)[3] = 100 },
		"named twice":              func(_ *sample, r *[]int, _ *Options) { (*r)[3] = 4 },
		"the same outcome":         func(s *sample, _ *[]int, _ *Options) { clear(s.bad) },
		"there are no columns":     func(s *sample, _ *[]int, _ *Options) { s.Matrix = Matrix{} },
		"nothing to learn":         func(_ *sample, r *[]int, _ *Options) { *r = nil },
		"patience must not be neg": func(_ *sample, _ *[]int, o *Options) { o.Patience = -1 },
	} {
		s, options := invented(100, 9), Standard()
		rows := s.rows()
		change(&s, &rows, &options)
		if _, err := Train(s.Matrix, s.bad, rows, options); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want a refusal with %q, got %v", want, err)
		}
	}
}

func nodes(forest *Forest) int {
	sum := 0
	for _, tree := range forest.trees {
		sum += len(tree)
	}
	return sum
}

func leaves(forest *Forest) []node {
	var all []node
	for _, tree := range forest.trees {
		for _, n := range tree {
			if n.isLeaf() {
				all = append(all, n)
			}
		}
	}
	return all
}
