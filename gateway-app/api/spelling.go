package api

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// unknown says which part of an input nobody knows: by its position, because its own name is the caller's invention
// and may be anything, and by the name that it resembles, which is ours.
func unknown(what string, position int, name string, known []string) string {
	if position == 0 {
		return ""
	}
	said := fmt.Sprintf(": %s %d is not known", what, position)
	if meant := resembling(name, known); meant != "" {
		said += ", is " + meant + " meant?"
	}
	return said
}

// mostSlips is how many letters apart a name may be from the one that it resembles.
const mostSlips = 2

// resembling is the known name that another is a spelling of: but for capitals, underscores and hyphens, or a slip.
func resembling(name string, known []string) string {
	if len(name) > 64 {
		return ""
	}
	best, least := "", mostSlips+1
	for _, candidate := range known {
		if slips := distance(plainSpelling(name), plainSpelling(candidate)); slips < least && slips*2 < len(candidate) {
			best, least = candidate, slips
		}
	}
	return best
}

func plainSpelling(name string) string {
	return strings.NewReplacer("_", "", "-", "", " ", "").Replace(strings.ToLower(name))
}

// distance is how many letters must be put in, left out or changed to make one text of another.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for i := range row {
		row[i] = i
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}

// sorted lists the names in their order.
func (n names) sorted() []string { return slices.Sorted(maps.Keys(n)) }

// memberPosition finds which member of its object a name is, from 1; 0 when the body has none at that path.
func memberPosition(body []byte, parent, name string) int {
	want := pointerOf(parent).AppendToken(name)
	decoder := jsontext.NewDecoder(bytes.NewReader(body), jsontext.AllowDuplicateNames(true))
	for {
		if _, err := decoder.ReadToken(); err != nil {
			return 0
		}
		kind, length := decoder.StackIndex(decoder.StackDepth())
		if kind == '{' && length%2 == 1 && decoder.StackPointer() == want {
			return int(length+1) / 2
		}
	}
}

// pointerOf is a path of ours, such as items[2].terms, as a JSON pointer.
func pointerOf(path string) jsontext.Pointer {
	var pointer jsontext.Pointer
	for step := range strings.SplitSeq(path, ".") {
		name, index, indexed := strings.Cut(strings.TrimSuffix(step, "]"), "[")
		if name != "" && name != "body" {
			pointer = pointer.AppendToken(name)
		}
		if _, err := strconv.Atoi(index); indexed && err == nil {
			pointer = pointer.AppendToken(index)
		}
	}
	return pointer
}
