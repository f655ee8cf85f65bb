package api

import (
	"mime"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tallystick/tallystick/core/fault"
)

// onceOnly are the headers that say something once. Which of two different ones holds, the caller and those between
// might not agree on.
var onceOnly = []string{keyHeader, "Authorization", "Content-Type", "Content-Encoding", "If-Match", "Last-Event-ID"}

// preconditions are headers that make a write depend on what is there. Nothing honours them: a resource that is changed in
// place has a version, which the body names and which is compared in the transaction that writes.
var preconditions = []string{"If-Match", "If-Unmodified-Since"}

// plainHeaders refuses a header that is there twice with different values, and one that would be passed over although
// the caller relies on it.
func (s *Server) plainHeaders(op *operation, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, name := range onceOnly {
			if values := r.Header.Values(name); len(slices.Compact(slices.Sorted(slices.Values(values)))) > 1 {
				p := faultProblem(fault.In(fault.InvalidField, name))
				p.Detail = "send this header once"
				s.refuse(w, r, p)
				return
			}
		}
		for _, name := range preconditions {
			if op.writes() && r.Header.Get(name) != "" {
				p := faultProblem(fault.In(fault.InvalidField, name))
				p.Detail = "leave this header out: where a write depends on what was read, its body names the version"
				s.refuse(w, r, p)
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// bodyForms are the content types that an operation takes its body in; none where it has no body.
func bodyForms(described *huma.Operation) []string {
	if described.RequestBody == nil {
		return nil
	}
	forms := make([]string, 0, len(described.RequestBody.Content))
	for form := range described.RequestBody.Content {
		forms = append(forms, form)
	}
	slices.Sort(forms)
	return forms
}

// typed refuses a body that does not say what it is, or that is something else than the operation takes, before it is
// read. A body that is missing is refused as missing.
func (s *Server) typed(op *operation, next http.Handler) http.Handler {
	if !op.writes() {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength != 0 && len(op.bodyForms) > 0 {
			if p := op.untyped(r.Header); p != nil {
				s.refuse(w, r, p)
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// untyped says what is wrong about how a body is announced. How a statement may be packed is for who unpacks it.
func (op *operation) untyped(header http.Header) *Problem {
	if encoding := header.Get("Content-Encoding"); encoding != "" && !strings.EqualFold(encoding, "identity") && !op.statement {
		return mediaTypeProblem("Content-Encoding", "send the body as it is, without a Content-Encoding")
	}
	form, parameters, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil || !slices.Contains(op.bodyForms, form) {
		return mediaTypeProblem("Content-Type", "say in Content-Type that the body is "+strings.Join(op.bodyForms, " or "))
	}
	if charset := parameters["charset"]; charset != "" && !strings.EqualFold(charset, "utf-8") && form == "application/json" {
		return mediaTypeProblem("Content-Type", "send the body in UTF-8: JSON has no other charset")
	}
	return nil
}

func mediaTypeProblem(field, remedy string) *Problem {
	p := doorProblem(CodeMediaType, field)
	p.Detail = remedy
	return p
}
