package api

import (
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"slices"
	"time"
)

// middleware serves an operation after doing its own part.
type middleware func(op *operation, next http.Handler) http.Handler

// around puts every middleware around a handler, the first named outermost. The order is the rule: what
// is cheap refuses first, and nothing of a body is read before the caller is known and the policies could allow
// what it asks for.
func (s *Server) around(op *operation, handler http.Handler) http.Handler {
	chain := []middleware{
		s.identify, s.observe, s.recover, s.boundBody, s.limitAddress, s.limitSignIn, s.plainHeaders, s.authenticate, s.limitCaller, s.limitStreams,
		s.foresee, s.keyed, s.typed, s.readBody, s.authorise, s.queried, s.idempotent, s.asOf, s.tagged,
	}
	for _, wrap := range slices.Backward(chain) {
		handler = wrap(op, handler)
	}
	return handler
}

// recorder remembers what was answered.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int64
}

// WriteHeader sends the status.
func (w *recorder) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write sends a part of the body.
func (w *recorder) Write(part []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(part)
	w.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// observe counts the request and writes its one line of the log: operation, status, time and size. Path
// and query stay out, because they hold handles and whatever a caller puts there; and of what is confidential the
// operation, because many read a process's log.
func (s *Server) observe(op *operation, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen, began := &recorder{ResponseWriter: w}, time.Now()
		next.ServeHTTP(seen, r)
		took := time.Since(began)
		if seen.status == 0 {
			seen.status = http.StatusOK
		}
		s.metrics.count(op.id, seen.status, took)
		x := exchangeOf(r.Context())
		attributes := []any{
			"operation", loggedAs(op), "status", seen.status, "took_ms", took.Milliseconds(), "bytes", seen.bytes,
			"request_id", x.requestID,
		}
		if x.signedIn {
			attributes = append(attributes, "caller", x.caller.ID)
		}
		if x.commandID != "" {
			attributes = append(attributes, "ledger_request", x.commandID)
		}
		s.logger.InfoContext(r.Context(), "request", attributes...)
	})
}

// recover keeps one request's panic from ending the others. It answers a problem when nothing was sent
// yet, and cuts the connection otherwise, so that half an answer is not taken for a whole one.
func (s *Server) recover(op *operation, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			cause := recover()
			if cause == nil {
				return
			}
			if err, ok := cause.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(cause)
			}
			s.logger.ErrorContext(r.Context(), "an operation panicked", "operation", op.id,
				"request_id", exchangeOf(r.Context()).requestID, "stack", string(debug.Stack()))
			if seen, ok := w.(*recorder); ok && seen.status != 0 {
				panic(http.ErrAbortHandler)
			}
			s.refuse(w, r, fmt.Errorf("operation %s panicked", op.id))
		}()
		next.ServeHTTP(w, r)
	})
}
