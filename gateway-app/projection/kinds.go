package projection

import (
	"strings"
	"sync"

	"github.com/tallystick/tallystick/core/wire"
)

// scope is where a kind of key stands.
type scope int

const (
	public  scope = iota // in the state that everybody holds
	paired               // in the collection of a platform and its custodian
	overall              // in the collection of custodians and the regulator
)

func scopeOf(collection string) scope {
	switch collection {
	case "":
		return public
	case wire.Exposure:
		return overall
	}
	return paired
}

// kind is one kind of key and how its values are decoded.
type kind struct {
	match  func(key string) bool
	scope  scope
	decode decoder
}

// requestPrefix begins the keys under which requests are remembered.
var requestPrefix = wire.RequestKey("")

// kinds lists every kind of key of docs/ledger.md, in the order in which one transaction's changes are
// folded: what a record refers to comes before it.
var kinds = sync.OnceValue(func() []kind {
	under := func(prefix string, at scope, decode decoder) kind {
		return kind{func(key string) bool { return strings.HasPrefix(key, prefix) }, at, decode}
	}
	return []kind{
		under(roots.prefix, public, roots.decode),
		under(members.prefix, public, members.decode),
		under(regimes.prefix, public, regimes.decode),
		under(freezes.prefix, public, freezes.decode),
		under(days.prefix, public, days.decode),
		under(parties.prefix, paired, parties.decode),
		under(termsOfLoans.prefix, paired, termsOfLoans.decode),
		under(projects.prefix, paired, projects.decode),
		under(fundings.prefix, paired, fundings.decode),
		under(links.prefix, overall, links.decode),
		under(clearances.prefix, overall, clearances.decode),
		under(exposures.prefix, overall, exposures.decode),
		{func(key string) bool { return key == openedBooks.prefix }, paired, openedBooks.decode},
		under(instructions.prefix, paired, instructions.decode),
		under(mandates.prefix, paired, mandates.decode),
		under(suspended.prefix, paired, suspended.decode),
		under(bankEntries.prefix, paired, bankEntries.decode),
		under(accounts.prefix, paired, accounts.decode),
		under(loans.prefix, paired, loans.decode),
		{isEvidenceEntry, public, evidenceEntries.decode},
		{isEvidenceLog, public, evidenceLogs.decode},
	}
})
