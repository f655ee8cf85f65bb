// Package clearing is the regulator's lane: it clears the loans that wait for it, declines those for which
// their borrower has no room left, and lowers exposures by the principal that was repaid.
//
// The cap on what one person may owe, on one platform and on all, is held by the ledger: Loan:Clear reads
// the borrower's whole exposure and reserves the principal, or refuses with a cap's code. This package
// decides nothing of that; it brings the loans, in batches, in the one lane that writes exposures, and
// turns a refusal by cap into Loan:Decline with the code as the reason, so that platform and borrower learn
// which cap it was. Any other refusal has causes that pass, a frozen loan, a borrower who is not linked to
// a pseudonym yet, a day that is not open: such a loan is tried again with growing pauses. A relief that
// is not yet due is one that changes nothing, and is asked for again when the loan or its reservation has
// changed. What a loan is refused for is logged once, and again when it is another cause.
//
// Principal that was repaid lowers the exposure at the next step, which comes within minutes; the rules ask
// for one business day.
//
// Everything is idempotent: a batch is stored with its request id before it is sent (package lane), and a
// step that was cut off begins with the batches that are undecided. Nothing else is remembered: what waits
// is what the read model says waits.
//
// The package never reads an amount, and never clears a loan on another member's behalf.
package clearing
