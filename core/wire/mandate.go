package wire

import "github.com/tallystick/tallystick/core/mandate"

// MandateTerms is an item of Mandate:Register: the terms, and the party's signature over
// mandate.Terms.Statement. Their two members are those of the request's collection.
type MandateTerms struct {
	Terms     mandate.Terms `json:"terms"`
	Signature []byte        `json:"signature"`
}

// MandateConfirmation is an item of Mandate:Confirm: through which channel of its own the custodian
// had the party confirm the terms that have this commitment.
type MandateConfirmation struct {
	Handle      string `json:"handle"`
	Channel     string `json:"channel"`
	SignedTerms string `json:"signed_terms"`
}

// MandateRevocation is an item of Mandate:Revoke. The party's key signs
// mandate.Terms.RevocationStatement; the custodian, to whom a party may turn in person, may leave the
// signature out.
type MandateRevocation struct {
	Handle    string `json:"handle"`
	Signature []byte `json:"signature,omitempty"`
}
