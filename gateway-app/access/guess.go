package access

import (
	"slices"
	"strings"
	"unicode"
)

// How passwords are guessed: by what is commonest, by what the guesser knows of the context, and by what fingers do on
// keyboards (NIST SP 800-63B, 5.1.1.2). What is left of a password when all that is taken away must be a secret.
const (
	serviceName  = "tallystick"
	fewestSecret = 6 // characters that are left when what anybody would guess is taken away
	fewestKinds  = 5 // different characters in a password
	shortestRun  = 3 // characters in a row that follow each other, or are the same
)

// commonWords are what the commonest passwords are made of, longest first where one begins another.
var commonWords = []string{
	"administrator", "password", "passwort", "passwd", "passw", "letmein", "welcome", "iloveyou", "woaini", "changeme", "default",
	"temporary", "superman", "batman", "princess", "sunshine", "football", "baseball", "monkey", "dragon", "master", "shadow",
	"trustno", "starwars", "whatever", "freedom", "secret", "qwerty", "qwertz", "azerty", "asdfgh", "zxcvbn", "admin", "login",
	"hello", "guest", "user", "root", "test", "abc", "mima", "woshi", "nihao", "zhongguo", "beijing", "shanghai", "china", "love",
	"1qaz", "2wsx", "3edc", "1q2w", "3e4r", "5t6y", "q1w2", "e3r4", "5201314", "1314", "520", "bank", "loan", "money",
	"密码", "我爱你", "中国",
}

// keyRows are what lies side by side on a keyboard.
var keyRows = []string{"abcdefghijklmnopqrstuvwxyz", "0123456789", "qwertyuiop", "asdfghjkl", "zxcvbnm", "1234567890"}

// alike are the signs that stand for letters in words that are to look odd, each a byte for a byte.
var alike = strings.NewReplacer("@", "a", "$", "s", "!", "i", "0", "o", "3", "e", "5", "s", "7", "t")

// guessable reports whether a password is of what anybody would try: few characters again and again, or common words, the
// user's name, the service's and the member's, runs on the keyboard and the digits and signs between them.
func guessable(password string, context ...string) bool {
	plain := fold(password)
	if distinct(plain) < fewestKinds || repeats(plain) {
		return true
	}
	return secretRunes(plain, context) < fewestSecret
}

func distinct(text string) int {
	runes := []rune(text)
	slices.Sort(runes)
	return len(slices.Compact(runes))
}

// repeats reports whether a text is one shorter text again and again.
func repeats(text string) bool {
	return text != "" && strings.Contains((text + text)[1:len(text)*2-1], text)
}

// secretRunes counts the letters, and the digits that follow no rule, which are left when words and runs are taken away.
func secretRunes(text string, context []string) int {
	left := []byte(text)
	for _, word := range slices.Concat(context, []string{serviceName}, commonWords) {
		blank(left, word)
	}
	kept := 0
	for _, part := range strings.FieldsFunc(string(left), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		kept += outsideRuns([]rune(part))
	}
	return kept
}

// blank takes a word out of a text, however its letters are written.
func blank(text []byte, word string) {
	if word == "" {
		return
	}
	gap := strings.Repeat(" ", len(word))
	for _, spelt := range []func(string) string{func(s string) string { return s }, alike.Replace} {
		for at := strings.Index(spelt(string(text)), word); at >= 0; at = strings.Index(spelt(string(text)), word) {
			copy(text[at:], gap)
		}
	}
}

// outsideRuns counts the characters of a part that are in no run.
func outsideRuns(part []rune) int {
	kept := 0
	for start := 0; start < len(part); {
		end := start + 1
		for end < len(part) && follows(part, start, end) {
			end++
		}
		if end-start < shortestRun {
			kept++
			start++
			continue
		}
		start = end
	}
	return kept
}

// follows reports whether the character at a place goes on with the run that begins at another: the same one again, or the
// next one in a row of keys or of the alphabet, forwards or backwards all along.
func follows(part []rune, start, at int) bool {
	step := strideOf(part[start], part[start+1])
	for i := start + 1; i <= at; i++ {
		if next := strideOf(part[i-1], part[i]); next == 0 || next&step == 0 {
			return false
		}
	}
	return true
}

// Strides between two characters, as bits: a pair may be several at once.
const (
	same = 1 << iota
	forwards
	backwards
)

func strideOf(from, to rune) int {
	if from == to {
		return same
	}
	stride := 0
	for _, row := range keyRows {
		a, b := strings.IndexRune(row, from), strings.IndexRune(row, to)
		switch {
		case a < 0 || b < 0:
		case b == a+1:
			stride |= forwards
		case b == a-1:
			stride |= backwards
		}
	}
	return stride
}
