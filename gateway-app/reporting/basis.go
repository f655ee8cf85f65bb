package reporting

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/core/split"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/projection"
	"github.com/tallystick/tallystick/gateway-app/report"
)

// Member is whose app reports.
type Member struct {
	ID    string
	Kind  party.MemberKind
	Pairs []projection.Pair // a platform and a custodian whose loans the member holds
}

// platform answers the platform that was asked for, or "" where all were. A platform's own app reports of itself alone.
func (m Member) platform(q Query) (string, error) {
	asked := q.Text(platformParameter.Name)
	if asked == "" {
		if m.Kind == party.Platform {
			return m.ID, nil
		}
		return "", nil
	}
	if !slices.ContainsFunc(m.Pairs, func(p projection.Pair) bool { return p.Platform == asked }) {
		return "", fault.In(fault.NotFound, platformParameter.Name)
	}
	return asked, nil
}

// Rulebook is what reports need of the read model besides their own figures: *projection.Model.
type Rulebook interface {
	Regimes(ctx context.Context, page projection.Page) (projection.List[projection.Regime], error)
	Day(ctx context.Context, custodian string) (projection.Held[custody.Day], error)
	Currencies(ctx context.Context, collection string) ([]money.Currency, error)
}

// days are the business dates of the member's custodians, and the latest of them.
func (m Member) days(ctx context.Context, from Rulebook) (days map[string]calendar.Date, latest calendar.Date, err error) {
	days = map[string]calendar.Date{}
	for _, pair := range m.Pairs {
		if _, known := days[pair.Custodian]; known {
			continue
		}
		day, err := from.Day(ctx, pair.Custodian)
		if err != nil && !errors.Is(err, fault.New(fault.NotFound)) {
			return nil, 0, err
		}
		days[pair.Custodian], latest = day.State.Date, max(latest, day.State.Date)
	}
	return days, latest, nil
}

// basis is what every report stands on: the pack for new loans that counts, the business dates, and the currency.
type basis struct {
	packs    []regime.Pack // that are adopted
	pack     regime.Pack   // for new loans; the zero pack where there is none yet
	days     map[string]calendar.Date
	latest   calendar.Date
	currency money.Currency // of every amount
}

// newBasis reads it for a platform, or for all that the member sees, and a pack that is named, or the one in force.
func newBasis(ctx context.Context, m Member, books Rulebook, platform, named string) (basis, error) {
	var b basis
	var err error
	if b.packs, err = projection.AdoptedPacks(ctx, books.Regimes); err != nil {
		return b, err
	}
	if b.days, b.latest, err = m.days(ctx, books); err != nil {
		return b, err
	}
	if b.pack, err = lendingPack(b.packs, b.latest, named); err != nil {
		return b, err
	}
	b.currency, err = m.currency(ctx, books, platform, b.pack.Rules.Currency)
	return b, err
}

// currency is that of the terms of all loans of a platform, or of all that the member sees. Amounts of two are in no
// table: that is refused. Where there is no loan yet, it is that of the pack for new loans.
func (m Member) currency(ctx context.Context, books Rulebook, platform string, agreed money.Currency) (money.Currency, error) {
	var found money.Currency
	for _, pair := range m.Pairs {
		if platform != "" && pair.Platform != platform {
			continue
		}
		list, err := books.Currencies(ctx, wire.PairCollection(pair.Platform, pair.Custodian))
		if err != nil {
			return "", err
		}
		for _, c := range list {
			if found != "" && c != found {
				return "", fault.In(fault.CurrencyMismatch, platformParameter.Name)
			}
			found = c
		}
	}
	if found == "" && agreed.Valid() {
		found = agreed
	}
	return cmp.Or(found, money.CNY), nil // a document names a currency also where there is neither loan nor pack
}

// rule is a rule about movements or loans of the adopted packs, in the words of the pack that took effect last.
func (b basis) rule(id string) report.Value {
	var words regime.Words
	var since calendar.Date
	for _, p := range b.packs {
		if p.Reporting == nil || p.EffectiveFrom < since {
			continue
		}
		for _, a := range p.Reporting.Alerts {
			if a.ID == id {
				words, since = a.Words, p.EffectiveFrom
			}
		}
		for _, w := range p.Reporting.Warnings {
			if w.ID == id {
				words, since = w.Words, p.EffectiveFrom
			}
		}
	}
	return report.Coded(id, words)
}

// lendingPack answers the pack for new loans that counts on a day: of those in force the one that took effect last, or
// the one that is named. Where there is none yet it is the zero pack.
func lendingPack(list []regime.Pack, on calendar.Date, named string) (regime.Pack, error) {
	var found regime.Pack
	for _, p := range list {
		retired := !p.Until.IsZero() && on > p.Until
		switch {
		case p.AppliesTo != regime.NewLoans:
		case named != "":
			if p.ID == named {
				return p, nil
			}
		case p.EffectiveFrom > on || retired:
		case found.ID == "" || p.EffectiveFrom > found.EffectiveFrom || p.EffectiveFrom == found.EffectiveFrom && p.ID > found.ID:
			found = p
		}
	}
	if named != "" {
		return found, fault.In(fault.NotFound, "regime")
	}
	return found, nil
}

// whole is one, in millionths.
const whole = 1_000_000

// shares divides one among weights, so that the parts add up to it. Of nothing there are no shares.
func shares(weights []int64) []report.Value {
	values := make([]report.Value, len(weights))
	parts, err := split.Largest(whole, weights)
	if err != nil {
		return values
	}
	for i, part := range parts {
		values[i] = report.PPM(money.PPM(part))
	}
	return values
}

// ratio is a share of a whole, rounded half to even; nothing of nothing.
func ratio(part, of int64) report.Value {
	if of == 0 {
		return report.None()
	}
	ppm, err := money.MulDiv(money.Minor(part), whole, of, money.HalfEven)
	if err != nil {
		return report.None()
	}
	return report.PPM(money.PPM(ppm))
}
