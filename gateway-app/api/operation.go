package api

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/go-chi/chi/v5"

	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/access"
	"github.com/tallystick/tallystick/gateway-app/report"
)

// operation is one thing that a caller can ask for. Its id is what policies allow and what logs and
// metrics name.
type operation struct {
	id      string // "noun.verb"
	method  string
	path    string
	summary string
	tag     string

	function   string // the chaincode's function that it stands for, if it stands for one
	public     bool   // no sign-in: what makes or checks a sign-in, or is open
	open       bool   // of a public one: it is no try at signing in
	repeatable bool   // a write that may be done again when a crash hid whether it was done
	single     bool   // answers one resource, which gets an ETag
	list       bool   // answers a page, or the whole list as lines of JSON
	stream     bool   // goes on until the caller leaves
	books      bool   // answers from the member's books, which must be whole
	command    bool   // a command to the ledger, which may be answered before it is decided
	mostItems  int    // of a command
	bodyBytes  int64  // the longest body; 0 is the server's limit
	statement  bool   // its body is a statement's content, which nobody holds unpacked

	// approvable, of a command to the ledger, is what a second user signs of a body and a request id.
	approvable func(body []byte, id string) (*wire.Approvable, error)

	bodyForms []string                   // the content types that its body may have
	read      http.Handler               // reads and checks its input, and runs it
	query     map[string]bool            // its query's parameters: whether each may come several times
	names     names                      // of its parameters and fields: what problems may name
	answers   map[string]*huma.MediaType // of an answer whose form its Go type does not show

	// parameters are those of the query that the Go type does not show, because they are data. Their handler reads them.
	parameters []*huma.Param
}

// writes reports whether the operation changes anything.
func (op *operation) writes() bool {
	return op.method != http.MethodGet && op.method != http.MethodHead
}

// keyed reports whether the operation needs an Idempotency-Key.
func (op *operation) keyed() bool { return op.writes() && !op.public }

// personal reports whether the operation takes or answers personal data.
func (op *operation) personal() bool {
	known, _ := access.Lookup(op.id)
	return known.Personal
}

// errorStatuses are what every operation may answer besides success.
func (op *operation) errorStatuses() []int {
	statuses := []int{
		http.StatusBadRequest, http.StatusTooManyRequests, http.StatusInternalServerError,
		http.StatusServiceUnavailable, http.StatusUnauthorized, // of wrong credentials, where it is signing in itself
	}
	if !op.public {
		statuses = append(statuses, http.StatusForbidden)
	}
	if op.writes() {
		statuses = append(statuses, http.StatusConflict, http.StatusUnprocessableEntity,
			http.StatusRequestTimeout, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
	}
	statuses = append(statuses, http.StatusNotFound) // of what the path or a filter names
	if _, several := op.answers[mediaType(report.CSV)]; several {
		statuses = append(statuses, http.StatusNotAcceptable) // of a format that a report is not written in
	}
	if !op.writes() && strings.Contains(op.path, "{") {
		statuses = append(statuses, http.StatusConflict) // of what cannot be shown as it stands
	}
	slices.Sort(statuses)
	return statuses
}

// describe is the operation as the OpenAPI document has it.
func (op *operation) describe() huma.Operation {
	described := huma.Operation{
		OperationID: op.id, Method: op.method, Path: op.path, Summary: op.summary, Tags: []string{op.tag},
		Errors: op.errorStatuses(), MaxBodyBytes: -1, // the body is bounded before it comes here
		RejectUnknownQueryParameters: op.parameters == nil, // huma knows a type's alone; queried refuses the others
		Security:                     security(op.public),
		Metadata:                     map[string]any{operationKey: op},
		Parameters:                   slices.Clone(op.parameters),
		Responses:                    map[string]*huma.Response{},
	}
	if op.function != "" {
		described.Extensions = map[string]any{"x-ledger-function": op.function}
	}
	if op.mostItems > 0 {
		described.Description = "At most " + strconv.Itoa(op.mostItems) + " items."
	}
	if op.answers != nil {
		described.Responses["200"] = &huma.Response{Description: "OK", Content: op.answers}
	}
	if op.single && op.method == http.MethodGet {
		described.Responses["304"] = &huma.Response{
			Description: "Not changed since the ETag in If-None-Match", Headers: map[string]*huma.Param{
				"ETag": {Schema: &huma.Schema{Type: huma.TypeString}},
			},
		}
		described.Parameters = append(described.Parameters, &huma.Param{
			Name: "If-None-Match", In: "header", Schema: &huma.Schema{Type: huma.TypeString},
			Description: "The ETag of the answer that the caller has",
		})
	}
	if op.command {
		described.Responses["202"] = &huma.Response{
			Description: "Not decided yet: ask where Location says", Headers: map[string]*huma.Param{
				"Location": {Schema: &huma.Schema{Type: huma.TypeString}},
			},
			Content: map[string]*huma.MediaType{"application/json": {Schema: &huma.Schema{Ref: "#/components/schemas/CommandAnswer"}}},
		}
	}
	if op.statement {
		described.RequestBody = statementBody()
	}
	if op.keyed() {
		longest := longestKey
		described.Parameters = append(described.Parameters, &huma.Param{
			Name: keyHeader, In: "header", Required: true, Schema: &huma.Schema{
				Type: huma.TypeString, Pattern: keyPattern, MaxLength: &longest,
			},
			Description: "Names this write. The same key with the same body answers what was answered before.",
		})
	}
	return described
}

// operationKey is where the description of an operation carries the operation itself.
const operationKey = "operation"

// security is what OpenAPI says of who may call: any one of the ways to sign in, or nobody in particular.
func security(public bool) []map[string][]string {
	if public {
		return []map[string][]string{{}}
	}
	return []map[string][]string{{"token": {}}, {"session": {}}, {"certificate": {}}}
}

// register adds an operation. Every operation goes through here, so none lacks a middleware.
func register[I, O any](s *Server, op operation, handler func(context.Context, *I) (*O, error)) {
	registerChecked(s, op, nil, handler)
}

// registerChecked adds an operation with a check of its input that asks for no state: it is made before a second person
// is asked, and again before the operation runs.
func registerChecked[I, O any](
	s *Server, op operation, check func(context.Context, *I) error, handler func(context.Context, *I) (*O, error),
) {
	s.remember(op)
	huma.Register(s.described, op.describe(), func(ctx context.Context, input *I) (*O, error) {
		var err error
		if check != nil {
			err = check(ctx, input)
		}
		if x := exchangeOf(ctx); x.rehearsal != nil {
			return nil, x.rehearsal.end(err)
		}
		if err != nil {
			return nil, s.problem(ctx, err)
		}
		output, err := handler(ctx, input)
		if err == nil {
			aboutAnswer(ctx, output)
		}
		if unrecorded := s.recordSubjects(ctx); unrecorded != nil {
			err = unrecorded
		}
		if err != nil {
			return nil, s.problem(ctx, err)
		}
		return output, nil
	})
}

// remember refuses a second operation of the same id, because policies could not tell them apart, and one
// whose id is not in the list that policies are checked against.
func (s *Server) remember(op operation) {
	if known, ok := access.Lookup(op.id); !ok || (known.Kind == access.Write) != op.writes() {
		panic("api: the list of operations in access has no such read or write: " + op.id)
	}
	if s.byID[op.id] {
		panic("api: two operations have the id " + op.id)
	}
	s.byID[op.id] = true
	s.operations = append(s.operations, op)
}

// adapter lets plain net/http middlewares know which operation they serve.
type adapter struct{ server *Server }

// Handle adds a route with all middlewares around it.
func (a adapter) Handle(described *huma.Operation, handler func(huma.Context)) {
	op, ours := described.Metadata[operationKey].(*operation)
	if !ours {
		panic("api: an operation was added around register: " + described.OperationID)
	}
	op.query = queryOf(described)
	op.names = namesOf(described, a.server.described.OpenAPI().Components.Schemas)
	op.bodyForms = bodyForms(described)
	op.read = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, name := range chi.RouteContext(r.Context()).URLParams.Keys {
			r.SetPathValue(name, chi.URLParam(r, name))
		}
		handler(humachi.NewContext(described, r, w))
	})
	served := a.server.around(op, op.read)
	a.server.router.Method(described.Method, described.Path, served)
	if described.Method == http.MethodGet && !op.stream {
		a.server.router.Method(http.MethodHead, described.Path, served)
	}
}

// ServeHTTP serves a request.
func (a adapter) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.server.router.ServeHTTP(w, r) }
