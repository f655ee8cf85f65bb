// Package statement makes the statements that a platform owes its customers: to a lender what came, went and was earned
// in a period, and to a borrower what is due, was paid and would pay the loan off.
//
// A statement adds up or is refused: what a lender had before the period and everything that happened in it must be
// what the records say the lender has at its end, purse by purse. The two sides are derived apart, the one from the
// postings of events, the other from the states that those events lead to.
//
// Dates are business dates of the custodian. Claims count with the principal that is still owed, however late it is;
// the package estimates no loss.
//
// The sources are core/journal, core/loan and core/repayment for the amounts, and for the rate the internal rate of
// return on actual/365 (see IRR). The package reads no database and no clock, and tells a lender nothing of others.
package statement
