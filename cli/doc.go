// Command tally lets auditors and operators read the ledger and verify it without trusting any member.
//
// What is private it reads by replaying the chain's blocks with the private data that the member's
// peer holds: every block's hash, its link to the block before it and the hash of every private value
// are recomputed on the way, and what the peer should have and has not is said. The check command
// executes the whole ledger again with the rules of core.
//
// Exit codes are 0 for success, 1 for an error, 2 for wrong use and 3 for a verification that failed.
// The command writes to the ledger in one place alone, `tally evidence add`, and keeps nothing of what
// it read.
package main
