package party

import (
	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
)

// ValidID reports whether a text can name a party, a member or another record: 1 to 64 letters,
// digits and . _ : - in ASCII, so that it reads the same in every encoding and log.
func ValidID(text string) bool {
	const longest = 64
	if text == "" || len(text) > longest {
		return false
	}
	for i := range len(text) {
		c := text[i]
		alphanumeric := '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		if !alphanumeric && c != '.' && c != '_' && c != ':' && c != '-' {
			return false
		}
	}
	return true
}

// RequireID refuses a field that is empty or that names nothing.
func RequireID(text, field string) error {
	switch {
	case text == "":
		return fault.In(fault.MissingField, field)
	case !ValidID(text):
		return fault.In(fault.InvalidField, field)
	}
	return nil
}

// RequireDate refuses a field without a date.
func RequireDate(date calendar.Date, field string) error {
	if date.IsZero() {
		return fault.In(fault.MissingField, field)
	}
	return nil
}

// RequireDigest refuses what is not a SHA-256 digest in lower-case hexadecimal.
func RequireDigest(text, field string) error {
	const digits = 64
	if text == "" {
		return fault.In(fault.MissingField, field)
	}
	if len(text) != digits {
		return fault.In(fault.DigestMalformed, field)
	}
	for i := range len(text) {
		if c := text[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return fault.In(fault.DigestMalformed, field)
		}
	}
	return nil
}
