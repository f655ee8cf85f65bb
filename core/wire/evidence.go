package wire

import (
	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/evidence"
)

// Anchored is the value under EvidenceEntryKey, written once: an entry of evidence.Entry, which is
// also the item of Evidence:Append, and where in the member's log it stands. RecordedOn is China's
// date of the transaction's timestamp, which is a client's claim; what proves the time is the block.
type Anchored struct {
	Version    int            `json:"version"`
	Member     string         `json:"member"`
	Index      uint64         `json:"index"` // from 0
	RecordedOn calendar.Date  `json:"recorded_on"`
	Entry      evidence.Entry `json:"entry"`
}
