package submission

import (
	"context"
	"errors"
	"fmt"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/gateway-app/disclosure"
	"github.com/tallystick/tallystick/gateway-app/projection"
)

// Standing is how a platform stands with a month that it must state.
type Standing string

// How a platform may stand.
const (
	InTime  Standing = "in_time" // the first version came before the deadline was over
	Late    Standing = "late"    // it came afterwards
	Missing Standing = "missing" // the deadline is over, and nothing came
	Due     Standing = "due"     // the deadline is not over
)

// Standings lists every one.
func Standings() []Standing { return []Standing{InTime, Late, Missing, Due} }

// Duty is a month of which a platform must state its disclosure. All days are the ledger's business days: no machine's
// clock makes a platform late.
type Duty struct {
	Platform    string        `json:"platform"`
	Kind        string        `json:"kind"`
	Period      string        `json:"period"`
	Standing    Standing      `json:"standing"`
	DueOn       calendar.Date `json:"due_on" doc:"The last day on which a first version is in time"`
	CameOn      calendar.Date `json:"came_on,omitzero" doc:"The business day on which the first version of the whole month came"`
	LateDays    int64         `json:"late_days,omitempty" doc:"Working days after the deadline: until it came, or until the business day"`
	BusinessDay calendar.Date `json:"business_day" doc:"The platform's custodians': the one furthest behind"`
	Regime      string        `json:"regime" doc:"The reporting pack in force at the month's last close"`
	Rule        string        `json:"rule" doc:"Of that pack: which rule sets the deadline"`
	RuleVersion int           `json:"rule_version"`
}

// Duties are the months that platforms had or have to state, from a platform's first close up to the current business day:
// of one platform, or of all where none is named, each in the order of its months and at most the last 240. A month without
// a close, and one whose pack sets no deadline or has no formulas, is none.
func (r *Regulator) Duties(ctx context.Context, platform string) ([]Duty, error) {
	packs, err := r.ledger.packs(ctx)
	if err != nil {
		return nil, err
	}
	var list []Duty
	for _, name := range r.ledger.platforms() {
		if platform != "" && name != platform {
			continue
		}
		duties, err := r.duties(ctx, name, packs)
		if err != nil {
			return nil, fmt.Errorf("look for the months that %s must state: %w", name, err)
		}
		list = append(list, duties...)
	}
	return list, nil
}

func (r *Regulator) duties(ctx context.Context, platform string, packs keptPacks) ([]Duty, error) {
	today, err := r.ledger.businessDay(ctx, platform)
	if err != nil || today.IsZero() {
		return nil, err
	}
	first, err := r.ledger.firstClose(ctx, platform)
	if err != nil || first.IsZero() {
		return nil, err
	}
	came, err := r.arrivals(ctx, platform)
	if err != nil {
		return nil, err
	}
	var list []Duty
	from := max(first, today.AddMonths(1-mostMonths))
	for month := disclosure.MonthOf(from); month.From <= today; month = month.Next() {
		closings, err := r.ledger.LastClosings(ctx, platform, month)
		if err != nil {
			return nil, err
		}
		due := Duty{Platform: platform, Kind: Disclosure, Period: month.String(), BusinessDay: today}
		if set, err := packs.set(ctx, &due, month, closings); err != nil || !set {
			if err != nil {
				return nil, err
			}
			continue
		}
		if due.CameOn, err = r.cameOn(ctx, month, closings, came[due.Period]); err != nil {
			return nil, err
		}
		list = append(list, due.judged(month, packs.holidays))
	}
	return list, nil
}

// judged says how the platform stands.
func (d Duty) judged(month disclosure.Period, h calendar.Holidays) Duty {
	until := d.CameOn
	switch {
	case d.BusinessDay <= month.To: // what came already may not be the whole month
		d.CameOn, d.Standing = 0, Due
		return d
	case !until.IsZero() && until <= d.DueOn:
		d.Standing = InTime
		return d
	case !until.IsZero():
		d.Standing = Late
	case d.BusinessDay <= d.DueOn:
		d.Standing = Due
		return d
	default:
		d.Standing, until = Missing, d.BusinessDay
	}
	d.LateDays = workingDaysAfter(d.DueOn, until, h)
	return d
}

// arrival is a version and the business day on which it came.
type arrival struct {
	name Name
	on   calendar.Date
}

// arrivals are the versions of a platform's months, each month's in their order.
func (r *Regulator) arrivals(ctx context.Context, platform string) (map[string][]arrival, error) {
	const query = `SELECT period, version, came_on FROM submission WHERE platform = $1 AND kind = $2 AND LENGTH(period) = $3 ORDER BY period, version`
	rows, err := r.db.QueryContext(ctx, query, platform, Disclosure, len("2016-01"))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	came := map[string][]arrival{}
	for rows.Next() {
		a, on := arrival{name: Name{Platform: platform, Kind: Disclosure}}, ""
		if err := rows.Scan(&a.name.Period, &a.name.Version, &on); err != nil {
			return nil, err
		}
		if a.on, err = calendar.Parse(on); err != nil {
			return nil, fmt.Errorf("read when %s came: %w", a.name, err)
		}
		came[a.name.Period] = append(came[a.name.Period], a)
	}
	return came, rows.Err()
}

// cameOn is the business day on which the first version of the whole month came; zero where none did. One that came
// before the month was over counts if it tells of each custodian's last close.
func (r *Regulator) cameOn(ctx context.Context, month disclosure.Period, closings []Closing, versions []arrival) (calendar.Date, error) {
	for _, version := range versions {
		if version.on > month.To {
			return version.on, nil
		}
		_, content, err := r.Content(ctx, version.name)
		if err != nil {
			return 0, err
		}
		stated, err := disclosure.Parse(content)
		if err != nil {
			return 0, fmt.Errorf("read %s: %w", version.name, err)
		}
		if !wentOn(stated, closings) {
			return version.on, nil
		}
	}
	return 0, nil
}

// keptPacks are all packs that the read model holds, with what they say of deadlines.
type keptPacks struct {
	known    []projection.Regime
	holidays calendar.Holidays
	allowed  map[string]allowance // by the pack's id, which stands for one pack
}

// allowance is how long a pack lets a platform wait, where it sets a deadline.
type allowance struct {
	days int
	rule regime.Rule
	set  bool
}

// packs reads all packs once.
func (l Ledger) packs(ctx context.Context) (keptPacks, error) {
	k := keptPacks{allowed: map[string]allowance{}}
	for r, err := range projection.All(ctx, l.books.Regimes) {
		if err != nil {
			return k, fmt.Errorf("list the packs: %w", err)
		}
		k.known = append(k.known, r)
	}
	k.holidays = holidaysOf(k.known)
	return k, nil
}

// Regimes answers them all on one page.
func (k keptPacks) Regimes(context.Context, projection.Page) (projection.List[projection.Regime], error) {
	return projection.List[projection.Regime]{Items: k.known}, nil
}

// set sets a month's deadline by the pack that governs its closings, and reports whether there is one.
func (k keptPacks) set(ctx context.Context, due *Duty, month disclosure.Period, closings []Closing) (bool, error) {
	if len(closings) == 0 {
		return false, nil
	}
	pack, err := GoverningPack(ctx, k, closings)
	if errors.Is(err, ErrNoRules) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	allowed, known := k.allowed[pack.ID]
	if !known {
		allowed.days, allowed.rule, allowed.set = allowedBy(pack)
		k.allowed[pack.ID] = allowed
	}
	due.Regime, due.Rule, due.RuleVersion = pack.ID, allowed.rule.ID, allowed.rule.Version
	due.DueOn = month.DueOn(allowed.days, k.holidays)
	return allowed.set, nil
}
