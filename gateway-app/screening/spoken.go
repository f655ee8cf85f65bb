package screening

import (
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/mozillazg/go-pinyin"
)

// Between two words of pinyin there is always the end of a syllable, and nobody agrees on where else a word ends:
// Ouyang Xiu, Ou Yang Xiu, Ou-yang xiu and OUYANGXIU are one name. So names are compared by their syllables.

const (
	mostSpoken    = 32 // ways to say one name that are compared
	mostSyllables = 8  // of one word
)

// spellings are the syllables that others' spelling may stand for: ü is written u where a keyboard has none, and ue.
var spellings = map[string][]string{
	"lu": {"lu", "lv"}, "nu": {"nu", "nv"}, "lue": {"lve", "lv"}, "nue": {"nve", "nv"},
}

// pinyinSyllables are all that a character is read as, without tones.
var pinyinSyllables = sync.OnceValue(func() map[string]bool {
	known := map[string]bool{"lue": true, "nue": true}
	for _, readings := range pinyin.PinyinDict {
		for reading := range strings.SplitSeq(readings, ",") {
			if syllable := plainLetters(reading); strings.ContainsAny(syllable, "aeiouv") {
				known[syllable] = true
			}
		}
	}
	return known
})

// compoundSpellings are the surnames of two characters in pinyin, in each of their readings.
var compoundSpellings = sync.OnceValue(func() map[string]bool {
	known := map[string]bool{}
	for surname, readings := range compoundReadings {
		for _, reading := range slices.Concat(readings, usualReadings(surname)) {
			known[reading] = true
		}
	}
	return known
})

const longestSyllable = 6 // letters, as of zhuang

// segmented are all ways to say a word in syllables of pinyin, as it is spelled; none of a word that is no pinyin.
func segmented(word string) []string {
	known := pinyinSyllables()
	ways := make([][]string, len(word)+1) // to say what stands before each place
	ways[0] = []string{""}
	for end := 1; end <= len(word); end++ {
		for begin := max(0, end-longestSyllable); begin < end; begin++ {
			if known[word[begin:end]] {
				ways[end] = append(ways[end], joined(ways[begin], []string{word[begin:end]})...)
			}
		}
		ways[end] = ways[end][:min(len(ways[end]), mostSpoken)]
	}
	return slices.DeleteFunc(ways[len(word)], func(way string) bool { return strings.Count(way, " ") >= mostSyllables })
}

// joined says each head with each tail behind it, to the most that are compared.
func joined(heads, tails []string) []string {
	var all []string
	for _, head := range heads {
		for _, tail := range tails {
			all = append(all, strings.TrimSpace(head+" "+tail))
		}
	}
	return all[:min(len(all), mostSpoken)]
}

// respelled are the ways with every syllable that they may stand for.
func respelled(ways []string) []string {
	var all []string
	for _, way := range ways {
		heads := []string{""}
		for syllable := range strings.FieldsSeq(way) {
			tails := spellings[syllable]
			if tails == nil {
				tails = []string{syllable}
			}
			heads = joined(heads, tails)
		}
		all = append(all, heads...)
	}
	return all[:min(len(all), mostSpoken)]
}

// spokenLatin are the ways to say words in their order; none where a word is no pinyin.
func spokenLatin(words []string) []string {
	all := []string{""}
	for _, word := range words {
		all = joined(all, respelled(segmented(word)))
	}
	return all
}

// turnedLatin are the ways to say words of which the last, or the last two of a compound surname, are the surname.
func turnedLatin(words []string) []string {
	var all []string
	for _, size := range []int{1, 2} {
		last := len(words) - size
		if last < 1 || size > 1 && !compoundSpellings()[strings.Join(words[last:], "")] {
			continue
		}
		all = append(all, spokenLatin(slices.Concat(words[last:], words[:last]))...)
	}
	return all
}

// spokenHan are the ways to say a name in characters, by every reading of its surname and of its given name.
func spokenHan(surname, given string) []string {
	characters := utf8.RuneCountInString(surname)
	var heads []string
	for _, reading := range slices.Concat(surnameReadings(surname), usualReadings(surname)) {
		for _, way := range segmented(reading) {
			if strings.Count(way, " ") == characters-1 {
				heads = append(heads, way)
			}
		}
	}
	for _, r := range given {
		heads = joined(heads, syllables(r))
	}
	return heads
}

// compoundSplits are the ways to split words of which the first two, or the last two, are a compound surname.
func compoundSplits(words []string) []latin {
	last := len(words) - 1
	if last < 2 {
		return nil
	}
	var all []latin
	if head := words[0] + words[1]; compoundSpellings()[head] {
		all = append(all, latin{surname: head, given: strings.Join(words[2:], ""), compound: true})
	}
	if tail := words[last-1] + words[last]; compoundSpellings()[tail] {
		all = append(all, latin{surname: tail, given: strings.Join(words[:last-1], ""), swapped: true, compound: true})
	}
	return all
}

// sameSpoken reports whether two names have the same syllables, and whether only with the given name of one first.
func sameSpoken(a, b Name) (same, turned bool) {
	switch {
	case meet(a.spoken, b.spoken):
		return true, false
	case meet(a.turned, b.spoken), meet(a.spoken, b.turned):
		return true, true
	}
	return false, false
}

func meet(a, b []string) bool {
	return slices.ContainsFunc(a, func(each string) bool { return slices.Contains(b, each) })
}
