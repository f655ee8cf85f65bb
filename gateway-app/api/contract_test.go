package api_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// contract is what a server's OpenAPI document promises of its answers. Every answer that a test of the API gets is held
// against it: its status, its content type and its body.
type contract struct {
	mu       sync.Mutex
	paths    map[string]map[string]describedItem
	compiler *jsonschema.Compiler
	schemas  map[string]*jsonschema.Schema // by their place in the document
}

var (
	contracts  sync.Map // by the digest of the document
	contractOf sync.Map // by *api.Server
)

// promised is the contract of the scene's server.
func (s *scene) promised() (*contract, error) {
	if known, ok := contractOf.Load(s.server); ok {
		return known.(*contract), nil
	}
	w := httptest.NewRecorder()
	s.server.ServeHTTP(w, httptest.NewRequestWithContext(s.t.Context(), http.MethodGet, "/openapi.json", http.NoBody))
	text := w.Body.Bytes()
	digest := sha256.Sum256(text)
	known, ok := contracts.Load(digest)
	if !ok {
		made, err := newContract(text)
		if err != nil {
			return nil, err
		}
		known, _ = contracts.LoadOrStore(digest, made)
	}
	contractOf.Store(s.server, known)
	return known.(*contract), nil
}

func newContract(text []byte) (*contract, error) {
	var document described
	if err := json.Unmarshal(text, &document); err != nil {
		return nil, err
	}
	whole, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	c := &contract{paths: document.Paths, compiler: jsonschema.NewCompiler(), schemas: map[string]*jsonschema.Schema{}}
	c.compiler.AssertFormat()
	return c, c.compiler.AddResource("openapi.json", whole)
}

// keepsItsWord fails the test where an answer is none that the document promises.
func (s *scene) keepsItsWord(r *http.Request, w *httptest.ResponseRecorder) {
	s.t.Helper()
	if s.server == nil || w.Header().Get("Content-Type") == "application/openapi+json" {
		return
	}
	c, err := s.promised()
	if err == nil {
		err = c.holds(r, w)
	}
	if err != nil {
		s.t.Errorf("%s %s: %d is not what the document promises: %v: %.300s", r.Method, r.URL.Path, w.Code, err, w.Body)
	}
}

// holds says what of an answer is not promised. What is under no path of the document is no part of the API.
func (c *contract) holds(r *http.Request, w *httptest.ResponseRecorder) error {
	path, methods := c.find(r.URL.EscapedPath())
	if methods == nil || w.Code == http.StatusMethodNotAllowed {
		return nil
	}
	method := strings.ToLower(r.Method)
	if r.Method == http.MethodHead {
		method = "get"
	}
	promised, known := methods[method].Responses[strconv.Itoa(w.Code)]
	if !known {
		return fmt.Errorf("no such status")
	}
	if r.Method == http.MethodHead {
		return nil
	}
	if w.Body.Len() == 0 && len(promised.Content) == 0 {
		return nil
	}
	form, _, err := mime.ParseMediaType(w.Header().Get("Content-Type"))
	if err != nil {
		return err
	}
	if _, known := promised.Content[form]; !known {
		return fmt.Errorf("no such content type: %s", form)
	}
	return c.bodyHolds(place(path, method, w.Code, form), form, w.Body.String())
}

// place is where the document has a schema of an answer.
func place(path, method string, status int, form string) string {
	escape := strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D", "+", "%2B").Replace
	return "openapi.json#/paths/" + escape(path) + "/" + method + "/responses/" + strconv.Itoa(status) + "/content/" + escape(form) + "/schema"
}

func (c *contract) bodyHolds(place, form, body string) error {
	var texts []string
	switch {
	case form == "application/x-ndjson":
		texts = strings.Split(strings.TrimSuffix(body, "\n"), "\n")
	case form == "text/event-stream":
		for line := range strings.Lines(body) {
			if data, is := strings.CutPrefix(line, "data: "); is {
				texts = append(texts, data)
			}
		}
	case strings.HasSuffix(form, "json"):
		texts = []string{body}
	}
	schema, err := c.schema(place)
	for _, text := range texts {
		if err != nil || text == "" {
			break
		}
		var value any
		if value, err = jsonschema.UnmarshalJSON(strings.NewReader(text)); err == nil {
			err = schema.Validate(value)
		}
	}
	return err
}

func (c *contract) schema(place string) (*jsonschema.Schema, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if known := c.schemas[place]; known != nil {
		return known, nil
	}
	made, err := c.compiler.Compile(place)
	c.schemas[place] = made
	return made, err
}

// find is the path of the document that a request's path is of: one that says more before one that takes anything.
func (c *contract) find(asked string) (path string, methods map[string]describedItem) {
	fewest := len(asked) + 1
	for candidate, found := range c.paths {
		if open := fits(candidate, asked); open >= 0 && open < fewest {
			path, methods, fewest = candidate, found, open
		}
	}
	return path, methods
}

// fits counts the open steps of a documented path that a request's path fits; -1 where it does not.
func fits(documented, asked string) int {
	steps, given := strings.Split(documented, "/"), strings.Split(asked, "/")
	if len(steps) != len(given) {
		return -1
	}
	open := 0
	for i, step := range steps {
		switch {
		case strings.HasPrefix(step, "{") && given[i] != "":
			open++
		case step != given[i]:
			return -1
		}
	}
	return open
}
