package matching

import (
	"errors"
	"fmt"

	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/money"
)

// ErrBook is a book that means nothing: something in it is missing, twice there or out of range.
var ErrBook = errors.New("the book cannot be matched")

// mostMinor bounds every amount, so that no sum and no proportion of one leaves 64 bits: ¥9 billion.
const mostMinor money.Minor = 900_000_000_000

func badBook(format string, details ...any) error {
	return fmt.Errorf("%w: %s", ErrBook, fmt.Sprintf(format, details...))
}

// check refuses a canonical book that means nothing.
func (b Book) check() error {
	if b.On.IsZero() || !b.Currency.Valid() {
		return badBook("it has no date or no currency")
	}
	if err := b.Policy.check(); err != nil {
		return err
	}
	lenders, err := uniqueIDs("lender", b.Lenders, func(l Lender) string { return l.ID })
	if err != nil {
		return err
	}
	mandates, err := uniqueIDs("mandate", b.Mandates, func(m Mandate) string { return m.ID })
	if err != nil {
		return err
	}
	if _, err := uniqueIDs("request", b.Requests, func(r Request) string { return r.ID }); err != nil {
		return err
	}
	programmes, err := uniqueIDs("programme", b.Programmes, func(p Programme) string { return p.ID })
	if err != nil {
		return err
	}
	for _, l := range b.Lenders {
		if err := l.check(); err != nil {
			return err
		}
	}
	for _, m := range b.Mandates {
		if err := m.check(lenders); err != nil {
			return err
		}
	}
	for _, r := range b.Requests {
		if err := r.check(programmes); err != nil {
			return err
		}
		if r.Currency != b.Currency {
			return badBook("request %s is in another currency", r.ID)
		}
	}
	return b.checkProgrammes(mandates)
}

func uniqueIDs[T any](kind string, list []T, id func(T) string) (map[string]bool, error) {
	seen := make(map[string]bool, len(list))
	for _, each := range list {
		switch name := id(each); {
		case name == "":
			return nil, badBook("a %s has no id", kind)
		case seen[name]:
			return nil, badBook("%s %s is there twice", kind, name)
		default:
			seen[name] = true
		}
	}
	return seen, nil
}

func (p Policy) check() error {
	switch {
	case p.Precedence != FewestOptions && p.Precedence != OptionsDoubling && p.Precedence != LongestIdle:
		return badBook("precedence %q is not known", p.Precedence)
	case p.UnitMinor < 1 || p.UnitMinor > mostMinor:
		return badBook("the unit must be positive")
	case p.TicketMinor < p.UnitMinor || p.TicketMinor%p.UnitMinor != 0 || p.TicketMinor > mostMinor:
		return badBook("the ticket must be a multiple of the unit")
	case p.MaxLenders < 1 || p.MaxLenders > loan.MaxLenders:
		return badBook("a loan has 1 to %d lenders", loan.MaxLenders)
	case p.RepairSteps < 0:
		return badBook("repair steps are negative")
	}
	for i, most := range p.ClassMostMinor {
		if !inRange(most) {
			return badBook("the limit of class %d is out of range", i+1)
		}
	}
	return nil
}

func inRange(amount money.Minor) bool { return amount >= 0 && amount <= mostMinor }

func (l Lender) check() error {
	switch {
	case !inRange(l.CashMinor) || !inRange(l.LentMinor):
		return badBook("lender %s has an amount out of range", l.ID)
	case l.Class < 0 || l.Class > Classes:
		return badBook("lender %s has class %d", l.ID, l.Class)
	}
	return nil
}

func (m Mandate) check(lenders map[string]bool) error {
	switch {
	case !lenders[m.Lender]:
		return badBook("mandate %s has a lender that is not in the book", m.ID)
	case !inRange(m.TotalMinor) || !inRange(m.UsedMinor) || !inRange(m.PerLoanMinor):
		return badBook("mandate %s has an amount out of range", m.ID)
	case m.MaxShareOfLoanPPM < 0 || m.MaxShareOfLoanPPM > money.Million:
		return badBook("mandate %s has a share of a loan out of range", m.ID)
	case m.MaxRisk < 0 || m.MaxRisk > Risks:
		return badBook("mandate %s has a risk out of range", m.ID)
	}
	for _, limit := range m.Limits {
		if _, known := dimensions[limit.By]; !known || !inRange(limit.MostMinor) {
			return badBook("mandate %s has a limit by %q that cannot be kept", m.ID, limit.By)
		}
	}
	for _, lent := range m.Lent {
		if !inRange(lent.AmountMinor) {
			return badBook("mandate %s has lent an amount out of range", m.ID)
		}
	}
	return nil
}

func (r Request) check(programmes map[string]bool) error {
	inPart := r.Shortfall == PartAtDeadline || r.Shortfall == PartAtOnce
	switch {
	case r.PrincipalMinor < 1 || r.PrincipalMinor > mostMinor || !inRange(r.MinShareMinor):
		return badBook("request %s has an amount out of range", r.ID)
	case r.Risk < 1 || r.Risk > Risks:
		return badBook("request %s has risk %d", r.ID, r.Risk)
	case r.Deadline.IsZero() || r.Borrower == "":
		return badBook("request %s has no deadline or no borrower", r.ID)
	case !inPart && r.Shortfall != AllOrNothing:
		return badBook("request %s has shortfall rule %q", r.ID, r.Shortfall)
	case inPart && (r.LeastMinor < 1 || r.LeastMinor > r.PrincipalMinor), !inPart && r.LeastMinor != 0:
		return badBook("request %s has a least principal that its rule does not want", r.ID)
	case r.Programme != "" && !programmes[r.Programme]:
		return badBook("request %s is in a programme that is not in the book", r.ID)
	case r.Programme != "" && inPart:
		return badBook("request %s is in a programme, whose loans are funded whole", r.ID)
	}
	return nil
}

// checkProgrammes wants every institution's mandate in one programme only, once.
func (b Book) checkProgrammes(mandates map[string]bool) error {
	serving := map[string]bool{}
	for _, p := range b.Programmes {
		var sum money.PPM
		for _, c := range p.Contributions {
			switch {
			case !mandates[c.Mandate]:
				return badBook("programme %s names a mandate that is not in the book", p.ID)
			case serving[c.Mandate]:
				return badBook("mandate %s serves programmes twice", c.Mandate)
			case c.RatioPPM < 1 || c.RatioPPM > money.Million:
				return badBook("programme %s has a ratio out of range", p.ID)
			}
			serving[c.Mandate] = true
			sum += c.RatioPPM
		}
		if sum < 1 || sum > money.Million {
			return badBook("the ratios of programme %s do not leave from nothing to almost all", p.ID)
		}
	}
	return nil
}
