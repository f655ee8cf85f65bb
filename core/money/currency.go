package money

import (
	"fmt"
	"strconv"
	"strings"
)

// Currency is an ISO 4217 alphabetic code.
type Currency string

// CNY is the currency in which the network keeps its first books.
const CNY Currency = "CNY"

// Amount is money that knows its currency.
type Amount struct {
	Minor    Minor    `json:"minor"`
	Currency Currency `json:"currency"`
}

// Valid reports whether the code has the form of ISO 4217: three upper-case letters. It does not ask
// whether such a currency circulates.
func (c Currency) Valid() bool {
	if len(c) != 3 {
		return false
	}
	for i := range len(c) {
		if c[i] < 'A' || c[i] > 'Z' {
			return false
		}
	}
	return true
}

// Digits is the number of decimal places of the minor unit in ISO 4217's list one. A code that is
// not named there as an exception has two.
func (c Currency) Digits() int {
	switch c {
	case "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG",
		"RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF":
		return 0
	case "BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND":
		return 3
	case "CLF", "UYW":
		return 4
	}
	return 2
}

// Format writes an amount in major units with every decimal place of the currency: "-12.30". It
// neither groups digits nor shows a symbol; that belongs to the page that shows it.
func (c Currency) Format(amount Minor) string {
	digits := c.Digits()
	text := strconv.FormatUint(magnitude(int64(amount)), 10)
	if missing := digits + 1 - len(text); missing > 0 {
		text = strings.Repeat("0", missing) + text
	}
	if digits > 0 {
		point := len(text) - digits
		text = text[:point] + "." + text[point:]
	}
	if amount < 0 {
		text = "-" + text
	}
	return text
}

// Parse reads what Format writes, and also fewer decimal places than the currency has ("12", "12.3").
// More places than the currency has are refused, never rounded.
func (c Currency) Parse(text string) (Minor, error) {
	if !c.Valid() {
		return 0, fmt.Errorf("parse amount in %q: %w", string(c), ErrCurrency)
	}
	body, negative := strings.CutPrefix(text, "-")
	whole, fraction, pointed := strings.Cut(body, ".")
	digits := c.Digits()
	if !isDigits(whole) || pointed && !isDigits(fraction) || len(fraction) > digits {
		return 0, fmt.Errorf("parse %q as %s: %w", text, c, ErrSyntax)
	}
	padded := whole + fraction + strings.Repeat("0", digits-len(fraction))
	units, err := strconv.ParseUint(padded, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("parse %q as %s: %w", text, c, ErrOverflow)
	}
	amount, err := signed(units, negative)
	if err != nil {
		return 0, fmt.Errorf("parse %q as %s: %w", text, c, err)
	}
	return amount, nil
}

// isDigits reports whether text is one or more decimal digits.
func isDigits(text string) bool {
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return text != ""
}

// String writes the amount for people: "CNY 12.34".
func (a Amount) String() string {
	return string(a.Currency) + " " + a.Currency.Format(a.Minor)
}
