// Package fakeledger is a Fabric peer, orderer and channel in memory, for the tests of contracts.
//
// The rule it follows is Fabric 3.1's own behaviour with LevelDB state: a transaction is simulated
// against committed state and never reads its own writes; it leaves a read and a write set; blocks
// are validated first against endorsement policies (chaincode, collection and key level, where one
// signature serves one principal), then against the versions and ranges that were read; private data
// is on the ledger as hashes only, and its values are known to the members of its collection. Errors
// carry the words of Fabric, so that a test may expect the same text from a real peer.
//
// The package never forgives what a peer would refuse, and it never offers more than a peer offers:
// there is no clock but the proposal's, no rich query and no second chaincode. It does not order
// blocks by itself, does not expire proposals and loses no private data: those are faults of a
// network, and are tested on one.
package fakeledger
