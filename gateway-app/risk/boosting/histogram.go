package boosting

import "math"

// unit is what slopes are counted in. Integers make sums exact: 2^22 rows of a slope up to 1 stay within
// 63 bits, and rounding a slope to a unit moves a leaf by less than 1e-11.
const unit = 0x1p-40

// slope is a row's first and second derivative of the loss by the margin, in units.
type slope struct{ first, second int64 }

// slopeAt returns the slope at a margin.
func slopeAt(margin, outcome float64) slope {
	probability := logistic(margin)
	return slope{
		first:  int64(math.RoundToEven((probability - outcome) / unit)),
		second: int64(math.RoundToEven(probability * (1 - probability) / unit)),
	}
}

// cell sums the slopes of some rows.
type cell struct {
	first, second int64
	rows          int32
}

func (c *cell) add(other cell) {
	c.first += other.first
	c.second += other.second
	c.rows += other.rows
}

func (c cell) minus(other cell) cell {
	return cell{c.first - other.first, c.second - other.second, c.rows - other.rows}
}

// weight returns what a leaf of these rows says, within bounds: one Newton step under the penalty.
func (c cell) weight(l2, lower, upper float64) float64 {
	return min(max(-float64(c.first)*unit/(float64(c.second)*unit+l2), lower), upper)
}

// worth returns by how much a leaf with that weight lowers the loss of these rows, twice, to second order.
func (c cell) worth(weight, l2 float64) float64 {
	curve := (float64(c.second)*unit + l2) * weight
	return -(float64(2*float64(c.first)*unit*weight) + float64(curve*weight))
}

// sumInto adds the rows' slopes to the cells of their bins. The slopes stand in the order of the positions.
func sumInto(cells []cell, bins []uint8, positions []int32, slopes []slope) {
	slopes = slopes[:len(positions)]
	for i, position := range positions {
		c := &cells[bins[position]]
		c.first += slopes[i].first
		c.second += slopes[i].second
		c.rows++
	}
}

// subtract takes a child's cells from its parent's, which leaves the other child's.
func subtract(parent, child []cell) {
	for i := range parent {
		parent[i] = parent[i].minus(child[i])
	}
}
