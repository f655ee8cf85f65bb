package submission

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"iter"
	"slices"

	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/wire"
)

// holding is what the regulator's read model says of a loan, and whether the platform's book has it: 40 bytes, so that a
// book of a million loans is judged in 40 MB.
type holding struct {
	handle      [16]byte
	principal   money.Minor
	outstanding money.Minor
	overdue     int32
	status      uint8 // its place among loan.Statuses()
	stated      bool
}

// holdings are all loans of a platform, by their handles. Their ids begin alike.
type holdings struct {
	list     []holding
	prefix   string // of every id: the channel and the platform
	statuses []loan.Status
}

// hold gathers what the read model says.
func hold(lines iter.Seq2[Line, error]) (*holdings, error) {
	h := &holdings{statuses: loan.Statuses()}
	for l, err := range lines {
		if err != nil {
			return nil, err
		}
		if err := h.add(l); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(h.list, func(a, b holding) int { return bytes.Compare(a.handle[:], b.handle[:]) })
	return h, nil
}

func (h *holdings) add(l Line) error {
	prefix, handle, named := splitID(l.Loan)
	status := slices.Index(h.statuses, l.Status)
	if h.prefix == "" {
		h.prefix = prefix
	}
	if !named || prefix != h.prefix || status < 0 {
		return fmt.Errorf("hold loan %s of the read model: its id or its status is none: rebuild the read model", l.Loan)
	}
	h.list = append(h.list, holding{handle, l.PrincipalMinor, l.OutstandingMinor, int32(l.OverdueDays), uint8(status), false})
	return nil
}

// find looks for a loan by its full id; nil where the read model has none.
func (h *holdings) find(id string) *holding {
	prefix, handle, named := splitID(id)
	if !named || prefix != h.prefix {
		return nil
	}
	at, found := slices.BinarySearchFunc(h.list, handle, func(held holding, wanted [16]byte) int {
		return bytes.Compare(held.handle[:], wanted[:])
	})
	if !found {
		return nil
	}
	return &h.list[at]
}

// agrees reports whether a line says the same of its loan.
func (h *holdings) agrees(of *holding, l Line) bool {
	return of.principal == l.PrincipalMinor && of.outstanding == l.OutstandingMinor && int64(of.overdue) == l.OverdueDays &&
		h.statuses[of.status] == l.Status
}

// line is a holding as a line of a book.
func (h *holdings) line(of *holding) Line {
	return Line{
		Loan: h.prefix + hex.EncodeToString(of.handle[:]), Status: h.statuses[of.status],
		PrincipalMinor: of.principal, OutstandingMinor: of.outstanding, OverdueDays: int64(of.overdue),
	}
}

// unstated are the loans that the platform's book has not, in the order of their handles.
func (h *holdings) unstated() iter.Seq[Line] {
	return func(yield func(Line) bool) {
		for i := range h.list {
			if of := &h.list[i]; !of.stated && !yield(h.line(of)) {
				return
			}
		}
	}
}

// splitID takes a loan's id apart: what it begins with, and its handle.
func splitID(id string) (prefix string, handle [16]byte, named bool) {
	_, _, text, named := wire.SplitLoanID(id)
	if !named {
		return "", handle, false
	}
	_, err := hex.Decode(handle[:], []byte(text))
	return id[:len(id)-len(text)], handle, err == nil
}
