// Package ledger is what every contract stands on: one transaction as a unit of work, and the runner
// that takes a command from the wire to the write set.
//
// A Tx reads each key once, sees its own writes (Fabric does not), can be rolled back item by item,
// and writes everything at the end in one order. The Command runner holds the envelope: strict form,
// authority by member kind, certificate role and collection, idempotency before any business rule,
// the mode of the batch, the one event and the answer. Contracts add only: load, decide (core), save.
//
// The rules are those of docs/architecture.md: 1 (decide, then apply), 8 (nothing telling in public), 9
// (idempotent by key) and 11 (refusals are values). A refused transaction writes nothing, and a
// refused item of a batch leaves no trace in it.
//
// The package never decides a rule of lending, never reads a clock (the transaction's timestamp is a
// client's claim, and only recorded), and never puts a value or a private key's name into an error, a
// log, an event or an answer.
package ledger
