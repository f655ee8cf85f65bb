package kyc

import (
	"strings"

	"github.com/tallystick/tallystick/gateway-app/vault"
)

// The characters of a unified social credit code (GB 32100): no I, O, S, V and Z, which are misread.
const creditCharacters = "0123456789ABCDEFGHJKLMNPQRTUWXY"

// organisationWeights are those of the organisation code within it (GB 11714): eight characters and a check
// character, modulo 11.
var organisationWeights = [8]int{3, 7, 9, 10, 5, 8, 4, 2}

// CheckCreditCode reads an organisation's unified social credit code (GB 32100-2015) in any way of writing it and
// refuses one that cannot exist: 18 characters, of which the third to the eighth say where it is registered, the
// next nine are the organisation code with its own check character (GB 11714), and the last checks them all, each
// weighted with a power of 3, modulo 31.
func CheckCreditCode(text string) error {
	text = vault.IdentityNumber.Normal(text)
	if len(text) != 18 || strings.Trim(text[2:8], "0123456789") != "" {
		return ErrNumberForm
	}
	sum, weight := 0, 1
	for i := range 17 {
		value := strings.IndexByte(creditCharacters, text[i])
		if value < 0 {
			return ErrNumberForm
		}
		sum += value * weight
		weight = weight * 3 % 31
	}
	if text[17] != creditCharacters[(31-sum%31)%31] || text[16] != organisationCheck(text[8:16]) {
		return ErrNumberCheck
	}
	return nil
}

// organisationCheck is the check character of an organisation code's eight others, whose letters count from 10 as
// they stand in the alphabet.
func organisationCheck(code string) byte {
	sum := 0
	for i, weight := range organisationWeights {
		value := int(code[i] - '0')
		if code[i] >= 'A' {
			value = int(code[i]-'A') + 10
		}
		sum += value * weight
	}
	return "0X987654321"[sum%11]
}
