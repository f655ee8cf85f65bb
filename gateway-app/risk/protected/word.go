package protected

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// mostJoined is how many neighbouring words are read as one, so that date_of_birth is dateofbirth.
const mostJoined = 4

// Word is the word in a name that says it holds something protected, or nothing.
func Word(name string) string {
	name = norm.NFKC.String(name)
	if word := hanWord(name); word != "" {
		return word
	}
	all := wordsOf(name)
	for size := 1; size <= min(mostJoined, len(all)); size++ {
		for at := range len(all) - size + 1 {
			if word := joined(all, at, size); word != "" {
				return word
			}
		}
	}
	return ""
}

// joined is what some neighbouring words say when they are read as one.
func joined(all []string, at, size int) string {
	word := strings.Join(all[at:at+size], "")
	if all[at] == "age" && at > 0 && slices.Contains(things, all[at-1]) {
		return ""
	}
	if slices.Contains(words, word) {
		return word
	}
	if size > 1 {
		return ""
	}
	for _, stem := range stems {
		if strings.Contains(word, stem) {
			return stem
		}
	}
	return ""
}

// hanWord finds Chinese words wherever they stand, whatever other signs are between theirs.
func hanWord(name string) string {
	han := strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Han, r) {
			return r
		}
		return -1
	}, name)
	for _, thing := range hanThings {
		han = strings.ReplaceAll(han, thing, "")
	}
	for _, word := range hanWords {
		if strings.Contains(han, word) {
			return word
		}
	}
	return ""
}

// wordsOf tells words apart by what is no letter, by Chinese signs and by capitals.
func wordsOf(name string) []string {
	var b strings.Builder
	lower := false
	for _, r := range name {
		if lower && unicode.IsUpper(r) {
			b.WriteByte(' ')
		}
		lower = unicode.IsLower(r)
		if !unicode.IsLetter(r) || unicode.Is(unicode.Han, r) {
			r = ' '
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return strings.Fields(b.String())
}
