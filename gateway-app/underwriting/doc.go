// Package underwriting takes applications for a loan and decides them: it counts what fraud shows itself by, asks
// the models and the rules in force, keeps what was decided with everything that it takes to decide it again, and
// lets people have the last word.
//
// The rule: a decision is made by package decision from inputs alone, so whoever has the inputs, the salt, the two
// models' files and the rule set recomputes it to the byte (tally risk replay). All of these are kept, inputs and
// salts sealed by the vault; the digests of application, decision, review, model, training report and rule set go
// to the member's evidence log on the ledger, each stored in the transaction that makes what it is of. Signals
// explain and the rules decide: velocities of device, applicant and address, identities a device, contacts shared
// with who has defaulted, the first withdrawal after a change of profile or key. They are derived from rows and
// from the read model for each application, so that no job can be late for them. Whoever was decided about by a
// program may have a person look at it (PIPL, article 24): a status is changed by a table, and the engine's own
// outcome by nobody.
//
// What is guaranteed: a batch is decided whole or not at all, in one transaction that counts, decides and stores,
// so that of two applications at the same time one counts the other; the same request decides once. Models and
// rules change between batches, never within one, and each decision names those that made it.
//
// The package never lets a protected attribute into a model (package decision refuses it), never keeps a device,
// an address or a contact in a form that somebody without the vault's key could try out, and never lends: a loan
// is proposed by the platform, and names the application as its project.
package underwriting
