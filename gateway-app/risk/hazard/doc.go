// Package hazard says how likely a running loan is to go overdue soon, from how its borrower has paid so far.
//
// The rule: at an observation date, the chance that within the next 90 days the loan is overdue by more than 30 days
// for some day, as a logistic regression on what was known on that date. Observing one loan at many dates and asking
// each time for the next stretch is a hazard in discrete time (Cox 1972, section 6; Shumway 2001 shows that a logistic
// regression of such observations estimates it). Lateness is reckoned by value dates against the rows that stand,
// by principal: a row counts as paid on the day on which the principal of all rows until it had arrived.
//
// Before a platform has history enough to fit anything, Start says what stands in: the decision's own probability
// or the platform's own rate, raised or lowered by an explicit rule that is an assumption and called one.
//
// What is guaranteed: features of a date use nothing that was known later; the same histories give the same model, to
// the byte, and the same answers on every processor. A loan's observations are never in two folds. The package knows
// nothing about a person: no protected field can enter a model, because histories and terms are all it reads.
//
// The package reads no database, ledger or clock, and warns of nothing: thresholds are the regime's.
package hazard
