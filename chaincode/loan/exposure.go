package loan

import (
	"slices"

	"github.com/tallystick/tallystick/chaincode/ledger"
	"github.com/tallystick/tallystick/chaincode/records"
	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/wire"
)

// exposure is a borrower's total in this transaction, with the events that it still has to save.
type exposure struct {
	state  wire.ExposureState
	events []wire.ExposureEvent
}

// exposureOf finds the exposure of a loan's borrower. A borrower whom the custodian has not linked to a
// common pseudonym cannot be counted, and so cannot be cleared.
func exposureOf(tx *ledger.Tx, s loan.State) (*exposure, error) {
	link, exists, err := ledger.Get[wire.Link](tx, wire.Exposure, wire.LinkKey(s.Borrower))
	switch {
	case err != nil:
		return nil, err
	case !exists:
		return nil, fault.In(fault.PartyUnknown, "borrower")
	}
	state, err := records.Exposure(tx, link.Pseudonym)
	return &exposure{state: state}, err
}

func (x *exposure) step(e wire.ExposureEvent) {
	x.state = x.state.Apply(e)
	x.events = append(x.events, e)
}

func (x *exposure) save(tx *ledger.Tx) error {
	return ledger.Save(tx, wire.Exposure, wire.ExposureKey(x.state.Pseudonym), x.state, x.events)
}

// dropLapsed looks again at every reservation whose last day is past: a loan that was not funded by then
// has lapsed and makes room, any other keeps what it still owes.
func (x *exposure) dropLapsed(tx *ledger.Tx, on calendar.Date) error {
	for _, r := range slices.Clone(x.state.Reservations) {
		if r.ExpiresOn.IsZero() || on <= r.ExpiresOn || r.Custodian != tx.Custodian {
			// Another custodian's peer cannot read that loan here: its own clearing lane relieves it.
			continue
		}
		s, err := reservedLoan(tx, r)
		if err != nil {
			return err
		}
		x.settle(r, s, on)
	}
	return nil
}

// reservedLoan reads the loan behind a reservation, which may live with another platform.
func reservedLoan(tx *ledger.Tx, r wire.Reservation) (loan.State, error) {
	_, _, handle, ok := wire.SplitLoanID(r.Loan)
	if !ok {
		return loan.State{}, fault.In(fault.Internal, "reservation")
	}
	s, _, err := ledger.Load[loan.State](tx, wire.PairCollection(r.Platform, r.Custodian), wire.LoanKey(handle))
	return s, err
}

// settle brings one reservation to what its loan needs on a date. It reports whether anything changed.
func (x *exposure) settle(r wire.Reservation, s loan.State, on calendar.Date) bool {
	before := wire.Reservation{}
	if at := x.state.Find(r.Loan); at >= 0 {
		before = x.state.Reservations[at]
	}
	needed, needs := need(r, s, on)
	switch {
	case needs && needed != before:
		x.step(wire.ExposureEvent{Kind: wire.ExposureReserved, On: on, Reservation: needed})
	case !needs && before.Loan != "":
		x.step(wire.ExposureEvent{Kind: wire.ExposureDropped, On: on, Reservation: before})
	default:
		return false
	}
	return true
}

// need is the reservation that a loan needs on a date, and whether it needs any. Once it is funded, no
// date ends it any more but the loan's own end.
func need(r wire.Reservation, s loan.State, on calendar.Date) (wire.Reservation, bool) {
	switch s.Status {
	case loan.Cleared:
		r.AmountMinor, r.ExpiresOn = s.PrincipalMinor, s.Clearance.ExpiresOn
		return r, on <= s.Clearance.ExpiresOn
	case loan.Collecting, loan.Funded, loan.Disbursing:
		r.AmountMinor, r.ExpiresOn = s.PrincipalMinor, 0
		return r, true
	case loan.Active, loan.WrittenOff:
		r.AmountMinor, r.ExpiresOn = s.Outstanding(), 0
		return r, r.AmountMinor > 0
	}
	return r, false
}

// prefetchExposures reads loans, the links of their borrowers, and their borrowers' exposures.
func prefetchExposures(tx *ledger.Tx, ids []string) error {
	if err := tx.Prefetch(tx.Collection, records.LoanKeys(tx, ids, wire.LoanKey)...); err != nil {
		return err
	}
	borrowers, links, err := borrowersOf(tx, ids)
	if err != nil {
		return err
	}
	if err := tx.Prefetch(tx.Collection, borrowers...); err != nil {
		return err
	}
	if err := tx.Prefetch(wire.Exposure, links...); err != nil {
		return err
	}
	var exposures []string
	for _, key := range links {
		link, exists, err := ledger.Get[wire.Link](tx, wire.Exposure, key)
		if err != nil {
			return err
		}
		if exists {
			exposures = append(exposures, wire.ExposureKey(link.Pseudonym))
		}
	}
	return tx.Prefetch(wire.Exposure, exposures...)
}

// borrowersOf answers the keys of the loans' borrowers and of their links; loans that do not exist are
// passed over, and refused when their turn comes.
func borrowersOf(tx *ledger.Tx, ids []string) (parties, links []string, err error) {
	for _, id := range ids {
		handle, ok := records.Handle(tx, id)
		if !ok {
			continue
		}
		s, exists, err := ledger.Load[loan.State](tx, tx.Collection, wire.LoanKey(handle))
		if err != nil {
			return nil, nil, err
		}
		if exists {
			parties, links = append(parties, wire.PartyKey(s.Borrower)), append(links, wire.LinkKey(s.Borrower))
		}
	}
	return parties, links, nil
}
