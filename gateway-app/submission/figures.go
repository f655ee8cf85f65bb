package submission

import (
	"sync"

	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/disclosure"
	"github.com/tallystick/tallystick/gateway-app/portfolio"
)

// figures computes disclosures. It keeps the formulas of the pack that it compiled last: months in a row have one.
type figures struct {
	mu       sync.Mutex
	formulas *disclosure.Formulas
}

// compute is the disclosure of a period from the closings of its last business days.
func (f *figures) compute(closings []Closing, period disclosure.Period, pack regime.Pack) (disclosure.Disclosure, error) {
	formulas, err := f.of(pack)
	if err != nil {
		return disclosure.Disclosure{}, err
	}
	standings := make([]portfolio.Standing, len(closings))
	for i, c := range closings {
		standings[i] = c.Standing
	}
	return formulas.Compute(standings, period)
}

func (f *figures) of(pack regime.Pack) (*disclosure.Formulas, error) {
	digest, err := wire.PackDigest(pack)
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.formulas != nil && f.formulas.Digest() == digest {
		return f.formulas, nil
	}
	compiled, err := disclosure.Compile(pack)
	if err == nil {
		f.formulas = compiled
	}
	return compiled, err
}

// compareDisclosures holds a stated disclosure against a computed one, and against the rules of validation.
func compareDisclosures(stated, computed disclosure.Disclosure, pack regime.Pack, v *Verdict) {
	v.Compared = int64(len(computed.Indicators))
	for _, d := range disclosure.Compare(stated, computed) {
		f := Finding{Rule: differs, Version: d.Version, Indicator: d.ID, Stated: d.Stated, Computed: d.Computed}
		if d.In != disclosure.InIndicator {
			f = Finding{Rule: d.In, Field: d.ID, Stated: d.Stated, Computed: d.Computed}
		}
		if d.In == disclosure.InFormula {
			f.Indicator, f.Field = d.ID, ""
		}
		v.add(f)
	}
	values := make(map[string]any, len(computed.Indicators))
	for _, indicator := range computed.Indicators {
		values[indicator.ID] = nil
		if said, ok := stated.Indicator(indicator.ID); ok && said.Value != nil {
			values[indicator.ID] = *said.Value
		}
	}
	compileRules(pack, Disclosure).whole(values, v)
}
