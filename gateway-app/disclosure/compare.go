package disclosure

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/tallystick/tallystick/core/regime"
)

// What a difference is in.
const (
	InHeading     = "heading"         // platform, period, closings or regime
	InIndicator   = "indicator"       // a figure
	InFormula     = "formula_version" // which formula made a figure
	InFeeStandard = "fee_standard"
)

// Texts that stand for what is not a figure.
const (
	Unknown = "unknown" // a figure that cannot be known
	Absent  = "absent"  // one disclosure has it and the other has not
)

// Difference is one thing that two disclosures say otherwise.
type Difference struct {
	In       string       `json:"in"`
	ID       string       `json:"id"`    // the indicator, the member of the heading, or the charge
	Words    regime.Words `json:"words"` // of the indicator
	Unit     string       `json:"unit,omitempty"`
	Version  int          `json:"version,omitempty"` // of the formula that the computed figure was made by
	Stated   string       `json:"stated"`
	Computed string       `json:"computed"`
}

// String states the difference, for people.
func (d Difference) String() string {
	return fmt.Sprintf("%s %s: stated %s, computed %s", d.In, d.ID, d.Stated, d.Computed)
}

// Compare lists where a stated disclosure differs from a computed one: the heading first, then indicator by indicator
// in the computed one's order, then fee standards. Figures of one indicator are compared also where their formulas
// differ, which is a difference of its own. None: they agree.
func Compare(stated, computed Disclosure) []Difference {
	found := compareHeadings(stated, computed)
	for _, theirs := range computed.Indicators {
		said, ok := stated.Indicator(theirs.ID)
		d := Difference{In: InIndicator, ID: theirs.ID, Words: theirs.Words, Unit: theirs.Unit, Version: theirs.Version}
		if !ok {
			d.Stated, d.Computed = Absent, theirs.text()
			found = append(found, d)
			continue
		}
		if d.Stated, d.Computed = said.text(), theirs.text(); d.Stated != d.Computed || said.Unit != theirs.Unit {
			found = append(found, d)
		}
		if said.formula() != theirs.formula() {
			d.In, d.Stated, d.Computed = InFormula, said.formula(), theirs.formula()
			found = append(found, d)
		}
	}
	for _, said := range stated.Indicators {
		if _, ok := computed.Indicator(said.ID); !ok {
			found = append(found, Difference{
				In: InIndicator, ID: said.ID, Words: said.Words, Unit: said.Unit, Stated: said.text(), Computed: Absent,
			})
		}
	}
	return append(found, compareFees(stated.FeeStandards, computed.FeeStandards)...)
}

func compareHeadings(stated, computed Disclosure) []Difference {
	var found []Difference
	for _, member := range []struct{ id, stated, computed string }{
		{"platform", stated.Platform, computed.Platform},
		{"period", stated.Period.String(), computed.Period.String()},
		{"closings", closings(stated), closings(computed)},
		{"regime", stated.Regime, computed.Regime},
		{"regime_digest", stated.RegimeDigest, computed.RegimeDigest},
	} {
		if member.stated != member.computed {
			found = append(found, Difference{In: InHeading, ID: member.id, Stated: member.stated, Computed: member.computed})
		}
	}
	return found
}

func closings(d Disclosure) string {
	texts := make([]string, len(d.Closings))
	for i, c := range d.Closings {
		texts[i] = c.Custodian + " " + c.On.String()
	}
	return strings.Join(texts, ", ")
}

func (i Indicator) text() string {
	switch {
	case i.Value == nil && i.Failure != "":
		return i.Failure
	case i.Value == nil:
		return Unknown
	}
	return strconv.FormatInt(*i.Value, 10)
}

// formula names which formula a figure says that it was made by: version, words and source belong together.
func (i Indicator) formula() string {
	return fmt.Sprintf("%d, %s, %s, %s", i.Version, i.Words.EN, i.Words.ZH, i.Source)
}

// compareFees walks two lists in their one order.
func compareFees(stated, computed []FeeStandard) []Difference {
	var found []Difference
	for len(stated) > 0 || len(computed) > 0 {
		var order int
		switch {
		case len(stated) == 0:
			order = 1
		case len(computed) == 0:
			order = -1
		default:
			order = compareCharges(stated[0].charge(), computed[0].charge())
		}
		d := Difference{In: InFeeStandard, Stated: Absent, Computed: Absent}
		if order <= 0 {
			d.ID, d.Stated = stated[0].id(), strconv.FormatInt(stated[0].Loans, 10)
			stated = stated[1:]
		}
		if order >= 0 {
			d.ID, d.Computed = computed[0].id(), strconv.FormatInt(computed[0].Loans, 10)
			computed = computed[1:]
		}
		if d.Stated != d.Computed {
			found = append(found, d)
		}
	}
	return found
}

// id names a charge: to whom, of what, how much.
func (f FeeStandard) id() string {
	amount := f.PPM
	if f.FlatMinor != 0 {
		amount = f.FlatMinor
	}
	return fmt.Sprintf("%s/%s/%d", f.Payee, f.Basis, amount)
}
