// Package notice keeps the member's own feed: what happened in the member's house and not on the ledger. An alert was
// raised, a submission was rejected, a reminder was sent.
//
// What is guaranteed: a notice is appended in its cause's own transaction, so there is none without the other. The
// sequence is dense from 1 and its order is the order of commits, whichever process appends: whoever has read up to a
// number has missed nothing before it. Readers in the same process are woken as soon as the transaction is committed;
// those in another process look now and then.
//
// A notice holds ids, figures and dates. It never holds a name, an address or a number of a person, nor a text that
// somebody wrote; and what is written here never goes to the ledger.
//
// Notices of alerts are for those alone who may read alerts: who receives them must not tell the customer. They are a
// second feed with a sequence of its own, so that whoever reads the first finds neither their number nor their moment
// in a gap. The kind of a notice says which feed it is in; nobody chooses.
package notice
