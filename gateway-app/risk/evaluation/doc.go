// Package evaluation says how well a model tells bad outcomes from good ones, how far its probabilities can be
// believed, and how far the applicants of today have moved from those it was trained on.
//
// The rules: the area under the ROC curve is the share of pairs of a bad and a good row in which the bad one
// has the higher probability, ties counting one half (Hanley and McNeil 1982); Gini is twice that less one; the
// Kolmogorov-Smirnov statistic is the largest distance between the two cumulative distributions; Brier is the
// mean squared error; calibration is a table of ten equal parts, and the slope and intercept of a logistic
// regression of the outcome on the log-odds (Cox 1958); the population stability index is the sum over bins of
// (now − then)·ln(now ÷ then), read by the trade as stable below .1 and shifted from .25 on (Siddiqi 2006).
//
// What is guaranteed: pairs are counted in integers, sums run in row order, and folds are trained side by side
// but put together in their order; the same figures, plan and trainer give the same report.
//
// The package never picks a threshold by looking at the outcomes of the rows that it is measured on, and never
// reports a figure without the folds and the seed that it came from.
package evaluation
