package api_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// described is an OpenAPI document as far as the tests look into it.
type described struct {
	OpenAPI    string                              `json:"openapi"`
	Info       struct{ Title, Version string }     `json:"info"`
	Paths      map[string]map[string]describedItem `json:"paths"`
	Components struct {
		Schemas         map[string]*schema        `json:"schemas"`
		SecuritySchemes map[string]map[string]any `json:"securitySchemes"`
	} `json:"components"`
}

type describedItem struct {
	OperationID string                `json:"operationId"`
	Summary     string                `json:"summary"`
	Tags        []string              `json:"tags"`
	Function    string                `json:"x-ledger-function"`
	Security    []map[string][]string `json:"security"`
	Parameters  []parameter           `json:"parameters"`
	RequestBody *struct {
		Required bool                                `json:"required"`
		Content  map[string]struct{ Schema *schema } `json:"content"`
	} `json:"requestBody"`
	Responses map[string]struct {
		Description string                              `json:"description"`
		Content     map[string]struct{ Schema *schema } `json:"content"`
	} `json:"responses"`
}

type parameter struct {
	Name     string  `json:"name"`
	In       string  `json:"in"`
	Required bool    `json:"required"`
	Schema   *schema `json:"schema"`
}

// schema is the part of JSON Schema that the document uses.
type schema struct {
	Ref        string             `json:"$ref"`
	Type       any                `json:"type"`
	Format     string             `json:"format"`
	Encoding   string             `json:"contentEncoding"`
	Pattern    string             `json:"pattern"`
	Enum       []any              `json:"enum"`
	Properties map[string]*schema `json:"properties"`
	Required   []string           `json:"required"`
	Items      *schema            `json:"items"`
	Minimum    *float64           `json:"minimum"`
	Maximum    *float64           `json:"maximum"`
	MinItems   int                `json:"minItems"`
	MaxLength  int                `json:"maxLength"`
}

func (s *scene) document() described {
	return want[described](s.t, s.get("/openapi.json"), 200)
}

// resolve follows a reference.
func (d described) resolve(t *testing.T, s *schema) *schema {
	t.Helper()
	for s != nil && s.Ref != "" {
		name, ok := strings.CutPrefix(s.Ref, "#/components/schemas/")
		if !ok || d.Components.Schemas[name] == nil {
			t.Fatalf("%s leads nowhere", s.Ref)
		}
		s = d.Components.Schemas[name]
	}
	return s
}

// operations lists the operations by their ids.
func (d described) operations(visit func(method, path string, op describedItem)) {
	type one struct {
		method, path string
		op           describedItem
	}
	var all []one
	for path, methods := range d.Paths {
		for method, op := range methods {
			all = append(all, one{strings.ToUpper(method), path, op})
		}
	}
	slices.SortFunc(all, func(a, b one) int { return strings.Compare(a.op.OperationID, b.op.OperationID) })
	for _, o := range all {
		visit(o.method, o.path, o.op)
	}
}

var pathParameter = regexp.MustCompile(`\{(\w+)\}`)

func TestTheDocumentDescribesEveryOperation(t *testing.T) {
	s := newScene(t)
	d := s.document()
	if d.OpenAPI != "3.1.0" || d.Info.Title == "" || d.Info.Version == "" {
		t.Errorf("head %s %+v", d.OpenAPI, d.Info)
	}
	ids := map[string]bool{}
	d.operations(func(method, path string, op describedItem) {
		at := fmt.Sprintf("%s %s (%s)", method, path, op.OperationID)
		if op.OperationID == "" || ids[op.OperationID] {
			t.Errorf("%s: its id is missing or another's", at)
		}
		ids[op.OperationID] = true
		if op.Summary == "" || len(op.Tags) != 1 || op.Tags[0] == "" || len(op.Security) == 0 || !strings.HasPrefix(path, "/v1/") {
			t.Errorf("%s lacks summary, tag, security or version: %+v", at, op)
		}
		for _, way := range op.Security {
			for name := range way {
				if d.Components.SecuritySchemes[name] == nil {
					t.Errorf("%s: nobody says what %s is", at, name)
				}
			}
		}
		d.checkParameters(t, at, method, path, op)
		d.checkResponses(t, at, method, op)
		if method == "POST" && op.Function != "" {
			d.checkItems(t, at, op)
		}
	})
	if len(ids) != len(s.server.OperationIDs()) {
		t.Errorf("%d operations are described, %d are served", len(ids), len(s.server.OperationIDs()))
	}
	for name, one := range d.Components.Schemas {
		d.checkReferences(t, name, one)
	}
}

func (d described) checkParameters(t *testing.T, at, method, path string, op describedItem) {
	t.Helper()
	declared := map[string]bool{}
	for _, p := range op.Parameters {
		declared[p.In+" "+p.Name] = true
		if d.resolve(t, p.Schema) == nil {
			t.Errorf("%s: %s has no schema", at, p.Name)
		}
	}
	for _, found := range pathParameter.FindAllStringSubmatch(path, -1) {
		if !declared["path "+found[1]] {
			t.Errorf("%s: {%s} is not described", at, found[1])
		}
	}
	if keyed := method != "GET" && len(op.Security[0]) > 0; keyed != declared["header Idempotency-Key"] {
		t.Errorf("%s: Idempotency-Key described: %v", at, !keyed)
	}
}

func (d described) checkResponses(t *testing.T, at, method string, op describedItem) {
	t.Helper()
	statuses := []string{"400", "401", "429", "500", "503"}
	if len(op.Security[0]) > 0 {
		statuses = append(statuses, "403")
	}
	if method != "GET" {
		statuses = append(statuses, "409", "413", "415", "422")
	}
	for _, status := range statuses {
		content := op.Responses[status].Content["application/problem+json"]
		if one := d.resolve(t, content.Schema); one == nil || one.Properties["code"] == nil {
			t.Errorf("%s: %s is not described as a problem", at, status)
		}
	}
	success := 0
	for status, response := range op.Responses {
		if response.Description == "" {
			t.Errorf("%s: %s has no description", at, status)
		}
		if status[0] != '2' && status[0] != '3' {
			continue
		}
		success++
		for form, content := range response.Content {
			if content.Schema == nil && !strings.HasPrefix(form, "application/octet") {
				t.Errorf("%s: %s of %s has no schema", at, form, status)
			}
			d.checkReferences(t, at, content.Schema)
		}
	}
	if success == 0 {
		t.Errorf("%s never succeeds", at)
	}
}

// checkItems wants each item of a command described field by field.
func (d described) checkItems(t *testing.T, at string, op describedItem) {
	t.Helper()
	body := d.resolve(t, op.RequestBody.Content["application/json"].Schema)
	item := d.resolve(t, d.resolve(t, body.Properties["items"]).Items)
	if !op.RequestBody.Required || !slices.Contains(body.Required, "items") || len(item.Properties) == 0 || len(item.Required) == 0 {
		t.Errorf("%s does not say what its items are: %+v", at, item)
	}
	if op.Responses["202"].Content["application/json"].Schema == nil {
		t.Errorf("%s does not say what it answers when it takes longer", at)
	}
}

func (d described) checkReferences(t *testing.T, at string, s *schema) {
	t.Helper()
	if s == nil {
		return
	}
	if s.Ref != "" {
		d.resolve(t, s)
		return
	}
	d.checkReferences(t, at, s.Items)
	for _, one := range s.Properties {
		d.checkReferences(t, at, one)
	}
	for _, name := range s.Required {
		if s.Properties[name] == nil {
			t.Errorf("%s requires %s, which it does not have", at, name)
		}
	}
	if s.Pattern != "" {
		if _, err := regexp.Compile(s.Pattern); err != nil {
			t.Errorf("%s: %v", at, err)
		}
	}
}

func TestBothFormsOfTheDocumentSayTheSame(t *testing.T) {
	s := newScene(t)
	var asJSON, asYAML map[string]any
	if err := json.Unmarshal(s.get("/openapi.json").Body.Bytes(), &asJSON); err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(s.get("/openapi.yaml").Body.Bytes(), &asYAML); err != nil {
		t.Fatal(err)
	}
	again, err := json.Marshal(asYAML)
	if err != nil {
		t.Fatal(err)
	}
	first, err := json.Marshal(asJSON)
	if err != nil {
		t.Fatal(err)
	}
	if string(first) != string(again) {
		t.Errorf("JSON has %d bytes, YAML %d", len(first), len(again))
	}
}
