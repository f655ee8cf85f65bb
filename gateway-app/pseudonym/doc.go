// Package pseudonym makes the common pseudonym: one person, or one company, is one text of 128 bits in
// the collection of exposures, whatever platforms it borrows on, and nobody alone can find out which text
// belongs to which identity number.
//
// # Keys
//
// The regulator and the custodian each hold a key of an oblivious pseudo-random function, VOPRF over
// P-256 with SHA-256 in the verifiable mode (RFC 9497). For an identity number N, in its one normal form,
//
//	R = F(regulator's key, N)    C = F(custodian's key, N)
//	pseudonym = first 128 bits of HKDF-SHA256(R, C; domain, id of the regulator's key, id of the custodian's)
//
// The keys never meet: each lies in a file of its member's own, sealed, mode 0600, and each key holder
// answers only what the protocol below lets it answer, counted by caller and day.
//
// # Protocol
//
// An application is a party on the ledger: a collection and a handle which the custodian has attested, so
// whose identity number the custodian has verified itself. An epoch is a pair of keys.
//
//  1. Platform → regulator, Deposit: r·H(N), a fresh point for the application. It learns nothing back.
//  2. Platform → custodian, Evaluate: s·H(N). The custodian answers k·s·H(N) with one proof for the batch;
//     the platform checks the proof against the key that it has pinned, and unblinds to C.
//  3. Platform → custodian, Open: r, encrypted under a key that follows from C and from the application.
//  4. The custodian computes C' over the number N' that it verified itself. Only if N' is N does what the
//     platform sent open: the commitment and the comparison are one step.
//  5. Custodian → regulator, Collect: the regulator answers the deposited points of these applications and
//     their evaluations, with one proof. The custodian holds each point against r·H(N'), checks the proof
//     against the key that it has pinned, unblinds to R, derives the pseudonym and submits Party:Link.
//
// # Why it holds
//
// The regulator sees points r·H(N) with a uniform r: they tell nothing, not even that two of them are the
// same person. It never sees N, r or C.
//
// The custodian sees s·H(N) with a uniform s, and what is encrypted under C. It can open that for the
// number that it has verified, which it knows already. If the platform claims another number, the custodian
// could, with its own key, search for it; that is inherent in any comparison without a third party.
//
// The platform learns C for the numbers of its own applications, one a try and few tries, and never R, nor
// the pseudonym. That matters: Fabric publishes the plain hash of every key, so whoever knows a pseudonym
// could see in the public blocks when its person borrows elsewhere. It cannot link a number of its choice:
// step 4 fails, the try is counted, and after the last one the application is closed.
//
// Nobody alone can enumerate. The regulator has no C. The custodian has no R but for points that a platform
// deposited for a party which that platform brought. A platform has no R. Regulator and custodian together
// can: two keys withstand one traitor. A platform together with the custodian can at the pace that the
// regulator's limits allow and its counts show.
//
// What remains: the custodian names the pseudonym that it links. One that lies gives a person two; then the
// person's exposure is split. The regulator can have it found out by a later epoch, in which the deposited
// points are opened again under supervision. In a consortium of several custodians one of them keeps the
// second key for all.
//
// # Epochs
//
// A new pair of keys gives everybody a new pseudonym. Rotate says in which order the members move: while an
// epoch is next, new parties are still linked under the current one, and the platforms renew every party
// that is linked; the custodian derives both pseudonyms and submits Party:Succeed, with which the ledger
// moves the person's exposure from the old to the new in one transaction and follows the old one from then
// on. The epoch becomes current when no linked party is left behind whose number the custodian knows, and only
// then are the old keys destroyed.
//
// The package never stores, logs or sends an identity number, and never puts one into an error.
package pseudonym
