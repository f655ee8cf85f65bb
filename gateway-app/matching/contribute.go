package matching

// contribute takes the fixed parts of a programme's institutions, or says why a deal cannot have them.
// An institution meets the same conditions as everybody: its mandate is checked by the same contract.
func (f *field) contribute(d int32) Reason {
	deal := &f.deals[d]
	for _, c := range deal.contributions {
		o := &f.orders[c.order]
		if o.unusable != "" {
			return ProgrammeUnusable
		}
		if misfit(o.lender, o.mandate, deal.request, f.book.On) != "" {
			return ProgrammeMisfit
		}
		if c.amount > o.mandate.MostIn(deal.request.PrincipalMinor) || c.amount > f.unconcentrated(c.order, d, nowhere) {
			return ProgrammeLimit
		}
		if c.amount > f.spendableBy(c.order) || !f.mayEnter(c.order, d) {
			return ProgrammeShort
		}
		f.give(c.order, d, c.amount)
	}
	return ""
}
