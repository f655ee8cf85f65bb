package screening

import (
	"slices"

	"github.com/adrg/strutil/metrics"
)

// Rule says which comparison gave a score.
type Rule string

// The rules, in the order of the package's comment.
const (
	SameCharacters    Rule = "same_characters"
	CharactersSwapped Rule = "characters_swapped"
	SamePinyin        Rule = "same_pinyin"
	PinyinSwapped     Rule = "pinyin_swapped"
	Homophone         Rule = "homophone"
	SameLatin         Rule = "same_latin"
	LatinSwapped      Rule = "latin_swapped"
	SimilarCharacters Rule = "similar_characters"
	SimilarLatin      Rule = "similar_latin"
)

const (
	full = 1_000_000 // parts per million
	// DefaultThresholdPPM is the score from which a comparison is a hit.
	DefaultThresholdPPM = 850_000

	sameYearPPM  = 950_000
	otherYearPPM = 800_000

	surnamePercent = 40
)

var exact = map[Rule]int64{
	SameCharacters: full, CharactersSwapped: 950_000, SamePinyin: 950_000, PinyinSwapped: 930_000,
	Homophone: 900_000, SameLatin: full, LatinSwapped: 980_000,
}

// Score compares two names: parts per million, and by which rule.
func Score(a, b Name) (int64, Rule) {
	if len(a.readings) == 0 || len(b.readings) == 0 {
		return 0, ""
	}
	switch {
	case a.han != "" && b.han != "":
		return scoreHan(a, b)
	case a.han == "" && b.han == "":
		return scoreLatin(a, b, SameLatin, LatinSwapped)
	}
	return scoreLatin(a, b, SamePinyin, PinyinSwapped)
}

func scoreHan(a, b Name) (int64, Rule) {
	if a.han == b.han {
		return exact[SameCharacters], SameCharacters
	}
	for _, turned := range rotated(a.han) {
		if turned == b.han {
			return exact[CharactersSwapped], CharactersSwapped
		}
	}
	if same, _ := sameSplits(a.readings, b.readings); same {
		return exact[Homophone], Homophone
	}
	byCharacter := int64(jaroWinkler(a.han, b.han) * full)
	byReading := similarity(a.readings, b.readings) * exact[Homophone] / full
	if byReading > byCharacter {
		return byReading, SimilarLatin
	}
	return byCharacter, SimilarCharacters
}

func scoreLatin(a, b Name, same, swapped Rule) (int64, Rule) {
	equal, turned := sameSplits(a.readings, b.readings)
	if !equal {
		equal, turned = sameSpoken(a, b)
	}
	switch {
	case equal && turned:
		return exact[swapped], swapped
	case equal:
		return exact[same], same
	}
	return similarity(slices.Concat(a.readings, a.compound), slices.Concat(b.readings, b.compound)) * exact[same] / full, SimilarLatin
}

// similarity is the best pair of readings, surname with surname and given name with given name. A name
// of one word only is compared as a whole, and counts no more than its given name would.
func similarity(a, b []latin) int64 {
	var best int64
	for _, x := range a {
		for _, y := range b {
			best = max(best, pairSimilarity(x, y))
		}
	}
	return best
}

func pairSimilarity(x, y latin) int64 {
	if (x.compound || y.compound) && x.surname != y.surname {
		return 0
	}
	if x.given == "" || y.given == "" {
		return int64(jaroWinkler(x.surname+x.given, y.surname+y.given)*full) * (100 - surnamePercent/2) / 100
	}
	surname := int64(jaroWinkler(x.surname, y.surname) * full)
	given := int64(jaroWinkler(x.given, y.given) * full)
	return (surname*surnamePercent + given*(100-surnamePercent)) / 100
}

func jaroWinkler(a, b string) float64 { return metrics.NewJaroWinkler().Compare(a, b) }

// weighBirth takes off a score what two dates of birth that differ take off. Dates are as ISO 8601 writes
// them; a list may know the year alone.
func weighBirth(score int64, a, b string) int64 {
	switch {
	case a == "" || b == "" || a == b:
		return score
	case len(a) >= 4 && len(b) >= 4 && a[:4] == b[:4]:
		if len(a) == 4 || len(b) == 4 {
			return score
		}
		return score * sameYearPPM / full
	}
	return score * otherYearPPM / full
}
