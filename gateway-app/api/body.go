package api

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/tallystick/tallystick/core/fault"
)

// How long a body may take: it must keep coming, and as a whole be no slower than a poor line.
const (
	bodyPause       = 5 * time.Second // the longest pause between two parts
	bodyStart       = 5 * time.Second // what every body may take, however short
	bodyBytesSecond = 128 << 10       // what a long one must bring in each second after that
)

// longestUpload is how long a body of at most so many bytes may take to come.
func longestUpload(limit int64) time.Duration {
	return bodyStart + time.Duration(limit)*time.Second/bodyBytesSecond
}

// boundBody gives a request that has a body a deadline to read by, which only a body that came whole takes away.
// Who is refused earlier is not waited for: what is left of a body is read before the connection serves the next
// request, and without a deadline that would be for ever.
func (s *Server) boundBody(_ *operation, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength != 0 {
			_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyPause)) // a test's connection has none
		}
		next.ServeHTTP(w, r)
	})
}

// readBody reads a write's body whole, up to the limit: idempotency needs its digest. It comes after every
// refusal that does not need the body, so that nobody makes the process hold one who may not write it.
func (s *Server) readBody(op *operation, next http.Handler) http.Handler {
	if !op.writes() {
		return next
	}
	if op.statement {
		return s.packBody(op, next)
	}
	limit := s.bodyLimit(op)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		coming := come(w, r, limit)
		body, err := io.ReadAll(coming)
		if err != nil {
			s.refuse(w, r, bodyProblem(err))
			return
		}
		coming.came()
		exchangeOf(r.Context()).body = body
		r.Body = io.NopCloser(bytes.NewReader(body))
		next.ServeHTTP(w, r)
	})
}

// bodyLimit is the longest body that an operation takes.
func (s *Server) bodyLimit(op *operation) int64 {
	if op.bodyBytes > 0 {
		return op.bodyBytes
	}
	return s.limits.BodyBytes
}

// comingBody is a body that must keep coming: each part within the pause, the whole by a time.
type comingBody struct {
	from    io.Reader
	control *http.ResponseController
	until   time.Time
}

// come reads a request's body as it comes, up to a limit.
func come(w http.ResponseWriter, r *http.Request, limit int64) *comingBody {
	return &comingBody{
		from: http.MaxBytesReader(w, r.Body, limit), control: http.NewResponseController(w), until: time.Now().Add(longestUpload(limit)),
	}
}

// came takes the deadline away: the body came whole.
func (b *comingBody) came() { _ = b.control.SetReadDeadline(time.Time{}) } // a connection that has none is a test's

// Read reads the next part.
func (b *comingBody) Read(into []byte) (int, error) {
	if !time.Now().Before(b.until) {
		return 0, os.ErrDeadlineExceeded
	}
	deadline := time.Now().Add(bodyPause)
	if deadline.After(b.until) {
		deadline = b.until
	}
	_ = b.control.SetReadDeadline(deadline) // a connection that has none is a test's
	return b.from.Read(into)
}

// bodyProblem tells a body that is too long from one that comes too slowly and one that never came whole.
func bodyProblem(err error) error {
	var long *http.MaxBytesError
	var network net.Error
	switch {
	case errors.As(err, &long):
		return bodyTooLarge(long.Limit)
	case errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &network) && network.Timeout(), errors.Is(err, context.DeadlineExceeded):
		return doorProblem(CodeBodyTooSlow, "body")
	}
	return fault.In(fault.MalformedRequest, "body")
}

// bodyTooLarge refuses a body and says how long one may be.
func bodyTooLarge(limit int64) *Problem {
	p := doorProblem(CodeBodyTooLarge, "body")
	p.Detail += ": at most " + strconv.FormatInt(limit, 10) + " bytes are taken"
	p.LimitBytes = limit
	return p
}
