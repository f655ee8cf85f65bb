package vault

import (
	"crypto/hmac"
	"encoding/hex"
	"hash"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// Kind says what a value is, and so how it is normalised before it is looked up.
type Kind string

// The kinds of values that are looked up.
const (
	IdentityNumber Kind = "identity_number"
	Phone          Kind = "phone"
	BankAccount    Kind = "bank_account"
)

// Normal is the one form in which a value of the kind is compared: full-width digits become plain ones,
// blanks and hyphens go, a Chinese phone number loses its country code, an identity number's x is X.
func (k Kind) Normal(value string) string {
	value = strings.Map(func(r rune) rune {
		switch r {
		case ' ', '-', '\t', '\u00a0', '·', '(', ')':
			return -1
		}
		return r
	}, strings.ToUpper(norm.NFKC.String(value)))
	if k != Phone {
		return value
	}
	for _, code := range []string{"+86", "0086"} {
		if rest, cut := strings.CutPrefix(value, code); cut {
			return rest
		}
	}
	return value
}

// Index is the blind index of a value: equal for equal values, and telling nothing to whoever lacks the
// key. No value has no index.
func (v *Vault) Index(k Kind, value string) string {
	normal := k.Normal(value)
	if normal == "" {
		return ""
	}
	mac := v.Hash("index " + string(k))
	mac.Write([]byte(normal))
	return hex.EncodeToString(mac.Sum(nil))
}

// Hash is a keyed hash for one purpose, under a key derived for that purpose alone. It does not change
// when data keys are rotated.
func (v *Vault) Hash(purpose string) hash.Hash {
	ring := v.keys()
	derived := hmac.New(ring.indexed.digest(), ring.index)
	derived.Write([]byte("tallystick vault " + purpose))
	return hmac.New(ring.indexed.digest(), derived.Sum(nil))
}
