package masking

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"sync"

	"github.com/tallystick/tallystick/gateway-app/store"
)

// tagName is the tag that a field carries. "-" marks a field that is walked into or left as it is: a
// nested struct with tags of its own, or a value that no one's privacy depends on.
const tagName = "mask"

// rule is what a field's tag says.
type rule struct {
	index int
	form  Form
	class store.Class
	walk  bool
}

var classNames = map[string]store.Class{
	store.Public.String(): store.Public, store.Internal.String(): store.Internal,
	store.Secret.String(): store.Secret, store.TopSecret.String(): store.TopSecret,
}

// Mask answers a copy of the value as the roles may see it. The value itself is not changed. A type whose
// tags are wrong is refused, whoever asks.
func Mask[T any](value T, roles ...string) (T, error) {
	var masked T
	into := reflect.ValueOf(&masked).Elem()
	if err := copyMasked(into, reflect.ValueOf(&value).Elem(), roles); err != nil {
		var none T
		return none, fmt.Errorf("mask %T: %w", value, err)
	}
	return masked, nil
}

// Marshal is Mask, as JSON.
func Marshal[T any](value T, roles ...string) ([]byte, error) {
	masked, err := Mask(value, roles...)
	if err != nil {
		return nil, err
	}
	return json.Marshal(masked)
}

func copyMasked(into, from reflect.Value, roles []string) error {
	switch from.Kind() {
	case reflect.Pointer:
		if from.IsNil() {
			return nil
		}
		into.Set(reflect.New(from.Type().Elem()))
		return copyMasked(into.Elem(), from.Elem(), roles)
	case reflect.Slice:
		if from.IsNil() {
			return nil
		}
		into.Set(reflect.MakeSlice(from.Type(), from.Len(), from.Len()))
		for i := range from.Len() {
			if err := copyMasked(into.Index(i), from.Index(i), roles); err != nil {
				return err
			}
		}
		return nil
	case reflect.Struct:
		return copyStruct(into, from, roles)
	}
	into.Set(from)
	return nil
}

func copyStruct(into, from reflect.Value, roles []string) error {
	rules, err := rulesOf(from.Type())
	if err != nil {
		return err
	}
	if rules == nil {
		into.Set(from)
		return nil
	}
	for _, r := range rules {
		field := from.Field(r.index)
		if r.walk {
			if err := copyMasked(into.Field(r.index), field, roles); err != nil {
				return err
			}
			continue
		}
		switch ViewOf(r.class, roles...) {
		case Clear:
			into.Field(r.index).Set(field)
		case Masked:
			maskField(into.Field(r.index), field, r.form)
		}
	}
	return nil
}

// maskField masks a text, or each text of a list. Of any other kind of value nothing is left.
func maskField(into, from reflect.Value, form Form) {
	switch {
	case from.Kind() == reflect.String:
		into.SetString(form.Mask(from.String()))
	case from.Kind() == reflect.Slice && from.Type().Elem().Kind() == reflect.String && !from.IsNil():
		into.Set(reflect.MakeSlice(from.Type(), from.Len(), from.Len()))
		for i := range from.Len() {
			into.Index(i).SetString(form.Mask(from.Index(i).String()))
		}
	}
}

var known sync.Map // reflect.Type → []rule

// rulesOf reads a type's tags once. A struct without any has no rules and is copied as it is.
func rulesOf(t reflect.Type) ([]rule, error) {
	if found, ok := known.Load(t); ok {
		return found.([]rule), nil
	}
	var rules []rule
	var unmarked []string
	for i := range t.NumField() {
		field := t.Field(i)
		tag, marked := field.Tag.Lookup(tagName)
		if !marked {
			unmarked = append(unmarked, field.Name)
			continue
		}
		r, err := parseTag(i, tag)
		if err != nil {
			return nil, fmt.Errorf("%s.%s: %w", t, field.Name, err)
		}
		if !field.IsExported() {
			return nil, fmt.Errorf("%s.%s is marked and cannot be read from outside", t, field.Name)
		}
		rules = append(rules, r)
	}
	if len(rules) > 0 && len(unmarked) > 0 {
		return nil, fmt.Errorf("%s marks some fields and leaves out %s: mark each", t, strings.Join(unmarked, ", "))
	}
	known.Store(t, rules)
	return rules, nil
}

func parseTag(index int, tag string) (rule, error) {
	if tag == "-" {
		return rule{index: index, walk: true}, nil
	}
	form, className, _ := strings.Cut(tag, ",")
	class, ok := classNames[className]
	if masks[Form(form)] == nil || !ok {
		return rule{}, fmt.Errorf("the tag %q names no form and class", tag)
	}
	return rule{index: index, form: Form(form), class: class}, nil
}
