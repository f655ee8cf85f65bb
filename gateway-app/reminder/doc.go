// Package reminder reminds a platform's borrowers of instalments that fall due, or fell due and were not paid, by
// e-mail and through the member's own feed, from which webhooks take it on.
//
// Which business date it is, the custodian's opened day on the ledger says, not this machine's clock. A day that opens
// brings the reminders whose time has come since the day before it, one an instalment at most: the latest. They are
// stored before anything is sent, and each is one row for ever by loan, due date, days and channel, whatever crashes,
// whichever process works and however often the read model is rebuilt. Right before one is sent, the books are asked
// again: what was paid meanwhile, or overtaken, is skipped, and so is who has opted out. In the quiet hours, by the
// wall clock of a zone, nothing is sent.
//
// A notice through the feed is appended in the transaction that ends its reminder: there is exactly one. A mail server
// cannot take part in a transaction, so an attempt is counted before it is made: a crash right after the server took
// the message sends it once more, under the same Message-ID, by which receivers know it again.
//
// Opting out ends early reminders. A notice that an instalment is overdue is no advertisement: it is sent all the same,
// unless a setting says otherwise.
//
// The package writes nothing to the ledger. Its rows and notices hold no address; the address of a message is read from
// the person's sealed record when it is sent, and that it was read is in the access log. Amounts are in no subject.
package reminder
