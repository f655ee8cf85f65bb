package api

import (
	"bytes"
	"errors"
	"io"
	"net/http"
)

// rehearsal is a request whose form alone is looked at: nobody is asked to approve what would then be refused as
// malformed.
type rehearsal struct{ err error }

// end notes what was found, and ends the rehearsal before the operation runs.
func (h *rehearsal) end(err error) *Problem {
	h.err = err
	return &Problem{Status: http.StatusNoContent}
}

// rehearse reads and checks a request as its operation will, as far as that asks for no state. It answers what is wrong.
func (s *Server) rehearse(op *operation, r *http.Request) error {
	if op.read == nil {
		return nil
	}
	if _, err := s.readQuery(op, r.URL.RawQuery); err != nil {
		return err
	}
	x := exchangeOf(r.Context())
	x.rehearsal = &rehearsal{err: errors.New("the form of a request was not looked at")}
	defer func() { x.rehearsal = nil }()
	again := r.Clone(r.Context())
	again.Body = io.NopCloser(bytes.NewReader(x.body))
	op.read.ServeHTTP(&held{header: http.Header{}}, again)
	return x.rehearsal.err
}
