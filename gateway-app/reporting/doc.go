// Package reporting is the catalogue of the reports that a member's app makes: each with its name, the parameters that
// it takes, the kinds of members that have it, and a function that makes it a report.Document, which has every format.
//
// Reports are made of aggregates that the read model keeps with the blocks, never of a walk over all loans. Whoever
// reads the same ledger up to the same block makes the same report. Rows add up to the totals beneath them, by
// construction: totals are sums of rows.
//
// The package never writes, asks no clock for the date (a report speaks of business days), names no person, and does not
// decide who may see what: that is the policies' part, and what a member's peer does not hold is in none of its reports.
package reporting
