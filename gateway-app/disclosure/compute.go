package disclosure

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/core/schedule"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/expression"
	"github.com/tallystick/tallystick/gateway-app/portfolio"
)

// largest is how many of the largest borrowers a standing names.
const largest = 10

// Formulas are a reporting pack's formulas, compiled. They do not change, and any number of callers may ask them at once.
type Formulas struct {
	pack     regime.Pack
	digest   string
	programs []*expression.Program // nil where the formula does not compile
}

// Compile compiles all formulas of a reporting pack. One that does not compile stops none of the others: its indicator
// says that it has failed.
func Compile(pack regime.Pack) (*Formulas, error) {
	if pack.AppliesTo != regime.Reports || pack.Reporting == nil || len(pack.Reporting.Formulas) == 0 {
		return nil, fmt.Errorf("compile the formulas of pack %s: it has none: name a pack that applies to reports", pack.ID)
	}
	digest, err := wire.PackDigest(pack)
	if err != nil {
		return nil, fmt.Errorf("compile the formulas of pack %s: %w", pack.ID, err)
	}
	f := &Formulas{pack: pack, digest: digest}
	for _, formula := range pack.Reporting.Formulas {
		program, _ := CompileFormula(formula) // what is wrong with it was said when it was proposed or approved
		f.programs = append(f.programs, program)
	}
	return f, nil
}

// Digest is the digest that the pack was approved by.
func (f *Formulas) Digest() string { return f.digest }

// Compute makes a disclosure of a platform's standings, one of each of its custodians, at its last close in the period or,
// where it closed no day of that, before. Which
// pack is in force is the caller's to say: regime.ReportingOn by the day of the close.
func Compute(standings []portfolio.Standing, period Period, pack regime.Pack) (Disclosure, error) {
	formulas, err := Compile(pack)
	if err != nil {
		return Disclosure{}, err
	}
	return formulas.Compute(standings, period)
}

// Compute is Compute with formulas that were compiled before.
func (f *Formulas) Compute(standings []portfolio.Standing, period Period) (Disclosure, error) {
	standings = slices.SortedFunc(slices.Values(standings), func(a, b portfolio.Standing) int { return cmp.Compare(a.Custodian, b.Custodian) })
	if err := checkStandings(standings, period); err != nil {
		return Disclosure{}, fmt.Errorf("compute a disclosure for %s: %w", period, err)
	}
	d := Disclosure{
		Version: formVersion, Platform: standings[0].Platform, Period: period, Regime: f.pack.ID, RegimeDigest: f.digest,
		FeeStandards: []FeeStandard{},
	}
	for _, s := range standings {
		d.Closings = append(d.Closings, Closing{Custodian: s.Custodian, On: s.On})
	}
	merged, err := merge(standings)
	if err != nil {
		return Disclosure{}, fmt.Errorf("compute the disclosure of %s for %s: %w", d.Platform, period, err)
	}
	d.Indicators = f.indicators(values(merged, standings))
	for _, c := range merged.Charges {
		d.FeeStandards = append(d.FeeStandards, FeeStandard{
			Payee: c.Charge.Payee, Basis: c.Charge.Basis, PPM: int64(c.Charge.PPM), FlatMinor: int64(c.Charge.FlatMinor), Loans: c.Loans,
		})
	}
	return d, nil
}

func (f *Formulas) indicators(seen map[string]any) []Indicator {
	list := make([]Indicator, len(f.programs))
	for i, program := range f.programs {
		formula := f.pack.Reporting.Formulas[i]
		list[i] = Indicator{ID: formula.ID, Version: formula.Version, Unit: formula.Unit, Words: formula.Words, Source: formula.Source}
		if program == nil {
			list[i].Failure = DoesNotCompile
			continue
		}
		switch value, known, err := program.Int(seen); {
		case err != nil:
			list[i].Failure = DoesNotEvaluate
		case known:
			list[i].Value = &value
		}
	}
	return list
}

func checkStandings(standings []portfolio.Standing, period Period) error {
	if len(standings) == 0 {
		return errors.New("there is no standing: no business day of the period was closed")
	}
	for i, s := range standings {
		switch {
		case s.Platform != standings[0].Platform:
			return fmt.Errorf("standings of %s and of %s", standings[0].Platform, s.Platform)
		case i > 0 && s.Custodian == standings[i-1].Custodian:
			return fmt.Errorf("two standings with %s", s.Custodian)
		case s.On > period.To:
			return fmt.Errorf("the standing with %s is of %s", s.Custodian, s.On)
		}
	}
	return nil
}

// merge adds standings up, in all that has no date of its own.
func merge(standings []portfolio.Standing) (portfolio.Standing, error) {
	total := portfolio.Standing{Platform: standings[0].Platform}
	for _, s := range standings {
		err := errors.Join(
			add(&total.Lent, s.Lent), add(&total.Balance, s.Balance), add(&total.Interest, s.Interest),
			add(&total.Related, s.Related), add(&total.Compensated, s.Compensated),
		)
		if err != nil {
			return portfolio.Standing{}, fmt.Errorf("add up the custodians: %w", err)
		}
		total.Borrowers += s.Borrowers
		total.BorrowersCurrent += s.BorrowersCurrent
		total.Lenders += s.Lenders
		total.LendersCurrent += s.LendersCurrent
		total.LargestMinor = append(total.LargestMinor, s.LargestMinor...)
		total.Charges = append(total.Charges, s.Charges...)
	}
	slices.SortFunc(total.LargestMinor, func(a, b money.Minor) int { return cmp.Compare(b, a) })
	total.LargestMinor = total.LargestMinor[:min(largest, len(total.LargestMinor))]
	total.Charges = mergeCharges(total.Charges)
	return total, nil
}

func add(total *portfolio.Amount, more portfolio.Amount) error {
	var err error
	total.AmountMinor, err = money.Add(total.AmountMinor, more.AmountMinor)
	total.Loans += more.Loans
	return err
}

// mergeCharges puts charges in their one order, each once.
func mergeCharges(charges []portfolio.ChargeStandard) []portfolio.ChargeStandard {
	slices.SortFunc(charges, func(a, b portfolio.ChargeStandard) int { return compareCharges(a.Charge, b.Charge) })
	var merged []portfolio.ChargeStandard
	for _, c := range charges {
		if last := len(merged) - 1; last >= 0 && merged[last].Charge == c.Charge {
			merged[last].Loans += c.Loans
			continue
		}
		merged = append(merged, c)
	}
	return merged
}

func compareCharges(a, b schedule.Charge) int {
	return cmp.Or(
		cmp.Compare(a.Payee, b.Payee), cmp.Compare(a.Basis, b.Basis),
		cmp.Compare(a.PPM, b.PPM), cmp.Compare(a.FlatMinor, b.FlatMinor),
	)
}
