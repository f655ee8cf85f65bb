package api

import (
	"context"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/go-chi/httprate"

	"github.com/tallystick/tallystick/gateway-app/access"
)

// Limits bound what one caller can make the process do. A rate that is not above zero bounds nothing; WithDefaults
// fills in what a member has not chosen. Each process of a member counts for itself.
type Limits struct {
	AddressPerMinute       int   `json:"address_per_minute,omitempty"`         // requests from one network address, signed in or not
	CallerPerMinute        int   `json:"caller_per_minute,omitempty"`          // requests of one signed-in caller
	SignInsPerNameMinute   int   `json:"sign_ins_per_name_minute,omitempty"`   // tries at one name from one address, good ones too
	SignInsPerSourceMinute int   `json:"sign_ins_per_source_minute,omitempty"` // tries from one network address, at whatever name
	OpenPerMinute          int   `json:"open_per_minute,omitempty"`            // requests from one network address for what is open to everybody
	StreamsPerCaller       int   `json:"streams_per_caller,omitempty"`         // streams that one caller has open at a time
	BodyBytes              int64 `json:"body_bytes,omitempty"`                 // the longest body of an operation that names no limit of its own
}

// DefaultLimits leave room for a platform's batches and a branch's Monday morning, and none for a flood.
func DefaultLimits() Limits {
	return Limits{
		AddressPerMinute: 60_000, CallerPerMinute: 30_000, SignInsPerNameMinute: 20, SignInsPerSourceMinute: 300, OpenPerMinute: 300,
		StreamsPerCaller: 32, BodyBytes: 4 << 20,
	}
}

// WithDefaults puts the default in the place of every limit that is zero. A negative one bounds nothing.
func (l Limits) WithDefaults() Limits {
	usual := DefaultLimits()
	for _, each := range []struct{ chosen, usual *int }{
		{&l.AddressPerMinute, &usual.AddressPerMinute},
		{&l.CallerPerMinute, &usual.CallerPerMinute},
		{&l.SignInsPerNameMinute, &usual.SignInsPerNameMinute},
		{&l.SignInsPerSourceMinute, &usual.SignInsPerSourceMinute},
		{&l.OpenPerMinute, &usual.OpenPerMinute},
		{&l.StreamsPerCaller, &usual.StreamsPerCaller},
	} {
		if *each.chosen == 0 {
			*each.chosen = *each.usual
		}
	}
	if l.BodyBytes <= 0 {
		l.BodyBytes = usual.BodyBytes
	}
	return l
}

// rates count requests, each by what its limit is about.
type rates struct {
	byAddress, byCaller, byName, bySource, byReader *httprate.RateLimiter
}

func newRates(l Limits) rates {
	return rates{
		byAddress: limiter(l.AddressPerMinute), byCaller: limiter(l.CallerPerMinute),
		byName: limiter(l.SignInsPerNameMinute), bySource: limiter(l.SignInsPerSourceMinute),
		byReader: limiter(l.OpenPerMinute),
	}
}

// resetHeader says in how many seconds the counted minute ends.
const resetHeader = "RateLimit-Reset"

// limiter counts requests by a key in a sliding minute.
func limiter(perMinute int) *httprate.RateLimiter {
	if perMinute <= 0 {
		return nil
	}
	return httprate.NewRateLimiter(perMinute, time.Minute, httprate.WithResponseHeaders(httprate.ResponseHeaders{
		Limit: "RateLimit-Limit", Remaining: "RateLimit-Remaining", Reset: resetHeader,
		RetryAfter: "Retry-After",
	}))
}

// limitAddress bounds an address before anybody is looked up, and lets those that come after know it.
func (s *Server) limitAddress(_ *operation, next http.Handler) http.Handler {
	known := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := context.WithValue(r.Context(), addressKey{}, addressOf(r))
		next.ServeHTTP(w, r.WithContext(access.Coming(ctx, addressOf(r))))
	})
	return s.limited(s.rates.byAddress, addressOf, known)
}

type addressKey struct{}

// addressOf is where a request comes from: an address of IPv4, or a network of IPv6 that is one subscriber's.
func addressOf(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	return httprate.CanonicalizeIP(host)
}

// limitSignIn bounds the tries at signing in from one address, before a password is looked at: each costs
// the process the memory and time of a password hash. Who reads what is open takes none of them.
func (s *Server) limitSignIn(op *operation, next http.Handler) http.Handler {
	if !op.public {
		return next
	}
	if op.open {
		return s.limited(s.rates.byReader, addressOf, next)
	}
	return s.limited(s.rates.bySource, addressOf, next)
}

// limitCaller bounds a signed-in caller, wherever it calls from.
func (s *Server) limitCaller(op *operation, next http.Handler) http.Handler {
	if op.public {
		return next
	}
	return s.limited(s.rates.byCaller, func(r *http.Request) string { return exchangeOf(r.Context()).caller.ID }, next)
}

func (s *Server) limited(rate *httprate.RateLimiter, key func(*http.Request) string, next http.Handler) http.Handler {
	if rate == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		limited := rate.OnLimit(w, r, key(r))
		s.countDown(w.Header())
		if limited {
			s.refuse(w, r, doorProblem(CodeRateLimited, ""))
			return
		}
		next.ServeHTTP(w, r)
	})
}

// countDown makes of the time at which the counted minute ends the seconds until then, as the standard's draft has it.
func (s *Server) countDown(header http.Header) {
	end, err := strconv.ParseInt(header.Get(resetHeader), 10, 64)
	if err == nil {
		header.Set(resetHeader, strconv.FormatInt(max(0, end-time.Now().Unix()), 10))
	}
}

// secondsToWait is what who tries one name too often is asked to wait: the minute that is counted.
const secondsToWait = 60

// limitName bounds the tries at one name from one address, good ones too: lock-out alone lets who knows one good
// password try others' without end. Whoever tries elsewhere takes nothing from the name's owner; all together are
// slowed down by the directory. It is the same for names that nobody has. The limiter keeps a digest.
func (s *Server) limitName(ctx context.Context, name string) error {
	if s.rates.byName == nil {
		return nil
	}
	request := (&http.Request{}).WithContext(ctx)
	address, _ := ctx.Value(addressKey{}).(string)
	if s.rates.byName.OnLimit(&held{header: http.Header{}}, request, digestOf("name", access.FoldName(name), address)) {
		return doorProblem(CodeRateLimited, "name").retryAfter(secondsToWait)
	}
	return nil
}

// streams counts who follows how much at this moment.
type streams struct {
	mu   sync.Mutex
	open map[string]int
}

// enter counts one more stream of a caller in, unless they have as many as they may.
func (s *streams) enter(caller string, most int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if most > 0 && s.open[caller] >= most {
		return false
	}
	if s.open == nil {
		s.open = map[string]int{}
	}
	s.open[caller]++
	return true
}

func (s *streams) leave(caller string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open[caller]--; s.open[caller] <= 0 {
		delete(s.open, caller)
	}
}

// limitStreams bounds how many streams, of events or of whole lists, a caller has open at a time.
func (s *Server) limitStreams(op *operation, next http.Handler) http.Handler {
	if !op.list && !op.stream {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !op.stream && !wantsLines(r.Header.Get("Accept")) {
			next.ServeHTTP(w, r)
			return
		}
		caller := exchangeOf(r.Context()).caller.ID
		if !s.streams.enter(caller, s.limits.StreamsPerCaller) {
			s.refuse(w, r, doorProblem(CodeTooManyStreams, "").retryAfter(1))
			return
		}
		defer s.streams.leave(caller)
		next.ServeHTTP(w, r)
	})
}
