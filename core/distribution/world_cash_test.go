package distribution_test

import (
	"fmt"
	"slices"

	"pgregory.net/rapid"

	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/distribution"
	"github.com/tallystick/tallystick/core/journal"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/repayment"
)

// instruct puts an instruction on the record.
func (w *world) instruct(i custody.Instruction, actor party.Actor) *custody.Instruction {
	w.Helper()
	if i.Handle == "" {
		i.Handle = fmt.Sprintf("instruction-%d", len(w.instructions))
	}
	i.Platform, i.Custodian, i.On = "harbor", "meridian", w.on
	events, err := custody.Decide(custody.Instruction{}, custody.Instruct{Instruction: i, Actor: actor})
	w.must(err)
	w.instructions = append(w.instructions, custody.Apply(custody.Instruction{}, events[0]))
	return &w.instructions[len(w.instructions)-1]
}

// custody runs a command on an instruction and moves the customer's cash, or changes nothing at all.
func (w *world) custody(i *custody.Instruction, command custody.Command) error {
	w.Helper()
	events, err := custody.Decide(*i, command)
	if err != nil {
		return err
	}
	entry := i.Entry(events[0])
	if at := slices.IndexFunc(w.accounts, func(a custody.Account) bool { return a.Party == i.Party }); at >= 0 {
		moved, err := custody.PostAccount(w.accounts[at], i.Party, entry, w.on)
		if err != nil {
			return err
		}
		for _, e := range moved {
			w.accounts[at] = custody.ApplyAccount(w.accounts[at], e)
		}
	}
	w.post(entry)
	*i = custody.Apply(*i, events[0])
	return nil
}

func (w *world) settle(i *custody.Instruction) {
	w.Helper()
	w.must(w.custody(i, custody.Settle{AmountMinor: i.AmountMinor, BankReference: w.reference(), ValueDate: w.on, On: w.on, Actor: meridian}))
}

// open lists the places of the instructions of a kind and status.
func (w *world) open(kind custody.Kind, status custody.Status) []int {
	var places []int
	for n, i := range w.instructions {
		if i.Kind == kind && i.Status == status {
			places = append(places, n)
		}
	}
	return places
}

func (w *world) loanOf(id string) *contract {
	return w.loans[slices.IndexFunc(w.loans, func(c *contract) bool { return c.terms.ID == id })]
}

func (w *world) deposit() {
	at, _ := w.pick("lender", len(w.lenders))
	i := w.instruct(custody.Instruction{Kind: custody.Deposit, Party: w.lenders[at], AmountMinor: w.draw("deposit", 20_000)}, meridian)
	w.must(w.custody(i, custody.Accept{On: w.on, Actor: meridian}))
	w.settle(i)
}

// withdraw asks for any amount; there may be less.
func (w *world) withdraw() {
	at, _ := w.pick("lender", len(w.lenders))
	had := w.accounts[at].AvailableMinor
	i := w.instruct(custody.Instruction{Kind: custody.Withdraw, Party: w.lenders[at], AmountMinor: w.draw("withdrawal", 20_000)}, harbor)
	err := w.custody(i, custody.Accept{On: w.on, Actor: meridian})
	switch {
	case (err == nil) != (i.AmountMinor <= had):
		w.Fatalf("%d of %d available withdrawn: %v", i.AmountMinor, had, err)
	case err != nil || rapid.Bool().Draw(w.T, "refusal"):
		w.must(w.custody(i, custody.Refuse{Reason: "refused", On: w.on, Actor: meridian}))
	default:
		w.settle(i)
	}
}

// lend gives everybody cash and takes what was originated as far as it will go.
func (w *world) lend() {
	for range w.lenders {
		w.deposit()
	}
	w.originate()
	for range w.open(custody.Hold, custody.Instructed) {
		w.answerHold()
	}
	w.disburse()
}

// owing draws a loan that was ever paid out.
func (w *world) owing() *contract {
	return w.some(func(c *contract) bool { return c.state.Plan != nil })
}

// receipt books any amount, valued today or on any day since the loan began.
func (w *world) receipt() {
	if c := w.owing(); c != nil {
		w.receive(c, w.drawAmount(c), "")
	}
}

// drawAmount is what is due, what pays the loan off, or anything.
func (w *world) drawAmount(c *contract) money.Minor {
	p, err := repayment.At(c.state, w.on, w.on)
	w.must(err)
	amount := w.draw("amount", c.terms.PrincipalMinor)
	switch rapid.IntRange(0, 2).Draw(w.T, "amount of") {
	case 0:
		amount = max(amount, p.Total())
	case 1:
		amount = max(1, p.PastDue.Total()+p.Due.Total())
	}
	return amount
}

func (w *world) receive(c *contract, amount money.Minor, from string) {
	w.Helper()
	value := w.on
	if rapid.IntRange(0, 3).Draw(w.T, "backdated") == 0 {
		value = value.AddDays(-rapid.IntRange(0, int(w.on-c.state.Plan.Start)).Draw(w.T, "days ago"))
	}
	r := distribution.Receipt{BankReference: w.reference(), AmountMinor: amount, ValueDate: value, From: from}
	w.must(w.take(c, func() ([]loan.Event, error) { return distribution.Decide(c.state, r, statute, meridian, w.on) }))
	booked := *c.events[len(c.events)-1].Received
	c.booked = append(c.booked, booked)
	if booked.Parts.Total() != amount {
		w.Fatalf("%d came in and %d were allocated", amount, booked.Parts.Total())
	}
}

func (w *world) suspend() {
	s := custody.Suspense{
		Handle: fmt.Sprintf("suspense-%d", len(w.suspended)), Custodian: "meridian", Account: "?",
		BankReference: w.reference(), AmountMinor: w.draw("amount", 5_000), ValueDate: w.on,
	}
	events, err := custody.Suspend(custody.Suspense{}, s, w.on)
	w.must(err)
	w.post(custody.Suspense{}.Entry(events[0]))
	w.suspended = append(w.suspended, custody.ApplySuspense(custody.Suspense{}, events[0]))
}

// place moves a suspended receipt to a loan; a second time is refused.
func (w *world) place() {
	at, ok := w.pick("suspended", len(w.suspended))
	c := w.owing()
	if !ok || c == nil {
		return
	}
	s := w.suspended[at]
	events, err := custody.Place(s, c.terms.ID, w.on, meridian)
	if (err == nil) != (s.PlacedWith == "") {
		w.Fatalf("place what is placed with %q: %v", s.PlacedWith, err)
	}
	if err != nil {
		return
	}
	w.post(s.Entry(events[0]))
	w.suspended[at] = custody.ApplySuspense(s, events[0])
	w.receive(c, s.AmountMinor, s.Handle)
}

// reverse undoes any receipt; a second time is refused.
func (w *world) reverse() {
	c := w.some(func(c *contract) bool { return len(c.booked) > 0 })
	if c == nil {
		return
	}
	at, _ := w.pick("receipt", len(c.booked))
	original := c.booked[at]
	reversed := c.state.Receipts[c.state.HasSeen(original.BankReference, original.From)].Reversed
	err := w.take(c, func() ([]loan.Event, error) { return distribution.Reverse(c.state, original, meridian, w.on) })
	if (err == nil) == reversed {
		w.Fatalf("reverse a receipt, reversed before: %t: %v", reversed, err)
	}
}

// net hands what is due to payouts, as the custodian's run does.
func (w *world) net() {
	c := w.owing()
	if c == nil || w.decide(c, loan.Net{Run: "run"}, meridian) != nil {
		return
	}
	n := *c.events[len(c.events)-1].Netted
	for i, amount := range n.Credits {
		w.payable(custody.PayOut, c.lenders[i], amount)
	}
	for i, amount := range n.FeesMinor {
		w.payable(custody.Fee, c.state.FeePayee(i), amount)
	}
	w.payable(custody.Refund, "borrower", n.RefundMinor)
}

func (w *world) payable(kind custody.Kind, to string, amount money.Minor) {
	if amount > 0 {
		w.instruct(custody.Instruction{Kind: kind, Party: to, AmountMinor: amount}, meridian)
	}
}

// answerPayout lets the bank pay or refuse; what is refused waits for the next run, which takes it.
func (w *world) answerPayout() {
	for _, kind := range []custody.Kind{custody.PayOut, custody.Refund, custody.Fee} {
		for _, n := range w.open(kind, custody.Instructed) {
			i := &w.instructions[n]
			w.must(w.custody(i, custody.Accept{On: w.on, Actor: meridian}))
			if kind == custody.Fee || rapid.IntRange(0, 3).Draw(w.T, "refusal") > 0 {
				w.settle(i)
				continue
			}
			w.must(w.custody(i, custody.Refuse{Reason: "account_closed", On: w.on, Actor: meridian}))
			at := slices.IndexFunc(w.accounts, func(a custody.Account) bool { return a.Party == i.Party })
			events, err := custody.ReturnPayout(w.accounts[at], i.AmountMinor, w.on)
			w.must(err)
			w.accounts[at] = custody.ApplyAccount(w.accounts[at], events[0])
		}
	}
	for at, a := range w.accounts {
		events, err := custody.TakePayable(a, w.on)
		if err != nil {
			continue
		}
		w.accounts[at] = custody.ApplyAccount(a, events[0])
		w.payable(custody.PayOut, a.Party, events[0].AmountMinor)
	}
}

func (w *world) overdueDays(c *contract) int {
	days, err := repayment.OverdueDays(c.state, w.on)
	w.must(err)
	return days
}

// finish pays every loan off and pays everything out. What is left in the book is what was never lent and
// what is owed back.
func (w *world) finish() {
	for _, c := range w.loans {
		if c.state.Plan == nil {
			continue
		}
		p, err := repayment.At(c.state, w.on, w.on)
		w.must(err)
		w.receive(c, max(1, p.Total()), "")
		if last := c.booked[len(c.booked)-1]; last.ValueDate == w.on && c.state.Status != loan.Repaid {
			w.Fatalf("everything is paid and the loan is %s: %s", c.state.Status, text(c.state))
		}
	}
	w.audit()
	for _, c := range w.loans {
		if c.state.Plan != nil && w.decide(c, loan.Net{Run: "last"}, meridian) == nil {
			w.audit0(c)
		}
	}
}

// audit0 holds that a netted loan owes nobody anything.
func (w *world) audit0(c *contract) {
	n := *c.events[len(c.events)-1].Netted
	for i, amount := range n.Credits {
		w.payable(custody.PayOut, c.lenders[i], amount)
		if c.state.Payable(i) != 0 {
			w.Fatalf("lender %d is still to be paid %d", i, c.state.Payable(i))
		}
	}
	for i, amount := range n.FeesMinor {
		w.payable(custody.Fee, c.state.FeePayee(i), amount)
	}
	w.payable(custody.Refund, "borrower", n.RefundMinor)
	w.audit()
}

// audit holds the book against the records.
func (w *world) audit() {
	w.Helper()
	if total := w.book.Total(""); total != 0 {
		w.Fatalf("the trial balance is %d", total)
	}
	if a := w.book.Overdrawn(); a != "" {
		w.Fatalf("%s is overdrawn: %d", a, w.book.Balance(a))
	}
	if cash := -w.book.Balance(journal.Cash("meridian")); cash != w.inflow-w.outflow {
		w.Fatalf("the bank holds %d, and %d came in less %d that left", cash, w.inflow, w.outflow)
	}
	if left := w.book.Total("clearing/"); left != 0 {
		w.Fatalf("%d are left in clearing", left)
	}
	w.auditRecords()
	for _, c := range w.loans {
		w.auditLoan(c)
	}
}
