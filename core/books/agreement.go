package books

import (
	"maps"
	"slices"
	"strings"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/core/wire"
)

// Agreement is a re-executed loan with what was agreed and who funds it. Its lists are the auditor's own.
type Agreement struct {
	State   loan.State
	Terms   loan.Terms
	Lenders []string // in the order of the funding; none before it is funded
}

// Agreements lists every loan that was re-executed, by collection and handle.
func (a *Auditor) Agreements() []Agreement {
	list := make([]Agreement, 0, len(a.loans))
	for _, key := range slices.Sorted(maps.Keys(a.loans)) {
		collection, rest, _ := strings.Cut(key, "/")
		handle := tail(rest)
		list = append(list, Agreement{
			State:   a.loans[key],
			Terms:   a.terms[collection+"/"+wire.TermsKey(handle)],
			Lenders: a.fundings[collection+"/"+wire.FundingKey(handle)].Lenders(),
		})
	}
	return list
}

// closed is a custodian's business day that was closed.
type closed struct {
	custodian string
	on        calendar.Date
}

// ReportingAt answers the reporting pack that was in force when a custodian closed a business day, by what the ledger had
// said by then. It answers false where there was none, or no such close: what is adopted later changes neither.
func (a *Auditor) ReportingAt(custodian string, on calendar.Date) (regime.Pack, bool) {
	id, known := a.closes[closed{custodian, on}]
	return a.regimes[id], known
}

// Packs lists the packs that the consortium's root key lists as they stand, by id.
func (a *Auditor) Packs() []regime.Pack {
	var list []regime.Pack
	for _, id := range slices.Sorted(maps.Keys(a.regimes)) {
		if listed, ok := a.roots[wire.RootRegimes].Find(id); ok && listed == a.digests[wire.RegimeKey(id)] {
			list = append(list, a.regimes[id])
		}
	}
	return list
}
