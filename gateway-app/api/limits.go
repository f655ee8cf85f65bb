package api

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/go-chi/httprate"

	"github.com/tallystick/tallystick/core/fault"
)

// Limits bound what one caller can make the process do. A zero rate bounds nothing.
type Limits struct {
	AddressPerMinute int   // requests a minute from one network address, signed in or not
	CallerPerMinute  int   // requests a minute of one signed-in caller
	BodyBytes        int64 // the longest body of an operation that names no limit of its own
}

// DefaultLimits leave room for a platform's batches and none for a flood.
func DefaultLimits() Limits {
	return Limits{AddressPerMinute: 60_000, CallerPerMinute: 30_000, BodyBytes: 4 << 20}
}

// limiter counts requests by a key in a sliding minute.
func limiter(perMinute int) *httprate.RateLimiter {
	if perMinute <= 0 {
		return nil
	}
	return httprate.NewRateLimiter(perMinute, time.Minute, httprate.WithResponseHeaders(httprate.ResponseHeaders{
		Limit: "RateLimit-Limit", Remaining: "RateLimit-Remaining", Reset: "RateLimit-Reset",
		RetryAfter: "Retry-After",
	}))
}

// limitAddress bounds an address before anybody is looked up.
func (s *Server) limitAddress(_ *operation, next http.Handler) http.Handler {
	return s.limited(s.byAddress, func(r *http.Request) string {
		host, _, err := net.SplitHostPort(r.RemoteAddr)
		if err != nil {
			host = r.RemoteAddr
		}
		return httprate.CanonicalizeIP(host)
	}, next)
}

// limitCaller bounds a signed-in caller, wherever it calls from.
func (s *Server) limitCaller(op *operation, next http.Handler) http.Handler {
	if op.public {
		return next
	}
	return s.limited(s.byCaller, func(r *http.Request) string { return exchangeOf(r.Context()).caller.ID }, next)
}

func (s *Server) limited(rate *httprate.RateLimiter, key func(*http.Request) string, next http.Handler) http.Handler {
	if rate == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if rate.OnLimit(w, r, key(r)) {
			s.refuse(w, r, doorProblem(CodeRateLimited, ""))
			return
		}
		next.ServeHTTP(w, r)
	})
}

// readBody reads a write's body whole, up to the limit: idempotency needs its digest, and a caller that
// sends slowly holds nothing but its own connection.
func (s *Server) readBody(op *operation, next http.Handler) http.Handler {
	if !op.writes() {
		return next
	}
	limit := op.bodyBytes
	if limit == 0 {
		limit = s.limits.BodyBytes
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		control := http.NewResponseController(w)
		_ = control.SetReadDeadline(time.Now().Add(longestUpload)) // a connection that has none is a test's
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
		_ = control.SetReadDeadline(time.Time{})
		if err != nil {
			s.refuse(w, r, bodyProblem(err))
			return
		}
		exchangeOf(r.Context()).body = body
		r.Body = io.NopCloser(bytes.NewReader(body))
		next.ServeHTTP(w, r)
	})
}

// longestUpload is how long a body may take to come.
const longestUpload = time.Minute

// bodyProblem tells a body that is too long from one that never came whole.
func bodyProblem(err error) error {
	var long *http.MaxBytesError
	if errors.As(err, &long) {
		return doorProblem(CodeBodyTooLarge, "")
	}
	return fault.In(fault.MalformedRequest, "body")
}
