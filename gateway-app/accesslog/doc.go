// Package accesslog keeps the member's access log: who asked for what, about whom, what was decided, and by
// which policy. Every access to personal data and every decision is a row. Rows hold ids, handles and codes;
// a name or any other personal value never.
//
// Rows are chained by their hashes (package chain) and the last hash is anchored in the member's evidence
// log on the ledger, daily. So the member itself cannot change, delete or reorder a row that was anchored
// without every auditor finding it. What is not anchored yet, the member could still rewrite: a day's rows
// at most.
//
// A row about a list has the number of those whose data was shown and one digest over their handles. The handles
// are kept beside the chain, once for each set, so that "who saw this person's data" has an answer (About) that
// can be verified, and the rows stay short.
//
// A row that would tell that a customer's money is looked at is confidential. It was written so, by the rule of
// package access, and its mark is part of what the chain covers. A Reader shows it in full to those alone who may
// know of alerts, and to others its place in the chain: the anti-money-laundering law forbids that anybody else
// learn of it.
//
// A row is written in the transaction that it is given, so that what was done and that it was done are
// stored together. The package never deletes a row.
package accesslog
