package api

import (
	"net/http"
	"strconv"
)

// blockHeader says of an answer from the books which block they had reached when it was asked for: all of it, and of
// what came before, is in the answer.
const blockHeader = "Tallystick-Block"

// secondsToRebuild is when who was refused for it should ask again.
const secondsToRebuild = 5

// asOf refuses to answer from books that are not whole, because what they answer would look complete, and says which
// block the books had reached otherwise.
func (s *Server) asOf(op *operation, next http.Handler) http.Handler {
	if !op.books || s.parts.Folding == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		standing, err := s.parts.Folding.Standing(r.Context())
		if err == nil && !standing.Whole() {
			err = doorProblem(CodeRebuilding, "").retryAfter(secondsToRebuild)
		}
		if err != nil {
			s.refuse(w, r, err)
			return
		}
		if standing.Block >= 0 {
			w.Header().Set(blockHeader, strconv.FormatInt(standing.Block, 10))
		}
		next.ServeHTTP(w, r)
	})
}
