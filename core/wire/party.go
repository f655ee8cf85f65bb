package wire

import (
	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/party"
)

// Attestation is an item of Party:Attest: what this side says of a party. Platform and custodian send
// the same identity, whose two members are those of the request's collection; only the custodian
// vouches for an account.
type Attestation struct {
	Identity      party.Identity `json:"identity"`
	AccountDigest string         `json:"account_digest,omitempty"`
}

// PartyAccount is an item of Party:VerifyAccount: the salted digest of the bank account to which the
// party is paid from now on.
type PartyAccount struct {
	Handle        string `json:"handle"`
	AccountDigest string `json:"account_digest"`
}

// PartyLink is an item of Party:Link: the common pseudonym of the person behind a party. It is an item of
// Party:Succeed too: the pseudonym that follows the one to which the party leads now.
type PartyLink struct {
	Handle    string `json:"handle"`
	Pseudonym string `json:"pseudonym"`
}

// Link is the value under LinkKey, written once.
type Link struct {
	Version   int    `json:"version"`
	Salt      string `json:"salt"`
	Party     string `json:"party"`
	Pseudonym string `json:"pseudonym"`
}

// PartyRenewal is an item of Party:Renew.
type PartyRenewal struct {
	Handle   string        `json:"handle"`
	KYCLevel int           `json:"kyc_level"`
	Expires  calendar.Date `json:"expires"`
}

// KeyRotation is an item of Party:RotateKey. The old key signs party.RotationStatement.
type KeyRotation struct {
	Handle    string    `json:"handle"`
	Key       party.Key `json:"key"`
	Signature []byte    `json:"signature"`
}

// PartyRevocation is an item of Party:Revoke. Note is a code of the member's own.
type PartyRevocation struct {
	Handle string `json:"handle"`
	Note   string `json:"note,omitempty"`
}

// PartyFreeze is an item of Party:Freeze: a supervisory order, by its number, until its last day.
type PartyFreeze struct {
	Handle string        `json:"handle"`
	Order  string        `json:"order"`
	Until  calendar.Date `json:"until"`
}

// PartyRelease is an item of Party:Release. It names the order that it lifts.
type PartyRelease struct {
	Handle string `json:"handle"`
	Order  string `json:"order"`
}

// PartyConsent is an item of Party:Consent. The party's key signs party.ConsentStatement.
type PartyConsent struct {
	Handle    string        `json:"handle"`
	Purpose   string        `json:"purpose"`
	Text      string        `json:"text"` // the digest of what the party read
	Until     calendar.Date `json:"until,omitempty"`
	Signature []byte        `json:"signature"`
}

// ConsentWithdrawal is an item of Party:WithdrawConsent. The party's key signs
// party.WithdrawalStatement.
type ConsentWithdrawal struct {
	Handle    string `json:"handle"`
	Sequence  int    `json:"sequence"`
	Signature []byte `json:"signature"`
}
