package credit

import (
	"slices"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/repayment"
	"github.com/tallystick/tallystick/core/schedule"
)

// Band is a range of amounts, of days or of counts. What a band means is part of the public interface.
type Band string

// band is an upper bound, included, and its name.
type band struct {
	most int64
	name Band
}

// The scales. Amounts are in minor units of the network's one currency.
var (
	amounts = []band{
		{0, "none"},
		{1_000_000, "up_to_10k"},
		{5_000_000, "up_to_50k"},
		{20_000_000, "up_to_200k"},
		{50_000_000, "up_to_500k"},
		{100_000_000, "up_to_1m"},
	}
	delays = []band{{0, "none"}, {29, "1_to_29_days"}, {59, "30_to_59_days"}, {89, "60_to_89_days"}}
	counts = []band{{0, "none"}, {2, "1_to_2"}, {5, "3_to_5"}}
)

// What lies above each scale, and what outranks every delay.
const (
	aboveAmounts Band = "above_1m"
	aboveDelays  Band = "90_days_or_more"
	aboveCounts  Band = "6_or_more"
	writtenOff   Band = "written_off"
)

func within(scale []band, above Band, value int64) Band {
	for _, b := range scale {
		if value <= b.most {
			return b.name
		}
	}
	return above
}

// known lists the bands of each scale, for checking what others answer.
func known(scale []band, above ...Band) []Band {
	names := slices.Clone(above)
	for _, b := range scale {
		names = append(names, b.name)
	}
	return names
}

// Bands is what is told of a borrower.
type Bands struct {
	Exposure    Band `json:"exposure" enum:"none,up_to_10k,up_to_50k,up_to_200k,up_to_500k,up_to_1m,above_1m" doc:"principal outstanding or promised, in yuan"`
	Arrears     Band `json:"arrears" enum:"none,up_to_10k,up_to_50k,up_to_200k,up_to_500k,up_to_1m,above_1m" doc:"amount past due, in yuan"`
	Delinquency Band `json:"delinquency" enum:"none,1_to_29_days,30_to_59_days,60_to_89_days,90_days_or_more,written_off" doc:"the longest delay there was"`
	Enquiries   Band `json:"enquiries" enum:"none,1_to_2,3_to_5,6_or_more" doc:"answered enquiries of the last 180 days"`
}

// valid reports whether every band is of its scale.
func (b Bands) valid() bool {
	sums := known(amounts, aboveAmounts)
	return slices.Contains(sums, b.Exposure) && slices.Contains(sums, b.Arrears) &&
		slices.Contains(known(delays, aboveDelays, writtenOff), b.Delinquency) &&
		slices.Contains(known(counts, aboveCounts), b.Enquiries)
}

// summarise puts what is reserved for a person, the person's loans and the enquiries about it into bands, as
// they stand on a date.
func summarise(reserved money.Minor, loans []loan.State, enquiries int, on calendar.Date) (Bands, error) {
	var arrears money.Minor
	worst, lost := 0, false
	for _, s := range loans {
		if s.Plan == nil {
			continue
		}
		lost = lost || !s.WrittenOffOn.IsZero()
		late, err := longestDelay(s, on)
		if err != nil {
			return Bands{}, err
		}
		worst = max(worst, late)
		if s.Status != loan.Active && s.Status != loan.WrittenOff {
			continue
		}
		position, err := repayment.At(s, on, on)
		if err != nil {
			return Bands{}, err
		}
		if arrears, err = money.Add(arrears, position.PastDue.Total()); err != nil {
			return Bands{}, err
		}
		if !position.OldestDue.IsZero() {
			worst = max(worst, calendar.Days(position.OldestDue, on))
		}
	}
	bands := Bands{
		Exposure: within(amounts, aboveAmounts, int64(reserved)), Arrears: within(amounts, aboveAmounts, int64(arrears)),
		Delinquency: within(delays, aboveDelays, int64(worst)), Enquiries: within(counts, aboveCounts, int64(enquiries)),
	}
	if lost {
		bands.Delinquency = writtenOff
	}
	return bands, nil
}

// longestDelay is the most days that principal which was due has waited for receipts, or waits still. It
// goes by value dates; interest that alone is late shows in the present position only.
func longestDelay(s loan.State, on calendar.Date) (int, error) {
	rows, err := schedule.Generate(*s.Plan)
	if err != nil {
		return 0, err
	}
	type payment struct {
		on        calendar.Date
		principal money.Minor
	}
	var payments []payment
	for _, r := range s.Receipts {
		if !r.Reversed {
			payments = append(payments, payment{r.ValueDate, r.PrincipalMinor})
		}
	}
	slices.SortStableFunc(payments, func(a, b payment) int { return calendar.Days(b.on, a.on) })
	longest, due, paid := 0, money.Minor(0), money.Minor(0)
	arrived := calendar.Date(0)
	for _, row := range rows {
		if row.Due > on || s.Payoff != nil && row.Due > s.Payoff.On {
			break
		}
		due += row.PrincipalMinor
		for paid < due && len(payments) > 0 {
			paid, arrived = paid+payments[0].principal, payments[0].on
			payments = payments[1:]
		}
		switch {
		case paid < due:
			return max(longest, calendar.Days(row.Due, on)), nil
		case row.PrincipalMinor > 0:
			longest = max(longest, calendar.Days(row.Due, arrived))
		}
	}
	return longest, nil
}
