// Package localnet runs a whole consortium on one machine, as native processes: for every member a
// certificate authority, a consenter, a peer and its chaincode, all on the loopback address, all
// over TLS. Who the members are comes from package network alone.
//
// Everything that a network makes lies in .run/NAME of the repository, so that several run side by
// side on different ports. Up brings a network to where it should be from wherever it is: from
// nothing, stopped, partly killed, or running already. It waits for readiness and never for a
// fixed time, and when a first start fails it stops what it started and leaves the logs.
//
// The package is for development and tests. One operator holds every member's keys here, which a
// real consortium must never do.
package localnet
