package boosting

import "testing"

// BenchmarkTraining grows 300 trees of depth 5 on the 30,000 rows of the Taiwan data.
func BenchmarkTraining(b *testing.B) {
	s := taiwan(b)
	for b.Loop() {
		train(b, s, s.rows(), benchOptions())
	}
}

func BenchmarkProbability(b *testing.B) {
	s := taiwan(b)
	forest := train(b, s, s.rows(), benchOptions())
	rows := someRows(s)
	i := 0
	for b.Loop() {
		forest.Probability(rows[i%len(rows)])
		i++
	}
}

func BenchmarkContributions(b *testing.B) {
	s := taiwan(b)
	forest := train(b, s, s.rows(), benchOptions())
	rows := someRows(s)
	i := 0
	for b.Loop() {
		forest.Contributions(rows[i%len(rows)])
		i++
	}
}

func benchOptions() Options {
	options := taiwanOptions()
	options.Rounds = 300
	return options
}

// someRows are a thousand rows, so that no processor learns one by heart.
func someRows(s sample) [][]float64 {
	rows := make([][]float64, 1000)
	for i := range rows {
		rows[i] = s.row(i * 29)
	}
	return rows
}
