package reporting

import (
	"context"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/gateway-app/disclosure"
	"github.com/tallystick/tallystick/gateway-app/portfolio"
	"github.com/tallystick/tallystick/gateway-app/projection"
	"github.com/tallystick/tallystick/gateway-app/report"
	"github.com/tallystick/tallystick/gateway-app/submission"
)

// Closings are what disclosures are computed from: *projection.Model.
type Closings interface {
	Rulebook
	submission.Closer
}

// Statements are what platforms handed in to the regulator: *submission.Regulator. Only its app has them.
type Statements interface {
	Publication(ctx context.Context, platform, period string) (submission.Publication, error)
	Last(ctx context.Context, platform, kind, period string) (submission.Record, error)
}

// Disclosure reports every indicator of a platform for a month or a day, with the fee standards, as this member's own
// read model has them: whoever asks two members compares two computations. At the regulator it says beside them
// whether the platform stated the same.
func Disclosure(m Member, books Closings, statements Statements) Report {
	platform := platformParameter
	platform.Words = report.Words{EN: "The platform", ZH: "平台"}
	platform.Required = m.Kind != party.Platform
	return Report{
		ID: "disclosure", Words: report.Words{EN: "Platform disclosure", ZH: "平台信息披露"},
		Members: []party.MemberKind{party.Regulator, party.Platform, party.Custodian},
		Parameters: []Parameter{
			platform,
			{Name: "period", Kind: KindPeriod, Required: true, Words: report.Words{EN: "A month such as 2016-01, or a day", ZH: "月份（如 2016-01）或某日"}},
		},
		Make: func(ctx context.Context, q Query) (report.Document, error) {
			name, err := m.platform(q)
			if err != nil {
				return report.Document{}, err
			}
			if statements != nil {
				p, err := statements.Publication(ctx, name, q.Text("period"))
				return p.Document(), err
			}
			period, _ := q.Period("period")
			d, err := m.disclosed(ctx, books, name, period)
			if err != nil {
				return report.Document{}, err
			}
			return submission.Publication{Member: m.ID, Computed: true, Disclosure: d}.Document(), nil
		},
	}
}

// disclosed computes a disclosure from the closings that the read model keeps. A custodian's app computes its own part.
func (m Member) disclosed(ctx context.Context, books Closings, platform string, period disclosure.Period) (disclosure.Disclosure, error) {
	closings, err := m.closings(ctx, books, platform, period)
	if err != nil {
		return disclosure.Disclosure{}, err
	}
	if len(closings) == 0 {
		return disclosure.Disclosure{}, fault.In(fault.NotFound, "period")
	}
	pack, err := submission.GoverningPack(ctx, books, closings)
	if err != nil {
		return disclosure.Disclosure{}, err
	}
	standings := make([]portfolio.Standing, len(closings))
	for i, c := range closings {
		standings[i] = c.Standing
	}
	return disclosure.Compute(standings, period, pack)
}

// closings are those that a platform's disclosure of a period is made of.
func (m Member) closings(ctx context.Context, books Closings, platform string, period disclosure.Period) ([]projection.Closing, error) {
	return submission.LastClosings(ctx, books, m.Pairs, platform, period)
}
