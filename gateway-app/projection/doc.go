// Package projection keeps the member's read model: SQL tables folded from the blocks of the member's own peer.
//
// The ledger is the truth and the tables are a reading of it. Every record that the member can see is folded
// with core's own Apply from the events of its transactions, and the outcome must be, to the byte, the state
// that the record states; its sequence and salt must follow from the version before. Rows and checkpoint are
// written in one SQL transaction, so a crash at any point neither loses a block nor folds one twice. A record
// that does not fold, a gap between blocks, a changed hash and private data that the member should have and
// its peer did not give all stop the projection with a Finding, and no checkpoint goes past them. Data of
// collections that the member is no member of is absent, and nothing is missed there.
//
// Each step also appends a row to the feed, in the same SQL transaction: what happened, with ids, amounts and
// dates and with nothing about a person. Every table's name begins with rm_ and every row but those of sums has a
// number in the order of the ledger, so that Rebuild, which drops all and replays from block 0, ends with equal rows.
//
// Beside records stand running sums for reports: what each loan means for its platform's books (package portfolio)
// is taken out of them and put back as it changes, and when a custodian closes a business day, how its platforms
// stand is written down at that very point. Sums have no number; they are the same whatever blocks were folded
// together.
//
// The package decides nothing: it never runs a rule of lending again (core/books does) and never writes to
// the ledger. It does not keep the custodian's secret.
package projection
