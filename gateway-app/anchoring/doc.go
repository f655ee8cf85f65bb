// Package anchoring takes digests to the member's evidence log on the ledger: of decisions, models, disclosures, of
// whatever a part of the app has to be able to show later as it was (articles 16 to 19 of the online litigation rules of
// 2021).
//
// A part stores a digest in the transaction that makes what it is of (Due), so that neither is there without the other.
// What is due is sent in batches, in the order of storing, because one may follow another:
//
//   - A batch is chosen and named before it is sent. After a crash it is sent again under the same name, which the
//     ledger answers as before.
//   - One digest refused does not stop the others of its batch. It loses the batch's name, because the ledger would
//     answer to that the same for ever, rests, and goes into another batch: seconds later at first, minutes in the end.
//     Meanwhile those behind it are sent.
//   - A digest that stands there already counts as there: a database that was restored from a backup finds what it had
//     anchored since. Of a batch of which nothing is new the ledger names the first refusal only; the others are then
//     sent anew.
//   - What may yet be ordered keeps its name until that is known.
//
// The table is evidence_anchor, a row for each digest of a part. The package never sees a document, never drops a
// digest, and never counts one as anchored before the ledger has said so.
package anchoring
