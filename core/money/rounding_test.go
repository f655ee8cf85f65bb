package money_test

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"os"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/core/money"
)

var roundings = []money.Rounding{money.Down, money.Up, money.HalfUp, money.HalfEven}

func TestRoundingVectors(t *testing.T) {
	text, err := os.ReadFile("testdata/rounding.txt")
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	for number, line := range strings.Split(string(text), "\n") {
		if strings.HasPrefix(line, "#") || strings.TrimSpace(line) == "" {
			continue
		}
		var amount, num, den int64
		want := make([]int64, len(roundings))
		if _, err := fmt.Sscan(line, &amount, &num, &den, &want[0], &want[1], &want[2], &want[3]); err != nil {
			t.Fatalf("line %d: %v", number+1, err)
		}
		for i, r := range roundings {
			got, err := money.MulDiv(money.Minor(amount), num, den, r)
			if err != nil || int64(got) != want[i] {
				t.Errorf("line %d: %s gives %d, %v; want %d", number+1, r, got, err, want[i])
			}
			checked++
		}
	}
	if checked < 4*15 {
		t.Fatalf("only %d vectors were read", checked)
	}
}

// roundedExactly divides without bounds: the quotient towards zero, then one step by the definition
// of each rounding.
func roundedExactly(a, num, den int64, r money.Rounding) *big.Int {
	product := new(big.Int).Mul(big.NewInt(a), big.NewInt(num))
	quotient, remainder := new(big.Int).QuoRem(product, big.NewInt(den), new(big.Int))
	twice := new(big.Int).Abs(remainder)
	half := twice.Lsh(twice, 1).Cmp(new(big.Int).Abs(big.NewInt(den)))
	step := false
	switch r {
	case money.Up:
		step = remainder.Sign() != 0
	case money.HalfUp:
		step = half >= 0
	case money.HalfEven:
		step = half > 0 || half == 0 && quotient.Bit(0) == 1
	}
	if step {
		quotient.Add(quotient, big.NewInt(int64(product.Sign()*big.NewInt(den).Sign())))
	}
	return quotient
}

func FuzzMulDiv(f *testing.F) {
	f.Add(int64(10), int64(1), int64(4))
	f.Add(int64(math.MinInt64), int64(math.MinInt64), int64(math.MinInt64))
	f.Add(int64(math.MaxInt64), int64(math.MaxInt64), int64(1))
	f.Add(int64(math.MinInt64), int64(1), int64(-1))
	f.Add(int64(-7), int64(3), int64(2))
	f.Add(int64(math.MaxInt64), int64(2), int64(4))
	f.Add(int64(5), int64(5), int64(0))
	f.Fuzz(func(t *testing.T, a, num, den int64) {
		for _, r := range roundings {
			got, err := money.MulDiv(money.Minor(a), num, den, r)
			if den == 0 {
				if !errors.Is(err, money.ErrDivisor) {
					t.Fatalf("%d*%d/0 = %d, %v", a, num, got, err)
				}
				continue
			}
			agree(t, fmt.Sprintf("%s of %d*%d/%d", r, a, num, den), got, err, roundedExactly(a, num, den, r))
		}
	})
}

func TestUnknownRoundingIsRefused(t *testing.T) {
	for _, r := range append(roundings, "", "nearest") {
		known := r != "" && r != "nearest"
		_, err := money.MulDiv(7, 1, 2, r)
		if r.Valid() != known || errors.Is(err, money.ErrRounding) == known {
			t.Errorf("%q: valid %v, error %v", r, r.Valid(), err)
		}
	}
}

func BenchmarkMulDiv(b *testing.B) {
	for b.Loop() {
		if _, err := money.MulDiv(1_234_567, 120_000*30, 360_000_000, money.HalfEven); err != nil {
			b.Fatal(err)
		}
	}
}
