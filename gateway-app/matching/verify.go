package matching

import (
	"errors"
	"fmt"

	"github.com/tallystick/tallystick/core/money"
)

// ErrRun is a run that breaks a rule, or that is not what its book gives.
var ErrRun = errors.New("the run does not stand")

func badRun(format string, details ...any) error {
	return fmt.Errorf("%w: %s", ErrRun, fmt.Sprintf(format, details...))
}

// Replay matches a book again and holds the outcome against a run that was kept, to the byte.
func Replay(book Book, kept Run) error {
	again, err := Match(book)
	switch {
	case err != nil:
		return err
	case kept.Version != Version:
		return badRun("it was made by %s, this is %s", kept.Version, Version)
	case kept.InputDigest != again.InputDigest:
		return badRun("it was made from another book")
	}
	before, err := kept.Digest()
	if err != nil {
		return err
	}
	if after, err := again.Digest(); err != nil || after != before {
		return errors.Join(err, badRun("the same book gives another run"))
	}
	return nil
}

// Digest is the SHA-256 of the run's encoding, in hexadecimal: what may be anchored on the ledger.
func (r Run) Digest() (string, error) { return digestOf(r) }

// auditor holds a run against its book with plain loops and none of the matcher's own sets and sums, so
// that an error in one does not hide in the other.
type auditor struct {
	book       Book
	lenders    map[string]Lender
	mandates   map[string]Mandate
	programmes map[string]Programme
	serving    map[string]bool // mandates of institutions
	byPurse    map[string]money.Minor
	byMandate  map[string]money.Minor
	out        map[limited]money.Minor // before the run and by it
	touched    map[limited]bool        // by the run
}

// limited is what a concentration limit counts.
type limited struct {
	mandate string
	by      Dimension
	value   string
}

// Verify refuses a run in which any limit of a mandate, a purse, a class or a loan is exceeded, or a sum
// is not exact. Whoever submits a run verifies it first.
func Verify(book Book, run Run) error {
	a := newAuditor(book)
	requests := map[string]Request{}
	for _, r := range book.Requests {
		requests[r.ID] = r
	}
	for _, outcome := range run.Loans {
		r, known := requests[outcome.Loan]
		if !known {
			return badRun("loan %s is not in the book, or there twice", outcome.Loan)
		}
		delete(requests, outcome.Loan)
		if err := a.loan(r, outcome); err != nil {
			return err
		}
	}
	if len(requests) > 0 {
		return badRun("%d requests have no outcome", len(requests))
	}
	return a.totals()
}

func newAuditor(book Book) *auditor {
	a := &auditor{
		book: book, lenders: map[string]Lender{}, mandates: map[string]Mandate{}, programmes: map[string]Programme{},
		serving: map[string]bool{}, byPurse: map[string]money.Minor{}, byMandate: map[string]money.Minor{},
		out: map[limited]money.Minor{}, touched: map[limited]bool{},
	}
	for _, l := range book.Lenders {
		a.lenders[l.ID] = l
	}
	for _, p := range book.Programmes {
		a.programmes[p.ID] = p
		for _, c := range p.Contributions {
			a.serving[c.Mandate] = true
		}
	}
	for _, m := range book.Mandates {
		a.mandates[m.ID] = m
		for _, lent := range m.Lent {
			for _, key := range lent.counted(m) {
				a.out[key] += lent.AmountMinor
			}
		}
	}
	return a
}

// counted is everything that a limit of the mandate could count the amount under.
func (l Lent) counted(m Mandate) [breadth]limited {
	return [breadth]limited{
		{m.ID, ByBorrower, l.Borrower},
		{m.ID, ByGrade, l.Grade},
		{m.ID, ByPlatform, l.Platform},
		{m.ID, ByIndustry, l.Industry},
	}
}

func (a *auditor) loan(r Request, o Outcome) error {
	var sum money.Minor
	seated := map[string]bool{}
	all := append(append([]Allocation{}, o.Contributions...), o.Allocations...)
	for _, part := range all {
		if seated[part.Lender] || part.PrincipalMinor <= 0 {
			return badRun("loan %s: lender %s is there twice or with nothing", r.ID, part.Lender)
		}
		seated[part.Lender] = true
		sum += part.PrincipalMinor
		if err := a.part(r, o, part); err != nil {
			return err
		}
	}
	wrongSum := sum != o.FundedMinor
	switch o.Status {
	case Filled:
		wrongSum = wrongSum || sum != r.PrincipalMinor
	case FilledInPart:
		wrongSum = wrongSum || sum < r.LeastMinor || sum >= r.PrincipalMinor || r.Shortfall == AllOrNothing ||
			r.Shortfall == PartAtDeadline && a.book.On != r.Deadline
	default:
		wrongSum = wrongSum || sum != 0
	}
	if wrongSum {
		return badRun("loan %s: %s with %d of %d", r.ID, o.Status, sum, r.PrincipalMinor)
	}
	if len(all) > a.book.Policy.MaxLenders {
		return badRun("loan %s has %d lenders", r.ID, len(all))
	}
	return a.contributions(r, o)
}

// part holds one allocation against its mandate, on the principal that will stand on the ledger.
func (a *auditor) part(r Request, o Outcome, part Allocation) error {
	m, known := a.mandates[part.Mandate]
	l := a.lenders[m.Lender]
	switch {
	case !known || m.Lender != part.Lender:
		return badRun("loan %s: mandate %s is not that lender's", r.ID, part.Mandate)
	case Unusable(l, m, a.book.On) != "":
		return badRun("loan %s: mandate %s: %s", r.ID, m.ID, Unusable(l, m, a.book.On))
	case Misfit(l, m, r, a.book.On) != "":
		return badRun("loan %s: mandate %s: %s", r.ID, m.ID, Misfit(l, m, r, a.book.On))
	case part.PrincipalMinor > m.MostIn(o.FundedMinor):
		return badRun("loan %s: mandate %s has more than its most", r.ID, m.ID)
	}
	a.byPurse[l.ID] += part.PrincipalMinor
	a.byMandate[m.ID] += part.PrincipalMinor
	lent := Lent{Borrower: r.Borrower, Grade: r.Grade, Platform: r.Platform, Industry: r.Industry}
	for _, key := range lent.counted(m) {
		a.out[key] += part.PrincipalMinor
		a.touched[key] = true
	}
	return nil
}

// contributions wants the institutions' parts exact, whole units and tickets from everybody else, and no
// institution's mandate outside its programme.
func (a *auditor) contributions(r Request, o Outcome) error {
	want := map[string]money.Minor{}
	lenders := r.PrincipalMinor
	if p, in := a.programmes[r.Programme]; in && o.Status == Filled {
		var institutions []money.Minor
		institutions, lenders = p.Divide(r.PrincipalMinor)
		for i, c := range p.Contributions {
			want[c.Mandate] = institutions[i]
		}
	}
	for _, c := range o.Contributions {
		if want[c.Mandate] != c.PrincipalMinor {
			return badRun("loan %s: mandate %s contributes %d", r.ID, c.Mandate, c.PrincipalMinor)
		}
		delete(want, c.Mandate)
	}
	for mandate, amount := range want {
		if amount > 0 {
			return badRun("loan %s: mandate %s does not contribute", r.ID, mandate)
		}
	}
	unit := a.book.Policy.UnitMinor
	ticket := min(max(a.book.Policy.TicketMinor, r.MinShareMinor), lenders-lenders%unit)
	broken := 0
	for _, part := range o.Allocations {
		if a.serving[part.Mandate] || part.PrincipalMinor < ticket {
			return badRun("loan %s: mandate %s has no place in it with %d", r.ID, part.Mandate, part.PrincipalMinor)
		}
		if part.PrincipalMinor%unit != 0 {
			broken++
		}
	}
	if broken > 1 {
		return badRun("loan %s: %d parts are not whole", r.ID, broken)
	}
	return nil
}

func (a *auditor) totals() error {
	for _, l := range a.book.Lenders {
		if a.byPurse[l.ID] > a.book.Policy.Spendable(l) {
			return badRun("lender %s lends more than it has or may", l.ID)
		}
	}
	for _, m := range a.book.Mandates {
		if a.byMandate[m.ID] > m.RemainingMinor() {
			return badRun("mandate %s is used beyond its total", m.ID)
		}
	}
	for key := range a.touched { // what was out before, and is too much, is not this run's doing
		for _, limit := range a.mandates[key.mandate].Limits {
			if limit.By == key.by && (limit.Value == "" || limit.Value == key.value) && a.out[key] > limit.MostMinor {
				return badRun("mandate %s is beyond its limit by %s", key.mandate, limit.By)
			}
		}
	}
	return nil
}
