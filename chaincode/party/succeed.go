package party

import (
	"github.com/hyperledger/fabric-contract-api-go/v2/contractapi"

	"github.com/tallystick/tallystick/chaincode/ledger"
	"github.com/tallystick/tallystick/chaincode/records"
	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/wire"
)

// Succeed gives the people behind parties another common pseudonym: their exposures move, whole, and
// whoever is linked to the former pseudonym is counted under the new one from then on. Links stay as they
// were written. A pseudonym that was succeeded is never used again, so no person is left between two.
func (c *Contract) Succeed(ctx contractapi.TransactionContextInterface) (string, error) {
	return ledger.Command[wire.PartyLink]{Name: "Party:Succeed", Prepare: prefetchLinks, Apply: succeed}.Run(ctx)
}

func succeed(tx *ledger.Tx, l wire.PartyLink) error {
	if err := linkable(tx, l); err != nil {
		return err
	}
	on, err := tx.BusinessDate()
	if err != nil {
		return err
	}
	link, exists, err := ledger.Get[wire.Link](tx, wire.Exposure, wire.LinkKey(l.Handle))
	switch {
	case err != nil:
		return err
	case !exists:
		return fault.In(fault.NotFound, "handle")
	}
	former, err := records.Exposure(tx, link.Pseudonym)
	if err != nil {
		return err
	}
	if former.Pseudonym == l.Pseudonym {
		return fault.New(fault.AlreadyExists) // another party of the same person came first
	}
	next, _, err := ledger.Load[wire.ExposureState](tx, wire.Exposure, wire.ExposureKey(l.Pseudonym))
	switch {
	case err != nil:
		return err
	case next.Successor != "":
		return fault.In(fault.WrongStatus, "pseudonym")
	}
	next.Pseudonym = l.Pseudonym
	return handOver(tx, former, next, on)
}

// handOver moves every reservation from one exposure to another.
func handOver(tx *ledger.Tx, former, next wire.ExposureState, on calendar.Date) error {
	var events []wire.ExposureEvent
	for _, r := range former.Reservations {
		e := wire.ExposureEvent{Kind: wire.ExposureReserved, On: on, Reservation: r}
		next, events = next.Apply(e), append(events, e)
	}
	end := wire.ExposureEvent{Kind: wire.ExposureSucceeded, On: on, Successor: next.Pseudonym}
	if err := ledger.Save(tx, wire.Exposure, wire.ExposureKey(former.Pseudonym), former.Apply(end), []wire.ExposureEvent{end}); err != nil {
		return err
	}
	if len(events) == 0 {
		return nil // nothing stands under the new pseudonym yet; the successor's name is enough
	}
	return ledger.Save(tx, wire.Exposure, wire.ExposureKey(next.Pseudonym), next, events)
}
