package guard

import (
	"bytes"
	"encoding/json"
	"unicode/utf16"

	"github.com/tallystick/tallystick/core/fault"
)

// The text that is walked here is known to be valid JSON, so the walk only has to find where each
// value ends; it makes no copy of any.

// eachMember walks the members of a JSON object in their order; another kind is an invalid field.
func eachMember(raw []byte, path string, visit func(name string, value []byte) error) error {
	if raw[0] != '{' {
		return fault.In(fault.InvalidField, path)
	}
	for i := skipSpace(raw, 1); raw[i] != '}'; i = next(raw, i) {
		nameEnd := valueEnd(raw, i)
		name, ok := text(raw[i:nameEnd])
		if !ok {
			return fault.In(fault.MalformedRequest, path)
		}
		i = skipSpace(raw, skipSpace(raw, nameEnd)+1) // over the colon
		end := valueEnd(raw, i)
		if err := visit(name, raw[i:end]); err != nil {
			return err
		}
		i = end
	}
	return nil
}

// eachElement walks the elements of a JSON array in their order.
func eachElement(raw []byte, path string, visit func(i int, value []byte) error) error {
	if raw[0] != '[' {
		return fault.In(fault.InvalidField, path)
	}
	count := 0
	for i := skipSpace(raw, 1); raw[i] != ']'; i = next(raw, i) {
		end := valueEnd(raw, i)
		if err := visit(count, raw[i:end]); err != nil {
			return err
		}
		count++
		i = end
	}
	return nil
}

// next moves from the end of a value over a comma to the following one, or to the closing bracket.
func next(raw []byte, i int) int {
	i = skipSpace(raw, i)
	if raw[i] == ',' {
		return skipSpace(raw, i+1)
	}
	return i
}

func skipSpace(raw []byte, i int) int {
	for raw[i] == ' ' || raw[i] == '\t' || raw[i] == '\n' || raw[i] == '\r' {
		i++
	}
	return i
}

// valueEnd answers where the value that begins at i ends.
func valueEnd(raw []byte, i int) int {
	switch raw[i] {
	case '"':
		return stringEnd(raw, i)
	case '{', '[':
		return containerEnd(raw, i)
	}
	for i < len(raw) && !bytes.ContainsRune([]byte(",]} \t\n\r"), rune(raw[i])) {
		i++
	}
	return i
}

func stringEnd(raw []byte, i int) int {
	for i++; raw[i] != '"'; i++ {
		if raw[i] == '\\' {
			i++
		}
	}
	return i + 1
}

func containerEnd(raw []byte, i int) int {
	for depth := 0; ; i++ {
		switch raw[i] {
		case '"':
			i = stringEnd(raw, i) - 1
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
}

// text reads a JSON string; it reports false for another kind.
func text(raw []byte) (string, bool) {
	if raw[0] != '"' {
		return "", false
	}
	if bytes.IndexByte(raw, '\\') < 0 {
		return string(raw[1 : len(raw)-1]), true
	}
	var unescaped string
	err := json.Unmarshal(raw, &unescaped)
	return unescaped, err == nil
}

// checkNames refuses a name that is said twice and a null anywhere inside a value whose type is not
// walked.
func checkNames(raw []byte, path string) error {
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
