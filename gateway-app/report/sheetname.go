package report

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"
)

// mostSheetUnits is how long a sheet's name may be, in units of UTF-16 as spreadsheets count.
const mostSheetUnits = 31

// sheetNames are the names under which a workbook lists its overview and its tables: what they are called, cut between
// words where that is too long, without what spreadsheets refuse, and no two alike to a spreadsheet, to which small
// and capital letters are.
func (d Document) sheetNames(l Language) []string {
	titles := []string{l.of(wordOverview)}
	for _, t := range d.Tables {
		titles = append(titles, l.of(t.Title))
	}
	taken := map[string]bool{"history": true} // spreadsheets keep it for themselves
	names := make([]string, 0, len(titles))
	for _, title := range titles {
		clean := sheetLetters(title)
		name := cutBetweenWords(clean, mostSheetUnits)
		for n := 2; taken[foldedCase(name)]; n++ {
			number := fmt.Sprintf(" (%d)", n)
			name = cutBetweenWords(clean, mostSheetUnits-len(number)) + number
		}
		taken[foldedCase(name)] = true
		names = append(names, name)
	}
	return names
}

// sheetLetters is a title without what a sheet's name may not hold. Brackets become round, since they tell something;
// a name neither begins nor ends in an apostrophe.
func sheetLetters(title string) string {
	clean := strings.Map(func(r rune) rune {
		switch {
		case r == '[':
			return '('
		case r == ']':
			return ')'
		case strings.ContainsRune(`:*?/\`, r), unicode.IsControl(r), !unicode.IsPrint(r):
			return ' '
		}
		return r
	}, printable(title))
	clean = strings.Trim(strings.Join(strings.Fields(clean), " "), "' ")
	if clean == "" {
		return "–"
	}
	return clean
}

// cutBetweenWords shortens a text to so many units, between two words where there are any, and says so with three dots.
func cutBetweenWords(text string, units int) string {
	if unitsOf(text) <= units {
		return text
	}
	cut := ""
	for _, r := range text {
		if unitsOf(cut)+utf16.RuneLen(r)+1 > units {
			break
		}
		cut += string(r)
	}
	if strings.Trim(text[len(cut):], " ") == text[len(cut):] { // within a word, if this is a language that parts them
		if space := strings.LastIndexByte(cut, ' '); space > len(cut)/2 {
			cut = cut[:space]
		}
	}
	return strings.TrimRight(cut, " ',;:-，、；：") + "…"
}

func unitsOf(text string) int {
	units := 0
	for _, r := range text {
		units += utf16.RuneLen(r)
	}
	return units
}

// foldedCase maps all spellings of a text that differ in the case of letters to one.
func foldedCase(text string) string { return strings.ToLower(strings.ToUpper(text)) }
