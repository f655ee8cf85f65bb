package projection_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/distribution"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/repayment"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/portfolio"
)

// years is a story of some months: loans of many kinds, paid on time, late, in advance, off early or not at all, with
// receipts that are reversed and claims that are written off.
type years struct {
	*town
	random *rand.Rand
	loans  int
	booked map[int][]loan.Received
	closed []portfolio.Standing // what an auditor measured of all loans at each close
	seen   map[string]int       // what happened how often
}

// tell lets the months happen. The closings from the first month on are all measured.
func tell(t testing.TB) *years {
	t.Helper()
	w := found(t)
	w.many = true
	for _, customer := range []string{bob, dan, eve} {
		w.attest(customer)
	}
	w.deposit(2, bob, 900_000_000)
	y := &years{town: w, random: rand.New(rand.NewPCG(5, 5)), booked: map[int][]loan.Received{}, seen: map[string]int{}}
	start := w.on
	for month := range 12 {
		y.begin(workday(start.AddMonths(month).AddDays(1)))
		if month < 6 {
			for range 2 {
				y.loans++
				w.lend(y.loans, money.Minor(40_000+y.loans*1_003))
			}
		}
		y.begin(workday(w.on.AddDays(3 + y.random.IntN(9))))
		for n := 1; n <= y.loans; n++ {
			y.live(n)
		}
		if w.staged != nil {
			w.commit()
		}
	}
	y.end()
	for _, what := range []string{"exact", "part", "more", "off", "reversed", "reopened", "written_off", "late"} {
		if y.seen[what] == 0 {
			t.Errorf("the story has nothing of %q: %v", what, y.seen)
		}
	}
	return y
}

// begin closes the day, which the auditor measures first, and opens another.
func (y *years) begin(on calendar.Date) {
	y.Helper()
	y.end()
	y.open(on.String())
}

func (y *years) end() {
	y.Helper()
	y.closed = append(y.closed, portfolio.Measure(y.positions(), "harbor", "meridian", y.on))
	y.close()
}

// positions derives every loan's position from what the ledger has of it.
func (y *years) positions() []portfolio.Position {
	y.Helper()
	var all []portfolio.Position
	for place := range y.committed {
		id, ok := strings.CutPrefix(place, pair+"/"+wire.LoanKey(""))
		if !ok {
			continue
		}
		terms := decode[loan.Terms](y.chain, y.committed[pair+"/"+wire.TermsKey(id)])
		funding := decode[loan.Funding](y.chain, y.committed[pair+"/"+wire.FundingKey(id)])
		state := decode[wire.Record[loan.State, json.RawMessage]](y.chain, y.committed[place]).State
		all = append(all, must[portfolio.Position](y.chain)(portfolio.PositionOf(state, terms, funding.Lenders())))
	}
	return all
}

// live lets one thing happen to a loan, staged with what happens to the others, or in a transaction of its own.
func (y *years) live(n int) {
	y.Helper()
	s := y.town.loan(n)
	if booked := len(y.booked[n]); booked > 0 && y.random.IntN(6) == 0 {
		y.reverse(n, y.random.IntN(booked))
		return
	}
	if s.Status != loan.Active && s.Status != loan.WrittenOff {
		return
	}
	p := must[repayment.Position](y.chain)(repayment.At(s, y.on, y.on))
	owed := p.PastDue.Total() + p.Due.Total()
	if owed > 0 {
		y.seen["late"]++
	}
	switch choice := y.random.IntN(10); {
	case choice < 4 && owed > 0:
		y.pay(n, owed, "exact")
	case choice < 5 && owed > 3:
		y.pay(n, owed/3, "part")
	case choice < 6:
		y.pay(n, owed+money.Minor(y.random.IntN(9_000)+1), "more")
	case choice < 7:
		y.pay(n, p.Total()+1, "off")
	case s.Status == loan.Active && !p.OldestDue.IsZero() && calendar.Days(p.OldestDue, y.on) > 30:
		y.step(n, loan.WriteOff{Reason: "no answer", OverdueDays: calendar.Days(p.OldestDue, y.on), AfterDays: y.pack.Rules.WriteOffDays}, harbor)
		y.seen["written_off"]++
	}
}

func (y *years) pay(n int, amount money.Minor, what string) {
	y.Helper()
	reference := fmt.Sprintf("Y%d.%d", n, len(y.town.loan(n).Receipts)+1)
	y.booked[n] = append(y.booked[n], y.book(n, reference, amount, ""))
	y.seen[what]++
}

func (y *years) reverse(n, which int) {
	y.Helper()
	before := y.town.loan(n)
	events, err := distribution.Reverse(before, y.booked[n][which], meridian, y.on)
	y.take(n, events, err)
	y.booked[n] = slices.Delete(y.booked[n], which, which+1)
	y.seen["reversed"]++
	if before.Status == loan.Repaid {
		y.seen["reopened"]++
	}
}
