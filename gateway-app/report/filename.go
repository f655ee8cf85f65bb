package report

import (
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"slices"
	"strings"
)

// Filename is what a downloaded report is called: which report, of whom, asked how, by whom where somebody else
// computed it, of what span or day, and in which language. JSON holds both languages and names none.
//
// Reports that differ in one of these never share a name, also on disks to which letters of either case are the same.
func Filename(d Document, f Format, l Language) string { return d.filename(d.ID, f, l) }

// Disposition is the header Content-Disposition of a download (RFC 6266): the name that every program can keep, and
// before a Chinese reader one whose first part is Chinese (RFC 8187).
func Disposition(d Document, f Format, l Language) string {
	header := `attachment; filename="` + Filename(d, f, l) + `"`
	if l == ZH && f != JSON {
		header += "; filename*=UTF-8''" + url.QueryEscape(d.filename(titlePart(d.Title.ZH), f, l))
	}
	return header
}

func (d Document) filename(first string, f Format, l Language) string {
	parts := []string{first}
	for _, of := range d.Of {
		parts = append(parts, namePart(of))
	}
	for _, how := range d.Asked {
		parts = append(parts, namePart(how))
	}
	if d.By != "" && !slices.Contains(d.Of, d.By) {
		parts = append(parts, "by-"+namePart(d.By))
	}
	switch {
	case d.Span != "":
		parts = append(parts, namePart(d.Span))
	case !d.AsOf.IsZero():
		parts = append(parts, d.AsOf.String())
	}
	if f != JSON {
		parts = append(parts, string(l))
	}
	return strings.Join(parts, "_") + "." + string(f)
}

// The bounds of a part of a file's name: what is longer keeps its first letters, as many as paper shows of an
// identifier, and a few of its digest instead of the rest.
const (
	longestPart  = 24
	keptOfPart   = 10
	digestOfPart = 8 // digits
)

// namePart is an identifier as a part of a file's name: small letters, digits, points and hyphens. What is not so
// already, or is too long, is told apart by the beginning of its SHA-256.
func namePart(id string) string {
	plain := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '.' || r == '-' {
			return r
		}
		return '-'
	}, strings.ToLower(id))
	if plain == id && len(plain) <= longestPart && strings.Trim(plain, ".") == plain {
		return plain
	}
	plain = plain[strings.LastIndexByte(plain, '.')+1:]
	sum := sha256.Sum256([]byte(id))
	return plain[:min(len(plain), keptOfPart)] + "-" + hex.EncodeToString(sum[:])[:digestOfPart]
}

// titlePart is a report's title as a part of a file's name, in which no letter means anything to a disk.
func titlePart(title string) string {
	return strings.Map(func(r rune) rune {
		if r <= ' ' || strings.ContainsRune(`/\:*?"<>|_.`, r) {
			return '-'
		}
		return r
	}, printable(title))
}
