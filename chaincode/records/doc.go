// Package records is what the contracts Loan, Custody and Repayment share: the steps of a loan, of an
// instruction, of a customer's account and of a mandate, each taken in one place.
//
// The rule is the first of docs/architecture.md: a step loads a record, lets core decide, folds the
// events and saves them. Every record lives in the collection of the platform and the custodian;
// handles are random, because Fabric publishes the hash of a key. A step sees what the transaction did
// before it, so the items of a batch follow one another as if each were a transaction of its own.
//
// The package decides nothing itself and authorises nobody: the runner of commands has done that.
package records
