// Package disclosure computes what a platform makes public of itself: each indicator by the formula that the regime has
// in force, from the platform's standing at the close of a business day, and nothing else.
//
// The indicators are those of the guidelines on disclosure by online lending intermediaries (银监办发〔2017〕113号).
// The guidelines name them; how some of them are computed differs in practice, so a formula has an id, a version, words
// and a source, is data of a reporting pack, and its version stands beside every figure. This package knows no formula.
//
// What is guaranteed: the same standings, period and pack make the same bytes, whoever computes them, so that a
// regulator's figures are equal to a platform's or somebody is wrong; Compare says where. A figure that cannot be known,
// as a share of nothing, is null and not zero. A platform with several custodians adds up: whoever is with two of
// them counts with each, because nobody sees across their books.
//
// The package reads no database, ledger or clock, and never rounds an amount.
package disclosure
