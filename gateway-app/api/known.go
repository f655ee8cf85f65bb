package api

import (
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// names are the names that an operation's description has: its parameters, and every property of its body at
// any depth.
type names map[string]bool

// namesOf reads them from the description.
func namesOf(described *huma.Operation, registry huma.Registry) names {
	known := names{}
	for _, p := range described.Parameters {
		known[p.Name] = true
	}
	if described.RequestBody != nil {
		seen := map[string]bool{}
		for _, content := range described.RequestBody.Content {
			known.add(content.Schema, registry, seen)
		}
	}
	return known
}

// add adds the properties of a schema. References that were followed are followed once.
func (n names) add(s *huma.Schema, registry huma.Registry, seen map[string]bool) {
	if s == nil || seen[s.Ref] && s.Ref != "" {
		return
	}
	if s.Ref != "" {
		seen[s.Ref] = true
		s = registry.SchemaFromRef(s.Ref)
	}
	n.addInto(s, registry, seen)
}

func (n names) addInto(s *huma.Schema, registry huma.Registry, seen map[string]bool) {
	if s == nil {
		return
	}
	for name, property := range s.Properties {
		n[name] = true
		n.add(property, registry, seen)
	}
	n.add(s.Items, registry, seen)
	if every, ok := s.AdditionalProperties.(*huma.Schema); ok {
		n.add(every, registry, seen)
	}
}

// known is a path as far as its names exist, and the place that it is in where none does: what a caller has
// made up is in no problem, because problems are shown and logged.
func (n names) known(path, place string) string {
	kept := 0
	for rest := path; rest != ""; {
		step, further, more := strings.Cut(rest, ".")
		name, index, _ := strings.Cut(step, "[")
		if !n[name] || strings.Trim(index, "[0123456789]") != "" {
			break
		}
		kept = len(path) - len(further)
		if more {
			kept--
		}
		rest = further
	}
	if kept == 0 {
		return place
	}
	return path[:kept]
}
