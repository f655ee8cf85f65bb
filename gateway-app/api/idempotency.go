package api

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"regexp"

	"github.com/tallystick/tallystick/core/fault"
)

const (
	keyHeader      = "Idempotency-Key"
	replayedHeader = "Idempotent-Replayed" // marks an answer that was given before
	keyPattern     = `^[!-~]{8,128}$`
	longestKey     = 128
)

var plainKey = regexp.MustCompile(keyPattern)

// keyed asks a write for its key and derives from it the request id that the ledger knows a command by.
func (s *Server) keyed(op *operation, next http.Handler) http.Handler {
	if !op.keyed() {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		x := exchangeOf(r.Context())
		x.key = r.Header.Get(keyHeader)
		switch {
		case x.key == "":
			s.refuse(w, r, fault.In(fault.MissingField, keyHeader))
		case !plainKey.MatchString(x.key):
			s.refuse(w, r, fault.In(fault.InvalidField, keyHeader))
		default:
			x.commandID = CommandID(s.parts.Member, x.caller.ID, x.key)
			next.ServeHTTP(w, r)
		}
	})
}

// CommandID is the ledger's request id of a command: the first 128 bits of the SHA-256 of member, caller
// and Idempotency-Key. Whoever sends the same request again sends the same command.
func CommandID(member, caller, key string) string { return digestOf(member, caller, key)[:32] }

// RequestDigest tells one request from another under the same key. The key is in it, so that it tells nothing of
// the body.
func RequestDigest(key, operation, path, query, body string) string {
	return digestOf("request", key, operation, path, query, body)
}

// digestOf is a SHA-256 of texts, each ended by a zero byte so that none can run into the next.
func digestOf(texts ...string) string {
	h := sha256.New()
	for _, text := range texts {
		h.Write([]byte(text))
		h.Write([]byte{0})
	}
	return hex.EncodeToString(h.Sum(nil))
}

// idempotent answers a write that was answered before as before, refuses another body under the same key,
// and lets one request of a key in at a time, in whichever of the member's processes. A key that a dead process
// left unfinished is done again where that is safe: a command is, because its request id makes it the same
// command.
func (s *Server) idempotent(op *operation, next http.Handler) http.Handler {
	if !op.keyed() || s.parts.Store == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		x := exchangeOf(r.Context())
		slot := slot{
			name: digestOf("key", x.caller.ID, x.key), key: x.key, caller: x.caller.ID, holder: newRequestID(),
			request:   RequestDigest(x.key, op.id, r.URL.Path, r.URL.RawQuery, string(x.body)),
			operation: op.id, repeatable: op.repeatable,
		}
		before, err := s.keys.begin(r.Context(), slot)
		if err != nil {
			s.refuse(w, r, err)
			return
		}
		if before != nil {
			s.replay(w, r, slot, before)
			return
		}
		s.serveOnce(w, r, slot, next)
	})
}

// replay answers as before.
func (s *Server) replay(w http.ResponseWriter, r *http.Request, slot slot, sealed []byte) {
	given, err := unseal(sealed, slot)
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	for name, values := range given.Headers {
		w.Header()[name] = values
	}
	w.Header().Set(replayedHeader, "true")
	w.WriteHeader(given.Status)
	_, _ = w.Write(given.Body) // whoever asked has left; the answer is kept
}

// serveOnce runs the handler and keeps its answer before sending it. The slot is held while it runs; where it is
// lost, because the process stood still for too long, another may be serving it, and this one stops. A handler that
// never came back leaves the slot open, and so does an answer that is not the last word.
func (s *Server) serveOnce(w http.ResponseWriter, r *http.Request, slot slot, next http.Handler) {
	held := &held{header: http.Header{}}
	ctx, letGo := s.keys.hold(r.Context(), slot)
	defer letGo()
	settled := false
	defer func() {
		if !settled { // the handler panicked: whether it did its work is as unknown as after a crash
			s.keys.abandon(r.Context(), slot)
		}
	}()
	next.ServeHTTP(held, r.WithContext(ctx))
	settled = true
	letGo()
	if err := s.keys.finish(r.Context(), slot, held); err != nil {
		settled = false // what was answered is not kept, so the key is as after a crash
		s.refuse(w, r, err)
		return
	}
	for name, values := range held.header {
		w.Header()[name] = values
	}
	w.WriteHeader(held.status)
	_, _ = w.Write(held.body.Bytes()) // whoever asked has left; the answer is kept
}

// held is an answer that waits until it is kept.
type held struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header is the answer's header.
func (h *held) Header() http.Header { return h.header }

// WriteHeader sets the status.
func (h *held) WriteHeader(status int) {
	if h.status == 0 {
		h.status = status
	}
}

// Write adds to the body.
func (h *held) Write(part []byte) (int, error) {
	h.WriteHeader(http.StatusOK)
	return h.body.Write(part)
}
