package funding

import (
	"context"
	"fmt"
	"regexp"
	"slices"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/mandate"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/gateway-app/matching"
	"github.com/tallystick/tallystick/gateway-app/vault"
)

// Wish is what a lender asks of its platform besides the terms that it signed. It narrows what the mandate
// allows and never widens it.
type Wish struct {
	Grades         []string         `json:"grades,omitempty" maxItems:"7" doc:"those allowed; none: all"`
	MinInstalments int              `json:"min_instalments,omitempty" minimum:"0"`
	MaxRisk        int              `json:"max_risk,omitempty" minimum:"0" maximum:"5" doc:"of products; 0: the class decides alone"`
	Limits         []matching.Limit `json:"limits,omitempty" maxItems:"32" doc:"of what is out with one borrower, or in one grade, platform or industry"`
}

// mostMinor is the largest amount that package matching takes, ¥9 billion.
const mostMinor money.Minor = 900_000_000_000

func (w Wish) check() error {
	if w.MinInstalments < 0 {
		return fault.In(fault.InvalidField, "min_instalments")
	}
	if w.MaxRisk < 0 || w.MaxRisk > matching.Risks {
		return fault.In(fault.InvalidField, "max_risk")
	}
	if i := slices.IndexFunc(w.Grades, func(g string) bool { return !(Score{g, 1}).valid() }); i >= 0 {
		return fault.In(fault.InvalidField, fmt.Sprintf("grades[%d]", i))
	}
	known := []matching.Dimension{matching.ByBorrower, matching.ByGrade, matching.ByPlatform, matching.ByIndustry}
	for i, limit := range w.Limits {
		field := fmt.Sprintf("limits[%d].", i)
		switch {
		case !slices.Contains(known, limit.By):
			return fault.In(fault.InvalidField, field+"by")
		case limit.Value != "" && !plainValue(limit):
			return fault.In(fault.InvalidField, field+"value")
		case limit.MostMinor < 0 || limit.MostMinor > mostMinor:
			return fault.In(fault.InvalidField, field+"most_minor")
		}
	}
	return nil
}

var handleForm = regexp.MustCompile(`^[0-9a-f]{32}$`)

// plainValue reports whether a limit speaks of a grade, a handle, a platform or an industry, and of nobody by name.
func plainValue(l matching.Limit) bool {
	switch l.By {
	case matching.ByGrade:
		return Score{l.Value, 1}.valid()
	case matching.ByIndustry:
		return vault.IsCode(l.Value)
	case matching.ByBorrower:
		return handleForm.MatchString(l.Value) || vault.IsFileNumber(l.Value)
	default:
		return vault.IsFileNumber(l.Value)
	}
}

// SetWish keeps what a lender wants of a mandate, in the place of what was kept before. A lender who names
// itself as the party sets its own mandates' only.
func (f *Funding) SetWish(ctx context.Context, handle, party string, w Wish) (Wish, error) {
	if err := w.check(); err != nil {
		return w, err
	}
	if _, err := f.invest(ctx, handle, party); err != nil {
		return w, err
	}
	return w, f.keep(ctx, keepWish, handle, w)
}

// Wish answers what a lender wants of a mandate.
func (f *Funding) Wish(ctx context.Context, handle, party string) (Wish, error) {
	var w Wish
	if _, err := f.invest(ctx, handle, party); err != nil {
		return w, err
	}
	err := f.kept(ctx, `SELECT wish FROM mandate_wish WHERE mandate = $1`, handle, "handle", &w)
	return w, err
}

// invest finds a mandate to invest, of a party when one is named. Another's does not exist.
func (f *Funding) invest(ctx context.Context, handle, party string) (mandate.State, error) {
	for _, pair := range f.settings.Pairs {
		found, err := f.model.Mandate(ctx, pair.Collection, handle)
		if known := fault.Of(err); known != nil && known.Code == fault.NotFound {
			continue
		}
		if err != nil {
			return found, err
		}
		if found.Purpose == mandate.Invest && (party == "" || found.Party == party) {
			return found, nil
		}
	}
	return mandate.State{}, fault.In(fault.NotFound, "handle")
}
