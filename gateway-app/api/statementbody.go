package api

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/submission"
)

const (
	shortStatement = 4 << 20 // in bytes as it comes; only so many of longer ones are taken in at a time
	mostLong       = 4       // long statements that are held packed at a time: at most submission.LongestPacked each
)

// packBody takes a statement's content in as it comes, packs it, and lets its digest stand for it: for who approves, and
// under its Idempotency-Key, where neither a copy of the body is held nor kept. It may come packed by gzip.
func (s *Server) packBody(op *operation, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength < 0 || r.ContentLength > shortStatement {
			select {
			case s.longStatements <- struct{}{}:
				defer func() { <-s.longStatements }()
			default:
				s.refuse(w, r, doorProblem(CodeRateLimited, "").retryAfter(secondsToRoom))
				return
			}
		}
		coming := come(w, r, s.bodyLimit(op))
		content, err := packed(r.Header.Get("Content-Encoding"), coming)
		if err != nil {
			s.refuse(w, r, contentProblem(err))
			return
		}
		coming.came()
		x := exchangeOf(r.Context())
		x.content = content
		x.body, _ = json.Marshal(map[string]any{ // texts and a number cannot fail to encode
			"content_sha256": content.Digest, "content_bytes": content.Bytes, "media_type": r.Header.Get("Content-Type"),
		})
		r.Body = http.NoBody
		next.ServeHTTP(w, r)
	})
}

// packed packs a body, which may be packed already.
func packed(encoding string, body io.Reader) (submission.Content, error) {
	switch strings.ToLower(encoding) {
	case "", "identity":
		return submission.Pack(body)
	case "gzip":
		return submission.Repack(body)
	}
	return submission.Content{}, doorProblem(CodeMediaType, "Content-Encoding")
}

// contentProblem tells what is wrong with a content from what kept it from coming.
func contentProblem(err error) error {
	var form *submission.FormError
	var known *Problem
	switch {
	case errors.As(err, &form):
		return formProblem(form)
	case errors.As(err, &known):
		return known
	}
	return bodyProblem(err)
}

// formProblem is a statement's fault with its place, its limit and what to do about it. What is longer than a statement
// may be is answered as a body is that is too long, whether it shows packed or unpacked.
func formProblem(e *submission.FormError) *Problem {
	p := faultProblem(e.Fault)
	if e.Remedy != "" {
		p.Detail = e.Remedy
	}
	if e.Code == fault.BatchTooLarge {
		p.Status = http.StatusRequestEntityTooLarge
	}
	p.Line, p.Column, p.LimitBytes = e.Line, e.Column, e.Limit
	return p
}

// statementBody is what OpenAPI says of a statement's body.
func statementBody() *huma.RequestBody {
	return &huma.RequestBody{
		Description: "The statement itself, at most 192 MiB unpacked. Content-Encoding may be gzip. Its lines are checked one by one.",
		Content: map[string]*huma.MediaType{
			submission.CSV: {Schema: &huma.Schema{Type: huma.TypeString}}, submission.JSON: {Schema: &huma.Schema{}},
		},
	}
}
