// Package network is the consortium as data. One file, consortium.yaml, names the members, the
// channel and the chaincode; from it pure functions make every policy, collection, channel setting,
// node setting and connection profile. Nothing else in this repository knows how many members
// there are.
//
// The rule behind the policies is that no platform acts alone: a platform's business is endorsed
// together with its custodian bank, and only the regulator, a custodian and a platform together
// may replace the chaincode or reconfigure the channel.
//
// The package reads and writes files only where a function's name says so (ReadProfile,
// WriteProfile). It starts no process, opens no connection and holds no key.
package network
