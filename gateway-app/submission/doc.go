// Package submission carries what a platform states about itself, to the public and to the regulator, and what the
// regulator says of it. A platform states two kinds: its disclosure of a month or a day (the interim measures of 2016,
// art. 30 and 31, and the guidelines of 2017 on disclosure), and its own loan book of a day, line by line.
//
// A statement has a platform, a kind, a period and a version. Nothing is overwritten: who corrects states another
// version, with its reason, that names the one before. The platform's side (Platform) states, anchors every digest in
// its evidence log on the ledger and hands the statement in; the regulator's side (Regulator) keeps what came, holds it
// against the rules of validation that are in force and against what its own read model of the same ledger says, and
// acknowledges it or rejects it with every reason. Both tell their member's feed.
//
// What is guaranteed: a version is judged once, against the closed business day that it is about, however late it
// comes; handed in again, it is answered as before; another text under the same version is refused. A crash at any
// place loses no statement and states none twice.
//
// The package never writes to the ledger but digests, never takes a platform's word for a figure of the ledger, and
// keeps no personal data: a line of a loan book names its loan by a handle.
package submission
