// Package challenger ties boosted trees to a schema: the model that runs beside the scorecard, is held against it,
// and decides nothing.
//
// The rule: a model's file holds the schema that its records are read by, the encoding of fields into columns, and
// the forest, so that its answer for an applicant's plain fields can be recomputed from that file alone. Why it
// answers as it does is said by field: the Shapley values of the columns that a field became, added up.
//
// What is guaranteed: the same rows, fields and options give the same bytes, and a file that is read writes the same
// bytes again. No protected field is ever a column: training refuses it, and so does reading a file.
package challenger
