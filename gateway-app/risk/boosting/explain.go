package boosting

import "slices"

// Contributions says why a row has its margin: base is the mean margin of the training rows that the trees
// saw, and parts, one a column, are the Shapley values of what the row holds. They add up to the margin.
// The row is as Margin takes it.
func (f *Forest) Contributions(row []float64) (base float64, parts []float64) {
	base, parts = f.base, make([]float64, len(f.names))
	walk := newWalk(row, parts)
	for _, t := range f.trees {
		base += walk.explain(t)
	}
	return base, parts
}

// step is a column on the way from the root to a node. A question that was asked before is the same step.
type step struct {
	column int32
	zero   float64 // the share of rows that come through while the column is not known
	one    float64 // 1 where the row itself comes through, otherwise 0
	weight float64 // of all sets of known columns with as many members as there are steps before this one
}

// path is the steps to a node. The first stands for the root and has no column.
type path []step

const longestPath = mostDepth + 1

// walk goes once through a tree and carries all sets of known columns along.
type walk struct {
	row      []float64
	parts    []float64
	tree     tree
	expected float64
	paths    [longestPath + 1][longestPath]step // room for the path at each depth
}

// inverse holds 1/n, since a walk divides by small numbers all the time.
var inverse = func() (table [longestPath + 2]float64) {
	for n := 1; n < len(table); n++ {
		table[n] = 1 / float64(n)
	}
	return table
}()

func newWalk(row, parts []float64) *walk { return &walk{row: row, parts: parts} }

// explain adds a tree's contributions to the parts and returns its mean answer.
func (w *walk) explain(t tree) float64 {
	w.tree, w.expected = t, 0
	root := append(path(w.paths[0][:0]), step{column: leafColumn, zero: 1, one: 1, weight: 1})
	w.visit(0, 0, 1, root)
	return w.expected
}

// visit goes on from a node, which a share of the tree's rows reach. The path may be changed.
func (w *walk) visit(at int32, depth int, reach float64, steps path) {
	n := &w.tree[at]
	if n.isLeaf() {
		w.expected += float64(reach * n.at)
		w.credit(n.at, steps)
		return
	}
	zero, one := 1.0, 1.0
	if known := slices.IndexFunc(steps, func(s step) bool { return s.column == n.column }); known >= 0 {
		zero, one = steps[known].zero, steps[known].one
		steps = steps.without(known)
	}
	leftOne, rightOne := 0.0, one
	if n.next(w.row) == n.left {
		leftOne, rightOne = one, 0
	}
	left, right := n.left, n.left+1
	leftShare := float64(w.tree[left].rows) / float64(n.rows)
	rightShare := float64(w.tree[right].rows) / float64(n.rows)
	room := w.paths[depth+1][:0]
	w.visit(left, depth+1, reach*leftShare, path(append(room, steps...)).with(n.column, zero*leftShare, leftOne))
	w.visit(right, depth+1, reach*rightShare, path(append(room, steps...)).with(n.column, zero*rightShare, rightOne))
}

// credit gives each column on the way its share of a leaf's answer.
func (w *walk) credit(answer float64, steps path) {
	blocked := -1.0 // the sum is the same for all columns that keep the row away
	for i := 1; i < len(steps); i++ {
		s := &steps[i]
		if s.one == 0 {
			if blocked < 0 {
				blocked = steps.sumBlocked()
			}
			w.parts[s.column] -= float64(blocked * answer)
			continue
		}
		w.parts[s.column] += float64(steps.sumWithout(i) * (1 - s.zero) * answer)
	}
}

// with appends a step: every set of known columns now may or may not have it.
func (p path) with(column int32, zero, one float64) path {
	last := len(p)
	p = append(p, step{column: column, zero: zero, one: one})
	for i := last - 1; i >= 0; i-- {
		weight := p[i].weight * inverse[last+1]
		p[i+1].weight += float64(float64(one*weight) * float64(i+1))
		p[i].weight = float64(float64(zero*weight) * float64(last-i))
	}
	return p
}

// without takes a step out again, as if it had never been appended.
func (p path) without(index int) path {
	last := len(p) - 1
	zero, one := p[index].zero, p[index].one
	next := p[last].weight
	for i := last - 1; i >= 0; i-- {
		if one == 0 {
			p[i].weight = p[i].weight * float64(last+1) / (zero * float64(last-i))
			continue
		}
		weight := p[i].weight
		p[i].weight = next * float64(last+1) * inverse[i+1]
		next = weight - float64(float64(p[i].weight*zero*float64(last-i))*inverse[last+1])
	}
	for i := index; i < last; i++ {
		p[i].column, p[i].zero, p[i].one = p[i+1].column, p[i+1].zero, p[i+1].one
	}
	return p[:last]
}

// sumWithout is the sum of weights that without would leave, for a step that lets the row through.
func (p path) sumWithout(index int) float64 {
	last := len(p) - 1
	zero := p[index].zero * inverse[last+1]
	next, sum := p[last].weight, 0.0
	for i := last - 1; i >= 0; i-- {
		weight := next * float64(last+1) * inverse[i+1]
		sum += weight
		next = p[i].weight - float64(float64(weight*zero)*float64(last-i))
	}
	return sum
}

// sumBlocked is that sum times its zero share, for any step that keeps the row away.
func (p path) sumBlocked() float64 {
	last := len(p) - 1
	sum := 0.0
	for i := range last {
		sum += float64(p[i].weight * float64(last+1) * inverse[last-i])
	}
	return sum
}
