package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/hex"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
)

// selfMade is an approval, the member whose root it leads to, and a second at which it holds.
func selfMade(t *testing.T) (wire.Approved, wire.MemberEntry, int64) {
	t.Helper()
	begins := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	issue := func(template, parent *x509.Certificate, by *ecdsa.PrivateKey) (*x509.Certificate, *ecdsa.PrivateKey) {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		if parent == nil {
			parent, by = template, key
		}
		template.SerialNumber, template.NotBefore, template.NotAfter = big.NewInt(1), begins, begins.AddDate(1, 0, 0)
		raw, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, by)
		if err != nil {
			t.Fatal(err)
		}
		made, err := x509.ParseCertificate(raw)
		if err != nil {
			t.Fatal(err)
		}
		return made, key
	}
	root, rootKey := issue(&x509.Certificate{
		Subject: pkix.Name{CommonName: "ca"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}, nil, nil)
	certificate, key := issue(&x509.Certificate{
		Subject: pkix.Name{CommonName: "staff-1"}, ExtraExtensions: []pkix.Extension{{
			Id: asn1.ObjectIdentifier{1, 2, 3, 4, 5, 6, 7, 8, 1}, Value: []byte(`{"attrs":{"role":"supervisor"}}`),
		}},
	}, root, rootKey)
	digest := wire.Digest([]byte("a request"))
	raw, err := hex.DecodeString(digest)
	if err != nil {
		t.Fatal(err)
	}
	signature, err := ecdsa.SignASN1(rand.Reader, key, raw)
	if err != nil {
		t.Fatal(err)
	}
	encode := base64.StdEncoding.EncodeToString
	return wire.Approved{
			Member: "harbor", Name: "staff-1", Role: party.Supervisor, Fingerprint: wire.Fingerprint(certificate), Digest: digest,
			Approval: wire.Approval{Certificates: []string{encode(certificate.Raw), encode(root.Raw)}, Signature: encode(signature)},
		}, wire.MemberEntry{Version: wire.Version, Member: wire.Member{ID: "harbor", Roots: []string{wire.Fingerprint(root)}}},
		begins.Add(time.Hour).Unix()
}

// What the ledger remembers as approved is verified by the member's registered root, not taken on trust.
func TestAnApprovalIsVerifiedAgainstTheRegisteredRoots(t *testing.T) {
	good, member, at := selfMade(t)
	if said := faultIn(good, []wire.MemberEntry{member}, at); said != "" {
		t.Errorf("a good approval: %s", said)
	}
	stranger := member
	stranger.Roots = []string{wire.Digest([]byte("another root"))}
	renamed, other := good, good
	renamed.Name = "staff-2"
	other.Digest = wire.Digest([]byte("another request"))
	for name, c := range map[string]struct {
		approved wire.Approved
		members  []wire.MemberEntry
		at       int64
		want     string
	}{
		"no such member":        {good, nil, at, "no such member"},
		"another root":          {good, []wire.MemberEntry{stranger}, at, "certificates"},
		"after its certificate": {good, []wire.MemberEntry{member}, at + 400*86_400, "certificates"},
		"another request":       {other, []wire.MemberEntry{member}, at, "signature"},
		"in somebody's name":    {renamed, []wire.MemberEntry{member}, at, "another's"},
	} {
		if said := faultIn(c.approved, c.members, c.at); !strings.Contains(said, c.want) {
			t.Errorf("%s: said %q", name, said)
		}
	}
}
