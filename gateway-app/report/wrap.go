package report

import (
	"strings"
	"unicode"

	"github.com/signintech/gopdf"
)

// glyph is a letter in a weight.
type glyph struct {
	weight string
	letter rune
}

// metrics knows how wide texts are. The font is drawn without kerning, so a text is as wide as its letters.
type metrics struct {
	pdf   *gopdf.GoPdf
	known map[glyph]float64 // at a size of 1000
}

func (m metrics) letter(weight string, r rune) float64 {
	key := glyph{weight: weight, letter: r}
	if width, ok := m.known[key]; ok {
		return width
	}
	width := 1000.0 // what a font without the letter shows instead
	if m.pdf.SetFont(weight, "", 1000) == nil {
		if measured, err := m.pdf.MeasureTextWidth(string(r)); err == nil {
			width = measured
		}
	}
	m.known[key] = width
	return width
}

func (m metrics) width(s style, text string) float64 {
	sum := 0.0
	for _, r := range text {
		sum += m.letter(s.weight, r)
	}
	return sum * s.size / 1000
}

// fit shortens a text to a width, with an ellipsis where something was cut.
func (m metrics) fit(s style, text string, width float64) string {
	if m.width(s, text) <= width {
		return text
	}
	runes := []rune(text)
	for len(runes) > 0 && m.width(s, string(runes)+"…") > width {
		runes = runes[:len(runes)-1]
	}
	return string(runes) + "…"
}

// wrap breaks a text into lines of at most a width: at spaces, between Chinese characters, and inside a word only
// where it is longer than a line. No line begins with a mark that closes (GB/T 15834).
func (m metrics) wrap(s style, text string, width float64) []string {
	var lines []string
	line := ""
	for _, piece := range pieces(text) {
		if m.width(s, strings.TrimRight(line+piece, " ")) <= width {
			line += piece
			continue
		}
		if line != "" {
			lines = append(lines, strings.TrimRight(line, " "))
		}
		cut := m.cut(s, strings.TrimLeft(piece, " "), width)
		lines = append(lines, cut[:len(cut)-1]...)
		line = cut[len(cut)-1]
	}
	if line = strings.TrimRight(line, " "); line != "" || len(lines) == 0 {
		lines = append(lines, line)
	}
	return lines
}

// cut breaks a word that is longer than a line. The answer has at least one part.
func (m metrics) cut(s style, word string, width float64) []string {
	parts, part := []string{}, ""
	for _, r := range word {
		if part != "" && m.width(s, part+string(r)) > width {
			parts, part = append(parts, part), ""
		}
		part += string(r)
	}
	return append(parts, part)
}

// widestPiece is the longest that a text cannot be broken in.
func (m metrics) widestPiece(s style, text string) float64 {
	widest := 0.0
	for _, piece := range pieces(text) {
		widest = max(widest, m.width(s, strings.TrimRight(piece, " ")))
	}
	return widest
}

const (
	closing = "，。、；：？！）】》」』〉”’％…,.;:?!)]}%"
	opening = "（【《「『〈“‘([{"
)

// pieces are what stays together on a line: words with the space behind them, single Chinese characters with the marks
// that belong to them.
func pieces(text string) []string {
	var all []string
	var piece []rune
	for _, r := range text {
		if len(piece) > 0 && breaksBefore(piece[len(piece)-1], r) {
			all, piece = append(all, string(piece)), nil
		}
		piece = append(piece, r)
	}
	if len(piece) > 0 {
		all = append(all, string(piece))
	}
	return all
}

// breaksBefore says whether a line may end between two letters.
func breaksBefore(last, next rune) bool {
	switch {
	case unicode.IsSpace(next), strings.ContainsRune(closing, next), strings.ContainsRune(opening, last):
		return false
	case unicode.IsSpace(last):
		return true
	}
	return wide(last) || wide(next)
}

// wide says whether a letter is one of those that need no space between words.
func wide(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana) || r >= 0x3000 && r <= 0x303F || r >= 0xFF00 && r <= 0xFFEF
}
