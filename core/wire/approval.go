package wire

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
)

// MaxApprovals is how many people may approve one request.
const MaxApprovals = 4

// Approval is the word of a member's staff for one request: the signature of a key that the member's own
// authority has certified. It travels with the request, so the signer of the transaction cannot leave out
// what was approved, nor put another person's word in its place.
type Approval struct {
	// Certificates lead from the approver's to a root of the member's, each issued by the one after it: DER in
	// standard Base64.
	Certificates []string `json:"certificates"`
	// Signature is by the first certificate's key over the digest of the Approvable: ECDSA P-256, ASN.1, in
	// standard Base64.
	Signature string `json:"signature"`
}

// Approved is an approval as a request id remembers it, with what an auditor needs to verify it without
// asking anybody: whose word it was, and the digest that was signed.
type Approved struct {
	Member      string     `json:"member"`
	Name        string     `json:"name"` // of the approver at the member's authority: never a person's
	Role        party.Role `json:"role"`
	Fingerprint string     `json:"fingerprint"` // SHA-256 of the approver's certificate
	Digest      string     `json:"digest"`
	Approval
}

// Approvable is what an approval is given for: one request on one channel, whole. The salt of a private
// request is no part of it, because it may be made later and changes nothing of what happens.
type Approvable struct {
	Channel    string
	Function   string
	ID         string
	Collection string
	Mode       Mode
	Items      json.RawMessage // the list of items
}

// approvalDomain begins everything that is signed as an approval, so that a signature made for anything else
// is none, and the other way round.
const approvalDomain = "tallystick approval 1"

// Digest is what an approver signs: the SHA-256 of the domain, channel, function, request id, collection and
// mode, each ended by a zero byte, and of the items as a request carries them, without spaces.
func (a Approvable) Digest() (string, error) {
	items, err := Encode(a.Items) // as every request is encoded, so that one list has one text
	if err != nil {
		return "", fmt.Errorf("encode the items that are approved: %w", err)
	}
	var text []byte
	for _, field := range []string{approvalDomain, a.Channel, a.Function, a.ID, a.Collection, string(a.Mode)} {
		text = append(append(text, field...), 0)
	}
	return Digest(append(text, items...)), nil
}

// Fingerprint names a certificate: the SHA-256 of its DER.
func Fingerprint(certificate *x509.Certificate) string { return Digest(certificate.Raw) }

// longestChain bounds what is verified of an approval: the approver, two intermediate authorities, a root.
const longestChain = 4

// Verify says who gave an approval of a digest. Its certificates must lead to one of the roots, which are
// named by their fingerprints, and each be in force at a moment, given in seconds since 1970. A key that was
// withdrawn is not known here: what a member's authority revokes, the member's own programs refuse.
func (a Approval) Verify(digest string, roots []string, unixSeconds int64) (Approved, error) {
	chain, err := a.chain()
	if err != nil {
		return Approved{}, fault.In(fault.ApprovalInvalid, "certificates")
	}
	approver := chain[0]
	if !leads(chain, roots, unixSeconds) || approver.IsCA || approver.Subject.CommonName == "" {
		return Approved{}, fault.In(fault.ApprovalInvalid, "certificates")
	}
	if !a.signs(digest, approver) {
		return Approved{}, fault.In(fault.ApprovalInvalid, "signature")
	}
	return Approved{
		Name: approver.Subject.CommonName, Role: roleOf(approver), Fingerprint: Fingerprint(approver),
		Digest: digest, Approval: a,
	}, nil
}

func (a Approval) chain() ([]*x509.Certificate, error) {
	if len(a.Certificates) < 2 || len(a.Certificates) > longestChain {
		return nil, fmt.Errorf("%d certificates are no chain", len(a.Certificates))
	}
	chain := make([]*x509.Certificate, len(a.Certificates))
	for i, text := range a.Certificates {
		raw, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return nil, err
		}
		if chain[i], err = x509.ParseCertificate(raw); err != nil {
			return nil, err
		}
	}
	return chain, nil
}

// leads reports whether every certificate is in force and issued by the next, and the last is a root.
func leads(chain []*x509.Certificate, roots []string, unixSeconds int64) bool {
	for i, certificate := range chain {
		if unixSeconds < certificate.NotBefore.Unix() || unixSeconds > certificate.NotAfter.Unix() {
			return false
		}
		if i == 0 {
			continue
		}
		// Below an issuer stand as many authorities as there are certificates between it and the approver.
		bounded := certificate.MaxPathLen > 0 || certificate.MaxPathLenZero
		if bounded && i-1 > certificate.MaxPathLen || chain[i-1].CheckSignatureFrom(certificate) != nil {
			return false
		}
	}
	return slices.Contains(roots, Fingerprint(chain[len(chain)-1]))
}

func (a Approval) signs(digest string, approver *x509.Certificate) bool {
	key, ok := approver.PublicKey.(*ecdsa.PublicKey)
	if !ok || key.Curve != elliptic.P256() {
		return false
	}
	signature, err := base64.StdEncoding.DecodeString(a.Signature)
	if err != nil {
		return false
	}
	signed, err := hex.DecodeString(digest)
	return err == nil && ecdsa.VerifyASN1(key, signed, signature)
}

// attributeExtension is where a Fabric CA writes attributes into a certificate.
var attributeExtension = asn1.ObjectIdentifier{1, 2, 3, 4, 5, 6, 7, 8, 1}

// roleOf is the role that the holder of a certificate acts in; empty where the authority gave none.
func roleOf(certificate *x509.Certificate) party.Role {
	var extension struct {
		Attributes struct {
			Role party.Role `json:"role"`
		} `json:"attrs"`
	}
	for _, e := range certificate.Extensions {
		if e.Id.Equal(attributeExtension) && json.Unmarshal(e.Value, &extension) != nil {
			return ""
		}
	}
	return extension.Attributes.Role
}
