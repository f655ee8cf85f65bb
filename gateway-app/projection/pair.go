package projection

// Pair is a platform and a custodian with whom it lends. Each has a private collection, in which its loans, parties and
// mandates live.
type Pair struct{ Platform, Custodian string }
