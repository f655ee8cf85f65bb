package report

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/money"
)

// Value is what stands in a cell: a text, an amount, a count, a share, a day, or nothing. The zero value is nothing,
// which fits every column and is not zero.
type Value struct {
	kind      Kind
	words     Words
	code      string // what machines call it; empty where it is no code
	said      bool   // whether the words differ by language
	reference bool   // whether it is an identifier that paper has no room for
	number    int64
}

// Text is the same in every language: an id, a name.
func Text(text string) Value { return Value{kind: KindText, words: Words{EN: text, ZH: text}} }

// Reference is an identifier that is the same in every language. Where people read it on paper it is cut to the first
// ten letters behind its last point; every other format has it whole.
func Reference(id string) Value {
	return Value{kind: KindText, words: Words{EN: id, ZH: id}, reference: true}
}

// Coded is one of several things that there are, in the reader's language. Machines get its code beside the words: JSON
// and CSV hold both. What there are no words for is shown by its code.
func Coded(code string, words Words) Value {
	if code == "" {
		return Value{}
	}
	if words == (Words{}) {
		words = Words{EN: code, ZH: code}
	}
	return Value{kind: KindText, words: words, said: true, code: code}
}

// Said is a text in the reader's language.
func Said(words Words) Value { return Value{kind: KindText, words: words, said: true} }

// Minor is an amount in minor units of the document's currency.
func Minor(amount money.Minor) Value { return Value{kind: KindMinor, number: int64(amount)} }

// Count is a number of things.
func Count(n int64) Value { return Value{kind: KindCount, number: n} }

// PPM is a share or a rate.
func PPM(rate money.PPM) Value { return Value{kind: KindPPM, number: int64(rate)} }

// Day is a date; the zero date is nothing.
func Day(date calendar.Date) Value {
	if date.IsZero() {
		return Value{}
	}
	return Value{kind: KindDate, number: int64(date)}
}

// None is no value.
func None() Value { return Value{} }

// Kind is what the value counts; empty where there is no value.
func (v Value) Kind() Kind { return v.kind }

// Int is the number of an amount, count or share; false for anything else.
func (v Value) Int() (int64, bool) {
	return v.number, v.kind == KindMinor || v.kind == KindCount || v.kind == KindPPM
}

// Code is what machines call a coded value; empty for anything else.
func (v Value) Code() string { return v.code }

// In is a text in a language; empty for anything else.
func (v Value) In(l Language) string {
	if v.kind != KindText {
		return ""
	}
	return l.of(v.words)
}

func (v Value) date() calendar.Date { return calendar.Date(v.number) }

func (v Value) validate() error {
	if v.said && !told(v.words) || len(v.words.EN) > mostTextBytes || len(v.code) > mostTextBytes {
		return fmt.Errorf("%w: a text that is too long or in one language only", ErrDocument)
	}
	return nil
}

// plain is the value for machines that read text: no separators of thousands, a point for the decimals.
func (v Value) plain(currency money.Currency, l Language) string {
	switch v.kind {
	case KindText:
		return l.of(v.words)
	case KindMinor:
		return currency.Format(money.Minor(v.number))
	case KindCount:
		return strconv.FormatInt(v.number, 10)
	case KindPPM:
		return percent(v.number)
	case KindDate:
		return v.date().String()
	}
	return ""
}

// shown is the value for people, on paper.
func (v Value) shown(currency money.Currency, l Language) string {
	if v.reference {
		return short(v.words.EN)
	}
	return v.written(currency, l)
}

// written is the value for people where there is room for all of it.
func (v Value) written(currency money.Currency, l Language) string {
	switch v.kind {
	case "":
		return "–"
	case KindMinor, KindCount:
		return grouped(v.plain(currency, l))
	}
	return v.plain(currency, l)
}

// short is what paper shows of an identifier.
func short(id string) string {
	const letters = 10
	id = id[strings.LastIndexByte(id, '.')+1:]
	if runes := []rune(id); len(runes) > letters+1 {
		return string(runes[:letters]) + "…"
	}
	return id
}

// percent writes millionths as a percentage of two to four decimal places: "3.85%", "12.3456%". Nothing is rounded.
func percent(ppm int64) string {
	text := money.Currency("CLF").Format(money.Minor(ppm)) // four decimal places
	for range 2 {
		text = strings.TrimSuffix(text, "0")
	}
	return text + "%"
}

// grouped sets a comma before each three digits ahead of the point.
func grouped(number string) string {
	digits, negative := strings.CutPrefix(number, "-")
	whole, fraction, pointed := strings.Cut(digits, ".")
	var b strings.Builder
	if negative {
		b.WriteByte('-')
	}
	for i := range len(whole) {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteByte(whole[i])
	}
	if pointed {
		b.WriteString("." + fraction)
	}
	return b.String()
}
