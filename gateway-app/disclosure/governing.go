package disclosure

import (
	"cmp"
	"slices"

	"github.com/tallystick/tallystick/core/calendar"
)

// Close is where on the ledger a standing was taken, and which reporting pack was in force there by what the ledger
// had said by then. No pack: none was.
type Close struct {
	Custodian    string
	On           calendar.Date
	Block        uint64
	Regime       string
	RegimeDigest string
}

// Governing is the close whose pack a disclosure of several custodians goes by: that of the latest business day, of two
// on one day that of the later block, of two in one block that of the later custodian by name. It answers false where
// there is no close. Its pack may be none: then nothing is disclosed.
func Governing(closes []Close) (Close, bool) {
	if len(closes) == 0 {
		return Close{}, false
	}
	return slices.MaxFunc(closes, func(a, b Close) int {
		return cmp.Or(cmp.Compare(a.On, b.On), cmp.Compare(a.Block, b.Block), cmp.Compare(a.Custodian, b.Custodian))
	}), true
}
