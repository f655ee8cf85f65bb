// Package outbox takes commands to the ledger and sees them through, whatever dies on the way.
//
// A command is a row of the member's database, stored with the caller's own rows in one transaction,
// before anything is sent. From then on it ends in one of two ways: committed, with the contract's
// answer, or refused, with a refusal that is final. In between the process may be killed at any point,
// any number of times; the command is applied at most once and never forgotten. The rule is the design's
// of the ledger client's errors (docs/architecture.md):
//
//   - An envelope, once endorsed, is stored before it is sent. After a crash its transaction is asked
//     about first, and sent again as the same bytes only if it is not on the ledger.
//   - An envelope more than 5,000 blocks or 15 minutes old is never sent again: the private data behind
//     it may be gone. If it is not on the ledger the command is proposed anew under the same request id,
//     which the contracts answer as before if it was applied after all.
//   - A conflict, a busy peer and a silent one lead to a new proposal, for as long as it takes, with
//     pauses that grow and are jittered. What a contract refuses is refused.
//   - Commands that share a lane run one after the other in the order of storing; others run in parallel.
//   - Commands that may be merged wait for each other while earlier batches are under way, and go as one
//     request with an id of its own. Each gets its own part of the answer. A batch that conflicts, or of
//     which every item is refused, wrote nothing: it is halved until each half knows its own fate.
//
// One process of the member runs the outbox at a time: it holds the lease "outbox", and every step that
// it writes is fenced by the lease's token. Any process may store commands and wait for them. When the
// database fails, the runner drops what it knows and begins as after a crash; there is one way to
// recover, and every start takes it.
//
// The tables are outbox_command, a row a command, and outbox_request, a row for what was proposed: one
// command, or a batch. Items and envelopes are deleted from them once a command is decided.
//
// The package never decides a rule of lending, never changes an item, and never reports a command as
// refused while one of its transactions may still be committed.
package outbox
