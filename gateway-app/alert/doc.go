// Package alert finds movements of customers' money that a custodian's officers must look at, while they happen, and
// keeps what became of each finding.
//
// The rules are the regime's: of the reporting pack that is in force on a movement's business date (core/regime), with
// their figures, so that a change of threshold is a decision on the record and needs no restart. The thresholds of the
// shipped rules follow the measures of the People's Bank of China on reports of large and suspicious transactions
// (order 2016-3): 500,000 yuan a day of a natural person and 2,000,000 of another, and a report within five working
// days.
//
// What is guaranteed: every movement on the ledger is looked at once and in the ledger's order, by one process at a
// time; its row, the alerts that it raised or joined, their notices and the position are one SQL transaction. The
// position counts in the feed, which is dense and the same after a rebuild of the read model, so neither a crash nor a
// rebuild raises anything twice. A rule has at most one open alert of a customer and business day: further movements join
// it. An outcome has a named officer, who had no hand in its movements, and a reason out of a list; dismissing an alert of
// high severity takes two.
//
// A suspicious-transaction report is made of an alert and kept in the member's own database, its narrative sealed.
// Nothing of this package ever goes to the ledger or to another member, and no notice says more than ids: whoever is
// looked at must not learn of it. Subjects are handles; the package keeps no name, and writes one only into the form for
// the authority, as its caller gives it. Which parties are one customer it is told with each movement and does not keep.
package alert
