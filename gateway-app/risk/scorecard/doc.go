// Package scorecard trains and applies points-based scorecards: every field of an applicant is put into a bin,
// every bin has points, and the sum is the score.
//
// The rule (Siddiqi, Intelligent Credit Scoring, 2nd edition 2017; Thomas, Edelman and Crook 2002): a bin's
// weight of evidence is the log-odds of good in it less the log-odds of good in all rows. Numbers are cut finely
// and merged until every bin is large enough, moves with the schema's direction and differs from its
// neighbours; levels of a category are ordered by their evidence and merged likewise; missing is a bin of its
// own. A ridge logistic regression weighs the evidence of the variables, a variable whose weight has the wrong
// sign or is not distinct from nothing is dropped, one at a time, and weight times evidence becomes whole
// points: PDO points double the odds of good, and BaseScore stands for BaseOdds.
//
// What is guaranteed: score, probability and reasons are functions of the model's file and the record alone;
// points are whole numbers, so that a score can be added up by hand; the probability is that of the whole-point
// score; training the same rows gives the same bytes on every processor, and a file that is read writes the same
// bytes again.
//
// The package never reads a protected field, in training or from a file, and never invents evidence: an empty
// bin, and a level that nobody had, are worth nothing either way.
package scorecard
