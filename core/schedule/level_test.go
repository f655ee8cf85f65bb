package schedule

import (
	"errors"
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"github.com/tallystick/tallystick/core/money"
)

// somePeriods draws monthly periods of unequal length at rates from none to absurd.
func somePeriods() *rapid.Generator[periods] {
	return rapid.Custom(func(t *rapid.T) periods {
		rate := rapid.OneOf(
			rapid.Int64Range(0, 400_000), rapid.Int64Range(0, int64(MaxRatePPM)), rapid.Just(int64(120_000)),
		).Draw(t, "rate")
		p := periods{denominator: int64(money.Million) * rapid.SampledFrom([]int64{360, 365, 365 * 366}).Draw(t, "year")}
		days := rapid.OneOf(rapid.Int64Range(0, 31), rapid.Int64Range(28, 31), rapid.Just(int64(30)))
		for _, d := range rapid.SliceOfN(days, 1, 60).Draw(t, "days") {
			p.numerators = append(p.numerators, rate*d)
		}
		return p
	})
}

// presentValue is the textbook's other way round: what unit payments are worth today, each discounted
// through the periods before it.
func presentValue(p periods) *big.Rat {
	worth, discount := new(big.Rat), big.NewRat(1, 1)
	for _, n := range p.numerators {
		discount.Mul(discount, big.NewRat(p.denominator, p.denominator+n))
		worth.Add(worth, discount)
	}
	return worth
}

// rounded rounds a ratio that is not negative by the definition of each rounding.
func rounded(x *big.Rat, r money.Rounding) *big.Int {
	whole, rest := new(big.Int).QuoRem(x.Num(), x.Denom(), new(big.Int))
	half := rest.Lsh(rest, 1).Cmp(x.Denom())
	up := false
	switch r {
	case money.Up:
		up = rest.Sign() > 0
	case money.HalfUp:
		up = half >= 0
	case money.HalfEven:
		up = half > 0 || half == 0 && whole.Bit(0) == 1
	}
	if up {
		whole.Add(whole, big.NewInt(1))
	}
	return whole
}

// The payment is the principal over the present value of unit payments, and the fast way never
// differs from the exact one.
func TestLevelPaymentIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := somePeriods().Draw(t, "periods")
		principal := rapid.OneOf(
			rapid.Int64Range(1, 1000), rapid.Int64Range(1, 100_000_000), rapid.Int64Range(1, math.MaxInt64),
		).Draw(t, "principal")
		multiple := rapid.SampledFrom([]int64{1, 1, 2, 100, 777}).Draw(t, "multiple")
		r := rapid.SampledFrom([]money.Rounding{money.Down, money.Up, money.HalfUp, money.HalfEven}).Draw(t, "rounding")

		units := new(big.Rat).SetFrac64(principal, multiple)
		want := rounded(units.Quo(units, presentValue(p)), r)
		want.Mul(want, big.NewInt(multiple))
		exact, err := exactLevel(money.Minor(principal), p, money.Minor(multiple), r)
		if !want.IsInt64() {
			if _, ok := boundedLevel(money.Minor(principal), p, money.Minor(multiple), r); ok || !errors.Is(err, money.ErrOverflow) {
				t.Fatalf("payment %d, %v; the true %s does not fit", exact, err, want)
			}
			return
		}
		if err != nil || int64(exact) != want.Int64() {
			t.Fatalf("exact payment %d, %v; want %s", exact, err, want)
		}
		if fast, ok := boundedLevel(money.Minor(principal), p, money.Minor(multiple), r); ok && fast != exact {
			t.Fatalf("fast payment %d, exact %d", fast, exact)
		}
		level, err := levelPayment(money.Minor(principal), p, money.Minor(multiple), r)
		if err != nil || level != exact {
			t.Fatalf("payment %d, %v; exact %d", level, err, exact)
		}
	})
}

// Both ends of a bracket round as exact arithmetic rounds them, halves and whole multiples included.
func TestFixedPointRounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := fixed{
			whole:    rapid.Uint64Range(0, 10_000).Draw(t, "whole"),
			fraction: rapid.OneOf(rapid.Just(uint64(0)), rapid.Just(uint64(1<<63)), rapid.Uint64()).Draw(t, "fraction"),
		}
		multiple := rapid.Uint64Range(1, 200).Draw(t, "multiple")
		r := rapid.SampledFrom([]money.Rounding{money.Down, money.Up, money.HalfUp, money.HalfEven}).Draw(t, "rounding")
		numerator := new(big.Int).SetUint64(f.whole)
		numerator.Lsh(numerator, 64).Add(numerator, new(big.Int).SetUint64(f.fraction))
		denominator := new(big.Int).SetUint64(multiple)
		want := rounded(new(big.Rat).SetFrac(numerator, denominator.Lsh(denominator, 64)), r).Uint64() * multiple
		if got, err := f.round(multiple, r); err != nil || got != want {
			t.Fatalf("%+v to a multiple of %d, %s: %d, %v; want %d", f, multiple, r, got, err, want)
		}
	})
}

// Payments that lie on the very edge between two roundings are where a bound must not decide.
func TestLevelPaymentOnTheEdge(t *testing.T) {
	for _, c := range []struct {
		principal money.Minor
		months    int
		r         money.Rounding
		want      money.Minor
	}{
		{5, 2, money.HalfEven, 2}, // 2.5 exactly
		{7, 2, money.HalfEven, 4}, // 3.5 exactly
		{5, 2, money.HalfUp, 3},
		{1200, 12, money.Down, 100}, // 100 exactly: neither down nor up may move it
		{1200, 12, money.Up, 100},
		{1201, 12, money.Up, 101},
		{1199, 12, money.Down, 99},
	} {
		p := periods{numerators: make([]int64, c.months), denominator: 360_000_000}
		if got, err := levelPayment(c.principal, p, 1, c.r); err != nil || got != c.want {
			t.Errorf("%d in %d parts, %s: %d, %v; want %d", c.principal, c.months, c.r, got, err, c.want)
		}
	}
	if _, err := levelPayment(100, periods{numerators: []int64{1}, denominator: 3}, 1, "nearest"); err == nil {
		t.Error("an unknown rounding is accepted")
	}
}

// The fast way decides loans as they are lent; were its bound too wide, every schedule would pay for
// exact arithmetic.
func TestFastWayDecidesEverydayLoans(t *testing.T) {
	decided, loans := 0, 0
	for principal := money.Minor(1_000_00); principal <= 1_000_000_00; principal = principal*7/5 + 1 {
		for rate := int64(30_000); rate <= 360_000; rate += 3_100 {
			for _, months := range []int{3, 6, 12, 24, 36, 60} {
				p := periods{numerators: make([]int64, months), denominator: 365_000_000}
				for i := range p.numerators {
					p.numerators[i] = rate * int64(28+i*7%4)
				}
				loans++
				if _, ok := boundedLevel(principal, p, 1, money.HalfEven); ok {
					decided++
				}
			}
		}
	}
	if decided*1000 < loans*999 {
		t.Fatalf("%d of %d loans were decided the fast way, want 999 in 1000", decided, loans)
	}
}

func BenchmarkLevelPayment(b *testing.B) {
	p := periods{numerators: make([]int64, 36), denominator: 365_000_000}
	for i := range p.numerators {
		p.numerators[i] = 119_900 * int64(28+i*7%4)
	}
	b.Run("bounded", func(b *testing.B) {
		for b.Loop() {
			if _, ok := boundedLevel(12_345_67, p, 1, money.HalfEven); !ok {
				b.Fatal("undecided")
			}
		}
	})
	b.Run("exact", func(b *testing.B) {
		for b.Loop() {
			if _, err := exactLevel(12_345_67, p, 1, money.HalfEven); err != nil {
				b.Fatal(err)
			}
		}
	})
}
