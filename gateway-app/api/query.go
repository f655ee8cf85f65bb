package api

import (
	"cmp"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/wire"
)

// queryOf tells which parameters an operation's query has, and whether each may be given several times.
func queryOf(described *huma.Operation) map[string]bool {
	query := map[string]bool{}
	for _, p := range described.Parameters {
		if p.In == "query" {
			query[p.Name] = p.Explode != nil && *p.Explode
		}
	}
	return query
}

// queried reads the query as strictly as bodies are read: a part that cannot be read, a parameter that is not known or
// comes twice, and a collection that the member does not have are refused, where others would pass over them and answer
// something else than was asked for.
func (s *Server) queried(op *operation, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		query, err := s.readQuery(op, r.URL.RawQuery)
		if err != nil {
			s.refuse(w, r, err)
			return
		}
		if op.list {
			exchangeOf(r.Context()).list = listOf(op, pathParameters(r), query)
		}
		next.ServeHTTP(w, r)
	})
}

func (s *Server) readQuery(op *operation, raw string) (url.Values, error) {
	query := url.Values{}
	position := 0
	for part := range strings.SplitSeq(raw, "&") {
		if part == "" {
			continue
		}
		position++
		one, err := url.ParseQuery(part)
		if err != nil {
			return nil, queryProblem(op, position, "")
		}
		for name, values := range one {
			several, known := op.query[name]
			switch {
			case !known:
				return nil, queryProblem(op, position, name)
			case query.Has(name) && !several:
				return nil, fault.In(fault.InvalidField, name)
			}
			query[name] = append(query[name], values...)
		}
	}
	return query, s.knownCollection(query.Get("collection"))
}

// queryProblem refuses a part of a query by its position, and says what may be asked with.
func queryProblem(op *operation, position int, name string) *Problem {
	known := slices.Sorted(maps.Keys(op.query))
	p := faultProblem(fault.In(fault.MalformedRequest, "query"))
	p.Detail = "ask with what this operation takes in its query, " + cmp.Or(strings.Join(known, ", "), "which is nothing")
	p.Detail += unknown("parameter", position, name, known)
	return p
}

// knownCollection refuses a collection that the member does not hold: a list of it would be empty for ever.
func (s *Server) knownCollection(name string) error {
	if name == "" || name == wire.Exposure {
		return nil
	}
	for _, pair := range s.parts.Pairs {
		if name == wire.PairCollection(pair.Platform, pair.Custodian) {
			return nil
		}
	}
	return fault.In(fault.InvalidField, "collection")
}
