package scorecard

import (
	"slices"

	"github.com/tallystick/tallystick/gateway-app/risk/dataset"
	"github.com/tallystick/tallystick/gateway-app/risk/logistic"
)

// Bin is a part of a variable's values. A number's bin holds what is above the bin before it, up to and with
// Most, the last one everything above; a category's bin holds Levels.
type Bin struct {
	Most   *float64 `json:"most,omitempty"`
	Levels []string `json:"levels,omitempty"`
	Good   int      `json:"good"`
	Bad    int      `json:"bad"`
	WoE    float64  `json:"woe"` // above zero is better than the whole
	Points int      `json:"points"`
}

// Variable is one field of the scorecard. Rest takes the levels too rare for a bin, and those never seen.
type Variable struct {
	Field            string       `json:"field"`
	Kind             dataset.Kind `json:"kind"`
	Weight           float64      `json:"weight"`
	WeightError      float64      `json:"weight_error"`
	InformationValue float64      `json:"information_value"`
	Bins             []Bin        `json:"bins"`
	Missing          Bin          `json:"missing"`
	Rest             *Bin         `json:"rest,omitempty"`
	MeanPoints       float64      `json:"mean_points"` // over the rows trained on
	BestPoints       int          `json:"best_points"` // of the bins that rows fell into
}

// all lists the bins with missing and rest, so that what is done to one is done to each.
func (v *Variable) all() []*Bin {
	var bins []*Bin
	for i := range v.Bins {
		bins = append(bins, &v.Bins[i])
	}
	bins = append(bins, &v.Missing)
	if v.Rest != nil {
		bins = append(bins, v.Rest)
	}
	return bins
}

// numberBin is the place of the bin that holds a number.
func (v *Variable) numberBin(value float64) int {
	for i := range v.Bins[:len(v.Bins)-1] {
		if value <= *v.Bins[i].Most {
			return i
		}
	}
	return len(v.Bins) - 1
}

// levelBin is the place of the bin that lists a level, or -1 for the rest.
func (v *Variable) levelBin(level string) int {
	for i := range v.Bins {
		if slices.Contains(v.Bins[i].Levels, level) {
			return i
		}
	}
	return -1
}

// find is the bin of a value.
func (v *Variable) find(value dataset.Value) *Bin {
	switch {
	case value.Missing():
		return &v.Missing
	case v.Kind == dataset.Number:
		return &v.Bins[v.numberBin(value.Number)]
	}
	if at := v.levelBin(value.Word); at >= 0 {
		return &v.Bins[at]
	}
	return v.Rest
}

// weigh computes evidence and information value. Smoothing adds that many rows of the whole's odds to each bin:
// an empty bin says nothing, and one without bad rows does not say everything.
func (v *Variable) weigh(good, bad int, smoothing float64) {
	share := float64(good) / float64(good+bad)
	whole := logistic.Log(float64(good) / float64(bad))
	v.InformationValue = 0
	for _, b := range v.all() {
		if b.Good+b.Bad == 0 {
			b.WoE = 0
			continue
		}
		g := float64(b.Good) + float64(smoothing*share)
		w := float64(b.Bad) + float64(smoothing*(1-share))
		b.WoE = logistic.Log(g/w) - whole
		v.InformationValue += float64((float64(b.Good)/float64(good) - float64(b.Bad)/float64(bad)) * b.WoE)
	}
}
