// Package serve is a member's gateway app as a process: it reads the settings, opens what the app keeps,
// puts the parts together and runs them until it is asked to end.
//
// It guarantees that a process that is killed at any point may simply be started again: everything that
// was promised is in the database, and every part goes on from there. It guarantees that a part that
// cannot go on is seen: the app stays up, so that what is known can still be read, but is not ready.
//
// The package decides nothing about lending and about who may do what; it is the only one that knows all
// parts.
package serve
