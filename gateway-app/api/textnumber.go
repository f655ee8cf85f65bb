package api

import (
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// schemaPrefix begins a reference to a schema of the document.
const schemaPrefix = "#/components/schemas/"

// describeTextNumbers describes the numbers that write themselves as texts, by the option string of their field's tag,
// as texts. They stand in what is digested or signed, whose values are all texts (docs/formats.md); huma reads a field's
// name and not this option.
func describeTextNumbers(registry huma.Registry) {
	for name, schema := range registry.Map() {
		if t := registry.TypeFromRef(schemaPrefix + name); t != nil {
			describeTexts(schema, t)
		}
	}
}

func describeTexts(schema *huma.Schema, t reflect.Type) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return
	}
	for i := range t.NumField() {
		field := t.Field(i)
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		if field.Anonymous && name == "" {
			describeTexts(schema, field.Type)
			continue
		}
		number := schema.Properties[name]
		if number != nil && field.Tag.Get("unset") == "empty" && number.Format == "date" { // it is digested as it stands
			schema.Properties[name] = &huma.Schema{
				Type: huma.TypeString, Pattern: `^([0-9]{4}-[0-9]{2}-[0-9]{2})?$`, Description: "A date; empty where there is none",
			}
			continue
		}
		if number == nil || !strings.Contains(options, "string") || number.Type != huma.TypeInteger {
			continue
		}
		text := &huma.Schema{Type: huma.TypeString, Pattern: `^-?[0-9]{1,20}$`, Description: number.Description, Nullable: number.Nullable}
		text.PrecomputeMessages()
		schema.Properties[name] = text
	}
}
