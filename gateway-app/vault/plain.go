package vault

import (
	"regexp"
	"strings"
)

// What people type is sealed, or has one of two forms that have no room for a person: what it says would otherwise stand
// in the database, in journals and backups, for whoever reads them. The forms keep numbers out; that nobody is written
// into a code letter by letter, no form can see.
var (
	codeForm   = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,63}$`)
	numberForm = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z._:/-]{0,63}$`)

	separators = strings.NewReplacer("_", "", "-", "", ".", "", ":", "", "/", "")
	birthday   = regexp.MustCompile(`[0-9]{7}`)  // shorter than a day of birth or a line's number
	telephone  = regexp.MustCompile(`[0-9]{11}`) // shorter than numbers of mobiles, identity and banks
)

// IsCode reports whether a text is a code, as a reason is: small letters, with no number of more than six digits.
func IsCode(text string) bool {
	return codeForm.MatchString(text) && !birthday.MatchString(separators.Replace(text))
}

// IsFileNumber reports whether a text can be the number of an order, a case or a file: letters, digits and . _ : / -, with
// no number of more than ten digits, its separators not counted.
func IsFileNumber(text string) bool {
	return numberForm.MatchString(text) && !telephone.MatchString(separators.Replace(text))
}
