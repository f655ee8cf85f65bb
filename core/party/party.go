// Package party knows who may borrow, lend and be paid: pseudonyms, never people.
//
// A party is attested twice, by the platform that brings it and by the custodian that keeps its
// cash, with the same data. Only the custodian vouches for a bank account, as custody guidelines of
// 2017 leave money to the bank; identification levels and their expiry are those of the anti-money-
// laundering rules. The party signs with a key of its own (electronic signature law, art. 13), so
// that no member can speak for it. A supervisory freeze stops new loans, disbursement and payout,
// and lapses by its date; nothing here stops a receipt from being booked.
//
// A platform can start nothing alone and stop nothing alone: its revocation ends new business, but
// what the party is owed is still paid, for the custodian alone judges that.
//
// The package never holds a name, an identity number or an account number: the account is a salted
// digest. It never reads a clock; the business date comes with the command. It never makes a
// signature.
package party

import (
	"github.com/tallystick/tallystick/core/calendar"
)

// Kind is what a party is in law. Balance caps differ by it.
type Kind string

// The kinds of parties.
const (
	Natural     Kind = "natural"
	Legal       Kind = "legal"
	Institution Kind = "institution"
)

// Valid reports whether the kind is one of the three.
func (k Kind) Valid() bool { return k == Natural || k == Legal || k == Institution }

// Identity is what platform and custodian both attest, and must attest alike.
type Identity struct {
	Handle    string        `json:"handle"`
	Platform  string        `json:"platform"`
	Custodian string        `json:"custodian"`
	Kind      Kind          `json:"kind"`
	KYCLevel  int           `json:"kyc_level"`
	Expires   calendar.Date `json:"expires"` // the last day on which the attestation holds
	Key       Key           `json:"key"`
	// Affiliate is the member that the party is, or that controls it; empty for anyone else.
	Affiliate string `json:"affiliate,omitempty"`
}

// State is a party. The zero value is a party that does not exist.
type State struct {
	Handle    string        `json:"handle"`
	Platform  string        `json:"platform"`
	Custodian string        `json:"custodian"`
	Kind      Kind          `json:"kind"`
	KYCLevel  int           `json:"kyc_level"`
	Expires   calendar.Date `json:"expires"`
	Affiliate string        `json:"affiliate,omitempty"`
	// Keys are all keys the party ever had, in order; only the last is not retired.
	Keys []HeldKey `json:"keys"`
	// The dates of the two attestations; none means that this side has not attested.
	PlatformAttested  calendar.Date `json:"platform_attested,omitempty"`
	CustodianAttested calendar.Date `json:"custodian_attested,omitempty"`
	// AccountDigest is SHA-256 over a salt and the verified bank account, in lower-case hexadecimal.
	AccountDigest string      `json:"account_digest,omitempty"`
	Proposed      *Renewal    `json:"proposed,omitempty"` // what the platform asks the custodian to renew
	Freeze        *Freeze     `json:"freeze,omitempty"`   // the last order that was not released
	Revoked       *Revocation `json:"revoked,omitempty"`
	Consents      []Consent   `json:"consents,omitempty"`
}

// Renewal is a new level and last day of the attestation.
type Renewal struct {
	KYCLevel int           `json:"kyc_level"`
	Expires  calendar.Date `json:"expires"`
}

// Revocation says which side withdrew its attestation, and when. It is for good.
type Revocation struct {
	By   MemberKind    `json:"by"`
	On   calendar.Date `json:"on"`
	Note string        `json:"note,omitempty"` // a code of the member's own, never free text about a person
}

// Exists reports whether anyone has attested the party.
func (s State) Exists() bool { return s.Handle != "" }

// Attested reports whether platform and custodian both have.
func (s State) Attested() bool {
	return !s.PlatformAttested.IsZero() && !s.CustodianAttested.IsZero()
}

// AccountVerified reports whether the custodian vouches for a bank account of the party's own.
func (s State) AccountVerified() bool { return s.AccountDigest != "" }

// Key returns the key that speaks for the party now; false when it has none.
func (s State) Key() (Key, bool) {
	if len(s.Keys) == 0 {
		return Key{}, false
	}
	last := s.Keys[len(s.Keys)-1]
	return last.Key, last.Retired.IsZero()
}

// AffiliatedWith reports whether the party is the member or is controlled by it, which bars it from
// that platform's loans.
func (s State) AffiliatedWith(member string) bool {
	return member != "" && s.Affiliate == member
}

// identity returns what the first side attested, for comparison with the second.
func (s State) identity() Identity {
	key, _ := s.Key()
	return Identity{
		Handle: s.Handle, Platform: s.Platform, Custodian: s.Custodian, Kind: s.Kind,
		KYCLevel: s.KYCLevel, Expires: s.Expires, Key: key, Affiliate: s.Affiliate,
	}
}
