package evaluation

import (
	"fmt"
	"math"
	"slices"

	"github.com/tallystick/tallystick/gateway-app/risk/dataset"
	"github.com/tallystick/tallystick/gateway-app/risk/logistic"
)

// Stability is the reading of a population stability index.
type Stability string

// The readings: below .1, below .25, and from there on. Of too few rows of today nothing is read.
const (
	Stable     Stability = "stable"
	Shifting   Stability = "shifting"
	Shifted    Stability = "shifted"
	TooFewRows Stability = "too few rows to say"
)

// LeastRows is of how many rows of today drift is read: with ten parts, fewer lie apart by chance alone.
const LeastRows = 100

// Reading is what the trade reads from an index.
func Reading(psi float64) Stability {
	switch {
	case psi < .1:
		return Stable
	case psi < .25:
		return Shifting
	}
	return Shifted
}

// leastShare stands in for an empty bin, whose logarithm does not exist.
const leastShare = 1e-4

// PSI compares the counts of the same bins then and now.
func PSI(then, now []int) (float64, error) {
	if len(then) != len(now) {
		return 0, fmt.Errorf("compare populations: %d bins then, %d now", len(then), len(now))
	}
	totalThen, totalNow := 0, 0
	for i := range then {
		totalThen, totalNow = totalThen+then[i], totalNow+now[i]
	}
	if totalThen == 0 || totalNow == 0 {
		return 0, fmt.Errorf("compare populations: %d rows then, %d now; both need rows", totalThen, totalNow)
	}
	psi := 0.0
	for i := range then {
		a, b := share(then[i], totalThen), share(now[i], totalNow)
		if then[i] == 0 && now[i] == 0 {
			continue
		}
		a, b = max(a, leastShare), max(b, leastShare)
		psi += float64((b - a) * logistic.Log(b/a))
	}
	return psi, nil
}

// Profile is how a field, or the score, was distributed when a model was trained. It is kept beside the model,
// so that drift can be measured when the training figures are gone. The counts are of the missing, of the parts
// between cuts or the levels in their order, and, for levels, of all others.
type Profile struct {
	Field  string    `json:"field"`
	Cuts   []float64 `json:"cuts,omitempty"` // a part holds what is at or below its cut
	Levels []string  `json:"levels,omitempty"`
	Counts []int     `json:"counts"`
}

// Drift is how far a field has moved.
type Drift struct {
	Field   string    `json:"field"`
	PSI     float64   `json:"psi"`
	Reading Stability `json:"reading"`
	Then    []int     `json:"then"`
	Now     []int     `json:"now"`
}

const profileParts = 10

// Profiles describes fields on rows of a table.
func Profiles(t *dataset.Table, rows []int, fields []string) ([]Profile, error) {
	var profiles []Profile
	for _, name := range fields {
		if words, err := t.Words(name); err == nil {
			p := Profile{Field: name, Levels: levelsOf(words, rows)}
			p.Counts = p.countWords(words, rows)
			profiles = append(profiles, p)
			continue
		}
		numbers, err := t.Numbers(name)
		if err != nil {
			return nil, fmt.Errorf("describe fields: %w", err)
		}
		profiles = append(profiles, profileNumbers(name, numbers, rows))
	}
	return profiles, nil
}

// ProfileScores describes scores or probabilities; drift of them is measured by Profile.Scores.
func ProfileScores(name string, scores []float64) Profile {
	rows := make([]int, len(scores))
	for i := range rows {
		rows[i] = i
	}
	return profileNumbers(name, scores, rows)
}

func profileNumbers(name string, numbers []float64, rows []int) Profile {
	var present []float64
	for _, row := range rows {
		if !math.IsNaN(numbers[row]) {
			present = append(present, numbers[row])
		}
	}
	slices.Sort(present)
	p := Profile{Field: name}
	for part := 1; part < profileParts && len(present) > 0; part++ {
		cut := present[len(present)*part/profileParts]
		if len(p.Cuts) == 0 || cut > p.Cuts[len(p.Cuts)-1] {
			p.Cuts = append(p.Cuts, cut)
		}
	}
	p.Counts = p.countNumbers(numbers, rows)
	return p
}

func levelsOf(words []string, rows []int) []string {
	seen := map[string]bool{"": true}
	var levels []string
	for _, row := range rows {
		if !seen[words[row]] {
			seen[words[row]] = true
			levels = append(levels, words[row])
		}
	}
	slices.Sort(levels)
	return levels
}

func (p Profile) countNumbers(numbers []float64, rows []int) []int {
	counts := make([]int, len(p.Cuts)+2)
	for _, row := range rows {
		if math.IsNaN(numbers[row]) {
			counts[0]++
			continue
		}
		at, _ := slices.BinarySearch(p.Cuts, numbers[row])
		counts[at+1]++
	}
	return counts
}

func (p Profile) countWords(words []string, rows []int) []int {
	counts := make([]int, len(p.Levels)+2)
	for _, row := range rows {
		at, known := slices.BinarySearch(p.Levels, words[row])
		switch {
		case words[row] == "":
			counts[0]++
		case known:
			counts[at+1]++
		default:
			counts[len(counts)-1]++
		}
	}
	return counts
}

// Compare measures how far the field has moved on rows of a table of today.
func (p Profile) Compare(t *dataset.Table, rows []int) (Drift, error) {
	if p.Levels != nil {
		words, err := t.Words(p.Field)
		if err != nil {
			return Drift{}, fmt.Errorf("measure drift: %w", err)
		}
		return p.drift(p.countWords(words, rows))
	}
	numbers, err := t.Numbers(p.Field)
	if err != nil {
		return Drift{}, fmt.Errorf("measure drift: %w", err)
	}
	return p.drift(p.countNumbers(numbers, rows))
}

// Scores measures how far scores or probabilities have moved.
func (p Profile) Scores(scores []float64) (Drift, error) {
	rows := make([]int, len(scores))
	for i := range rows {
		rows[i] = i
	}
	return p.drift(p.countNumbers(scores, rows))
}

func (p Profile) drift(now []int) (Drift, error) {
	psi, err := PSI(p.Counts, now)
	if err != nil {
		return Drift{}, fmt.Errorf("measure drift of %s: %w", p.Field, err)
	}
	d := Drift{Field: p.Field, PSI: psi, Reading: Reading(psi), Then: p.Counts, Now: now}
	if sum(now) < LeastRows {
		d.Reading = TooFewRows
	}
	return d, nil
}

func sum(counts []int) int {
	total := 0
	for _, count := range counts {
		total += count
	}
	return total
}
