package guard

import (
	"bytes"
	"encoding/json"
	"unicode/utf16"

	"github.com/tallystick/tallystick/core/fault"
)

// eachMember walks the members of a JSON object in their order; another kind is an invalid field.
// The text is known to be valid JSON.
func eachMember(raw []byte, path string, visit func(name string, value []byte) error) error {
	decoder, ok := openContainer(raw, '{')
	if !ok {
		return fault.In(fault.InvalidField, path)
	}
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			return fault.In(fault.MalformedRequest, path)
		}
		name, ok := token.(string)
		var value json.RawMessage
		if !ok || decoder.Decode(&value) != nil {
			return fault.In(fault.MalformedRequest, path)
		}
		if err := visit(name, value); err != nil {
			return err
		}
	}
	return nil
}

// eachElement walks the elements of a JSON array in their order.
func eachElement(raw []byte, path string, visit func(i int, value []byte) error) error {
	decoder, ok := openContainer(raw, '[')
	if !ok {
		return fault.In(fault.InvalidField, path)
	}
	for i := 0; decoder.More(); i++ {
		var value json.RawMessage
		if decoder.Decode(&value) != nil {
			return fault.In(fault.MalformedRequest, path)
		}
		if err := visit(i, value); err != nil {
			return err
		}
	}
	return nil
}

func openContainer(raw []byte, bracket byte) (*json.Decoder, bool) {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 || raw[0] != bracket {
		return nil, false
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	_, err := decoder.Token()
	return decoder, err == nil
}

// checkNames refuses a name that is said twice and a null anywhere inside a value whose type is not
// walked.
func checkNames(raw []byte, path string) error {
	raw = bytes.TrimSpace(raw)
	switch {
	case isNull(raw):
		return fault.In(fault.InvalidField, path)
	case raw[0] == '{':
		seen := map[string]bool{}
		return eachMember(raw, path, func(name string, value []byte) error {
			if seen[name] {
				return fault.In(fault.MalformedRequest, join(path, "?"))
			}
			seen[name] = true
			return checkNames(value, join(path, "?"))
		})
	case raw[0] == '[':
		return eachElement(raw, path, func(i int, value []byte) error { return checkNames(value, at(path, i)) })
	}
	return nil
}

// wellFormed walks the text once, before anything recursive does: brackets no deeper than MaxDepth,
// and every escaped surrogate with its other half. Go's decoder would replace a lone one.
func wellFormed(raw []byte) bool {
	depth, inString := 0, false
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case c == '"':
			inString = !inString
		case inString && c == '\\':
			length, ok := escape(raw[i:])
			if !ok {
				return false
			}
			i += length - 1
		case inString:
		case c == '{' || c == '[':
			if depth++; depth > MaxDepth {
				return false
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return !inString
}

// escape measures the escape sequence at the start of the text; a surrogate pair is one sequence.
func escape(text []byte) (length int, ok bool) {
	const (
		short = 2 // as in \n
		unit  = 6 // as in \u00e9
	)
	if len(text) < short {
		return 0, false
	}
	if text[1] != 'u' {
		return short, true
	}
	first, ok := codeUnit(text)
	if !ok {
		return 0, false
	}
	if !utf16.IsSurrogate(first) {
		return unit, true
	}
	second, ok := codeUnit(text[unit:])
	if !ok || utf16.DecodeRune(first, second) == '\uFFFD' {
		return 0, false
	}
	return 2 * unit, true
}

// codeUnit reads four hexadecimal digits after a backslash and a u.
func codeUnit(text []byte) (rune, bool) {
	const unit = 6
	if len(text) < unit || text[0] != '\\' || text[1] != 'u' {
		return 0, false
	}
	var value rune
	for _, c := range text[2:unit] {
		value <<= 4
		switch {
		case '0' <= c && c <= '9':
			value |= rune(c - '0')
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			value |= rune(c|0x20-'a') + 10
		default:
			return 0, false
		}
	}
	return value, true
}
