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
	"sort"
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

// Fee is what a member has earned and not yet been paid.
func Fee(member string) Account { return Account("fee/" + member) }

// Receivable is what a customer owes back after being paid too much. It is the one customer's account
// that may be negative: it is a claim, not cash.
func Receivable(party string) Account { return Account("receivable/" + party) }

// MayBeNegative reports whether an account is a claim rather than somebody's cash.
func (a Account) MayBeNegative() bool {
	return strings.HasPrefix(string(a), "cash/") || strings.HasPrefix(string(a), "receivable/")
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
}

// Post folds an entry in. It refuses, and changes nothing, when a posting is negative, moves an
// account to itself, or would not fit 64 bits.
func (b *Book) Post(e Entry) error {
	staged := map[Account]money.Minor{}
	at := func(a Account) money.Minor {
		if m, ok := staged[a]; ok {
			return m
		}
		return b.balances[a]
	}
	for i, p := range e {
		if p.AmountMinor < 0 || p.Payer == p.Beneficiary {
			return fmt.Errorf("posting %d moves a negative amount or moves it nowhere", i+1)
		}
		less, err := money.Sub(at(p.Payer), p.AmountMinor)
		if err != nil {
			return fmt.Errorf("posting %d: %w", i+1, err)
		}
		staged[p.Payer] = less
		more, err := money.Add(at(p.Beneficiary), p.AmountMinor)
		if err != nil {
			return fmt.Errorf("posting %d: %w", i+1, err)
		}
		staged[p.Beneficiary] = more
	}
	if b.balances == nil {
		b.balances = map[Account]money.Minor{}
	}
	for _, p := range e {
		b.balances[p.Payer] = staged[p.Payer]
		b.balances[p.Beneficiary] = staged[p.Beneficiary]
	}
	return nil
}

// Balance is what stands on an account; an account nobody used has zero.
func (b *Book) Balance(a Account) money.Minor { return b.balances[a] }

// Accounts lists every account ever used, sorted.
func (b *Book) Accounts() []Account {
	list := make([]Account, 0, len(b.balances))
	for a := range b.balances {
		list = append(list, a)
	}
	sort.Slice(list, func(i, j int) bool { return list[i] < list[j] })
	return list
}

// Total adds up the balances of the accounts whose name begins with prefix. Total("") is the trial
// balance, which is zero in every book that only Post has written.
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
