package party

import (
	"slices"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// Statement is what a party signs: a domain, and named texts. Its bytes are the domain, a line feed,
// and one flat JSON object in the canonical form of RFC 8785. Integers are written as strings,
// because that form would pass them through floating point.
//
// The domain comes first so that a signature given for one purpose means nothing for another. Every
// member is written, empty ones too: what is silent cannot be filled in later. A text that is not
// UTF-8 is written with U+FFFD in place of what is not, so check texts from outside first.
type Statement struct {
	domain  string
	members []member
}

type member struct{ name, value string }

// NewStatement begins a statement in a domain such as "tallystick/mandate/v1".
func NewStatement(domain string) *Statement { return &Statement{domain: domain} }

// Text adds a member whose value is a text. Names must differ; a name given twice keeps the first.
func (s *Statement) Text(name, value string) *Statement {
	for _, m := range s.members {
		if m.name == name {
			return s
		}
	}
	s.members = append(s.members, member{name, value})
	return s
}

// Integer adds a member whose value is an integer in decimal.
func (s *Statement) Integer(name string, value int64) *Statement {
	return s.Text(name, strconv.FormatInt(value, 10))
}

// Bytes writes the statement, the same for the same members in whatever order they were added.
func (s *Statement) Bytes() []byte {
	sorted := slices.Clone(s.members)
	slices.SortFunc(sorted, func(a, b member) int { return compareUTF16(a.name, b.name) })
	size := len(s.domain) + 3
	for _, m := range sorted {
		size += len(m.name) + len(m.value) + len(`"":"",`)
	}
	out := append(make([]byte, 0, size), s.domain...)
	out = append(out, "\n{"...)
	for i, m := range sorted {
		if i > 0 {
			out = append(out, ',')
		}
		out = appendQuoted(out, m.name)
		out = append(out, ':')
		out = appendQuoted(out, m.value)
	}
	return append(out, '}')
}

// compareUTF16 orders names by their UTF-16 code units, as RFC 8785 section 3.2.3 asks; for names in
// ASCII that is their plain order.
func compareUTF16(a, b string) int {
	return slices.Compare(utf16.Encode([]rune(a)), utf16.Encode([]rune(b)))
}

// appendQuoted writes a JSON string with the few escapes of RFC 8785 section 3.2.2.2.
func appendQuoted(out []byte, text string) []byte {
	const hex = "0123456789abcdef"
	out = append(out, '"')
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			out = append(out, '\\', byte(r))
		case r == '\b':
			out = append(out, '\\', 'b')
		case r == '\t':
			out = append(out, '\\', 't')
		case r == '\n':
			out = append(out, '\\', 'n')
		case r == '\f':
			out = append(out, '\\', 'f')
		case r == '\r':
			out = append(out, '\\', 'r')
		case r < ' ':
			out = append(out, '\\', 'u', '0', '0', hex[r>>4], hex[r&0xf])
		default:
			out = utf8.AppendRune(out, r)
		}
	}
	return append(out, '"')
}
