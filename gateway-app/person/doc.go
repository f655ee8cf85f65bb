// Package person keeps the records of people: names, numbers, phones, accounts and addresses, each field
// sealed by the vault on its own, and what people may ask of them.
//
// A person gets everything that is kept about it (personal information law, art. 45), with one exception:
// what screening found is not told, because that would tip off. A person who asks for erasure (art. 47)
// is restricted at once: the record is changed and used no more. It is purged when the last retention
// duty has ended, among them the ten years of the anti-money-laundering law (2024), when no legal hold
// stands, and when custodian and regulator have each given their authority, recorded by two people. The
// purge leaves a receipt, signed with the member's key, that names nobody.
//
// What survives a purge is what names nobody: the ledger's commitments and postings under a pseudonym,
// the authorities and the receipt. Sealed remains in freed pages and in backups end with the
// keys that sealed them: see vault.Retire.
//
// The package never writes a personal value in the clear, neither into the database nor into an error,
// and never decides who may read what it answers.
package person
