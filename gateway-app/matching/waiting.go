package matching

import (
	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/money"
)

// Waited is how money fared that had been idle for a time. Comparing bands shows whether a policy
// serves those who waited.
type Waited struct {
	FromDays     int         `json:"from_days"` // idle so many days or more, and less than the next band
	OfferedMinor money.Minor `json:"offered_minor"`
	PlacedMinor  money.Minor `json:"placed_minor"`
	PlacedPPM    money.PPM   `json:"placed_ppm"` // of what was offered
}

// waits are where the bands begin, in days.
var waits = []int{0, 7, 30, 60}

// ByWaiting measures a run by how long money had been idle. Institutions of programmes are left out: they
// do not wait in turn.
func ByWaiting(book Book, run Run) []Waited {
	bands := make([]Waited, len(waits))
	for i, days := range waits {
		bands[i].FromDays = days
	}
	placed := map[string]money.Minor{}
	for _, loan := range run.Loans {
		for _, a := range loan.Allocations {
			placed[a.Lender] += a.PrincipalMinor
		}
	}
	institutions := book.institutions()
	for _, l := range book.Lenders {
		if institutions[l.ID] {
			continue
		}
		band := &bands[waitBand(l, book.On)]
		band.OfferedMinor += book.Policy.Spendable(l)
		band.PlacedMinor += placed[l.ID]
	}
	for i := range bands {
		if bands[i].OfferedMinor > 0 {
			bands[i].PlacedPPM = money.Million - GapPPM(bands[i].PlacedMinor, bands[i].OfferedMinor)
		}
	}
	return bands
}

func (b Book) institutions() map[string]bool {
	serving := map[string]bool{}
	for _, p := range b.Programmes {
		for _, c := range p.Contributions {
			serving[c.Mandate] = true
		}
	}
	institutions := map[string]bool{}
	for _, m := range b.Mandates {
		if serving[m.ID] {
			institutions[m.Lender] = true
		}
	}
	return institutions
}

func waitBand(l Lender, on calendar.Date) int {
	if l.IdleSince.IsZero() {
		return 0
	}
	band := 0
	for i, days := range waits {
		if calendar.Days(l.IdleSince, on) >= days {
			band = i
		}
	}
	return band
}
