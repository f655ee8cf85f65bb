package money_test

import (
	"errors"
	"fmt"
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/tallystick/tallystick/core/money"
)

func ExampleAmount_String() {
	fmt.Println(money.Amount{Minor: 1234, Currency: "CNY"})
	fmt.Println(money.Amount{Minor: -5, Currency: "CNY"})
	fmt.Println(money.Amount{Minor: 1234, Currency: "JPY"})
	fmt.Println(money.Amount{Minor: 1234, Currency: "KWD"})
	fmt.Println(money.Amount{Minor: math.MinInt64, Currency: "CLF"})
	// Output:
	// CNY 12.34
	// CNY -0.05
	// JPY 1234
	// KWD 1.234
	// CLF -922337203685477.5808
}

func TestCurrencyHasThreeCapitals(t *testing.T) {
	for code, valid := range map[money.Currency]bool{
		"CNY": true, "ZZZ": true, "": false, "CN": false, "CNYX": false, "cny": false, "CN1": false, "C¥": false,
	} {
		if code.Valid() != valid {
			t.Errorf("%q valid = %v, want %v", code, !valid, valid)
		}
	}
}

func TestFormattedAmountReadsBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		currency := rapid.SampledFrom([]money.Currency{"CNY", "JPY", "KWD", "CLF"}).Draw(t, "currency")
		amount := anyMinor().Draw(t, "amount")
		back, err := currency.Parse(currency.Format(amount))
		if err != nil || back != amount {
			t.Fatalf("%s %d is written %s and read as %d, %v", currency, amount, currency.Format(amount), back, err)
		}
	})
}

func TestParseTakesFewerPlacesAndNeverMore(t *testing.T) {
	for _, c := range []struct {
		currency money.Currency
		text     string
		want     money.Minor
		refusal  error
	}{
		{"CNY", "12", 1200, nil},
		{"CNY", "12.3", 1230, nil},
		{"CNY", "007.30", 730, nil},
		{"CNY", "-0.01", -1, nil},
		{"JPY", "12", 12, nil},
		{"CNY", "12.345", 0, money.ErrSyntax},
		{"CNY", "12.", 0, money.ErrSyntax},
		{"CNY", ".5", 0, money.ErrSyntax},
		{"CNY", "", 0, money.ErrSyntax},
		{"CNY", "-", 0, money.ErrSyntax},
		{"CNY", "--1", 0, money.ErrSyntax},
		{"CNY", "+1", 0, money.ErrSyntax},
		{"CNY", "1,000", 0, money.ErrSyntax},
		{"CNY", "1e3", 0, money.ErrSyntax},
		{"CNY", "1_0", 0, money.ErrSyntax},
		{"JPY", "12.0", 0, money.ErrSyntax},
		{"CNY", "92233720368547758.08", 0, money.ErrOverflow},
		{"CNY", "-92233720368547758.08", math.MinInt64, nil},
		{"CNY", "999999999999999999999", 0, money.ErrOverflow},
		{"yuan", "1", 0, money.ErrCurrency},
	} {
		got, err := c.currency.Parse(c.text)
		if got != c.want || !errors.Is(err, c.refusal) {
			t.Errorf("%s %q = %d, %v; want %d, %v", c.currency, c.text, got, err, c.want, c.refusal)
		}
	}
}
