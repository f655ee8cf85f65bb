// Package decision decides applications for credit: scorecard, challenger and rules in, an outcome with reasons out,
// in a form that anybody who has the same files recomputes to the byte.
//
// The rule: the scorecard's points are the score; the rule set's operating points, its rules and its policy for thin
// files say what follows, the gravest counting; the challenger is heard by rules and explains, and decides nothing.
// An applicant of whom too little is known is taken for the average of those trained on with a margin on top, and
// referred to a person (a cold start). Each decision gives its reasons in Chinese and English and says that a person
// can be asked to look at it: Personal Information Protection Law of China, art. 24, on decisions by automated means.
//
// What is guaranteed: a decision is a function of the inputs, the salt, the two models' files and the rule set.
// Everything in it is a word or a whole number, its canonical bytes are RFC 8785, and its digest is the SHA-256 of
// these. It names the models and the rules by their hashes and the inputs by a commitment, SHA-256 of salt and
// canonical inputs, so that the digest can stand on a ledger that all members read and tells nothing of the
// applicant. Replay computes a kept decision again and names the first difference.
//
// Sex, age, marriage, nationality and whatever else the schema marks as protected are refused as inputs, by that
// mark and by name, and so is the outcome that the models were trained on. The package reads no clock and no file, and keeps nothing.
package decision
