// Package journal is double entry for customers' cash.
//
// Every event that moves value yields postings. A posting takes an amount from one account and gives
// it to another, so it balances by its very form; each account names its owner, so each posting names
// payer and beneficiary. The sum over all accounts is therefore zero after every event, and Book
// checks that nobody's cash was spent twice.
//
// The custodian's cash account stands for the world outside: what came in from a bank entry has left
// it, so its balance is the negative of the cash that the custodian holds.
//
// Postings are derived from events and never stored beside them: two records of one fact can differ,
// one cannot. The package never decides who is owed what.
package journal

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tallystick/tallystick/core/money"
)

// Account names one purse of one owner: "customer/<party>/available", "suspense/<custodian>".
type Account string

// The purses of a customer. Available cash may be spent or withdrawn, held cash is promised to a
// loan or a withdrawal, payable cash is on its way to the customer's own bank account.
const (
	available = "available"
	held      = "held"
	payable   = "payable"
)

// Cash is the custodian's account with the world outside.
func Cash(custodian string) Account { return Account("cash/" + custodian) }

// Available is the cash that a customer may spend.
func Available(party string) Account { return customer(party, available) }

// Held is the cash of a customer that is promised.
func Held(party string) Account { return customer(party, held) }

// Payable is what a customer is owed and will be paid out.
func Payable(party string) Account { return customer(party, payable) }

func customer(party, purse string) Account { return Account("customer/" + party + "/" + purse) }

// Clearing is where a loan's money passes on its way; it is empty when no movement is under way.
func Clearing(loan string) Account { return Account("clearing/" + loan) }

// Suspense keeps what the bank received and nobody could place.
func Suspense(custodian string) Account { return Account("suspense/" + custodian) }

// Fee is what a member has earned and not yet been paid. It is negative when a fee that was paid has been
// reversed since: the member's next fees make up for it.
func Fee(member string) Account { return Account("fee/" + member) }

// Receivable is what a customer owes back after being paid too much, as a negative balance. It is the one
// customer's account that may be negative: it is a claim, not cash.
func Receivable(party string) Account { return Account("receivable/" + party) }

// MayBeNegative reports whether an account is a claim rather than somebody's cash.
func (a Account) MayBeNegative() bool {
	for _, claim := range []string{"cash/", "fee/", "receivable/"} {
		if strings.HasPrefix(string(a), claim) {
			return true
		}
	}
	return false
}

// Posting moves an amount from the payer's account to the beneficiary's. AmountMinor is never
// negative; a contrary entry swaps the sides.
type Posting struct {
	Payer       Account     `json:"payer"`
	Beneficiary Account     `json:"beneficiary"`
	AmountMinor money.Minor `json:"amount_minor"`
}

// Entry is the postings of one event, in order.
type Entry []Posting

// Move appends a posting. Nothing is appended for zero, and a negative amount moves the other way.
func (e Entry) Move(from, to Account, amount money.Minor) Entry {
	switch {
	case amount == 0:
		return e
	case amount < 0:
		return append(e, Posting{to, from, -amount})
	}
	return append(e, Posting{from, to, amount})
}

// Contrary is the entry that undoes this one.
func (e Entry) Contrary() Entry {
	back := make(Entry, len(e))
	for i, p := range e {
		back[i] = Posting{p.Beneficiary, p.Payer, p.AmountMinor}
	}
	return back
}

// Book is the balances that entries have added up to. The zero value is an empty book.
type Book struct {
	balances map[Account]money.Minor
	// above is the sum of all balances above zero, and so the magnitude of those below. While it fits 64
	// bits, the total of any choice of accounts does.
	above money.Minor
}

// Post folds an entry in. It refuses, and changes nothing, when a posting is negative, moves an
// account to itself, or would let the cash in the book outgrow 64 bits.
func (b *Book) Post(e Entry) error {
	after := Book{make(map[Account]money.Minor, 2*len(e)), b.above}
	for i, p := range e {
		if p.AmountMinor < 0 || p.Payer == p.Beneficiary {
			return fmt.Errorf("posting %d moves a negative amount or moves it nowhere", i+1)
		}
		// The payer first: what is only passed on never counts twice.
		if err := after.move(b, p.Payer, -p.AmountMinor); err != nil {
			return fmt.Errorf("posting %d: %w", i+1, err)
		}
		if err := after.move(b, p.Beneficiary, p.AmountMinor); err != nil {
			return fmt.Errorf("posting %d: %w", i+1, err)
		}
	}
	if b.balances == nil {
		b.balances = map[Account]money.Minor{}
	}
	for _, p := range e {
		b.balances[p.Payer] = after.balances[p.Payer]
		b.balances[p.Beneficiary] = after.balances[p.Beneficiary]
	}
	b.above = after.above
	return nil
}

// move changes an account that stands as it does in the former book until it is moved the first time.
func (b *Book) move(former *Book, a Account, amount money.Minor) error {
	old, ok := b.balances[a]
	if !ok {
		old = former.balances[a]
	}
	balance, err := money.Add(old, amount)
	if err != nil {
		return err
	}
	above, err := money.Add(b.above-max(0, old), max(0, balance))
	if err != nil {
		return err
	}
	b.balances[a], b.above = balance, above
	return nil
}

// Balance is what stands on an account; an account nobody used has zero.
func (b *Book) Balance(a Account) money.Minor { return b.balances[a] }

// Accounts lists every account ever used, sorted.
func (b *Book) Accounts() []Account { return slices.Sorted(maps.Keys(b.balances)) }

// Total adds up the balances of the accounts whose name begins with prefix. Total("") is the trial
// balance, which is zero in every book that only Post has written. No total can exceed 64 bits.
func (b *Book) Total(prefix string) money.Minor {
	var sum money.Minor
	for _, a := range b.Accounts() {
		if strings.HasPrefix(string(a), prefix) {
			sum += b.balances[a]
		}
	}
	return sum
}

// Overdrawn names the first account whose cash is below zero, or "".
func (b *Book) Overdrawn() Account {
	for _, a := range b.Accounts() {
		if b.balances[a] < 0 && !a.MayBeNegative() {
			return a
		}
	}
	return ""
}
