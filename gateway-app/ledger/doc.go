// Package ledger is how a member's programs reach the consortium's channel: through the member's own
// peer, over TLS, with one identity.
//
// It guarantees three things that Fabric's client leaves to its user. A refusal comes back as a
// *fault.Fault, whichever peer and whichever layer said no. A transaction whose outcome is unknown is
// never proposed anew: the same envelope is sent again, and the same transaction is asked about. And a
// block is handed on only when its data hash, its place in the chain and the hash of every private
// value in it were recomputed; private data that the peer should have and has not is reported.
//
// Who must endorse a private command follows from the collection (docs/ledger.md): the custodian and
// the platform, or, when the platform's peer is silent, says otherwise than the custodian's or signs what
// does not verify, the custodian and a regulator. A refusal is the contract's only when all who were
// asked give it. Requests about customers travel as transient data, to the peers so named and to nobody
// else.
//
// The package never decides a rule of lending, never writes a file, and holds no commit open at the
// peer: the outcomes of all transactions of a client come from one stream of blocks.
package ledger
