// Package training turns figures into models with a report: what was trained on what, how well it does on rows that
// it did not see, on whom its decisions fall, and how its figures were distributed, so that drift can be told later.
//
// The rule: figures of quality come from repeated stratified cross-validation by a plan of folds, repeats and a seed
// that stand in the report; the models that are used are trained on all rows. Fairness is reported on decisions by
// scorecards that did not see the row, at the threshold that refuses as large a share of rows as is bad. How far held-out rows lie from those
// trained on, by the population stability index, says what the index is by chance alone.
//
// What is guaranteed: the same figures, options and plan give the same models and the same report, to the byte.
//
// The package reads no clock and no file: the SHA-256 of the figures is the caller's to say.
package training
