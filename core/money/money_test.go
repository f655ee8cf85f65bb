package money_test

import (
	"encoding/json"
	"errors"
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"github.com/tallystick/tallystick/core/money"
)

// anyMinor draws amounts with the bounds of 64 bits as likely as everyday ones.
func anyMinor() *rapid.Generator[money.Minor] {
	return rapid.Custom(func(t *rapid.T) money.Minor {
		return money.Minor(rapid.OneOf(
			rapid.Int64(),
			rapid.Int64Range(-1000, 1000),
			rapid.SampledFrom([]int64{math.MinInt64, math.MinInt64 + 1, -1, 0, 1, math.MaxInt64 - 1, math.MaxInt64}),
		).Draw(t, "minor"))
	})
}

// agree compares a checked operation with arithmetic that has no bounds.
func agree(t interface {
	Helper()
	Fatalf(string, ...any)
}, what string, got money.Minor, err error, want *big.Int,
) {
	t.Helper()
	switch {
	case !want.IsInt64() && !errors.Is(err, money.ErrOverflow):
		t.Fatalf("%s = %d, %v; the true %s does not fit and must be refused", what, got, err, want)
	case want.IsInt64() && (err != nil || int64(got) != want.Int64()):
		t.Fatalf("%s = %d, %v; want %s", what, got, err, want)
	}
}

func integer(m money.Minor) *big.Int { return big.NewInt(int64(m)) }

func TestSumsAreExactOrRefused(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := anyMinor().Draw(t, "a"), anyMinor().Draw(t, "b")
		sum, err := money.Add(a, b)
		agree(t, "Add", sum, err, new(big.Int).Add(integer(a), integer(b)))
		diff, err := money.Sub(a, b)
		agree(t, "Sub", diff, err, new(big.Int).Sub(integer(a), integer(b)))

		many := rapid.SliceOfN(anyMinor(), 0, 12).Draw(t, "many")
		want := new(big.Int)
		for _, m := range many {
			want.Add(want, integer(m))
		}
		total, err := money.Sum(many...)
		agree(t, "Sum", total, err, want)
	})
}

func TestSumDoesNotMindTheOrder(t *testing.T) {
	total, err := money.Sum(math.MaxInt64, math.MaxInt64, -math.MaxInt64, 5, -math.MaxInt64)
	if err != nil || total != 5 {
		t.Fatalf("Sum = %d, %v; want 5 although its middle does not fit", total, err)
	}
}

func TestMinorIsANumberInJSON(t *testing.T) {
	text, err := json.Marshal(money.Amount{Minor: -9007199254740993, Currency: money.CNY})
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"minor":-9007199254740993,"currency":"CNY"}`
	if string(text) != want {
		t.Fatalf("got %s, want %s", text, want)
	}
	var back money.Amount
	if err := json.Unmarshal(text, &back); err != nil || back.Minor != -9007199254740993 {
		t.Fatalf("read back %+v, %v", back, err)
	}
}

func TestProportionOfAnAmount(t *testing.T) {
	fee, err := money.PPM(15_000).Of(123_45, money.HalfEven)
	if err != nil || fee != 185 {
		t.Fatalf("1.5 %% of 123.45 = %d, %v; want 185 (1.85175)", fee, err)
	}
	if _, err := (2 * money.Million).Of(math.MaxInt64, money.Down); !errors.Is(err, money.ErrOverflow) {
		t.Fatalf("twice the greatest amount: %v, want ErrOverflow", err)
	}
}
