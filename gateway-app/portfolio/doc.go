// Package portfolio says what loans mean for the books of their platform: what one loan means, whatever the date
// (Position), and what all of a platform's loans with one custodian mean at the close of a business day (Standing).
//
// A position is derived from the loan's state and terms alone, by core's rules; a standing from positions and the date
// alone. The read model keeps standings up step by step; Measure makes one from all positions at once, from scratch, and
// the two are equal. So whoever has the ledger, an auditor first of all, computes for himself what a platform
// publishes. Overdue days are not stored anywhere: they follow from due dates and the day of the close.
//
// The package reads no database, ledger or clock, and knows no formula: ratios and thresholds are rules of the
// regime (package disclosure).
package portfolio
