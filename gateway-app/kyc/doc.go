// Package kyc is how a person becomes a customer: documents, an identity check by a provider, screening,
// and an officer's decision, after which the party is attested on the ledger.
//
// It is a state machine in the manner of the ledger's own: a command meets a state and yields events or
// one refusal (Decide, pure), and an event folds into a state (Apply). What is stored is the events and
// the state that they fold to. A case is submitted, then verified or refused; what was verified expires
// by its date and may be submitted again. A person is verified by nobody who submitted the case, never
// while a hit on a watch list is open or confirmed, and never without the documents of its level.
// Levels and their renewal follow the customer due diligence rules of the anti-money-laundering law.
//
// The attestation is handed to the outbox in the transaction that verifies: either both happen or
// neither does, and its request id is derived from the case, so that it cannot happen twice.
//
// The package never stores a name or a number: it asks for them when it needs them. Events and states
// carry codes, digests and ids only. It never decides by itself to verify or to refuse.
package kyc
