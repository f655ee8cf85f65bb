package api

import (
	"bytes"
	"slices"
	"strings"
	"unicode"

	"github.com/go-json-experiment/json/jsontext"
)

// oneLine are the fields whose values are shown in lines of lists and logs of others.
var oneLine = []string{"name", "label", "number", "reference", "organisation", "phone", "email", "bank_name", "bank_account", "identity_number"}

// plainText finds the first text of a body that hides or moves what stands beside it: control characters, and those
// that turn the direction of writing or are not seen. Where a text may have lines, their ends are let through.
func plainText(body []byte) (at jsontext.Pointer, plain bool) {
	decoder := jsontext.NewDecoder(bytes.NewReader(body), jsontext.AllowDuplicateNames(true))
	for {
		token, err := decoder.ReadToken()
		if err != nil {
			return "", true // what is no JSON is refused as that
		}
		kind, length := decoder.StackIndex(decoder.StackDepth())
		if name := kind == '{' && length%2 == 1; token.Kind() != '"' || name { // names are known ones, or refused as unknown
			continue
		}
		lines := !slices.Contains(oneLine, decoder.StackPointer().LastToken())
		if strings.ContainsFunc(token.String(), func(r rune) bool { return hidden(r) && !(lines && strings.ContainsRune("\n\r\t", r)) }) {
			return decoder.StackPointer(), false
		}
	}
}

// hidden reports whether a character is not seen. Joiners are let through: scripts and pictures are written with them.
func hidden(r rune) bool {
	const nonJoiner, joiner = '\u200c', '\u200d'
	switch {
	case r == nonJoiner || r == joiner:
		return false
	case r == '\u2028' || r == '\u2029':
		return true
	}
	return unicode.Is(unicode.Cc, r) || unicode.Is(unicode.Cf, r)
}
