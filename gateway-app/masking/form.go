package masking

import (
	"strings"
	"unicode/utf8"
)

// Form says what a value is, and so how it is masked.
type Form string

// The forms.
const (
	Name           Form = "name"            // 张三 → 张*
	IdentityNumber Form = "identity_number" // 110101********1234
	Phone          Form = "phone"           // 138****5678
	BankAccount    Form = "bank_account"    // ****1234
	Email          Form = "email"           // z***@example.org
	Address        Form = "address"         // the first six characters, which name province and town
	Date           Form = "date"            // 1990-**-**
	Plain          Form = "plain"           // masked, nothing is left of it
)

const stars = "****"

// masks has what is left of a value of each form. A value that is not of its form is masked wholly.
var masks = map[Form]func(string) string{
	Name:           maskName,
	IdentityNumber: func(s string) string { return keepEnds(s, 18, 6, 4) },
	Phone:          func(s string) string { return keepEnds(s, 11, 3, 4) },
	BankAccount:    maskAccount,
	Email:          maskEmail,
	Address:        maskAddress,
	Date:           maskDate,
	Plain:          func(string) string { return stars },
}

// Mask writes what is left of a value of the form. No value stays no value.
func (f Form) Mask(value string) string {
	mask := masks[f]
	if value == "" || mask == nil {
		return ""
	}
	return mask(value)
}

// maskName keeps the first character and says how many others there are.
func maskName(s string) string {
	_, size := utf8.DecodeRuneInString(s)
	return s[:size] + strings.Repeat("*", utf8.RuneCountInString(s[size:]))
}

// keepEnds keeps both ends of a number of the one length that it may have.
func keepEnds(s string, length, head, tail int) string {
	if len(s) != length {
		return stars
	}
	return s[:head] + strings.Repeat("*", length-head-tail) + s[length-tail:]
}

// maskAccount keeps four digits of an account that has at least twice as many.
func maskAccount(s string) string {
	if len(s) < 8 {
		return stars
	}
	return stars + s[len(s)-4:]
}

func maskEmail(s string) string {
	name, host, found := strings.Cut(s, "@")
	if !found || name == "" {
		return stars
	}
	_, size := utf8.DecodeRuneInString(name)
	return name[:size] + "***@" + host
}

const addressHead = 6

func maskAddress(s string) string {
	if utf8.RuneCountInString(s) < 2*addressHead {
		return stars
	}
	return string([]rune(s)[:addressHead]) + stars
}

func maskDate(s string) string {
	if len(s) != len("2006-01-02") {
		return stars
	}
	return s[:4] + "-**-**"
}
