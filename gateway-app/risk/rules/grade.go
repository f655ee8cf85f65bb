package rules

import (
	"fmt"
	"math"

	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/regime"
)

// measured is points or probability, whichever the set measures by.
func (s *Set) measured(points int, probabilityPPM int64) int64 {
	if s.file.Measure == Points {
		return int64(points)
	}
	return probabilityPPM
}

// Grade is the best grade whose bound the score is not worse than; what is worse than all bounds is in the last.
func (s *Set) Grade(points int, probabilityPPM int64) Grade {
	value := s.measured(points, probabilityPPM)
	for _, g := range s.file.Grades {
		if !s.file.Measure.worse(value, g.Bound) {
			return g
		}
	}
	return s.file.Grades[len(s.file.Grades)-1]
}

// Operate is the outcome by the operating points alone.
func (s *Set) Operate(points int, probabilityPPM int64) Outcome {
	value := s.measured(points, probabilityPPM)
	switch {
	case s.file.Measure.worse(value, s.file.Operating.RefuseBeyond):
		return Refuse
	case s.file.Measure.worse(value, s.file.Operating.ReferBeyond):
		return Refer
	}
	return Approve
}

// ppmOfOne is one whole in parts per million.
const ppmOfOne = 1_000_000

// Limit is the most that is lent at a grade: the grade's own limit and its share of a year's income, whichever is
// less, rounded down. An income that is not known counts as little.
func (s *Set) Limit(g Grade, income float64, known bool) money.Minor {
	if !known || income < 0 {
		return min(g.LimitMinor, s.file.Income.UnknownLimitMinor)
	}
	share := math.Floor(float64(income*float64(s.file.Income.MinorPerUnit)) * float64(g.IncomePPM) / ppmOfOne)
	if share >= float64(g.LimitMinor) {
		return g.LimitMinor
	}
	return money.Minor(share)
}

// CheckRegime refuses a set that would price or lend beyond what a regime pack allows.
func (s *Set) CheckRegime(r regime.Rules) error {
	if s.file.RateCapPPM > r.RateCapPPM {
		return fmt.Errorf("rule set %s caps rates at %d ppm, the regime at %d: lower rate_cap_ppm and the grades' bands",
			s.file.Name, s.file.RateCapPPM, r.RateCapPPM)
	}
	for _, g := range s.file.Grades {
		if g.LimitMinor > r.MaxPrincipal {
			return fmt.Errorf("rule set %s, grade %s: the limit of %d is above the regime's largest principal of %d",
				s.file.Name, g.Grade, g.LimitMinor, r.MaxPrincipal)
		}
	}
	return nil
}
