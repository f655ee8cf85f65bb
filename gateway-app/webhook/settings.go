package webhook

import (
	"crypto/x509"
	"log/slog"
	"math/rand/v2"
	"time"
)

// Settings say how webhooks are sent. What is zero has the value in brackets.
type Settings struct {
	Process       string         // names this process as holder of the lease; two running processes never share a name
	Hosts         []string       // the hosts that webhooks may go to, in full; none but the machine's own where AllowLoopback says so
	AllowLoopback bool           // this machine too, also by plain http
	AllowPrivate  bool           // private networks too
	Roots         *x509.CertPool // the authorities of receivers; the system's when nil

	Timeout      time.Duration // for one attempt (15 s)
	FirstPause   time.Duration // after the first failure (5 s)
	LongestPause time.Duration // (2 h)
	GiveUpAfter  time.Duration // how long a delivery is tried (24 h)
	Keep         time.Duration // how long deliveries that ended are kept (30 days)
	Poll         time.Duration // how often what is due is looked for (500 ms)
	Lease        time.Duration // how long a process that died keeps others waiting (10 s)

	Logger *slog.Logger
	Now    func() time.Time
}

// fewestAttempts are made before a delivery is given up, however old it is: a process that stood still for
// a day has not tried for a day.
const fewestAttempts = 6

// longestAsked bounds how long a receiver may ask to be left alone by Retry-After.
const longestAsked = time.Hour

func (s Settings) completed() Settings {
	for _, d := range []struct {
		value *time.Duration
		usual time.Duration
	}{
		{&s.Timeout, 15 * time.Second},
		{&s.FirstPause, 5 * time.Second},
		{&s.LongestPause, 2 * time.Hour},
		{&s.GiveUpAfter, 24 * time.Hour},
		{&s.Keep, 30 * 24 * time.Hour},
		{&s.Poll, 500 * time.Millisecond},
		{&s.Lease, 10 * time.Second},
	} {
		if *d.value <= 0 {
			*d.value = d.usual
		}
	}
	if s.Process == "" {
		s.Process = "webhook-" + newID()
	}
	if s.Logger == nil {
		s.Logger = slog.New(slog.DiscardHandler)
	}
	if s.Now == nil {
		s.Now = time.Now
	}
	return s
}

// pause is how long to wait after an attempt: twice as long each time, half of it random, so that many
// deliveries that failed together do not come back together.
func (s Settings) pause(attempts int) time.Duration {
	longest := s.FirstPause << min(max(attempts-1, 0), 20)
	if longest > s.LongestPause || longest <= 0 {
		longest = s.LongestPause
	}
	return longest/2 + rand.N(longest/2+1)
}
