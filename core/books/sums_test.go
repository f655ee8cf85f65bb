package books

import (
	"strings"
	"testing"

	"github.com/tallystick/tallystick/core/journal"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/schedule"
)

// No history that the other checks let pass comes here, so the last line of defence is tried by itself.
func TestBooksThatDoNotAddUpAreFound(t *testing.T) {
	for want, entry := range map[string]journal.Entry{
		"customer/ann/available is overdrawn by 5":                      journal.Entry{}.Move(journal.Available("ann"), journal.Cash("bank"), 5),
		"clearing/loan still holds 5":                                   journal.Entry{}.Move(journal.Cash("bank"), journal.Clearing("loan"), 5),
		"suspense/bank holds 5 by the postings and 0 by the records":    journal.Entry{}.Move(journal.Cash("bank"), journal.Suspense("bank"), 5),
		"fee/harbor holds -5 by the postings and 0 by the records":      journal.Entry{}.Move(journal.Fee("harbor"), journal.Cash("bank"), 5),
		"the trial balance is 5: custodians hold 5 and the records owe": journal.Entry{}.Move(journal.Cash("bank"), "elsewhere/bank", 5),
	} {
		a := New()
		if err := a.post(entry); err != nil {
			t.Fatal(err)
		}
		if err := a.settle(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

func TestLoansThatDoNotAddUpAreFound(t *testing.T) {
	state := func(change func(*loan.State)) loan.State {
		s := loan.State{
			Plan: &schedule.Terms{}, PrincipalMinor: 10, WeightsMinor: []money.Minor{6, 4},
			PrincipalCredits: []money.Minor{3, 2}, InterestCredits: []money.Minor{2, 1},
			Paid: loan.Parts{PrincipalMinor: 5, InterestMinor: 2, PenaltyMinor: 1},
		}
		change(&s)
		return s
	}
	if err := sums(state(func(*loan.State) {})); err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(*loan.State){
		"lender 1 was credited more":            func(s *loan.State) { s.PrincipalCredits[0] = 7 },
		"principal credited is not":             func(s *loan.State) { s.PrincipalCredits[1]++ },
		"interest credited is not":              func(s *loan.State) { s.Paid.PenaltyMinor++ },
		"more principal was paid than was lent": func(s *loan.State) { s.PrincipalMinor = 4 },
	} {
		if err := sums(state(change)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
