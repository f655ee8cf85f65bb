// Package warning watches loans after they were lent: how likely each is to go overdue, refreshed when something
// happened to it, and whom somebody should call before it does.
//
// The rule: the probability is package hazard's, by the platform's active model or, before it has one, by the rule
// that stands in. When a refreshed loan meets a warning rule of the reporting pack in force, a warning is raised: once a
// rule and loan while it is open. It has an owner and ends with an outcome, or by itself when the loan is repaid.
//
// What is guaranteed: each row of the feed counts, in its order; loans that happen often are refreshed once a turn.
// Position, probabilities, warnings and notices are written in one transaction, so a crash loses none and doubles none,
// and a rebuilt read model, whose feed has the same rows, raises nothing again. Another pack, in force from a day on,
// counts from that day without a restart.
//
// A warning decides nothing about the borrower: terms, price and the ledger stay as they are. The package never writes
// to the ledger but the digests of models, and nothing in its notices is about a person.
package warning
