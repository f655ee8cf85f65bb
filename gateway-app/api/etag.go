package api

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
)

// tagged gives a single resource an ETag, the digest of its text, and answers 304 to who has it already.
func (s *Server) tagged(op *operation, next http.Handler) http.Handler {
	if !op.single || op.method != http.MethodGet {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		held := &held{header: w.Header()}
		next.ServeHTTP(held, r)
		if held.status != http.StatusOK {
			w.WriteHeader(held.status)
			_, _ = w.Write(held.body.Bytes()) // whoever asked has left
			return
		}
		sum := sha256.Sum256(held.body.Bytes())
		tag := `"` + hex.EncodeToString(sum[:16]) + `"`
		w.Header().Set("ETag", tag)
		if !op.open || !strings.HasPrefix(w.Header().Get("Cache-Control"), "public") {
			w.Header().Set("Cache-Control", "private, no-cache")
		}
		if hasTag(r.Header.Get("If-None-Match"), tag) {
			w.Header().Del("Content-Type")
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.WriteHeader(http.StatusOK)
		_, _ = w.Write(held.body.Bytes()) // whoever asked has left
	})
}

// hasTag reports whether a list of ETags names this one; weak ones compare as strong ones do here.
func hasTag(list, tag string) bool {
	for candidate := range strings.SplitSeq(list, ",") {
		candidate = strings.TrimPrefix(strings.TrimSpace(candidate), "W/")
		if candidate == tag || candidate == "*" {
			return true
		}
	}
	return false
}
