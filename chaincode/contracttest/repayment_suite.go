package contracttest

import (
	"testing"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/core/repayment"
	"github.com/tallystick/tallystick/core/wire"
)

func repaymentSuite(t *testing.T, open func(t *testing.T) Ledger) {
	for _, scenario := range []struct {
		name string
		play func(t *testing.T, open func(t *testing.T) Ledger)
	}{
		{"a receipt is allocated and divided in the transaction that books it", divided},
		{"two receipts for one loan in one batch follow one another", twoInOneBatch},
		{"a batch posts what it can, or all or nothing", modes},
		{"a receipt that names no loan goes to suspense, once", suspended},
		{"a receipt ahead of its loan's disbursement is booked once", aheadOfItsLoan},
		{"what the bank received is booked whatever else is true", bookedWhateverElse},
		{"a malformed line is refused", linesRefused},
		{"a borrower pays late, with penalty", late},
		{"a borrower pays the loan off early", paidOffEarly},
		{"a borrower pays too much and gets it back", overpaid},
		{"a borrower pays a day early and is not late", dayEarly},
		{"the regime's order decides what a receipt pays", penaltyFirst},
		{"a receipt is reversed before anybody was paid from it", reversedBefore},
		{"a receipt is reversed after its lender was paid from it", reversedAfter},
		{"a reversal opens a repaid loan again", reversalReopens},
		{"a reversal that does not fit is refused", reversalsRefused},
		{"a receipt that was reversed by mistake is booked again", reversedByMistake},
		{"a placed receipt does not stand in the way of one with an equal reference", equalReferences},
		{"a request is repeated, altered, oversized, malformed or not theirs", envelopes},
	} {
		t.Run(scenario.name, func(t *testing.T) { scenario.play(t, open) })
	}
}

func divided(t *testing.T, open func(t *testing.T) Ledger) {
	s := OpenScene(t, open)
	l := s.Active(tenThousand, s.Lenders(3, tenThousand)...)
	_, row := s.ToRow(l, 1)
	s.PaysRow(l, row)
	r, state := s.Received(l), s.State(l)
	var lenders money.Minor
	for i := range l.Lenders {
		lenders += state.Payable(i)
	}
	if lenders != row.PrincipalMinor+row.InterestMinor || r.Parts.FeesMinor[0] != row.FeesMinor[0] {
		t.Errorf("of %d the lenders are owed %d and the platform %d, want %d and %d", r.AmountMinor,
			lenders, r.Parts.FeesMinor[0], row.PrincipalMinor+row.InterestMinor, row.FeesMinor[0])
	}
}

func twoInOneBatch(t *testing.T, open func(t *testing.T) Ledger) {
	s := OpenScene(t, open)
	l := s.Active(tenThousand, s.Lenders(2, tenThousand)...)
	_, row := s.ToRow(l, 1)
	half := Due(row) / 2 // rounds down; the second pays the rest
	first, second := s.Receipt(l.ID(), half), s.Receipt(l.ID(), Due(row)-half)
	first.ValueDate, second.ValueDate = row.Due, row.Due
	s.Do(s.Posting(first, second))
	view := s.View(l)
	if len(view.Record.Events) != 2 || view.Record.State.Paid.PrincipalMinor != row.PrincipalMinor {
		t.Errorf("two halves of a row pay %d of principal by %d events, want %d by 2",
			view.Record.State.Paid.PrincipalMinor, len(view.Record.Events), row.PrincipalMinor)
	}
	twice := s.Receipt(l.ID(), 1_000)
	batch := Private(Pair, twice, twice)
	batch.Mode = wire.Each
	answer := s.Do(s.asBank("Repayment:Post", batch))
	if answer.Applied != 1 || len(answer.Refused) != 1 || answer.Refused[0].Code != fault.DuplicateBankReference {
		t.Errorf("one entry twice in a batch answers %+v", answer)
	}
}

func modes(t *testing.T, open func(t *testing.T) Ledger) {
	s := OpenScene(t, open)
	l := s.Active(tenThousand, s.Lenders(2, tenThousand)...)
	good, bad := s.Receipt(l.ID(), 1_000), s.Receipt(l.ID(), -1)
	s.Refused(s.Posting(good, bad), fault.In(fault.InvalidField, "amount_minor").At(1))
	if got := len(s.State(l).Receipts); got != 0 {
		t.Errorf("a refused batch left %d receipts", got)
	}
	batch := Private(Pair, bad, good, bad)
	batch.Mode = wire.Each
	answer := s.Do(s.asBank("Repayment:Post", batch))
	if answer.Applied != 1 || len(answer.Refused) != 2 || answer.Refused[1].Item != 3 {
		t.Errorf("one good line of three answers %+v", answer)
	}
}

func suspended(t *testing.T, open func(t *testing.T) Ledger) {
	s := OpenScene(t, open)
	l := s.Active(tenThousand, s.Lenders(2, 2*tenThousand)...)
	there := s.CustomerLinkedTo(Lantern, NewHandle())
	foreign := s.proposedBy(there, tenThousand)
	for _, account := range []string{
		"", "my loan", l.ID() + " ", wire.LoanID("lending", Harbor, NewHandle()), wire.LoanID("other", Harbor, l.Handle()),
		foreign.ID(), s.Funded(tenThousand, l.Lenders...).ID(),
	} {
		r := s.Receipt(account, 1_234)
		s.Do(s.Posting(r))
		if got := s.Suspended(r); got.AmountMinor != 1_234 || got.Account != account || got.ValueDate != r.ValueDate {
			t.Errorf("a receipt for %q is suspended as %+v", account, got)
		}
		s.Refuses(s.Posting(r), fault.DuplicateBankReference, "bank_reference")
	}
	long := s.Receipt("", 1_234)
	for len(long.Account) <= 256 {
		long.Account += "x"
	}
	s.Refuses(s.Posting(long), fault.InvalidField, "account")
}

// aheadOfItsLoan posts a receipt while the money is still on its way, and the same entry again when it
// has arrived.
func aheadOfItsLoan(t *testing.T, open func(t *testing.T) Ledger) {
	s := OpenScene(t, open)
	l := s.Instructed(tenThousand, s.Lenders(2, tenThousand)...)
	early := s.Receipt(l.ID(), 5_000)
	s.Do(s.Posting(early))
	left := s.Today()
	s.AdvanceTo(s.Today().AddDays(s.Rules.BackdatingDays - 1))
	during := s.Receipt(l.ID(), 6_000)
	s.Do(s.Posting(during))
	s.Do(s.Accepting(l.Disbursement))
	s.Do(s.SettlingAs(wire.Settle{
		Instruction: l.Disbursement, AmountMinor: tenThousand, BankReference: "bank-" + NewHandle(), ValueDate: left,
	}))
	for _, r := range []wire.Receipt{early, during} {
		s.Refuses(s.Posting(r), fault.DuplicateBankReference, "bank_reference")
		s.Do(s.Placing(r, l))
		s.Refuses(s.Posting(r), fault.DuplicateBankReference, "bank_reference")
	}
	if paid := s.State(l).Paid.Total(); paid != 11_000 {
		t.Errorf("%d is booked, want 11,000", paid)
	}
}

func bookedWhateverElse(t *testing.T, open func(t *testing.T) Ledger) {
	s := OpenScene(t, open)
	lenders := s.Lenders(2, 2*tenThousand)
	frozen, finished := s.Active(tenThousand, lenders...), s.Active(tenThousand, lenders...)
	s.Do(s.asSupervisor("Loan:Freeze", Private(Pair, wire.OrderLoan{Loan: frozen.ID(), Order: "order-9"})))
	s.FreezeParty(frozen.Borrower, "order-10")
	s.FreezeParty(lenders[0], "order-11")
	_, row := s.ToRow(frozen, 1)
	s.PaysRow(frozen, row)
	s.Pays(finished, s.Owes(finished))
	s.Is(finished, loan.Repaid)
	s.Pays(finished, 4_321)
	if refund := s.State(finished).Paid.RefundMinor; refund != 4_321 {
		t.Errorf("a repaid loan's receipt leaves %d to refund, want all of it", refund)
	}
	s.AdvanceTo(s.Today().AddDays(customerDays + 1)) // every attestation has expired by now
	old := s.Receipt(frozen.ID(), 1_000)
	old.ValueDate = s.Today().AddDays(-300)
	s.Do(s.Posting(old))
	s.Pays(frozen, s.Owes(frozen))
	s.Is(frozen, loan.Repaid)
}

func linesRefused(t *testing.T, open func(t *testing.T) Ledger) {
	s := OpenScene(t, open)
	l := s.Active(tenThousand, s.Lenders(2, tenThousand)...)
	today := s.Today()
	for _, account := range []string{l.ID(), "nobody"} {
		for _, c := range []struct {
			spoil func(*wire.Receipt)
			code  fault.Code
			field string
		}{
			{func(r *wire.Receipt) { r.BankReference = "" }, fault.InvalidField, "bank_reference"},
			{func(r *wire.Receipt) { r.BankReference = NewDigest() + "0" }, fault.InvalidField, "bank_reference"},
			{func(r *wire.Receipt) { r.AmountMinor = 0 }, fault.InvalidField, "amount_minor"},
			{func(r *wire.Receipt) { r.AmountMinor = -100 }, fault.InvalidField, "amount_minor"},
			{func(r *wire.Receipt) { r.AmountMinor = 1 << 62 }, fault.InvalidField, "amount_minor"},
			{func(r *wire.Receipt) { r.ValueDate = today.AddDays(1) }, fault.ValueDateOutOfBounds, "value_date"},
		} {
			r := s.Receipt(account, 1_000)
			c.spoil(&r)
			s.Refuses(s.Posting(r), c.code, c.field)
		}
	}
	s.Refused(s.asBank("Repayment:Post", Private(wire.Exposure, s.Receipt(l.ID(), 1))), refusal(fault.InvalidField, "collection"))
}

// envelopes are what every command refuses, here on the one that carries most.
func envelopes(t *testing.T, open func(t *testing.T) Ledger) {
	s := OpenScene(t, open)
	l := s.Active(tenThousand, s.Lenders(2, tenThousand)...)
	request := Private(Pair, s.Receipt(l.ID(), 5_000))
	call := s.asBank("Repayment:Post", request)
	for _, member := range []string{Harbor, Lantern, Authority} {
		call.Member, call.EndorseBy = member, []string{Meridian, Harbor}
		s.Refused(call, refusal(fault.WrongMember, ""))
	}
	call = s.asBank("Repayment:Post", request)
	for _, role := range []party.Role{party.Admin, party.Auditor, ""} {
		call.Role = role
		s.Refused(call, refusal(fault.WrongRole, ""))
	}
	first := s.Do(s.asBank("Repayment:Post", request))
	again := s.Do(s.asBank("Repayment:Post", request))
	if first.Applied != 1 || again.Applied != 1 || len(s.State(l).Receipts) != 1 {
		t.Errorf("a repeated request answers %+v and then %+v, with %d receipts", first, again, len(s.State(l).Receipts))
	}
	altered := request
	altered.Items = []wire.Receipt{s.Receipt(l.ID(), 5_001)}
	s.Refused(s.asBank("Repayment:Post", altered), refusal(fault.RequestIDReused, "id"))
	oversized := Private(Pair, make([]wire.Receipt, 1001)...)
	for i := range oversized.Items {
		oversized.Items[i] = wire.Receipt{Account: "a", BankReference: "b", AmountMinor: 1, ValueDate: s.Today()}
	}
	s.Refused(s.asBank("Repayment:Post", oversized), refusal(fault.BatchTooLarge, ""))
	s.Refused(s.Posting([]wire.Receipt{}...), refusal(fault.BatchEmpty, ""))
	s.Refused(s.asBank("Repayment:Post", `{"version":1,`), refusal(fault.MalformedRequest, ""))
	s.Invalid(s.Posting(s.Receipt(l.ID(), 1_000)), Meridian)
	s.Invalid(s.Posting(s.Receipt(l.ID(), 1_000)), Meridian, Meridian)
	s.CheckBooks()
}

func late(t *testing.T, open func(t *testing.T) Ledger) {
	s := OpenScene(t, open)
	l := s.Active(tenThousand, s.Lenders(2, tenThousand)...)
	_, row := s.ToRow(l, 1)
	paidOn := s.AdvanceTo(row.Due.AddDays(20))
	s.Pays(l, Due(row))
	days := money.Minor(calendar.Days(row.Due, paidOn))
	const yearDays = 365
	accrued := row.PrincipalMinor * days * money.Minor(l.Terms.PenaltyRatePPM) / (yearDays * 1_000_000) // rounds down
	owed := s.Owes(l)
	parts := s.Received(l).Parts
	if parts.PenaltyMinor != 0 || parts.PrincipalMinor != row.PrincipalMinor {
		t.Errorf("the statute's order pays penalty last; the receipt paid %+v", parts)
	}
	s.Pays(l, 10_000)
	if got := s.Received(l).Parts.PenaltyMinor; got != accrued && got != accrued+1 {
		t.Errorf("%d of penalty was paid for %d days, want %d, rounded; %d was owed in all", got, days, accrued, owed)
	}
}

func paidOffEarly(t *testing.T, open func(t *testing.T) Ledger) {
	s := OpenScene(t, open)
	l := s.Active(tenThousand, s.Lenders(3, tenThousand)...)
	s.ToRow(l, 1)
	s.PaysRow(l, s.Rows(l)[0])
	s.AdvanceTo(s.Today().AddDays(10))
	owed := s.Owes(l)
	s.Pays(l, owed)
	s.Is(l, loan.Repaid)
	state := s.State(l)
	if state.Outstanding() != 0 || state.Paid.RefundMinor != 0 {
		t.Errorf("after %d, %d is outstanding and %d to refund", owed, state.Outstanding(), state.Paid.RefundMinor)
	}
	var whole money.Minor
	for _, row := range s.Rows(l) {
		whole += row.InterestMinor
	}
	if state.Paid.InterestMinor >= whole/2 {
		t.Errorf("%d of interest was paid, the days used are few: the whole term's is %d", state.Paid.InterestMinor, whole)
	}
}

func overpaid(t *testing.T, open func(t *testing.T) Ledger) {
	s := OpenScene(t, open)
	l := s.Active(tenThousand, s.Lenders(2, tenThousand)...)
	_, row := s.ToRow(l, 1)
	r := s.Receipt(l.ID(), Due(row)+Due(s.Rows(l)[1])+7_777)
	r.ValueDate = row.Due
	s.Do(s.Posting(r))
	run := NewHandle()
	s.Do(s.Netting(run, l))
	if got := s.PayOut(run, custody.Refund, l.Borrower.Handle); got != 7_777 {
		t.Errorf("the borrower gets %d back, want 7,777", got)
	}
}

// dayEarly pays the first instalment on the business day before it falls due; its lenders have it at once.
func dayEarly(t *testing.T, open func(t *testing.T) Ledger) {
	s := OpenScene(t, open)
	l := s.Active(tenThousand, s.Lenders(2, tenThousand)...)
	row := s.Rows(l)[0]
	before := row.Due - 1
	for before.Weekday() > 5 {
		before--
	}
	s.AdvanceTo(before)
	s.Pays(l, Due(row))
	if got := s.Received(l).Parts; got.PrincipalMinor != row.PrincipalMinor || got.InterestMinor != row.InterestMinor {
		t.Errorf("the instalment of %+v was paid in advance as %+v", row, got)
	}
	run := NewHandle()
	s.Do(s.Netting(run, l))
	s.PayOut(run, custody.PayOut, l.Lenders[0].Handle)
	s.AdvanceTo(row.Due.AddDays(3))
	late, err := repayment.OverdueDays(s.State(l), s.Today())
	if p, errAt := repayment.At(s.State(l), s.Today(), s.Today()); err != nil || errAt != nil || late != 0 || p.PastDue.Total() != 0 {
		t.Errorf("paid a day early, and %d days late with %+v: %v, %v", late, p.PastDue, err, errAt)
	}
}

// penaltyFirst adopts a regime that pays penalty before anything else.
func penaltyFirst(t *testing.T, open func(t *testing.T) Ledger) {
	pack := Sandbox()
	pack.Rules.Allocation = []regime.Component{regime.Penalty, regime.Fee, regime.Interest, regime.Principal}
	s := OpenSceneUnder(t, open, pack)
	l := s.Active(tenThousand, s.Lenders(2, tenThousand)...)
	_, row := s.ToRow(l, 1)
	s.AdvanceTo(row.Due.AddDays(20))
	s.Pays(l, 100)
	if got := s.Received(l).Parts.PenaltyMinor; got != 100 {
		t.Errorf("%d of 100 paid penalty, want all of it", got)
	}
}
