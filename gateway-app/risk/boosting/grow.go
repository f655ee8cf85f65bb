package boosting

// grower grows one tree after another, and keeps its buffers between them.
type grower struct {
	options   Options
	monotone  []int
	data      *binned
	slopes    []slope  // by position
	columns   []int    // that this tree may ask
	positions []int32  // that this tree sees: a leaf's stand together, in rising order
	aside     []int32  // room to part a leaf's positions
	gathered  []slope  // room for one leaf's slopes in their order
	spare     [][]cell // histograms that nobody needs any more
	splits    []split  // room for the best split of each column, for either child
	grown     grownTree
	open      []*openLeaf
}

// grownTree is a tree with the bins that its questions stand for, so that rows can be asked in bins.
type grownTree struct {
	nodes tree
	bins  []uint8
}

// openLeaf is a leaf that could still be split.
type openLeaf struct {
	node     int32
	from, to int // its positions
	depth    int
	total    cell
	bounds   bounds
	cells    []cell // its histogram; nil where no split is looked for
	best     split
}

func newGrower(data *binned, monotone []int, slopes []slope, options Options) *grower {
	rows := len(slopes)
	return &grower{
		options: options, monotone: monotone, data: data, slopes: slopes,
		positions: make([]int32, 0, rows), aside: make([]int32, rows), gathered: make([]slope, rows),
		splits: make([]split, 2*len(data.cuts)),
	}
}

// tree grows a tree on the rows and columns that were drawn.
func (g *grower) tree(rows, columns []bool) grownTree {
	g.begin(rows, columns)
	for leaves := 1; g.options.MaxLeaves == 0 || leaves < g.options.MaxLeaves; leaves++ {
		leaf := g.next()
		if leaf == nil {
			break
		}
		g.split(leaf)
	}
	for _, leaf := range g.open {
		g.release(leaf)
	}
	return g.grown
}

// begin opens the root.
func (g *grower) begin(rows, columns []bool) {
	g.columns, g.positions, g.open = g.columns[:0], g.positions[:0], g.open[:0]
	for column, drawn := range columns {
		if drawn {
			g.columns = append(g.columns, column)
		}
	}
	root := &openLeaf{bounds: unbounded}
	for position, drawn := range rows {
		if drawn {
			g.positions = append(g.positions, int32(position))
			root.total.add(cell{g.slopes[position].first, g.slopes[position].second, 1})
		}
	}
	root.to = len(g.positions)
	g.grown = grownTree{nodes: make(tree, 0, 1<<min(g.options.MaxDepth+1, 6)), bins: nil}
	root.node = g.answer(root.total, root.bounds)
	if g.divisible(root) {
		root.cells = g.histogram()
		g.gather(root)
		share(len(g.columns), len(g.columns)*root.to, func(i int) {
			g.sum(root, g.columns[i])
			g.splits[i] = g.look(root, g.columns[i])
		})
		g.choose(root, g.splits[:len(g.columns)])
	}
}

// answer appends a leaf's node.
func (g *grower) answer(total cell, within bounds) int32 {
	weight := total.weight(g.options.L2, within.lower, within.upper)
	g.grown.nodes = append(g.grown.nodes, node{
		at: g.options.LearningRate * weight, column: leafColumn, rows: total.rows,
	})
	g.grown.bins = append(g.grown.bins, 0)
	return int32(len(g.grown.nodes) - 1)
}

// next takes the leaf to split out of the open ones, or returns nil. They stand in the order in which they
// were opened, which is level by level; of equal gains the first wins.
func (g *grower) next() *openLeaf {
	if len(g.open) == 0 {
		return nil
	}
	chosen := 0
	if g.options.Growth == LeafWise {
		for i, leaf := range g.open {
			if leaf.best.gain > g.open[chosen].best.gain {
				chosen = i
			}
		}
	}
	leaf := g.open[chosen]
	g.open = append(g.open[:chosen], g.open[chosen+1:]...)
	return leaf
}

// split turns a leaf into a question with two leaves behind it, and looks for theirs.
func (g *grower) split(parent *openLeaf) {
	best := &parent.best
	middle := g.part(parent)
	leftBounds, rightBounds := best.childBounds(parent.bounds, g.monotone[best.column])
	left := &openLeaf{from: parent.from, to: middle, depth: parent.depth + 1, total: best.left, bounds: leftBounds}
	right := &openLeaf{from: middle, to: parent.to, depth: parent.depth + 1, total: best.right, bounds: rightBounds}
	left.node = g.answer(left.total, left.bounds)
	right.node = g.answer(right.total, right.bounds)
	asked := &g.grown.nodes[parent.node]
	asked.column, asked.left, asked.missingLeft = int32(best.column), left.node, best.missingLeft
	asked.at, asked.gain = g.data.cuts[best.column][best.bin-1], best.gain
	g.grown.bins[parent.node] = uint8(best.bin)
	g.study(parent, left, right)
}

// study finds the children's best splits. Only the smaller one's rows are summed: the other's histogram is
// what is left of the parent's.
func (g *grower) study(parent, left, right *openLeaf) {
	small, large := left, right
	if right.total.rows < left.total.rows {
		small, large = right, left
	}
	lookLeft, lookRight := g.divisible(left), g.divisible(right)
	if !lookLeft && !lookRight {
		g.release(parent)
		return
	}
	small.cells = g.histogram()
	large.cells, parent.cells = parent.cells, nil
	g.gather(small)
	columns := len(g.columns)
	leftSplits, rightSplits := g.splits[:columns], g.splits[columns:2*columns]
	clear(g.splits)
	share(columns, columns*(int(small.total.rows)+mostBins), func(i int) {
		column := g.columns[i]
		g.sum(small, column)
		subtract(g.cells(large, column), g.cells(small, column))
		if lookLeft {
			leftSplits[i] = g.look(left, column)
		}
		if lookRight {
			rightSplits[i] = g.look(right, column)
		}
	})
	g.choose(left, leftSplits)
	g.choose(right, rightSplits)
}

// choose opens a leaf with the best of the columns' splits, the first of equals. Without one the leaf stays
// what it is, and its histogram is free.
func (g *grower) choose(leaf *openLeaf, splits []split) {
	for _, s := range splits {
		if s.gain > leaf.best.gain {
			leaf.best = s
		}
	}
	if leaf.best.gain <= 0 {
		g.release(leaf)
		return
	}
	g.open = append(g.open, leaf)
}

// divisible tells whether a leaf could have children at all.
func (g *grower) divisible(leaf *openLeaf) bool {
	return leaf.depth < g.options.MaxDepth && leaf.total.rows > 1 &&
		float64(leaf.total.second)*unit >= 2*g.options.MinChildWeight
}

// look finds the best split of a leaf by one column.
func (g *grower) look(leaf *openLeaf, column int) split {
	t := terms{
		l2: g.options.L2, minWeight: g.options.MinChildWeight, minGain: g.options.MinGain, bounds: leaf.bounds,
	}
	t.before = leaf.total.worth(leaf.total.weight(t.l2, t.lower, t.upper), t.l2)
	return t.bestOf(column, g.cells(leaf, column), leaf.total, g.monotone[column])
}

// cells are a column's part of a leaf's histogram.
func (g *grower) cells(leaf *openLeaf, column int) []cell {
	return leaf.cells[g.data.offsets[column]:g.data.offsets[column+1]]
}

// sum makes a column's part of a leaf's histogram anew from the gathered slopes.
func (g *grower) sum(leaf *openLeaf, column int) {
	cells := g.cells(leaf, column)
	clear(cells)
	sumInto(cells, g.data.bins[column], g.positions[leaf.from:leaf.to], g.gathered)
}

// gather puts a leaf's slopes side by side, once for all columns.
func (g *grower) gather(leaf *openLeaf) {
	for i, position := range g.positions[leaf.from:leaf.to] {
		g.gathered[i] = g.slopes[position]
	}
}

// part moves the positions that go left before those that go right, both in their order, and returns where
// the right ones begin.
func (g *grower) part(leaf *openLeaf) int {
	bins, last, missingLeft := g.data.bins[leaf.best.column], uint8(leaf.best.bin), leaf.best.missingLeft
	left, kept := leaf.from, 0
	for _, position := range g.positions[leaf.from:leaf.to] {
		if binGoesLeft(bins[position], last, missingLeft) {
			g.positions[left] = position
			left++
		} else {
			g.aside[kept] = position
			kept++
		}
	}
	copy(g.positions[left:leaf.to], g.aside[:kept])
	return left
}

// binGoesLeft answers a question in bins.
func binGoesLeft(bin, last uint8, missingLeft bool) bool {
	if bin == missingBin {
		return missingLeft
	}
	return bin <= last
}

// histogram hands out room whose contents are not yet anybody's.
func (g *grower) histogram() []cell {
	if last := len(g.spare) - 1; last >= 0 {
		cells := g.spare[last]
		g.spare = g.spare[:last]
		return cells
	}
	return make([]cell, g.data.offsets[len(g.data.cuts)])
}

// release takes a leaf's histogram back.
func (g *grower) release(leaf *openLeaf) {
	if leaf.cells != nil {
		g.spare = append(g.spare, leaf.cells)
		leaf.cells = nil
	}
}
