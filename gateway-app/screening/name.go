package screening

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

//go:embed data/traditional.txt
var traditionalPairs string

// simplified maps each traditional character to the simplified one that it is written as.
var simplified = sync.OnceValue(func() map[rune]rune {
	pairs := map[rune]rune{}
	for line := range strings.Lines(traditionalPairs) {
		line = strings.TrimSpace(line)
		from, size := utf8.DecodeRuneInString(line)
		to, _ := utf8.DecodeRuneInString(line[size:])
		if !strings.HasPrefix(line, "#") && line != "" {
			pairs[from] = to
		}
	}
	return pairs
})

// Simplify writes a text's traditional characters as simplified ones.
func Simplify(text string) string {
	table := simplified()
	return strings.Map(func(r rune) rune {
		if s, ok := table[r]; ok {
			return s
		}
		return r
	}, text)
}

// Name is a name made ready for comparison.
type Name struct {
	han      string   // simplified characters without separators; empty for a name in Latin letters
	readings []latin  // how it may be written in Latin letters
	compound []latin  // how it may be split with a surname of two words
	spoken   []string // its syllables of pinyin, a blank between two, surname first; none of a name that is no pinyin
	turned   []string // its syllables where the given name stood first
}

// latin is one way to split a name that is written in Latin letters.
type latin struct {
	surname, given string
	swapped        bool // the given name stood first
	compound       bool // the surname are two words: it counts as a whole or not at all
}

// ParseName reads a name in any of the scripts. Marks, blanks, case and width do not matter.
func ParseName(text string) Name {
	text = strings.ToLower(norm.NFKC.String(text))
	if strings.ContainsFunc(text, isHan) {
		return parseHan(Simplify(text))
	}
	return parseLatin(text)
}

func isHan(r rune) bool { return unicode.Is(unicode.Han, r) }

// parseHan keeps the characters only: what else stands in a Chinese name separates.
func parseHan(text string) Name {
	han := strings.Map(func(r rune) rune {
		if isHan(r) {
			return r
		}
		return -1
	}, text)
	surname, given := splitHan(han)
	n := Name{han: han, spoken: spokenHan(surname, given)}
	for _, g := range givenReadings(given) {
		for _, s := range surnameReadings(surname) {
			n.readings = append(n.readings, latin{surname: s, given: g})
		}
	}
	return n
}

// splitHan finds the surname: a compound one where the name begins with it and something is left.
func splitHan(han string) (surname, given string) {
	runes := []rune(han)
	if len(runes) > 2 && compoundReadings[string(runes[:2])] != nil {
		return string(runes[:2]), string(runes[2:])
	}
	if len(runes) == 0 {
		return "", ""
	}
	return string(runes[:1]), string(runes[1:])
}

// parseLatin reads either end as the surname.
func parseLatin(text string) Name {
	tokens := strings.FieldsFunc(plainLetters(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	if len(tokens) == 0 {
		return Name{}
	}
	n := Name{compound: compoundSplits(tokens), spoken: spokenLatin(tokens), turned: turnedLatin(tokens)}
	last := len(tokens) - 1
	first := latin{surname: tokens[0], given: strings.Join(tokens[1:], "")}
	n.readings = []latin{first}
	if last > 0 {
		n.readings = append(n.readings, latin{surname: tokens[last], given: strings.Join(tokens[:last], ""), swapped: true})
	}
	return n
}

// plainLetters drops tones and writes ü as v, the way keyboards and go-pinyin do; passports' yu behind l
// and n is the same sound. Behind j, q, x and y every u is ü, and is written u.
func plainLetters(text string) string {
	text = strings.NewReplacer("ü", "v", "ǖ", "v", "ǘ", "v", "ǚ", "v", "ǜ", "v", "'", "", "’", "").Replace(text)
	text = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFD.String(text))
	return strings.NewReplacer("lyu", "lv", "nyu", "nv", "jv", "ju", "qv", "qu", "xv", "xu", "yv", "yu").Replace(text)
}

// sameSplits reports whether one reading of each is the same, and whether one of them was swapped.
func sameSplits(a, b []latin) (same, swapped bool) {
	for _, x := range a {
		for _, y := range b {
			if x.surname != y.surname || x.given != y.given {
				continue
			}
			if x.swapped == y.swapped {
				return true, false
			}
			same, swapped = true, true
		}
	}
	return same, swapped
}

func rotated(han string) []string {
	runes := []rune(han)
	var all []string
	for _, size := range []int{1, 2} {
		if len(runes) > size {
			all = append(all, string(slices.Concat(runes[len(runes)-size:], runes[:len(runes)-size])))
		}
	}
	return all
}
