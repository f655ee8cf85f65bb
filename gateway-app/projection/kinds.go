package projection

import (
	"strings"
	"sync"

	"github.com/tallystick/tallystick/core/wire"
)

// kind is one kind of key and how its values are decoded.
type kind struct {
	match  func(key string) bool
	decode decoder
}

// requestPrefix begins the keys under which requests are remembered.
var requestPrefix = wire.RequestKey("")

// kinds lists every kind of key of docs/ledger.md, in the order in which one transaction's changes are
// folded: what a record refers to comes before it.
var kinds = sync.OnceValue(func() []kind {
	under := func(prefix string, decode decoder) kind {
		return kind{func(key string) bool { return strings.HasPrefix(key, prefix) }, decode}
	}
	return []kind{
		under("root/", roots.decode),
		under(members.prefix, members.decode),
		under(regimes.prefix, regimes.decode),
		under(freezes.prefix, freezes.decode),
		under(days.prefix, days.decode),
		under(parties.prefix, parties.decode),
		under(termsOfLoans.prefix, termsOfLoans.decode),
		under(projects.prefix, projects.decode),
		under(fundings.prefix, fundings.decode),
		under(links.prefix, links.decode),
		under(clearances.prefix, clearances.decode),
		under(exposures.prefix, exposures.decode),
		{func(key string) bool { return key == wire.BooksKey }, openedBooks.decode},
		under(instructions.prefix, instructions.decode),
		under(mandates.prefix, mandates.decode),
		under(suspended.prefix, suspended.decode),
		under(bankEntries.prefix, bankEntries.decode),
		under(accounts.prefix, accounts.decode),
		under(loans.prefix, loans.decode),
		{isEvidenceEntry, evidenceEntries.decode},
		{isEvidenceLog, evidenceLogs.decode},
	}
})
