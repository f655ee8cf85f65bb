package submission

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/disclosure"
	"github.com/tallystick/tallystick/gateway-app/projection"
)

// FewBorrowers is why the figures of a platform are shown to nobody outside: they would tell what single people owe.
const FewBorrowers = "few_borrowers"

// LeastBorrowers is how many borrowers owe a platform whose figures everybody may see, when nobody has said otherwise.
const LeastBorrowers = 5

// borrowersCurrent is the indicator that counts those who owe.
const borrowersCurrent = "current_borrowers"

// OtherText stands in public for what a platform has written where a name belongs.
const OtherText = "other"

// What is listed of one platform: twenty years of months, and the days of the last month.
const (
	mostMonths = 240
	mostDays   = 31
)

// Public is what everybody may see of a period: what the platform stated, of a month that is over or a day that was closed.
func (p *Platform) Public(ctx context.Context, platform, period string) (Publication, error) {
	if err := p.public(ctx, p.ledger, platform, period); err != nil {
		return Publication{}, err
	}
	found, err := p.Publication(ctx, platform, period)
	if err != nil {
		return Publication{}, err
	}
	formulas, err := p.ledger.formulasOf(ctx, found.Disclosure)
	if err != nil {
		return Publication{}, err
	}
	found.Shown, found.Unknown = called(found.Disclosure, formulas)
	return found.narrowed(p.settings.LeastBorrowers), nil
}

// Public is what everybody may see of a period: what the regulator computes of what the platform stated, of a month that
// is over or a day that was closed. What was not stated, it lists for its own staff alone.
func (r *Regulator) Public(ctx context.Context, platform, period string) (Publication, error) {
	if err := r.public(ctx, r.ledger, platform, period); err != nil {
		return Publication{}, err
	}
	found, err := r.Publication(ctx, platform, period)
	if err != nil {
		return Publication{}, err
	}
	found.Differences, found.Unknown = publicDifferences(found.Differences)
	found.Shown = found.Disclosure
	return found.narrowed(r.settings.LeastBorrowers), nil
}

// public refuses a period that was not stated, or is not over.
func (a *archive) public(ctx context.Context, l Ledger, platform, period string) error {
	parsed, err := disclosure.ParsePeriod(period)
	if err != nil {
		return err
	}
	latest, err := a.Last(ctx, platform, Disclosure, parsed.String())
	if err != nil {
		return err
	}
	if ended, err := l.ended(ctx, platform, parsed); err != nil || latest.Version == 0 || !ended {
		return errors.Join(err, fault.In(fault.NotFound, "period"))
	}
	return nil
}

// ended reports whether all figures of a period are final: there is a close in it, and none can follow.
func (l Ledger) ended(ctx context.Context, platform string, period disclosure.Period) (bool, error) {
	closings, err := l.LastClosings(ctx, platform, period)
	if err != nil || len(closings) == 0 || period.Day() {
		return len(closings) > 0, err
	}
	for _, c := range closings {
		day, err := l.books.Day(ctx, c.Custodian)
		if err != nil || day.State.Date <= period.To {
			return false, err
		}
	}
	return true, nil
}

// formulasOf are those of the pack that a disclosure names by its digest; none where nobody has such a pack.
func (l Ledger) formulasOf(ctx context.Context, d disclosure.Disclosure) ([]regime.Formula, error) {
	for r, err := range projection.All(ctx, l.books.Regimes) {
		if err != nil {
			return nil, err
		}
		if r.State.ID != d.Regime || r.State.Reporting == nil {
			continue
		}
		if digest, err := wire.PackDigest(r.State); err != nil || digest != d.RegimeDigest {
			continue
		}
		return r.State.Reporting.Formulas, nil
	}
	return nil, nil
}

// called is a stated disclosure with the words and sources of the formulas, and without the figures that none of them
// makes, which are counted: what a platform writes itself is no name of a figure.
func called(d disclosure.Disclosure, formulas []regime.Formula) (disclosure.Disclosure, int) {
	unknown := 0
	var known []disclosure.Indicator
	for _, i := range d.Indicators {
		at := slices.IndexFunc(formulas, func(f regime.Formula) bool { return f.ID == i.ID && f.Unit == i.Unit })
		if at < 0 {
			unknown++
			continue
		}
		i.Words, i.Source = formulas[at].Words, formulas[at].Source
		known = append(known, i)
	}
	d.Indicators = known
	return d, unknown
}

// publicDifferences are differences without what a platform wrote itself, and how many figures it stated that no formula
// makes.
func publicDifferences(list []disclosure.Difference) (shown []disclosure.Difference, unknown int) {
	for _, d := range list {
		switch {
		case d.In == disclosure.InIndicator && d.Computed == disclosure.Absent:
			unknown++
			continue
		case d.In == disclosure.InFormula:
			version, _, _ := strings.Cut(d.Stated, ",")
			if d.Stated, d.Computed = version, strconv.Itoa(d.Version); d.Stated == d.Computed {
				d.Stated = OtherText
			}
		case d.In == disclosure.InHeading:
			d.Stated = OtherText
		}
		shown = append(shown, d)
	}
	return shown, unknown
}

// narrowed keeps the figures of a platform with few borrowers back, and the digests with them: whoever has one finds a few
// small numbers by trying. A platform whose borrowers nobody has counted may have few.
func (p Publication) narrowed(least int64) Publication {
	current, _ := p.Disclosure.Indicator(borrowersCurrent)
	if least <= 0 || current.Value != nil && *current.Value >= least {
		return p
	}
	p.Withheld, p.Least = FewBorrowers, least
	p.Disclosure.Indicators, p.Disclosure.FeeStandards = []disclosure.Indicator{}, []disclosure.FeeStandard{}
	p.Shown, p.Differences = p.Disclosure, nil
	p.Versions = slices.Clone(p.Versions)
	for i := range p.Versions {
		p.Versions[i].Digest = ""
	}
	return p
}

// FigureText writes a figure of a difference for people: 12000.00 for money, a percentage for a share.
func FigureText(unit, text string) string {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return text
	}
	switch unit {
	case regime.UnitMinor:
		return string(money.CNY) + " " + money.CNY.Format(money.Minor(n))
	case regime.UnitPPM:
		return strconv.FormatFloat(float64(n)/10_000, 'f', 4, 64) + " %"
	}
	return text
}

// shelf lists the periods that Public answers of a platform: months and days apart, each the latest first.
func (a *archive) shelf(ctx context.Context, l Ledger, platform string) (Shelf, error) {
	shelf := Shelf{Platform: platform}
	for _, kind := range []struct{ length, most int }{{len("2016-01"), mostMonths}, {len("2016-01-29"), mostDays}} {
		periods, err := a.stated(ctx, platform, kind.length, kind.most)
		if err != nil {
			return shelf, err
		}
		for _, period := range periods {
			parsed, err := disclosure.ParsePeriod(period)
			if err != nil {
				return shelf, err
			}
			ended, err := l.ended(ctx, platform, parsed)
			if err != nil {
				return shelf, err
			}
			if ended {
				shelf.Periods = append(shelf.Periods, period)
			}
		}
	}
	return shelf, nil
}

// stated lists the periods of one length that a platform stated, the latest first.
func (a *archive) stated(ctx context.Context, platform string, length, most int) ([]string, error) {
	const query = `SELECT DISTINCT period FROM submission WHERE platform = $1 AND kind = $2 AND LENGTH(period) = $3 ORDER BY period DESC LIMIT $4`
	rows, err := a.db.QueryContext(ctx, query, platform, Disclosure, length, most)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var periods []string
	for rows.Next() {
		var period string
		if err := rows.Scan(&period); err != nil {
			return nil, err
		}
		periods = append(periods, period)
	}
	return periods, rows.Err()
}
