package api

import (
	"reflect"
	"regexp"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/evidence"
)

// huma keeps these four choices in variables of its package, one for the process: names of fields in
// their exact spelling, no null where a list is asked for, and problems in our form.
func init() {
	huma.ValidateStrictCasing = true
	huma.DefaultArrayNullable = false
	huma.NewError = func(status int, _ string, details ...error) huma.StatusError {
		return inputProblem(status, details, nil, nil)
	}
	huma.NewErrorWithContext = func(ctx huma.Context, status int, _ string, details ...error) huma.StatusError {
		x := exchangeOf(ctx.Context())
		p := inputProblem(status, details, x.operation.names, x.body)
		p.RequestID = x.requestID
		if x.rehearsal != nil {
			return x.rehearsal.end(p)
		}
		return p
	}
}

// dateSchema and hashSchema describe values that write themselves as text.
type (
	dateSchema struct{}
	hashSchema struct{}
)

// Schema describes a date.
func (dateSchema) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Format: "date"}
}

// Schema describes a hash of the evidence log.
func (hashSchema) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Pattern: `^[0-9a-f]{64}$`}
}

// newRegistry names schemas by package and type, so that loan.Terms and mandate.Terms are two.
func newRegistry() huma.Registry {
	registry := huma.NewMapRegistry(schemaPrefix, schemaName)
	registry.RegisterTypeAlias(reflect.TypeFor[calendar.Date](), reflect.TypeFor[dateSchema]())
	registry.RegisterTypeAlias(reflect.TypeFor[evidence.Hash](), reflect.TypeFor[hashSchema]())
	return registry
}

// plainName keeps what OpenAPI takes in a name of a schema: the name of a type in a generic one has more.
func plainName(r rune) rune {
	plain := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._-", r)
	if !plain {
		return -1
	}
	return r
}

// packagePath is what stands before a package's own name in the name of a generic type.
var packagePath = regexp.MustCompile(`[\w.-]+/`)

// schemaName is the type's name with its package, "loan.Terms"; the door's own goes
// without. A generic type names what it is of: "Row_loan.State".
func schemaName(t reflect.Type, hint string) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Name() == "" {
		return strings.Map(plainName, hint)
	}
	name := packagePath.ReplaceAllString(t.Name(), "")
	name = strings.NewReplacer("[", "_", "]", "", ",", "_", "api.", "").Replace(name)
	folder := t.PkgPath()[strings.LastIndexByte(t.PkgPath(), '/')+1:]
	if folder == "" || folder == "api" {
		return name
	}
	return folder + "." + name
}
