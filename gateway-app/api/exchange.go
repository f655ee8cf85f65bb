package api

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"regexp"
	"strings"

	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/access"
	"github.com/tallystick/tallystick/gateway-app/submission"
)

// requestHeader names a request, in both directions.
const requestHeader = "X-Request-Id"

// exchange is what the middlewares know of one request, each adding its part for those after it.
type exchange struct {
	requestID string
	operation *operation
	caller    access.Principal
	signedIn  bool
	// standing says whether the caller is still who they were and may still do this: what goes on for long asks
	// again. It is nil where nobody had to sign in.
	standing  func(context.Context) error
	approvers []string        // other users who approved this very request
	signed    []wire.Approval // what they signed of it for the ledger
	policy    string          // that allowed it
	subject   string          // the handle of what was asked for, if it has one
	subjects  map[string]bool // the handles of those whose data is shown or written, and who were not recorded yet
	recorded  bool            // an entry of the journal tells of this exchange
	body      []byte          // of a write, read whole; of a statement what stands for it
	content   submission.Content
	rehearsal *rehearsal // while only the form of the input is looked at
	list      string     // names the list that is asked for, with its filter
	key       string     // the Idempotency-Key
	commandID string     // the request id that a command of this exchange has on the ledger
}

type exchangeKey struct{}

// nobody's is what code outside a request sees.
var nobodys = &exchange{operation: &operation{}}

func exchangeOf(ctx context.Context) *exchange {
	if x, ok := ctx.Value(exchangeKey{}).(*exchange); ok {
		return x
	}
	return nobodys
}

// callerOf is who calls.
func callerOf(ctx context.Context) access.Principal { return exchangeOf(ctx).caller }

// commandIDOf is the ledger's request id of the command that this request makes: derived from member,
// caller and Idempotency-Key, so that the request sent again is the same command.
func commandIDOf(ctx context.Context) string { return exchangeOf(ctx).commandID }

// Ids that a caller may name its request by: 128 random bits, as a UUID or without the hyphens. Any other could be a
// number of somebody's, and would stand in the log.
var randomID = regexp.MustCompile(`^(?:[0-9a-f]{32}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$`)

// numberInside is a run of digits as long as a telephone number's: shorter than those of identity and of banks.
var numberInside = regexp.MustCompile(`[0-9]{11}`)

// plainID reports whether an id can be kept: it is random by its form, and no number is written into it.
func plainID(id string) bool {
	return randomID.MatchString(id) && !numberInside.MatchString(strings.ReplaceAll(id, "-", ""))
}

// identify gives the request a name, the caller's own when it is a plain one. Of another one nothing is kept, not even
// a digest, from which a telephone number could be guessed; the answer's header says which name was given instead.
func (s *Server) identify(op *operation, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		x := &exchange{requestID: r.Header.Get(requestHeader), operation: op}
		if !plainID(x.requestID) {
			x.requestID = newRequestID()
		}
		w.Header().Set(requestHeader, x.requestID)
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), exchangeKey{}, x)))
	})
}

func newRequestID() string {
	var raw [16]byte
	_, _ = rand.Read(raw[:]) // never fails: it ends the process instead
	return hex.EncodeToString(raw[:])
}

// refuse answers a problem from a middleware.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, err error) {
	p := s.problem(r.Context(), err)
	for name, values := range p.headers {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Type", p.ContentType(""))
	w.WriteHeader(p.Status)
	if err := json.NewEncoder(w).Encode(p); err != nil {
		s.logger.DebugContext(r.Context(), "the caller left before the answer", "request_id", p.RequestID)
	}
}
