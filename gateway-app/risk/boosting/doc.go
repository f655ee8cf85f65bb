// Package boosting grows gradient-boosted decision trees for an outcome of two values, such as a loan that
// went bad, and explains every single answer of theirs.
//
// Each round fits one regression tree to the slope of the logistic loss at what the trees before it say, and
// adds a share of it: gradient boosting as in J. H. Friedman, "Greedy function approximation: a gradient
// boosting machine", Annals of Statistics 29 (2001). How good a split is and what a leaf says follow from the
// loss's first and second derivative with an L2 penalty, missing values learn the side on which they do best,
// and splits are looked for in histograms: T. Chen and C. Guestrin, "XGBoost: a scalable tree boosting
// system", KDD 2016. A gain is counted without that paper's factor of one half, as its authors' program does,
// so that settings can be carried over. Explanations are Shapley values of the margin, computed exactly in
// polynomial time by algorithm 2 of S. M. Lundberg, G. G. Erion and S.-I. Lee, "Consistent individualized
// feature attribution for tree ensembles" (2018), path-dependent: what is absent is averaged over the training
// rows that went each way.
//
// What is guaranteed:
//
//   - The same input, options and seed give the same forest, byte for byte, whatever GOMAXPROCS and the
//     processor are. Slopes are summed as integers, in units of 2^-40, so that no order of adding matters and
//     a sibling's histogram is an exact difference; every random choice comes from a PCG generator with the
//     options' seed; products are rounded before they are added; exponentials and logarithms are the
//     package's own.
//   - A column that must not lower (or raise) the margin never does, over all finite values and whatever the
//     other columns hold. Whether a value is missing is not ordered.
//   - A forest that was written as JSON and read again answers every row with the same bits.
//   - Base and contributions add up to the margin, but for rounding.
//
// What a column means is the caller's business. The package never reads a file, a clock or a random device,
// never fills in a missing value, and never turns a probability into a decision; keeping protected attributes
// out of the matrix is the work of whoever made it.
package boosting
