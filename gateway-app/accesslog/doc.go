// Package accesslog keeps the member's access log: who asked for what, about whom, what was decided, and by
// which policy. Every access to personal data and every decision is a row. Rows hold ids, handles and codes;
// a name or any other personal value never.
//
// Rows are chained by their hashes (package chain) and the last hash is anchored in the member's evidence
// log on the ledger, daily. So the member itself cannot change, delete or reorder a row that was anchored
// without every auditor finding it. What is not anchored yet, the member could still rewrite: a day's rows
// at most.
//
// A row is written in the transaction that it is given, so that what was done and that it was done are
// stored together. The package never deletes a row.
package accesslog
