// Package netting is the custodian's payout run: it takes everything that is owed to lenders, members and
// borrowers on a business day, and what came back from payouts that a bank refused, and nets it per payee
// into payout instructions.
//
// The ledger holds the rule. Custody:Net moves what a loan owes into the run's one instruction a payee, and
// refuses what owes nothing; so nothing can be paid twice, and all transactions of a run add to the same
// instructions. This package brings every loan and party that owes, in batches, in the one lane that writes
// loans' netted amounts: loans share lenders, so two batches at once would collide.
//
// A run has a handle that follows from the custodian, the business date and the run's number on that date,
// and a row that is there before the first batch. A process that is killed leaves a row that says running;
// whoever holds the lane next finishes its batches and goes on with what still owes, under the same handle.
// A run is finished when nothing owes any more but what was refused. What is refused stays owed, stands in
// the result with its code, and belongs to the next run.
//
// The package never reads an amount, never accepts or settles an instruction, and never opens a day.
package netting
