package submission

import (
	"errors"
	"sync"

	"github.com/tallystick/tallystick/core/fault"
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

// checkForm refuses what has not the form of its kind: another platform's, another period's, a line that cannot be.
func checkForm(platform, kind, period, mediaType string, content []byte) (disclosure.Period, error) {
	parsed, err := disclosure.ParsePeriod(period)
	switch {
	case err != nil:
		return parsed, err
	case len(content) == 0:
		return parsed, fault.In(fault.MissingField, "content")
	case len(content) > LongestContent:
		return parsed, fault.In(fault.BatchTooLarge, "content")
	case kind == Disclosure:
		return parsed, checkDisclosure(platform, parsed, mediaType, content)
	case kind == LoanBook:
		return parsed, checkLoanBook(platform, parsed, mediaType, content)
	}
	return parsed, fault.In(fault.InvalidField, "kind")
}

func checkDisclosure(platform string, period disclosure.Period, mediaType string, content []byte) error {
	if mediaType != JSON {
		return fault.In(fault.InvalidField, "media_type")
	}
	stated, err := disclosure.Parse(content)
	switch {
	case errors.Is(err, disclosure.ErrForm):
		return fault.In(fault.MalformedRequest, "content")
	case err != nil:
		return err
	case stated.Platform != platform:
		return fault.In(fault.InvalidField, "content.platform")
	case stated.Period != period:
		return fault.In(fault.InvalidField, "content.period")
	}
	return nil
}

func checkLoanBook(platform string, period disclosure.Period, mediaType string, content []byte) error {
	if !period.Day() {
		return fault.In(fault.InvalidField, "period") // a book is of a day
	}
	if mediaType != JSON && mediaType != CSV {
		return fault.In(fault.InvalidField, "media_type")
	}
	for line, err := range Lines(mediaType, content) {
		if err != nil {
			return err
		}
		if _, of, _, _ := wire.SplitLoanID(line.Loan); of != platform {
			return fault.In(fault.InvalidField, "content.loan")
		}
	}
	return nil
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
