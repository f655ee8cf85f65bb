package e2e_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/gateway-app/access"
)

// openapi is what these tests read of the document that a running app serves.
type openapi struct {
	Version string                                 `json:"openapi"`
	Paths   map[string]map[string]openapiOperation `json:"paths"`
}

type openapiOperation struct {
	ID         string                     `json:"operationId"`
	Security   []map[string][]string      `json:"security"`
	Responses  map[string]json.RawMessage `json:"responses"`
	Parameters []openapiParameter         `json:"parameters"`
}

type openapiParameter struct {
	Name string `json:"name"`
	In   string `json:"in"`
}

// public reports whether nobody needs to sign in for it.
func (o openapiOperation) public() bool {
	return slices.ContainsFunc(o.Security, func(way map[string][]string) bool { return len(way) == 0 })
}

var (
	pathParameter = regexp.MustCompile(`\{([a-z_]+)\}`)
	reference     = regexp.MustCompile(`"\$ref":"#/components/schemas/([^"]+)"`)
)

// Every member's app describes itself, and lets nobody do any of what it describes who has not signed in.
func TestEveryOperationWantsASignIn(t *testing.T) {
	c := onNetwork(t)
	c.withGateways(t, c.members()...)
	for _, member := range c.members() {
		t.Run(member, func(t *testing.T) {
			l := c.lineTo(t, member, false)
			refused := l.refusesNobodyAnything(t, l.describes(t))
			if refused < 80 {
				t.Errorf("only %d operations want a sign-in", refused)
			}
			l.knowsNoOtherRoute(t)
			t.Logf("%d operations want a sign-in", refused)
		})
	}
}

// signingIn are the operations of those who have not signed in yet.
var signingIn = []string{"session.create", "session.sign_on", "session.return", "activation.redeem"}

// forEverybody are the operations that want no sign-in because what they answer, or the link that they come by, is public.
var forEverybody = []string{"disclosure.index", "disclosure.read", "reminder.opt_out", "reminder.opt_out_page"}

func (l line) refusesNobodyAnything(t *testing.T, described openapi) (refused int) {
	t.Helper()
	for path, methods := range described.Paths {
		for method, operation := range methods {
			open := slices.Contains(signingIn, operation.ID) || slices.Contains(forEverybody, operation.ID)
			if operation.public() != open {
				t.Errorf("%s says that it is for everybody: %t", operation.ID, operation.public())
			}
			if !operation.public() {
				refused++
				l.refusesNobody(t, strings.ToUpper(method), path, operation)
			}
		}
	}
	return refused
}

// describes reads the OpenAPI document, and checks that it is whole.
func (l line) describes(t *testing.T) openapi {
	t.Helper()
	got := l.must(t, asked{method: http.MethodGet, path: "/openapi.json"})
	var described openapi
	var components struct {
		Components struct {
			Schemas map[string]json.RawMessage `json:"schemas"`
		} `json:"components"`
	}
	for _, into := range []any{&described, &components} {
		if err := json.Unmarshal(got.body, into); err != nil {
			t.Fatalf("read the document: %v", err)
		}
	}
	if got.status != http.StatusOK || !strings.HasPrefix(described.Version, "3.1.") || len(described.Paths) == 0 {
		t.Fatalf("the document came with %d, in version %q, of %d paths", got.status, described.Version, len(described.Paths))
	}
	for _, match := range reference.FindAllSubmatch(got.body, -1) {
		if _, there := components.Components.Schemas[string(match[1])]; !there {
			t.Errorf("the document refers to %s, which it lacks", match[1])
		}
	}
	wholeOperations(t, described)
	return described
}

func wholeOperations(t *testing.T, described openapi) {
	t.Helper()
	seen := map[string]bool{}
	for path, methods := range described.Paths {
		for method, o := range methods {
			where := fmt.Sprintf("%s %s", method, path)
			if _, listed := access.Lookup(o.ID); !listed || seen[o.ID] {
				t.Errorf("%s is %q: twice, or in no policy's list", where, o.ID)
			}
			seen[o.ID] = true
			if _, described := o.Responses["401"]; !described || len(o.Security) == 0 {
				t.Errorf("%s does not say who may ask and that others are answered 401", where)
			}
			for _, name := range pathParameter.FindAllStringSubmatch(path, -1) {
				if !slices.Contains(o.Parameters, openapiParameter{Name: name[1], In: "path"}) {
					t.Errorf("%s does not describe %s", where, name[1])
				}
			}
		}
	}
}

// refusesNobody asks without a sign-in, with a token that nobody has, and with an API key that nobody has.
func (l line) refusesNobody(t *testing.T, method, path string, o openapiOperation) {
	t.Helper()
	path = pathParameter.ReplaceAllString(path, strings.Repeat("0", 32))
	for _, token := range []string{"", "nobody", "tk_nobody"} {
		a := asked{method: method, path: path, token: token}
		if method != http.MethodGet {
			a.key, a.body = "key-of-nobody", []byte("{}")
		}
		got := l.must(t, a)
		if p := got.problem(t); got.status != http.StatusUnauthorized || p.Code != "not_signed_in" {
			t.Errorf("%s with the token %q answers %d %s, want 401", o.ID, token, got.status, p.Code)
		}
	}
}

// knowsNoOtherRoute asks for what is nowhere, and in a way that is nowhere.
func (l line) knowsNoOtherRoute(t *testing.T) {
	t.Helper()
	for _, route := range []struct {
		method, path, code string
		status             int
	}{
		{http.MethodGet, "/v1/nothing", "route_unknown", http.StatusNotFound},
		{http.MethodGet, "/", "route_unknown", http.StatusNotFound},
		{http.MethodPost, "/v1/loans/../../etc/passwd", "route_unknown", http.StatusNotFound},
		{http.MethodDelete, "/v1/loans", "http_method_not_allowed", http.StatusMethodNotAllowed},
	} {
		got := l.must(t, asked{method: route.method, path: route.path})
		if p := got.problem(t); got.status != route.status || p.Code != route.code {
			t.Errorf("%s %s answers %d %s, want %d %s", route.method, route.path, got.status, p.Code, route.status, route.code)
		}
	}
}
