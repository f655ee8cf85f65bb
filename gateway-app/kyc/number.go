package kyc

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/gateway-app/vault"
)

// What an identity number can be wrong by.
var (
	ErrNumberForm  = errors.New("not 17 digits and a check character")
	ErrNumberCheck = errors.New("the check character does not fit")
	ErrNumberBorn  = errors.New("the date of birth is no day")
	ErrNumberPlace = errors.New("no province has this code")
)

// Number is what an identity number says (GB 11643-1999).
type Number struct {
	Place  string // the six digits of GB/T 2260
	Born   Birthday
	Female bool
}

// Birthday is a day on which somebody was born. It is no calendar.Date, to which the first day of 1970 is none:
// people were born on it.
type Birthday struct{ Year, Month, Day int }

// String writes the day as ISO 8601 does.
func (b Birthday) String() string { return fmt.Sprintf("%04d-%02d-%02d", b.Year, b.Month, b.Day) }

// Age is how many years of life are complete on a day; negative before the birth. Who was born on 29 February is a
// year older on 1 March of the years that have no such day.
func (b Birthday) Age(on calendar.Date) int {
	year, month, day := on.Civil()
	age := year - b.Year
	if month < b.Month || month == b.Month && day < b.Day {
		age--
	}
	return age
}

// Adult is the age of majority (Civil Code, art. 17).
const Adult = 18

// numberWeights are 2^(17-i) mod 11 (ISO 7064, MOD 11-2).
var numberWeights = [17]int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2}

const checkCharacters = "10X98765432"

// provinces are the first two digits that GB/T 2260 gives to provinces, with Taiwan, Hong Kong and Macao
// and the codes of residence permits for them.
const provinces = "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 81 82 83 91"

// ParseNumber reads an identity number in any way of writing it, and refuses one that cannot exist.
func ParseNumber(text string) (Number, error) {
	text = vault.IdentityNumber.Normal(text)
	if len(text) != 18 {
		return Number{}, ErrNumberForm
	}
	sum := 0
	for i, weight := range numberWeights {
		digit := int(text[i]) - '0'
		if digit < 0 || digit > 9 {
			return Number{}, ErrNumberForm
		}
		sum += digit * weight
	}
	if text[17] != checkCharacters[sum%11] {
		return Number{}, ErrNumberCheck
	}
	if !strings.Contains(provinces, text[:2]) {
		return Number{}, ErrNumberPlace
	}
	at, err := time.Parse("20060102", text[6:14])
	if err != nil || at.Year() == 0 {
		return Number{}, ErrNumberBorn
	}
	born := Birthday{at.Year(), int(at.Month()), at.Day()}
	order, _ := strconv.Atoi(text[14:17]) // three digits, as was seen above
	return Number{Place: text[:6], Born: born, Female: order%2 == 0}, nil
}
