// Package lane sends lists of items to the ledger in batches, one after the other, as the clearing, the
// payout run and the linking of pseudonyms need it: each of these lanes writes keys that nobody else
// writes (docs/ledger.md names them), so it is one at a time in the whole member, and it has to go on
// where it stood when its process is killed.
//
// A batch is a row before it is a command. The row holds the items, the request id that follows from
// them, and the salt; so whoever holds the lane next sends the same command again, and the ledger and the
// outbox take it as the same. A refused item is a verdict and not an error. A request of which nothing
// was applied names its first refusal only, so the others are asked about anew in a batch of their own.
//
// A batch goes through the outbox's lanes of the records that it changes, which are those of the API's
// commands (Loan, Party, Account): so it waits for a command about the same loan, and that for it, and the
// two do not spoil each other's reads on the ledger. What is written under Hold is fenced by the lane's lease
// (package store), and a batch is decided once.
//
// The package never decides what a refusal means, never drops an item, and never sends two batches of a
// lane at once.
package lane
