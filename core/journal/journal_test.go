package journal_test

import (
	"math"
	"math/big"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"github.com/tallystick/tallystick/core/journal"
	"github.com/tallystick/tallystick/core/money"
)

func TestAccountsNameTheirOwner(t *testing.T) {
	for account, want := range map[journal.Account]string{
		journal.Cash("meridian"): "cash/meridian", journal.Available("p"): "customer/p/available",
		journal.Held("p"): "customer/p/held", journal.Payable("p"): "customer/p/payable", journal.Clearing("l"): "clearing/l",
		journal.Suspense("meridian"): "suspense/meridian", journal.Fee("harbor"): "fee/harbor", journal.Receivable("p"): "receivable/p",
	} {
		if string(account) != want {
			t.Errorf("%s, want %s", account, want)
		}
	}
}

func TestOnlyClaimsMayBeNegative(t *testing.T) {
	claims := map[journal.Account]bool{
		journal.Cash("m"): true, journal.Fee("m"): true, journal.Receivable("p"): true,
		journal.Available("p"): false, journal.Held("p"): false, journal.Payable("p"): false, journal.Clearing("l"): false, journal.Suspense("m"): false,
	}
	for account, want := range claims {
		if account.MayBeNegative() != want {
			t.Errorf("%s may be negative: %t", account, !want)
		}
		var book journal.Book
		if err := book.Post(journal.Entry{}.Move(account, journal.Available("other"), 5)); err != nil {
			t.Fatal(err)
		}
		if overdrawn := book.Overdrawn(); (overdrawn == "") != want || overdrawn != "" && overdrawn != account {
			t.Errorf("%s below zero is reported as %q", account, overdrawn)
		}
	}
}

func TestMoveGoesTheOtherWayWhenNegative(t *testing.T) {
	got := journal.Entry{}.Move("a", "b", 3).Move("a", "b", 0).Move("a", "b", -2)
	if want := (journal.Entry{{"a", "b", 3}, {"b", "a", 2}}); !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestPostRefusesAndChangesNothing(t *testing.T) {
	var book journal.Book
	if err := book.Post(journal.Entry{{"cash/m", "a", math.MaxInt64 - 10}}); err != nil {
		t.Fatal(err)
	}
	before := snapshot(&book)
	for _, e := range []journal.Entry{
		{{"cash/m", "a", 5}, {"a", "b", -1}},
		{{"cash/m", "a", 5}, {"b", "b", 1}},
		{{"cash/m", "a", 11}},
		{{"cash/m", "b", 11}}, // each account would fit, their total would not
		{{"a", "b", 10}, {"cash/n", "c", math.MaxInt64}},
	} {
		if err := book.Post(e); err == nil {
			t.Errorf("%v was posted", e)
		}
		if after := snapshot(&book); !reflect.DeepEqual(before, after) {
			t.Fatalf("%v was refused and changed the book to %v", e, after)
		}
	}
	if err := book.Post(journal.Entry{{"cash/m", "b", 10}, {"a", "cash/m", math.MaxInt64 - 10}}); err != nil {
		t.Errorf("what fits is refused: %v", err)
	}
}

func snapshot(b *journal.Book) map[journal.Account]money.Minor {
	all := map[journal.Account]money.Minor{}
	for _, a := range b.Accounts() {
		all[a] = b.Balance(a)
	}
	return all
}

// Whatever is posted: the trial balance is zero, no total wraps, and a contrary entry undoes its entry.
func TestBooksBalance(t *testing.T) {
	names := rapid.SampledFrom([]journal.Account{"cash/m", "cash/n", "customer/a/available", "customer/b/held", "suspense/m"})
	amounts := rapid.OneOf(rapid.Int64Range(0, 100), rapid.Int64Range(0, math.MaxInt64))
	rapid.Check(t, func(t *rapid.T) {
		var book journal.Book
		for range rapid.IntRange(1, 20).Draw(t, "entries") {
			var e journal.Entry
			for range rapid.IntRange(0, 4).Draw(t, "postings") {
				from, to := names.Draw(t, "from"), names.Draw(t, "to")
				if from != to {
					e = e.Move(from, to, money.Minor(amounts.Draw(t, "amount")))
				}
			}
			before := snapshot(&book)
			if book.Post(e) != nil {
				continue
			}
			requireBalance(t, &book)
			if rapid.Bool().Draw(t, "undo") && book.Post(e.Contrary()) == nil {
				for a, m := range before {
					if book.Balance(a) != m {
						t.Fatalf("%s had %d and after an entry and its contrary %d", a, m, book.Balance(a))
					}
				}
			}
		}
	})
}

func requireBalance(t *rapid.T, book *journal.Book) {
	if total := book.Total(""); total != 0 {
		t.Fatalf("the trial balance is %d", total)
	}
	for _, prefix := range []string{"cash/", "customer/", "suspense/", "customer/a"} {
		exact := new(big.Int)
		for _, a := range book.Accounts() {
			if len(a) >= len(prefix) && string(a[:len(prefix)]) == prefix {
				exact.Add(exact, big.NewInt(int64(book.Balance(a))))
			}
		}
		if exact.Cmp(big.NewInt(int64(book.Total(prefix)))) != 0 {
			t.Fatalf("%s sums to %s, Total says %d", prefix, exact, book.Total(prefix))
		}
	}
}
