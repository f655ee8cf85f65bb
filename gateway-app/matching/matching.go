// Package matching decides which lenders' mandates fund which loan requests.
//
// The rule. A loan is put only with money whose owner wants it and whom it suits: product risk never
// above the investor's class, and every term of the mandate that the lender signed. The scarcest loan
// goes first, the one with the least fitting money for what it needs; it takes the lenders with the
// fewest other places to go, and among equals the money that has been idle longest. What the greedy
// pass leaves unfilled, a repair pass tries again: a lender in a loan that others could fund moves to
// the loan that nobody else can, and the others move up. Institutions of a programme of joint lending
// bring a fixed ratio of every loan in it, to the fen. Loans that cannot be filled wait until their
// deadline, or are funded in part when their rule says so.
//
// The sources: article 26 of the interim measures on network lending of 2016 (assess lenders, grade
// them, limit what each class may lend), the order on investor suitability of 2017 (products of five
// risks, investors of classes), and package mandate with package loan, whose refusals the match never
// runs into: Fund would take every allocation that a Run proposes, and holds placed for all of them
// together stay within every mandate and every purse.
//
// The same book in any order of its lists gives the same run, to the byte: a run carries the digest of
// what it saw and the version of this algorithm, so that Replay can recompute it years later.
//
// The package never asks a ledger, a database or a clock, never rounds in anybody's favour, never
// widens a limit, and never leaves a loan or a mandate without a reason.
package matching

import (
	"fmt"
)

// Version names the algorithm. It changes whenever the same book could give another run.
const Version = "matching/1"

// Match decides a book. It fails only on a book that means nothing, with ErrBook.
func Match(book Book) (Run, error) {
	canonical := book.canonical()
	if err := canonical.check(); err != nil {
		return Run{}, err
	}
	digest, err := digestOf(canonical)
	if err != nil {
		return Run{}, fmt.Errorf("digest the book: %w", err)
	}
	f := compile(canonical)
	f.greedy()
	f.repair()
	f.fundInPart()
	f.placeOddments()
	run := f.record()
	run.Version, run.InputDigest = Version, digest
	return run, nil
}
