// Package contracttest is the one suite of the contracts, for a ledger in memory and for real peers
// alike.
//
// A Ledger submits and evaluates calls as a client would; OpenFake answers one that runs every call on
// two fakes and compares them byte by byte, and the end-to-end tests bring one that dials a network.
// Suites read as the business does. They never assume to be alone: handles, regimes and request ids
// are drawn anew for each test, and what can only be shown on a consortium that nobody has founded yet
// is skipped, with a message, on one that somebody has.
//
// Every private value that a suite sends is also a sentinel: where the ledger can be searched, none of
// them may be found in what everybody sees of the blocks.
package contracttest
