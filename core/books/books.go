// Package books re-executes the ledger.
//
// It is fed with every transaction's writes in the order of the blocks, from the first, and trusts none of
// them. A value must be in the one form that the ledger keeps and under the key that its content names.
// Each event of a party, a mandate, a loan, an instruction, an account, a suspended receipt, a regime or a
// business day is decided again with the same Decide and folded with the same Apply that the chaincode used,
// and must give the state that was written. Whoever an event says has done it must have sent the transaction,
// in a role that may; what a party signed is verified again with its key. Each salt must follow from the one
// before. And after each transaction the books must hold:
//
//   - the trial balance is zero: what custodians hold is what the records owe, and nobody's cash is
//     below zero;
//   - every customer's available and held cash is what the postings say;
//   - what customers are owed is what loans, open payouts and returned payouts say together;
//   - a loan's clearing account is empty, its credits are what was paid;
//   - a bank entry is booked once, and what was collected or placed was received by its loan;
//   - what an instruction's step leads to was done with it: a hold counts for its loan and against its
//     mandate, a refused disbursement is back with its loan, a settled release has freed its hold.
//
// It passes over requests, evidence and exposure. A salt that a value begins with is random and follows from
// nothing on the ledger, nor does the reason that a member gives for ending a loan: there only the block's
// hash tells.
//
// The auditor's command, the tests and every member use this one package. It reads no ledger, opens no
// connection, and never mends what it finds: it names the first thing that is wrong.
package books

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/journal"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/mandate"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/core/wire"
)

// Write is one key that a transaction wrote. Collection is empty for public state.
type Write struct {
	Collection string
	Key        string
	Value      []byte
}

// Finding is the first thing that is wrong: in which transaction, at which key, and what.
type Finding struct {
	Transaction string
	Collection  string
	Key         string
	What        string
}

// Error names the place and what is wrong there.
func (f *Finding) Error() string {
	return fmt.Sprintf("transaction %s, %s %s: %s", f.Transaction, f.Collection, f.Key, f.What)
}

// Auditor is a re-execution in progress. The zero value is not usable; see New.
type Auditor struct {
	cash         journal.Book
	salts        map[string]saltAndSequence
	roots        map[string]wire.Root
	members      map[string]wire.MemberEntry
	ids          []string          // of the members, as they were entered
	digests      map[string]string // of what the root keys list, by key
	regimes      map[string]regime.Pack
	days         map[string]custody.Day
	closes       map[closed]string // the reporting pack that was in force at each
	freezes      map[string]wire.PlatformFreeze
	parties      map[string]party.State
	mandates     map[string]mandate.State
	terms        map[string]loan.Terms
	projects     map[string]wire.Project
	fundings     map[string]loan.Funding
	clearances   map[string]wire.Clearance
	secrets      map[string]wire.Books
	loans        map[string]loan.State
	instructions map[string]custody.Instruction
	entries      map[string]wire.BankEntry
	accounts     map[string]custody.Account
	suspended    map[string]custody.Suspense
	owed         map[journal.Account]money.Minor // what records say is owed, an account
	owedTotal    money.Minor
	cashHeld     money.Minor       // by all custodians, by the postings
	references   map[string]string // bank entry → the record that booked it
	channel      string            // that all loans live on
	summary      Summary

	inHand
}

// inHand is what one transaction leaves open until its last write is read.
type inHand struct {
	txID       string
	creator    Creator
	touched    []journal.Account
	moves      []move
	receipts   []expected
	steps      []consequence
	freedHolds []consequence
	releases   []consequence
}

type saltAndSequence struct {
	salt     string
	sequence int64
}

// New begins a re-execution from an empty ledger.
func New() *Auditor {
	return &Auditor{
		salts: map[string]saltAndSequence{}, roots: map[string]wire.Root{}, members: map[string]wire.MemberEntry{},
		digests: map[string]string{},
		regimes: map[string]regime.Pack{}, days: map[string]custody.Day{}, closes: map[closed]string{}, freezes: map[string]wire.PlatformFreeze{},
		parties: map[string]party.State{}, mandates: map[string]mandate.State{}, terms: map[string]loan.Terms{},
		projects: map[string]wire.Project{}, fundings: map[string]loan.Funding{},
		clearances: map[string]wire.Clearance{}, secrets: map[string]wire.Books{}, loans: map[string]loan.State{},
		instructions: map[string]custody.Instruction{}, entries: map[string]wire.BankEntry{},
		accounts: map[string]custody.Account{}, suspended: map[string]custody.Suspense{},
		owed: map[journal.Account]money.Minor{}, references: map[string]string{},
	}
}

// Transaction re-executes one valid transaction, which creator has signed. Writes of keys that the books do
// not know are passed over. It answers a *Finding, or nil; after a finding the auditor must not be used again.
func (a *Auditor) Transaction(txID string, creator Creator, writes []Write) error {
	a.inHand = inHand{txID: txID, creator: creator}
	ordered := slices.Clone(writes)
	slices.SortStableFunc(ordered, func(x, y Write) int { return stage(x.Key) - stage(y.Key) })
	for _, w := range ordered {
		at := stage(w.Key)
		if at < 0 {
			continue
		}
		if err := kinds[at].read(a, w); err != nil {
			return &Finding{txID, w.Collection, w.Key, err.Error()}
		}
	}
	if err := a.settle(); err != nil {
		return &Finding{txID, "", "books", err.Error()}
	}
	return nil
}

// kinds of keys that the books know, in the order in which one transaction's writes must be read: what a
// record refers to comes before it.
var kinds = []struct {
	prefix string
	read   func(*Auditor, Write) error
}{
	{"root/", (*Auditor).root},
	{wire.MemberKey(""), (*Auditor).member},
	{wire.RegimeKey(""), (*Auditor).regime},
	{wire.DayKey(""), (*Auditor).day},
	{wire.PlatformFreezeKey(""), (*Auditor).freeze},
	{wire.PartyKey(""), (*Auditor).party},
	{wire.TermsKey(""), (*Auditor).keepTerms},
	{wire.ProjectKey(""), (*Auditor).project},
	{wire.FundingKey(""), (*Auditor).keepFunding},
	{wire.ClearanceKey(""), (*Auditor).clearance},
	{wire.BooksKey, (*Auditor).secret},
	{wire.InstructionKey(""), (*Auditor).instruction},
	{wire.MandateKey(""), (*Auditor).mandate},
	{wire.SuspenseKey(""), (*Auditor).suspense},
	{wire.BankEntryKey(""), (*Auditor).entry},
	{wire.AccountKey(""), (*Auditor).account},
	{wire.LoanKey(""), (*Auditor).loan},
}

func stage(key string) int {
	for i, kind := range kinds {
		if strings.HasPrefix(key, kind.prefix) {
			return i
		}
	}
	return -1
}

// tail is what follows the prefix of a key.
func tail(key string) string {
	_, after, _ := strings.Cut(key, "/")
	return after
}
