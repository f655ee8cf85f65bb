// Package data holds the loan figures that ship with the program: LendingClub's first quarter of 2016. The demo
// lends by them, and a member that has no figures of its own yet trains its first models on them. Source and
// licence are in README.md. The package never changes a figure.
package data

import _ "embed"

// Loans are the figures as CSV, a loan a line; package dataset's schema lending_club says what they mean.
//
//go:embed loans.csv
var Loans []byte
