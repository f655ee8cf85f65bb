package kyc

import "time"

// SetClock makes cases believe that it is a time.
func SetClock(c *Cases, at time.Time) { c.now = func() time.Time { return at } }
