package pseudonym

import (
	"log/slog"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/tallystick/tallystick/core/fault"
)

// Kind is what an identity number is issued as.
type Kind string

// The kinds of identity numbers.
const (
	ResidentID       Kind = "resident_id"       // GB 11643: 18 characters; 15 digits before 1999
	OrganisationCode Kind = "organisation_code" // GB 32100: unified social credit code, 18 characters
	Passport         Kind = "passport"          // ISO 3166 alpha-3 of the issuer, a colon, the document's number
)

// Number is an identity number in its one normal form. It shows itself nowhere: formatted or logged, it
// is a fixed text.
type Number struct {
	kind Kind
	text string
}

// ParseNumber brings an identity number to its normal form, or refuses it. Full-width characters, spaces,
// hyphens, small letters and the old form of 15 digits all lead to the same number, because a person that
// was written in two ways would be two people. The refusal never repeats the number.
func ParseNumber(kind Kind, text string) (Number, error) {
	text = fold(text)
	var ok bool
	switch kind {
	case ResidentID:
		text, ok = residentID(text)
	case OrganisationCode:
		ok = organisationCode(text)
	case Passport:
		ok = passport.MatchString(text)
	default:
		return Number{}, fault.In(fault.InvalidField, "kind")
	}
	if !ok {
		return Number{}, fault.In(fault.InvalidField, "number")
	}
	return Number{kind, text}, nil
}

// input is what the pseudo-random functions are computed over. The kind is part of it: the same characters
// issued as something else are another person.
func (n Number) input() []byte {
	return []byte("tallystick/number/v1\x00" + string(n.kind) + "\x00" + n.text)
}

// Kind is what the number is issued as.
func (n Number) Kind() Kind { return n.kind }

// Reveal answers the number itself, for a bureau that the person allowed to be asked, and for nobody else.
func (n Number) Reveal() string { return n.text }

// IsZero reports whether there is no number.
func (n Number) IsZero() bool { return n.text == "" }

// String hides the number.
func (n Number) String() string { return "[identity number]" }

// GoString hides the number from %#v.
func (n Number) GoString() string { return n.String() }

// LogValue hides the number from structured logs.
func (n Number) LogValue() slog.Value { return slog.StringValue(n.String()) }

// MarshalText hides the number from every encoder that works with texts.
func (n Number) MarshalText() ([]byte, error) { return []byte(n.String()), nil }

const (
	fullWidthFirst, fullWidthLast = '！', '～'
	fullWidthOffset               = '！' - '!'
)

// fold makes capitals of half width and drops what separates groups of characters.
func fold(text string) string {
	return strings.ToUpper(strings.Map(func(r rune) rune {
		if r >= fullWidthFirst && r <= fullWidthLast {
			r -= fullWidthOffset
		}
		switch r {
		case ' ', '\t', '-', '\u3000', '\u00a0', '\u2010', '\u2011', '\u2013':
			return -1
		}
		return r
	}, text))
}

var (
	oldResidentID = regexp.MustCompile(`^[1-9][0-9]{14}$`)
	newResidentID = regexp.MustCompile(`^[1-9][0-9]{16}[0-9X]$`)
	passport      = regexp.MustCompile(`^[A-Z]{3}:[A-Z0-9]{5,20}$`)
)

// residentID checks a resident's number and answers its 18 characters. The numbers of 15 digits are of
// people born in the twentieth century and carry no check character.
func residentID(text string) (string, bool) {
	if oldResidentID.MatchString(text) {
		text = text[:6] + "19" + text[6:]
		text += residentCheck(text)
	}
	if !newResidentID.MatchString(text) || residentCheck(text[:17]) != text[17:] {
		return "", false
	}
	at, err := time.Parse("20060102", text[6:14]) // not a calendar.Date, to which the first day of 1970 is none
	return text, err == nil && at.Year() > 0
}

// residentCheck is the check character of 17 digits (ISO 7064, MOD 11-2).
func residentCheck(digits string) string {
	rest := 0
	for _, d := range digits {
		rest = (rest + int(d-'0')) * 2 % 11
	}
	check := (12 - rest) % 11
	if check == 10 {
		return "X"
	}
	return strconv.Itoa(check)
}

// organisationAlphabet leaves out the letters that are mistaken for digits or for each other.
const organisationAlphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"

// organisationCode checks the last character of a unified social credit code: the others are weighted with
// the powers of 3, modulo 31.
func organisationCode(text string) bool {
	if len(text) != 18 {
		return false
	}
	sum, weight := 0, 1
	for _, r := range text[:17] {
		value := strings.IndexRune(organisationAlphabet, r)
		if value < 0 {
			return false
		}
		sum += value * weight
		weight = weight * 3 % 31
	}
	return text[17] == organisationAlphabet[(31-sum%31)%31]
}
