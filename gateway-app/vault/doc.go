// Package vault seals personal fields one by one, so that a copy of a member's database shows nobody's
// name, number or account.
//
// A value is sealed under a data key with its table, row and column as associated data: moved to
// another place it does not open. Data keys have versions; only the newest seals, every version that
// was not retired opens. They lie in the database wrapped by a master key, which lies in a file of its
// own (mode 0600) and never in the database. Look-ups by identity number, phone or account go through
// blind indexes: HMACs of the normalised value under a key that seals nothing.
//
// AES-256-GCM (NIST SP 800-38D) by default; SM4-GCM (GB/T 32907, GB/T 36624) with HMAC-SM3 where
// domestic algorithms are required. Encryption at field level answers the personal information law
// (art. 51) and the grading of financial data (JR/T 0197).
//
// The package never logs a value, never writes the master key anywhere but into its own file, and
// never decides who may see what it opens: that is masking's part.
package vault
