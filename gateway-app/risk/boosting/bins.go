package boosting

import (
	"math"
	"slices"
	"sort"
)

// missingBin holds the missing values of every column. Values are in bins from 1.
const missingBin = 0

// binned is a matrix with each value replaced by the number of its bin, one byte a value. Rows stand at the
// positions in which training was given them.
type binned struct {
	cuts    [][]float64 // by column: bin b holds what is at most cuts[b-1] and above cuts[b-2]
	bins    [][]uint8   // by column, then by position
	offsets []int       // where a column's cells begin in a histogram; the last is where all end
}

// bin finds each column's cuts in the rows that are fitted, and puts every row in its bins.
func bin(columns [][]float64, rows []int, fitted, mostBins int) *binned {
	data := &binned{
		cuts: make([][]float64, len(columns)), bins: make([][]uint8, len(columns)), offsets: make([]int, len(columns)+1),
	}
	share(len(columns), len(columns)*len(rows), func(c int) {
		data.cuts[c] = cuts(columns[c], rows[:fitted], mostBins)
		data.bins[c] = place(columns[c], rows, data.cuts[c])
	})
	for c := range columns {
		data.offsets[c+1] = data.offsets[c] + len(data.cuts[c]) + 1
	}
	return data
}

// cuts returns the upper bounds of a column's bins, rising; the last holds every finite value, and a column
// without values has none. Where the values are few, each has a bin of its own; otherwise bins hold about
// equally many rows, and equal values are never parted. A cut lies midway between the values beside it.
func cuts(column []float64, rows []int, mostBins int) []float64 {
	values := make([]float64, 0, len(rows))
	for _, row := range rows {
		if !math.IsNaN(column[row]) {
			values = append(values, column[row])
		}
	}
	if len(values) == 0 {
		return nil
	}
	slices.Sort(values)
	distinct := len(slices.Compact(slices.Clone(values)))
	var bounds []float64
	inBin, left := 0, len(values)
	for i, value := range values[:len(values)-1] {
		inBin++
		next := values[i+1]
		if next == value {
			continue
		}
		if distinct > mostBins {
			open := mostBins - len(bounds)
			if open == 1 || inBin*open < left {
				continue
			}
		}
		bounds = append(bounds, midway(value, next))
		left -= inBin
		inBin = 0
	}
	return append(bounds, math.MaxFloat64)
}

// midway returns a number that is at least low and below high.
func midway(low, high float64) float64 {
	middle := low/2 + high/2
	if middle >= high || middle < low {
		return low
	}
	return middle
}

// place returns the bin of every row.
func place(column []float64, rows []int, cuts []float64) []uint8 {
	bins := make([]uint8, len(rows))
	for i, row := range rows {
		if value := column[row]; !math.IsNaN(value) && len(cuts) > 0 {
			bins[i] = uint8(1 + sort.SearchFloat64s(cuts, value))
		}
	}
	return bins
}
