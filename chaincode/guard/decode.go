package guard

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/tallystick/tallystick/core/fault"
)

// Limits of a request body. They bound the work that a stranger can make a peer do before any rule
// is looked at; the number of items in a batch is the contract's own limit.
const (
	MaxBytes = 4 << 20
	MaxDepth = 16
)

// Decode reads one JSON value of type T, strictly. It refuses
//
//   - a body above MaxBytes (batch_too_large);
//   - what is not JSON, not UTF-8, deeper than MaxDepth or followed by anything, a name that is said
//     twice, and a name that T does not have in exactly this spelling (malformed_request);
//   - a field without "omitempty" or "omitzero" that is absent or null (missing_field);
//   - any other null, and a value of another kind or out of range (invalid_field).
//
// The error is a *fault.Fault whose field is the path in T, as "items[2].amount_minor". What the path
// cannot name without quoting the input (an unknown or repeated name, the key of a map) stands as
// "?". An unusable T answers an error that is no fault.
func Decode[T any](raw []byte) (T, error) {
	var value T
	if f := checkText(raw); f != nil {
		return value, f
	}
	if err := decode(bytes.TrimSpace(raw), reflect.ValueOf(&value).Elem(), ""); err != nil {
		var zero T
		return zero, err
	}
	return value, nil
}

func checkText(raw []byte) *fault.Fault {
	switch {
	case len(raw) > MaxBytes:
		return fault.New(fault.BatchTooLarge)
	case !utf8.Valid(raw) || !wellFormed(raw) || !json.Valid(raw):
		return fault.New(fault.MalformedRequest)
	}
	return nil
}

var (
	unmarshaler     = reflect.TypeFor[json.Unmarshaler]()
	textUnmarshaler = reflect.TypeFor[interface{ UnmarshalText([]byte) error }]()
	rawMessage      = reflect.TypeFor[json.RawMessage]()
)

// decode fills target, which can be set, from one valid JSON value without space around it.
func decode(raw []byte, target reflect.Value, path string) error {
	if isNull(raw) {
		return fault.In(fault.InvalidField, path)
	}
	kind := target.Type()
	if kind == rawMessage || reflect.PointerTo(kind).Implements(unmarshaler) ||
		reflect.PointerTo(kind).Implements(textUnmarshaler) {
		return opaque(raw, target, path)
	}
	switch kind.Kind() {
	case reflect.String:
		return decodeString(raw, target, path)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return decodeInteger(raw, target, path)
	case reflect.Pointer:
		target.Set(reflect.New(kind.Elem()))
		return decode(raw, target.Elem(), path)
	case reflect.Struct:
		return decodeStruct(raw, target, path)
	case reflect.Map:
		return decodeMap(raw, target, path)
	case reflect.Slice:
		if kind.Elem().Kind() == reflect.Uint8 {
			return decodeBytes(raw, target, path)
		}
		return decodeSlice(raw, target, path)
	case reflect.Array:
		return decodeArray(raw, target, path)
	case reflect.Chan, reflect.Func, reflect.Complex64, reflect.Complex128, reflect.UnsafePointer, reflect.Uintptr:
		return fmt.Errorf("decode a request: %s cannot be read from JSON", kind)
	default:
		return opaque(raw, target, path)
	}
}

// opaque leaves a value to Go's decoder or to the type's own, once no name in it is said twice.
func opaque(raw []byte, target reflect.Value, path string) error {
	if err := checkNames(raw, path); err != nil {
		return err
	}
	if json.Unmarshal(raw, target.Addr().Interface()) != nil {
		return fault.In(fault.InvalidField, path)
	}
	return nil
}

func decodeStruct(raw []byte, target reflect.Value, path string) error {
	fields, err := fieldsOf(target.Type())
	if err != nil {
		return err
	}
	seen := make(map[string]bool, len(fields.list))
	err = eachMember(raw, path, func(name string, value []byte) error {
		f, known := fields.byName[name]
		if !known || seen[name] {
			return fault.In(fault.MalformedRequest, join(path, "?"))
		}
		seen[name] = true
		return decodeField(value, target, f, join(path, name))
	})
	if err != nil {
		return err
	}
	for _, f := range fields.list {
		if f.required && !seen[f.name] {
			return fault.In(fault.MissingField, join(path, f.name))
		}
	}
	return nil
}

func decodeField(raw []byte, target reflect.Value, f field, path string) error {
	if f.required && isNull(raw) {
		return fault.In(fault.MissingField, path)
	}
	if f.quoted {
		inner, ok := text(raw)
		if !ok || strings.TrimSpace(inner) != inner || !json.Valid([]byte(inner)) {
			return fault.In(fault.InvalidField, path)
		}
		raw = []byte(inner)
	}
	return decode(raw, target.FieldByIndex(f.index), path)
}

func decodeString(raw []byte, target reflect.Value, path string) error {
	value, ok := text(raw)
	if !ok {
		return fault.In(fault.InvalidField, path)
	}
	target.SetString(value)
	return nil
}

// decodeInteger takes whole numbers in plain digits only, within the range of the type.
func decodeInteger(raw []byte, target reflect.Value, path string) error {
	value, err := strconv.ParseInt(string(raw), 10, target.Type().Bits())
	if err != nil {
		return fault.In(fault.InvalidField, path)
	}
	target.SetInt(value)
	return nil
}

func decodeMap(raw []byte, target reflect.Value, path string) error {
	kind := target.Type()
	if kind.Key().Kind() != reflect.String || reflect.PointerTo(kind.Key()).Implements(textUnmarshaler) {
		return fmt.Errorf("decode a request: the keys of %s are no plain strings", kind)
	}
	target.Set(reflect.MakeMap(kind))
	return eachMember(raw, path, func(name string, value []byte) error {
		key := reflect.ValueOf(name).Convert(kind.Key())
		if target.MapIndex(key).IsValid() {
			return fault.In(fault.MalformedRequest, join(path, "?"))
		}
		element := reflect.New(kind.Elem()).Elem()
		if err := decode(value, element, join(path, "?")); err != nil {
			return err
		}
		target.SetMapIndex(key, element)
		return nil
	})
}

func decodeSlice(raw []byte, target reflect.Value, path string) error {
	target.Set(reflect.MakeSlice(target.Type(), 0, 0))
	return eachElement(raw, path, func(i int, value []byte) error {
		element := reflect.New(target.Type().Elem()).Elem()
		if err := decode(value, element, at(path, i)); err != nil {
			return err
		}
		target.Set(reflect.Append(target, element))
		return nil
	})
}

// decodeArray wants exactly as many elements as the array has.
func decodeArray(raw []byte, target reflect.Value, path string) error {
	count := 0
	err := eachElement(raw, path, func(i int, value []byte) error {
		if count++; count > target.Len() {
			return fault.In(fault.InvalidField, path)
		}
		return decode(value, target.Index(i), at(path, i))
	})
	if err == nil && count != target.Len() {
		return fault.In(fault.InvalidField, path)
	}
	return err
}

// decodeBytes takes base64 in its one canonical writing only.
func decodeBytes(raw []byte, target reflect.Value, path string) error {
	encoded, ok := text(raw)
	if !ok || strings.ContainsAny(encoded, "\r\n") {
		return fault.In(fault.InvalidField, path)
	}
	value, err := base64.StdEncoding.Strict().DecodeString(encoded)
	if err != nil {
		return fault.In(fault.InvalidField, path)
	}
	target.SetBytes(value)
	return nil
}

func isNull(raw []byte) bool { return string(raw) == "null" }

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func at(path string, i int) string { return fmt.Sprintf("%s[%d]", path, i) }
