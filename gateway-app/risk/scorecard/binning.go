package scorecard

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/tallystick/tallystick/gateway-app/risk/dataset"
)

// cell is a stretch of values on its way to a bin.
type cell struct {
	most      float64
	levels    []string
	good, bad int
}

func (c cell) rows() int        { return c.good + c.bad }
func (c cell) badRate() float64 { return float64(c.bad) / float64(c.rows()) }

func (c *cell) count(bad bool) {
	if bad {
		c.bad++
	} else {
		c.good++
	}
}

// join is two neighbours as one; the later one's upper end holds.
func join(a, b cell) cell {
	return cell{
		most: b.most, levels: append(slices.Clone(a.levels), b.levels...),
		good: a.good + b.good, bad: a.bad + b.bad,
	}
}

// binner bins fields on the rows trained on.
type binner struct {
	table   *dataset.Table
	rows    []int
	options Options
}

// variable bins one field. A field that ends in one bin says nothing, and has no variable.
func (b binner) variable(field dataset.Column) (Variable, bool, error) {
	v := Variable{Field: field.Name, Kind: field.Kind}
	if field.Kind == dataset.Number {
		numbers, err := b.table.Numbers(field.Name)
		if err != nil {
			return v, false, fmt.Errorf("bin a number: %w", err)
		}
		b.numbers(&v, numbers, field.Direction.Sign())
	} else {
		words, err := b.table.Words(field.Name)
		if err != nil {
			return v, false, fmt.Errorf("bin a category: %w", err)
		}
		b.words(&v, words)
	}
	filled := 0
	for _, bin := range v.all() {
		if bin.Good+bin.Bad > 0 {
			filled++
		}
	}
	return v, len(v.Bins) > 0 && filled > 1, nil
}

func (b binner) numbers(v *Variable, numbers []float64, sign int) {
	bad := b.table.Bad()
	var present []int
	missing := cell{}
	for _, row := range b.rows {
		if math.IsNaN(numbers[row]) {
			missing.count(bad[row])
		} else {
			present = append(present, row)
		}
	}
	slices.SortStableFunc(present, func(x, y int) int { return cmp.Compare(numbers[x], numbers[y]) })
	cells := b.fine(present, numbers)
	cells = b.enlarge(cells)
	cells = straighten(cells, sign)
	cells = b.simplify(cells)
	for i, c := range cells {
		bin := Bin{Good: c.good, Bad: c.bad}
		if i < len(cells)-1 {
			bin.Most = &cells[i].most
		}
		v.Bins = append(v.Bins, bin)
	}
	v.Missing = Bin{Good: missing.good, Bad: missing.bad}
}

// fine cuts sorted rows into parts of equal size; equal values stay together.
func (b binner) fine(sorted []int, numbers []float64) []cell {
	var cells []cell
	bad := b.table.Bad()
	for from := 0; from < len(sorted); {
		to := from + max(1, len(sorted)/b.options.FineBins)
		for to < len(sorted) && numbers[sorted[to]] == numbers[sorted[to-1]] {
			to++
		}
		to = min(to, len(sorted))
		c := cell{most: numbers[sorted[to-1]]}
		for _, row := range sorted[from:to] {
			c.count(bad[row])
		}
		cells = append(cells, c)
		from = to
	}
	return cells
}

// enlarge merges the smallest cell into the neighbour that is more like it, until none is too small.
func (b binner) enlarge(cells []cell) []cell {
	least := max(1, int(math.Ceil(b.options.LeastShare*float64(len(b.rows)))))
	for len(cells) > 1 {
		at := 0
		for i := range cells {
			if cells[i].rows() < cells[at].rows() {
				at = i
			}
		}
		if cells[at].rows() >= least {
			return cells
		}
		if at == len(cells)-1 || at > 0 && distance(cells[at-1], cells[at]) <= distance(cells[at], cells[at+1]) {
			at--
		}
		cells = merge(cells, at)
	}
	return cells
}

func distance(a, b cell) float64 { return math.Abs(a.badRate() - b.badRate()) }

func merge(cells []cell, at int) []cell {
	cells[at] = join(cells[at], cells[at+1])
	return slices.Delete(cells, at+1, at+2)
}

// straighten merges neighbours that go against the direction (Ayer and others 1955, pool adjacent violators),
// compared as products of counts, exactly.
func straighten(cells []cell, sign int) []cell {
	for at := 0; sign != 0 && at+1 < len(cells); {
		a, b := cells[at], cells[at+1]
		if sign*(b.bad*a.rows()-a.bad*b.rows()) > 0 {
			at++
			continue
		}
		cells = merge(cells, at)
		at = max(at-1, 0)
	}
	return cells
}

// simplify merges the two neighbours that differ least by chi-squared, until all differ and there are few.
func (b binner) simplify(cells []cell) []cell {
	for len(cells) > 1 {
		at, least := 0, math.Inf(1)
		for i := range cells[1:] {
			if x := chiSquared(cells[i], cells[i+1]); x < least {
				at, least = i, x
			}
		}
		if len(cells) <= b.options.MostBins && least >= b.options.LeastChiSquared {
			return cells
		}
		cells = merge(cells, at)
	}
	return cells
}

// chiSquared tests whether two cells have the same share of bad rows.
func chiSquared(a, b cell) float64 {
	cross := float64(a.good)*float64(b.bad) - float64(a.bad)*float64(b.good)
	rows := float64(a.rows() + b.rows())
	below := float64(a.rows()) * float64(b.rows()) * float64(a.good+b.good) * float64(a.bad+b.bad)
	if below == 0 {
		return 0 // neither has a bad row, or neither a good one
	}
	return rows * float64(cross*cross) / below
}

func (b binner) words(v *Variable, words []string) {
	counts := map[string]*cell{}
	bad, missing := b.table.Bad(), cell{}
	for _, row := range b.rows {
		if words[row] == "" {
			missing.count(bad[row])
			continue
		}
		if counts[words[row]] == nil {
			counts[words[row]] = &cell{levels: []string{words[row]}}
		}
		counts[words[row]].count(bad[row])
	}
	var cells []cell
	rest := cell{}
	for _, c := range counts {
		if c.rows() < b.options.LeastLevelRows {
			rest.good, rest.bad = rest.good+c.good, rest.bad+c.bad
		} else {
			cells = append(cells, *c)
		}
	}
	slices.SortFunc(cells, func(x, y cell) int {
		if order := cmp.Compare(x.badRate(), y.badRate()); order != 0 {
			return order
		}
		return cmp.Compare(x.levels[0], y.levels[0])
	})
	cells = b.simplify(b.enlarge(cells))
	for _, c := range cells {
		slices.Sort(c.levels)
		v.Bins = append(v.Bins, Bin{Levels: c.levels, Good: c.good, Bad: c.bad})
	}
	v.Missing = Bin{Good: missing.good, Bad: missing.bad}
	v.Rest = &Bin{Good: rest.good, Bad: rest.bad}
}
