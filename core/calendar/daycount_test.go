package calendar_test

import (
	"fmt"
	"math/big"
	"os"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/tallystick/tallystick/core/calendar"
)

var dayCounts = []calendar.DayCount{
	calendar.Actual360, calendar.Actual365, calendar.ActualActualISDA, calendar.Thirty360, calendar.Thirty360E,
}

func fraction(c calendar.DayCount, from, to calendar.Date) *big.Rat {
	num, den := c.Fraction(from, to)
	return big.NewRat(num, den)
}

func TestDayCountVectors(t *testing.T) {
	text, err := os.ReadFile("testdata/daycount.txt")
	if err != nil {
		t.Fatal(err)
	}
	checked := map[calendar.DayCount]int{}
	for number, line := range strings.Split(string(text), "\n") {
		fields := strings.Fields(line)
		if len(fields) == 0 || strings.HasPrefix(line, "#") {
			continue
		}
		want := new(big.Rat)
		for _, part := range fields[3:] {
			term, ok := new(big.Rat).SetString(part)
			if !ok {
				t.Fatalf("line %d: %q is no fraction", number+1, part)
			}
			want.Add(want, term)
		}
		convention := calendar.DayCount(fields[0])
		if got := fraction(convention, date(t, fields[1]), date(t, fields[2])); got.Cmp(want) != 0 {
			t.Errorf("line %d: %s, want %s", number+1, got, want)
		}
		checked[convention]++
	}
	for _, c := range dayCounts {
		if checked[c] == 0 {
			t.Errorf("no vector for %s", c)
		}
	}
}

// aDate draws days of this century and the last.
func aDate() *rapid.Generator[calendar.Date] {
	return rapid.Map(rapid.Int32Range(-25_000, 47_000), func(d int32) calendar.Date { return calendar.Date(d) })
}

func TestFractionIsSignedAndNeverRunsBackwards(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		convention := rapid.SampledFrom(dayCounts).Draw(t, "convention")
		from, to := aDate().Draw(t, "from"), aDate().Draw(t, "to")
		forth, back := fraction(convention, from, to), fraction(convention, to, from)
		if forth.Cmp(back.Neg(back)) != 0 {
			t.Fatalf("%s from %s to %s is %s, and back %s", convention, from, to, forth, back)
		}
		if from <= to && forth.Sign() < 0 || fraction(convention, from, from).Sign() != 0 {
			t.Fatalf("%s from %s to %s is %s", convention, from, to, forth)
		}
		if longer := fraction(convention, from, to+1); longer.Cmp(forth) < 0 {
			t.Fatalf("%s from %s: a day more after %s makes less of a year", convention, from, to)
		}
	})
}

// Interest over two adjoining periods is that over both: true of the actual conventions, and the very
// thing in which the thirty-day ones differ.
func TestActualFractionsAdd(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		convention := rapid.SampledFrom(dayCounts[:3]).Draw(t, "convention")
		a, b, c := aDate().Draw(t, "a"), aDate().Draw(t, "b"), aDate().Draw(t, "c")
		sum := new(big.Rat).Add(fraction(convention, a, b), fraction(convention, b, c))
		if whole := fraction(convention, a, c); whole.Cmp(sum) != 0 {
			t.Fatalf("%s: %s, %s, %s give %s and in two steps %s", convention, a, b, c, whole, sum)
		}
	})
}

func TestUnknownDayCountHasNoDenominator(t *testing.T) {
	for _, c := range dayCounts {
		if !c.Valid() {
			t.Errorf("%s is not valid", c)
		}
	}
	unknown := calendar.DayCount("actual/364")
	num, den := unknown.Fraction(1, 2)
	if unknown.Valid() || num != 0 || den != 0 {
		t.Errorf("an unknown convention is valid %v and gives %d/%d", unknown.Valid(), num, den)
	}
}

func ExampleDayCount_Fraction() {
	from, to := calendar.NewDate(2023, 7, 1), calendar.NewDate(2024, 7, 1)
	for _, c := range dayCounts {
		num, den := c.Fraction(from, to)
		fmt.Printf("%-18s %d/%d\n", c, num, den)
	}
	// Output:
	// actual/360         366/360
	// actual/365         366/365
	// actual/actual-isda 133774/133590
	// 30/360             360/360
	// 30E/360            360/360
}
