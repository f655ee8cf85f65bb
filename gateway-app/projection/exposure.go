package projection

import (
	"context"
	"strings"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/ledger"
)

// exposures are folded at custodians and the regulator only: nobody else's peer holds the collection. The
// feed names the loan and never the common pseudonym.
var exposures = &noun[wire.ExposureState, wire.ExposureEvent]{
	name: "exposure", prefix: wire.ExposureKey(""),
	table: recordTable("exposure", "total_minor"),
	fresh: func(id string) wire.ExposureState { return wire.ExposureState{Pseudonym: id} },
	apply: wire.ExposureState.Apply,
	names: func(_ ledger.Change, id string, s wire.ExposureState) error {
		if s.Pseudonym != id || id == "" || strings.Contains(id, "\x00") {
			return malformed("the key is that of another borrower's exposure")
		}
		return nil
	},
	about: func(e wire.ExposureEvent) (string, calendar.Date) { return e.Kind, e.On },
	columns: func(s wire.ExposureState) []any {
		_, total, _ := s.Totals("") // a sum that does not fit was refused by the contract
		return []any{int64(total)}
	},
	tell: func(_, _ wire.ExposureState, e wire.ExposureEvent) []Notice {
		r := e.Reservation
		if r.Loan == "" {
			return nil // a succession is about pseudonyms only
		}
		return []Notice{{"exposure." + e.Kind, r.Platform, r.Loan, Payload{
			Loan: r.Loan, AmountMinor: r.AmountMinor, ExpiresOn: r.ExpiresOn,
		}}}
	},
	further: reserve,
}

// reservations are a loan's own view of its borrower's exposure; one that was dropped stays with nothing in it.
var reservations = &table{
	name: "rm_reservation", key: []string{"loan"},
	columns: []string{"loan", "seq", "pseudonym", "platform", "custodian", "amount_minor", "expires_on", "block"},
}

// reserve keeps each reservation that the events name, as it stands after them. One that a succession has
// moved is the other record's to keep, whichever of the two is folded first.
func reserve(_ context.Context, b *batch, _, after wire.ExposureState, list []wire.ExposureEvent) error {
	for _, e := range list {
		r, number := e.Reservation, b.number()
		switch at := after.Find(r.Loan); {
		case at >= 0:
			r = after.Reservations[at]
		case e.Kind != wire.ExposureDropped:
			continue
		default:
			r.AmountMinor, r.ExpiresOn = 0, 0
		}
		if known, ok := b.dirty[reservations.name+"\x00"+r.Loan]; ok {
			number = known.seq
		}
		pseudonym, block := after.Pseudonym, int64(b.change.Block)
		b.put(row{table: reservations, key: r.Loan, version: version{seq: number}, values: func() []any {
			return []any{
				plain(r.Loan), number, pseudonym, plain(r.Platform), plain(r.Custodian), int64(r.AmountMinor), r.ExpiresOn.String(), block,
			}
		}})
	}
	return nil
}

var links = &value[wire.Link]{
	prefix: wire.LinkKey(""), table: valueTable("link", "pseudonym"),
	version: func(l wire.Link) int { return l.Version },
	names: func(_ ledger.Change, id string, l wire.Link) error {
		if l.Party != id {
			return malformed("the key is that of another party")
		}
		return nil
	},
	columns: func(l wire.Link) []any { return []any{plain(l.Pseudonym)} },
	further: func(b *batch, id string, _ wire.Link) error {
		b.tell(Notice{"party.linked", "", id, Payload{Party: id}})
		return nil
	},
}

var clearances = &value[wire.Clearance]{
	prefix: wire.ClearanceKey(""), table: valueTable("clearance", "loan", "principal_minor", "expires_on"),
	version: func(c wire.Clearance) int { return c.Version },
	names: func(_ ledger.Change, id string, v wire.Clearance) error {
		if v.Handle != id {
			return malformed("the key is that of another clearance")
		}
		return nil
	},
	columns: func(c wire.Clearance) []any {
		return []any{plain(c.Loan), int64(c.PrincipalMinor), c.ExpiresOn.String()}
	},
}
