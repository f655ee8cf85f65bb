// Package dataset reads credit figures for training and scoring: a schema says what each column means, a
// table holds rows by column, a record holds one applicant.
//
// The rule: everything that training may know of a figure is written in the schema, a JSON file that is
// versioned with the figures. It names each column's kind, range or levels, the direction in which it makes a
// loan worse where a lender would insist on one, whether it is protected (sex, age, marriage, nationality),
// whether it is the platform's own price, and the reason that a borrower reads when it counts against them.
// Features that a lender would compute (ratios, largest delays) are listed there too, as operations from a
// closed list, so that a model's file needs no code beside it to be recomputed. A feature of a protected
// column is protected, a feature of the price is price: neither can be laundered by arithmetic.
//
// What is guaranteed: reading is strict, and an error names line, column and remedy; a table's row and the
// record of the same fields are equal; folds depend on outcomes, numbers and seed alone.
//
// The package never guesses a kind, fills a missing value, reads a clock or opens a file of its own accord.
// Schemas are shipped for LendingClub's first quarter of 2016 (figures in gateway-app/demo/data), the Statlog
// German credit data (Hofmann 1994) and the default of credit card clients in Taiwan (Yeh and Lien 2009).
package dataset
