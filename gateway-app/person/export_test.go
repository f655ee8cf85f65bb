package person

import "time"

// SetClock makes records believe that it is what the clock says.
func SetClock(p *People, clock func() time.Time) { p.now = clock }
