package clearing

import "time"

// relief is when exposures were last brought down to what loans need. Principal comes back in many receipts
// a day, and each relief writes a record for every borrower: so they are relieved together, at the latest
// when the business day closes, and at once where somebody's proposal waits for the room.
type relief struct {
	now    func() time.Time
	closed string // business days as they were closed then
	at     time.Time
}

// due reports whether loans are to be looked at: a day was closed since, or it is long enough ago.
func (r *relief) due(closed string, longest time.Duration) bool {
	return closed != r.closed || r.now().Sub(r.at) >= longest
}

// done notes that no loan is left to relieve.
func (r *relief) done(closed string) { r.closed, r.at = closed, r.now() }
