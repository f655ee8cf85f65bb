package boosting

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestMonotoneColumnsAreNeverContradicted asks about a grid of each bound column, beyond its range too, with
// the other columns as they stand in many rows, on data that pull the other way in places.
func TestMonotoneColumnsAreNeverContradicted(t *testing.T) {
	s := contrary(3000)
	for _, options := range variety() {
		for _, directions := range [][]int{{1, -1, 0}, {-1, 1, 1}, {1, 1, -1}} {
			s.Monotone = directions
			forest := train(t, s, s.rows(), options)
			for column, direction := range directions {
				if direction != 0 && violations(forest, s, column, direction) > 0 {
					t.Errorf("options %+v: column %d violates its direction %d", options, column, direction)
				}
			}
		}
	}
}

// TestWithoutBoundsTheDataPullBothWays shows that the test above could fail.
func TestWithoutBoundsTheDataPullBothWays(t *testing.T) {
	s := contrary(3000)
	forest := train(t, s, s.rows(), Standard())
	for column := range s.Columns {
		for _, direction := range []int{1, -1} {
			if violations(forest, s, column, direction) == 0 {
				t.Errorf("column %d happens to keep the direction %d", column, direction)
			}
		}
	}
}

// contrary makes rows whose risk rises and falls along every column.
func contrary(rows int) sample {
	random := rand.New(rand.NewPCG(8, 8))
	s := sample{Matrix: Matrix{Names: []string{"a", "b", "c"}, Columns: make([][]float64, 3)}}
	for range rows {
		chance := .1
		for c := range s.Columns {
			value := float64(random.IntN(60))
			s.Columns[c] = append(s.Columns[c], value)
			if int(value)/15%2 == 1 {
				chance += .25
			}
		}
		s.bad = append(s.bad, random.Float64() < chance)
	}
	return s
}

// violations counts steps of a rising grid at which the margin goes against the direction.
func violations(forest *Forest, s sample, column, direction int) int {
	grid := slices.Clone(s.Columns[column])
	slices.Sort(grid)
	grid = append([]float64{-1e12}, append(slices.Compact(grid), 1e12)...)
	count := 0
	for i := 0; i < len(s.bad); i += max(1, len(s.bad)/150) {
		row := s.row(i)
		var before float64
		for step, value := range grid {
			row[column] = value
			margin := forest.Margin(row)
			if step > 0 && (margin-before)*float64(direction) < 0 {
				count++
			}
			before = margin
		}
	}
	return count
}
