package anchoring

import "fmt"

// Place says where a digest is on the ledger, once it is.
type Place struct {
	At    string `json:"at"`
	TxID  string `json:"tx_id" doc:"Empty where it stood there before"`
	Block uint64 `json:"block,string"`
}

// Found answers the place, or nil while the digest is not there.
func (p Place) Found() *Place {
	if p.At == "" {
		return nil
	}
	return &p
}

// PlaceColumns are what a query with PlaceOf selects of a digest's place, in the order of the struct.
const PlaceColumns = `COALESCE(anchor.anchored_at, ''), COALESCE(anchor.tx_id, ''), COALESCE(anchor.block, 0)`

// PlaceOf joins to a query the places of a part's digests, which stand in a column of the query's own.
func PlaceOf(part, column string) string {
	return fmt.Sprintf(`LEFT JOIN evidence_anchor anchor ON anchor.part = '%s' AND anchor.digest = %s`, part, column)
}
