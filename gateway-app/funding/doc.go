// Package funding is a platform's own use of package matching: it brings mandates and cleared loans from
// the read model together with what the platform knows besides, matches them, keeps the run, and takes
// what the run proposes to Loan:Fund once the borrower has signed.
//
// A run is a row before it does anything. The book that it looks at, its outcome with every reason, and
// one proposal a filled loan become durable in one transaction, the first two sealed; so a process that
// is killed before has changed nothing, and one that is killed after goes on with the same handles and
// salts. A digest of the record is anchored in the member's evidence log, phase decision, before the
// first loan of the run is funded. Replay opens the book and matches again.
//
// What waits for the custodian's or the borrower's part is not offered twice: holds that were instructed
// and not yet accepted, and proposals that are not yet funded, are taken off the lenders' cash and off
// what their mandates and limits leave. A proposal that is not signed in time lapses, and its money is free.
// What was used up meanwhile the contract refuses; such a loan is still cleared and belongs to the next
// run. So nothing is funded twice: the ledger takes a loan once, and a batch is sent under the request id
// that it was stored with (package lane).
//
// A loan whose rule lets it be funded in part is not funded: its terms name the principal, and the
// borrower signed them. The run offers the smaller principal, and the platform proposes new terms in its
// place (docs/matching.md).
//
// The package never signs for anybody, never widens what a lender allowed, and never leaves a clause of
// the match to chance: all that a run depends on is in its book.
package funding
