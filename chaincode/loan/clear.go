package loan

import (
	"github.com/tallystick/tallystick/chaincode/ledger"
	"github.com/tallystick/tallystick/chaincode/records"
	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/core/wire"
)

// prefetchClearing reads the loans, then what leads from their borrowers to the exposures.
func prefetchClearing(tx *ledger.Tx, items []wire.ClearLoan) error {
	ids := make([]string, len(items))
	clearances := make([]string, len(items))
	for i, item := range items {
		ids[i], clearances[i] = item.Loan, wire.ClearanceKey(item.Handle)
	}
	if err := tx.Prefetch(wire.Exposure, clearances...); err != nil {
		return err
	}
	return prefetchExposures(tx, ids)
}

// clearLoan reserves the borrower's exposure. The borrower's whole balance stands under one key that
// every clearing reads and writes: of two at once, one is proposed again and sees the other.
func clearLoan(tx *ledger.Tx, item wire.ClearLoan) error {
	switch {
	case !wire.IsHandle(item.Handle):
		return fault.In(fault.InvalidField, "handle")
	case !wire.IsDigest(item.Salt):
		return fault.In(fault.InvalidField, "salt")
	}
	on, err := tx.BusinessDate()
	if err != nil {
		return err
	}
	s, err := records.Loan(tx, item.Loan)
	if err != nil {
		return err
	}
	pack, err := tx.Regime(s.Regime)
	if err != nil {
		return err
	}
	c, err := grant(tx, item, s, on.AddDays(pack.Rules.ClearanceDays))
	if err != nil {
		return err
	}
	if _, err := records.StepLoan(tx, s, loan.Clear{Clearance: c}, on); err != nil {
		return err
	}
	return reserve(tx, s, pack.Rules, c.ExpiresOn, on)
}

// grant writes the clearance. The hash that Fabric publishes of it is the digest that the loan keeps.
func grant(tx *ledger.Tx, item wire.ClearLoan, s loan.State, until calendar.Date) (loan.Clearance, error) {
	key := wire.ClearanceKey(item.Handle)
	_, exists, err := ledger.Get[wire.Clearance](tx, wire.Exposure, key)
	switch {
	case err != nil:
		return loan.Clearance{}, err
	case exists:
		return loan.Clearance{}, fault.In(fault.AlreadyExists, "handle")
	}
	granted := wire.Clearance{
		Version: wire.Version, Handle: item.Handle, Loan: s.ID, PrincipalMinor: s.PrincipalMinor,
		ExpiresOn: until, Salt: item.Salt,
	}
	raw, err := wire.Encode(granted)
	if err != nil {
		return loan.Clearance{}, err
	}
	c := loan.Clearance{Handle: item.Handle, Digest: wire.Digest(raw), ExpiresOn: until}
	return c, ledger.Put(tx, wire.Exposure, key, granted)
}

// reserve adds the loan's principal to the borrower's exposure, unless a cap is in the way.
func reserve(tx *ledger.Tx, s loan.State, rules regime.Rules, until, on calendar.Date) error {
	x, err := exposureOf(tx, s)
	if err != nil {
		return err
	}
	if err := x.dropLapsed(tx, on); err != nil {
		return err
	}
	borrower, err := records.Party(tx, s.Borrower)
	if err != nil {
		return err
	}
	x.step(wire.ExposureEvent{Kind: wire.ExposureReserved, On: on, Reservation: wire.Reservation{
		Loan: s.ID, Platform: s.Platform, Custodian: s.Custodian, AmountMinor: s.PrincipalMinor, ExpiresOn: until,
	}})
	if err := withinCaps(x.state, s.Platform, rules.For(borrower.Kind)); err != nil {
		return err
	}
	return x.save(tx)
}

func withinCaps(x wire.ExposureState, platform string, caps regime.Caps) error {
	onPlatform, inAll, ok := x.Totals(platform)
	switch {
	case !ok:
		return fault.In(fault.Overflow, "principal_minor")
	case onPlatform > caps.PlatformMinor:
		return fault.New(fault.PlatformCap)
	case inAll > caps.NetworkMinor:
		return fault.New(fault.NetworkCap)
	}
	return nil
}
