// Package rules turns scores and signals into outcomes by rules that are data: a lender's policy in a file that a
// risk officer reads, the ledger knows by its hash, and an auditor evaluates again.
//
// The rule: a set declares every variable that its rules may see, with type, source and the value that stands in
// where nothing is known. A rule is an expression in the Common Expression Language (github.com/google/cel-spec)
// without macros, so that none can loop, and says what follows where it is true: approve, refer or refuse, with a
// reason in Chinese and English. Of the rules that fire the gravest counts: refuse over refer over approve. Beside
// the rules a set holds the operating points, the grades with product risk (R1 to R5, as suitability rules for
// investors number it), limit and price band, and what to do about applicants of whom too little is known.
//
// What is guaranteed: a set that compiles cannot fail by type, cannot run longer than its cost limit, and answers
// the same for the same values; a rule that cannot be computed for somebody refers them to a person. Its hash is the SHA-256 of the file's canonical form (RFC 8785), so that layout does
// not matter and nothing else goes unnoticed. No rule sees sex, age, marriage, nationality or the like: a set that
// declares a variable of such a name is refused, and whoever knows the model's schema refuses protected fields by
// Applicant.
//
// The package never reads a clock, a file or a database: which set is in force is the caller's to say.
package rules
