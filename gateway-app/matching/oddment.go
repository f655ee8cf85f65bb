package matching

// placeOddments gives what is left of a unit in filled deals to one lender each. A deal in which nobody
// can take it is given up: the contract wants the principal to the fen.
func (f *field) placeOddments() {
	for d := range f.deals {
		deal := &f.deals[d]
		if deal.status != Filled || deal.oddment == 0 {
			continue
		}
		f.log = f.log[:0]
		if f.placeOddment(int32(d)) || f.shiftForOddment(int32(d)) {
			continue
		}
		f.dissolve(int32(d))
		deal.status, deal.reason = "", OddmentLeft
	}
}

// placeOddment gives it to the first lender by precedence that can take it: one who is there, or, when
// institutions bring all the rest, anybody.
func (f *field) placeOddment(d int32) bool {
	deal := &f.deals[d]
	for o := range deal.fits.both(deal.fits) {
		if f.has(o, d) == 0 && (deal.need > 0 || !f.mayEnter(o, d)) {
			continue
		}
		// Whoever is there has kept room for it in its most; see mostIn.
		if min(f.spendableBy(o), f.unconcentrated(o, d, nowhere), f.mostIn(o, d)+deal.oddment) >= deal.oddment {
			f.give(o, d, deal.oddment)
			return true
		}
	}
	return false
}

// shiftForOddment has one lender leave a unit to another, which makes room for the oddment.
func (f *field) shiftForOddment(d int32) bool {
	deal, unit := &f.deals[d], f.book.Policy.UnitMinor
	for o := range deal.fits.both(deal.fits) {
		if has := f.has(o, d); has == 0 || has-unit < deal.ticket {
			continue
		}
		for other := range deal.fits.both(deal.fits) {
			if other == o || f.has(other, d) == 0 || f.room(other, d) < unit {
				continue
			}
			f.give(o, d, -unit)
			f.give(other, d, unit)
			if f.placeOddment(d) {
				return true
			}
			f.rollBack(0)
		}
	}
	return false
}

// dissolve gives all money of a deal back.
func (f *field) dissolve(d int32) {
	for len(f.deals[d].parts) > 0 {
		last := f.deals[d].parts[len(f.deals[d].parts)-1]
		f.give(last.order, d, -last.amount)
	}
}
