package guard

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
)

// field is one member that a struct may have in JSON.
type field struct {
	name     string
	index    []int
	required bool
	quoted   bool // a number or truth value in quotation marks, as canonical records write integers
}

type fieldSet struct {
	list   []field
	byName map[string]field
}

// known keeps the fields of every type that was decoded; they never change while a program runs.
var known sync.Map

func fieldsOf(kind reflect.Type) (*fieldSet, error) {
	if cached, ok := known.Load(kind); ok {
		return cached.(*fieldSet), nil
	}
	set := &fieldSet{byName: map[string]field{}}
	if err := set.collect(kind, nil); err != nil {
		return nil, err
	}
	known.Store(kind, set)
	return set, nil
}

// collect reads the tags of a struct. Structs that are embedded by value without a name of their own
// lend their fields. Two fields of one name are a mistake of the program.
func (s *fieldSet) collect(kind reflect.Type, prefix []int) error {
	for i := range kind.NumField() {
		f := kind.Field(i)
		tag := f.Tag.Get("json")
		if tag == "-" {
			continue
		}
		name, options, _ := strings.Cut(tag, ",")
		index := append(slices.Clone(prefix), i)
		if f.Anonymous && name == "" && f.Type.Kind() == reflect.Struct {
			if err := s.collect(f.Type, index); err != nil {
				return err
			}
			continue
		}
		if !f.IsExported() {
			continue
		}
		if name == "" {
			name = f.Name
		}
		if _, taken := s.byName[name]; taken {
			return fmt.Errorf("decode a request: %s has the field %q twice", kind, name)
		}
		s.add(field{name: name, index: index}, f.Type, strings.Split(options, ","))
	}
	return nil
}

func (s *fieldSet) add(f field, kind reflect.Type, options []string) {
	f.required = !slices.Contains(options, "omitempty") && !slices.Contains(options, "omitzero")
	f.quoted = slices.Contains(options, "string") && quotable(kind)
	s.list = append(s.list, f)
	s.byName[f.name] = f
}

// quotable tells for which kinds Go's encoder heeds the option "string".
func quotable(kind reflect.Type) bool {
	if kind.Kind() == reflect.Pointer {
		kind = kind.Elem()
	}
	return kind.Kind() == reflect.String || (reflect.Bool <= kind.Kind() && kind.Kind() <= reflect.Float64)
}
