package boosting

import "math/rand/v2"

// stream is the second half of the generator's seed: the 64 bits of the golden ratio, the same in every run.
const stream = 0x9e3779b97f4a7c15

// dice is the one source of chance: PCG-DXSM as math/rand/v2 has it. Only its 64-bit words are used, and
// what is made of them is written here, so that a run can be repeated under any version of Go.
type dice struct{ source *rand.PCG }

func newDice(seed uint64) *dice { return &dice{source: rand.NewPCG(seed, stream)} }

// fraction returns a multiple of 2^-53 from 0 up to, never at, 1.
func (d *dice) fraction() float64 { return float64(d.source.Uint64()>>11) * 0x1p-53 }

// draw marks so many of the numbers below count, each set of them being equally likely: selection sampling,
// Knuth's algorithm S. It rolls once a number, and not at all where nothing is left to chance.
func (d *dice) draw(count, wanted int) []bool {
	drawn := make([]bool, count)
	if wanted >= count {
		for i := range drawn {
			drawn[i] = true
		}
		return drawn
	}
	for i := 0; i < count && wanted > 0; i++ {
		if d.fraction()*float64(count-i) < float64(wanted) {
			drawn[i] = true
			wanted--
		}
	}
	return drawn
}

// portion is a share of a count, rounded down but never none.
func portion(count int, share float64) int { return max(1, int(share*float64(count))) }
