package rules

import (
	"slices"
	"strings"
	"unicode"
)

// protectedWords are what neither a model nor a rule may look at, as they stand in names of fields.
var protectedWords = []string{
	"age", "ages", "birth", "birthdate", "birthday", "citizen", "citizenship", "disability", "dob", "ethnic",
	"ethnicity", "female", "foreigner", "gender", "male", "marital", "marriage", "married", "nationality", "pregnant",
	"race", "religion", "sex", "性别", "年龄", "婚姻", "国籍", "民族",
}

// ages are those of things, which nobody is protected by.
var ages = []string{"account", "device", "file", "install"}

// ProtectedWord is the word in a name that says it holds sex, age, marriage, nationality or the like, or nothing.
// Words are told apart by what is no letter and by capitals. A name can hide what it holds: the schema's mark
// decides, this is the net below it.
func ProtectedWord(name string) string {
	words := wordsOf(name)
	for i, word := range words {
		ofThing := word == "age" && i > 0 && slices.Contains(ages, words[i-1])
		if slices.Contains(protectedWords, word) && !ofThing {
			return word
		}
	}
	return ""
}

func wordsOf(name string) []string {
	var b strings.Builder
	lower := false
	for _, r := range name {
		if lower && unicode.IsUpper(r) {
			b.WriteByte(' ')
		}
		lower = unicode.IsLower(r)
		if !unicode.IsLetter(r) {
			r = ' '
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return strings.Fields(b.String())
}
