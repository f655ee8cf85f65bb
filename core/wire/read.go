package wire

// Read is the form of every read: which records, by handle or id, in which private collection. The
// answer is a JSON list of the records as they stand, in the order of the items, null for what is not
// there. A read is evaluated and never submitted: its answer would stand in a block for ever.
type Read struct {
	Version    int      `json:"version"`
	Collection string   `json:"collection,omitempty"`
	Items      []string `json:"items,omitempty"`
}
