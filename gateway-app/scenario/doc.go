// Package scenario plays a consortium's business from the outside: it adopts a regime, brings parties,
// mandates and deposits, and takes loans from proposal to money in the borrower's account, as the
// gateway applications of all members together would.
//
// It acts through each member's own peer and certificates and holds no shortcut into the ledger, so
// whatever it brings about, the contracts have accepted. It makes random handles, keys and salts only,
// and never names a real person. The demo and the benchmark stand on it; no member's own application
// does.
package scenario
