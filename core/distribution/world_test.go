package distribution_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/journal"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/mandate"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/regime"
)

var (
	harbor    = party.Actor{Member: "harbor", Kind: party.Platform, Role: party.Machine}
	authority = party.Actor{Member: "authority", Kind: party.Regulator, Role: party.Supervisor}
)

// world is a small lending market: customers with cash at one custodian, a platform, a regulator, and
// whatever loans come of it. Every command goes through the packages' own Decide and Apply, every posting
// into one book, and after every step audit holds the book against the records.
type world struct {
	*rapid.T
	on           calendar.Date
	pack         regime.Pack
	book         journal.Book
	lenders      []string
	accounts     []custody.Account // of the lenders, then of the borrower
	mandates     []mandate.State
	loans        []*contract
	instructions []custody.Instruction // every one that is open: holds, payouts, fees, refunds
	suspended    []custody.Suspense
	references   int
	inflow       money.Minor // what the bank received from outside
	outflow      money.Minor // what it paid out
}

// contract is a loan with what the ledger keeps beside its record.
type contract struct {
	terms   loan.Terms
	state   loan.State
	events  []loan.Event
	lenders []string
	who     []int // of the lenders, their place in the world
	booked  []loan.Received
}

// Whatever is done in whatever order: nobody's cash goes below zero, the trial balance is zero, no loan
// pays out more than it received, and whoever has lent gets exactly that back when all is repaid.
func TestNoSequenceOfCommandsLosesMoney(t *testing.T) {
	var met reached
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(t)
		t.Repeat(map[string]func(*rapid.T){
			"":          func(t *rapid.T) { w.T = t; w.audit() },
			"deposit":   func(*rapid.T) { w.deposit() },
			"withdraw":  func(*rapid.T) { w.withdraw() },
			"originate": func(*rapid.T) { w.originate() },
			"lend":      func(*rapid.T) { w.lend() },
			"hold":      func(*rapid.T) { w.answerHold() },
			"abandon":   func(*rapid.T) { w.abandon() },
			"disburse":  func(*rapid.T) { w.disburse() },
			"receipt":   func(*rapid.T) { w.receipt() },
			"instalment": func(*rapid.T) {
				w.tomorrow()
				w.receipt()
			},
			"suspend": func(*rapid.T) { w.suspend() },
			"place":   func(*rapid.T) { w.place() },
			"reverse": func(*rapid.T) { w.reverse() },
			"net":     func(*rapid.T) { w.net() },
			"pay":     func(*rapid.T) { w.answerPayout() },
			"write_off": func(*rapid.T) {
				w.tomorrow()
				w.writeOff()
			},
			"freeze":   func(*rapid.T) { w.freeze() },
			"tomorrow": func(*rapid.T) { w.tomorrow() },
		})
		w.T = t
		w.finish()
		met.count(w)
	})
	met.require(t)
}

// reached counts what the random worlds came to, so that the property cannot hold for want of anything
// that happened.
type reached struct{ active, repaid, writtenOff, cancelled, reversed, paidOut, placed int }

func (r *reached) count(w *world) {
	for _, c := range w.loans {
		for _, e := range c.events {
			switch e.Kind {
			case loan.ActActivate:
				r.active++
			case loan.ActReverse:
				r.reversed++
			case loan.ActWriteOff:
				r.writtenOff++
			case loan.ActCancel, loan.ActExpire:
				r.cancelled++
			case loan.ActReceive:
				if e.Received.From != "" {
					r.placed++
				}
				if e.Received.Closes {
					r.repaid++
				}
			}
		}
	}
	if w.outflow > 0 {
		r.paidOut++
	}
}

func (r *reached) require(t *testing.T) {
	t.Logf("met %+v", *r)
	if min(r.active, r.repaid, r.writtenOff, r.cancelled, r.reversed, r.paidOut, r.placed) == 0 {
		t.Errorf("something never happened: %+v", *r)
	}
}

func newWorld(t *rapid.T) *world {
	w := &world{T: t, on: day("2024-01-15"), pack: sandbox()}
	for i := range rapid.IntRange(1, 4).Draw(t, "lenders") {
		name := fmt.Sprintf("lender-%d", i+1)
		w.lenders = append(w.lenders, name)
		w.accounts = append(w.accounts, custody.Account{Party: name})
		w.mandates = append(w.mandates, mandate.State{Confirmed: w.on, Terms: mandate.Terms{
			Handle: "mandate-" + name, Party: name, Platform: "harbor", Custodian: "meridian", Purpose: mandate.Invest,
			Currency: "CNY", TotalMinor: 1_000_000, Expires: day("2034-01-01"), PerLoanMinor: 500_000, MaxInstalments: 60,
			MaxShareOfLoanPPM: money.Million,
		}})
	}
	w.accounts = append(w.accounts, custody.Account{Party: "borrower"})
	return w
}

// draw is an amount of up to the figure given.
func (w *world) draw(name string, most money.Minor) money.Minor {
	return money.Minor(rapid.Int64Range(1, int64(most)).Draw(w.T, name))
}

// pick draws one place of a list, or reports that there is none.
func (w *world) pick(name string, length int) (int, bool) {
	if length == 0 {
		return 0, false
	}
	return rapid.IntRange(0, length-1).Draw(w.T, name), true
}

// some draws one of the loans for which want holds, or answers nil.
func (w *world) some(want func(*contract) bool) *contract {
	fit := slices.DeleteFunc(slices.Clone(w.loans), func(c *contract) bool { return !want(c) })
	if i, ok := w.pick("loan", len(fit)); ok {
		return fit[i]
	}
	return nil
}

func (w *world) reference() string {
	w.references++
	return fmt.Sprintf("MB%06d", w.references)
}

// post books an entry and keeps count of what crossed the bank's door.
func (w *world) post(e journal.Entry) {
	w.Helper()
	if err := w.book.Post(e); err != nil {
		w.Fatalf("post %v: %v", e, err)
	}
	for _, p := range e {
		if strings.HasPrefix(string(p.Payer), "cash/") {
			w.inflow += p.AmountMinor
		}
		if strings.HasPrefix(string(p.Beneficiary), "cash/") {
			w.outflow += p.AmountMinor
		}
	}
}

// tomorrow passes a night, or a month, or a quarter.
func (w *world) tomorrow() {
	w.on = w.on.AddDays(rapid.SampledFrom([]int{1, 15, 31, 92}).Draw(w.T, "days"))
}

func sandbox() regime.Pack {
	return regime.Pack{
		ID: "sandbox", EffectiveFrom: day("2016-01-01"), AppliesTo: regime.NewLoans,
		Approvals: []regime.Approval{{Member: "authority", Kind: party.Regulator}, {Member: "meridian", Kind: party.Custodian}},
		Rules: regime.Rules{
			Currency: "CNY", RateCapPPM: 360_000, PenaltyCapPPM: 365_000, MinKYCLevel: 1, MinPrincipal: 1, MaxPrincipal: 1_000_000,
			MaxInstalments: 60, Methods: []string{"equal_instalment", "equal_principal", "interest_only", "bullet"},
			Allocation: statute.Components, ClearanceDays: 10, FundingDays: 10, WriteOffDays: 30,
		},
	}
}
