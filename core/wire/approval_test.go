package wire_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"math/big"
	"os"
	"testing"
	"time"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
)

// The digests were computed with sha256sum over the bytes that the documents describe, so that whoever signs
// in another language has something to compare with.
func TestApprovalDigests(t *testing.T) {
	text, err := os.ReadFile("testdata/approvals.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []struct {
		Name, Channel, Function, ID, Collection string
		Mode                                    wire.Mode
		Items                                   json.RawMessage
		Digest                                  string
	}
	if err := json.Unmarshal(text, &vectors); err != nil || len(vectors) < 4 {
		t.Fatalf("%d vectors, %v", len(vectors), err)
	}
	for _, v := range vectors {
		got, err := wire.Approvable{
			Channel: v.Channel, Function: v.Function, ID: v.ID, Collection: v.Collection, Mode: v.Mode, Items: v.Items,
		}.Digest()
		if err != nil || got != v.Digest {
			t.Errorf("%s: digest %s, %v, want %s", v.Name, got, err, v.Digest)
		}
	}
	if _, err := (wire.Approvable{Items: json.RawMessage("[")}).Digest(); err == nil {
		t.Error("items that are no JSON have a digest")
	}
}

// authority is a CA with the people whom it certifies.
type authority struct {
	t    *testing.T
	root *x509.Certificate
	key  *ecdsa.PrivateKey
}

var (
	begins = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	ends   = time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	within = begins.Add(time.Hour).Unix()
)

func newAuthority(t *testing.T) authority {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "ca"}, NotBefore: begins, NotAfter: ends.AddDate(10, 0, 0),
		IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true, KeyUsage: x509.KeyUsageCertSign,
	}
	a := authority{t: t}
	a.root, a.key = issue(t, template, nil, nil, elliptic.P256())
	return a
}

func issue(t *testing.T, template, parent *x509.Certificate, by *ecdsa.PrivateKey, curve elliptic.Curve) (*x509.Certificate, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if parent == nil {
		parent, by = template, key
	}
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

// person certifies somebody; alter spoils the certificate.
func (a authority) person(alter func(*x509.Certificate), curve elliptic.Curve) (*x509.Certificate, *ecdsa.PrivateKey) {
	a.t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "staff-1"}, NotBefore: begins, NotAfter: ends,
		KeyUsage: x509.KeyUsageDigitalSignature,
		ExtraExtensions: []pkix.Extension{{
			Id: asn1.ObjectIdentifier{1, 2, 3, 4, 5, 6, 7, 8, 1}, Value: []byte(`{"attrs":{"hf.Type":"client","role":"supervisor"}}`),
		}},
	}
	alter(template)
	return issue(a.t, template, a.root, a.key, curve)
}

func sign(t *testing.T, key *ecdsa.PrivateKey, digest string, chain ...*x509.Certificate) wire.Approval {
	t.Helper()
	raw, err := hex.DecodeString(digest)
	if err != nil {
		t.Fatal(err)
	}
	signature, err := ecdsa.SignASN1(rand.Reader, key, raw)
	if err != nil {
		t.Fatal(err)
	}
	a := wire.Approval{Signature: base64.StdEncoding.EncodeToString(signature)}
	for _, c := range chain {
		a.Certificates = append(a.Certificates, base64.StdEncoding.EncodeToString(c.Raw))
	}
	return a
}

func TestAnApprovalNamesWhoGaveIt(t *testing.T) {
	ca := newAuthority(t)
	certificate, key := ca.person(func(*x509.Certificate) {}, elliptic.P256())
	digest := wire.Digest([]byte("a request"))
	roots := []string{wire.Digest([]byte("another root")), wire.Fingerprint(ca.root)}
	got, err := sign(t, key, digest, certificate, ca.root).Verify(digest, roots, within)
	if err != nil || got.Name != "staff-1" || got.Role != party.Supervisor || got.Digest != digest || got.Fingerprint != wire.Fingerprint(certificate) {
		t.Errorf("got %+v, %v", got, err)
	}
	for _, second := range []int64{begins.Unix(), ends.Unix()} {
		if _, err := sign(t, key, digest, certificate, ca.root).Verify(digest, roots, second); err != nil {
			t.Errorf("in the first or last second: %v", err)
		}
	}
}

func TestAnApprovalThatProvesNothingIsRefused(t *testing.T) {
	ca, stranger := newAuthority(t), newAuthority(t)
	sound := func(*x509.Certificate) {}
	certificate, key := ca.person(sound, elliptic.P256())
	foreign, foreignKey := stranger.person(sound, elliptic.P256())
	nameless, namelessKey := ca.person(func(c *x509.Certificate) { c.Subject.CommonName = "" }, elliptic.P256())
	strong, strongKey := ca.person(sound, elliptic.P384())
	// An authority whose path length is zero certifies people, and no authority below it.
	below, belowKey := ca.person(func(c *x509.Certificate) {
		c.IsCA, c.BasicConstraintsValid, c.KeyUsage = true, true, x509.KeyUsageCertSign
	}, elliptic.P256())
	grandchild, grandchildKey := authority{t, below, belowKey}.person(sound, elliptic.P256())

	digest, roots := wire.Digest([]byte("a request")), []string{wire.Fingerprint(ca.root)}
	good := sign(t, key, digest, certificate, ca.root)
	unreadable := good
	unreadable.Certificates = []string{"!", good.Certificates[1]}
	unsigned := good
	unsigned.Signature = ""
	for name, c := range map[string]struct {
		approval wire.Approval
		digest   string
		second   int64
		field    string
	}{
		"another digest":            {good, wire.Digest([]byte("another")), within, "signature"},
		"a digest that is none":     {good, "digest", within, "signature"},
		"no signature":              {unsigned, digest, within, "signature"},
		"another key":               {sign(t, foreignKey, digest, certificate, ca.root), digest, within, "signature"},
		"another curve":             {sign(t, strongKey, digest, strong, ca.root), digest, within, "signature"},
		"a stranger's authority":    {sign(t, foreignKey, digest, foreign, stranger.root), digest, within, "certificates"},
		"another's root put behind": {sign(t, foreignKey, digest, foreign, ca.root), digest, within, "certificates"},
		"the root alone":            {sign(t, ca.key, digest, ca.root), digest, within, "certificates"},
		"the root itself":           {sign(t, ca.key, digest, ca.root, ca.root), digest, within, "certificates"},
		"no certificate":            {wire.Approval{Signature: good.Signature}, digest, within, "certificates"},
		"no Base64":                 {unreadable, digest, within, "certificates"},
		"nobody's name":             {sign(t, namelessKey, digest, nameless, ca.root), digest, within, "certificates"},
		"below its path length":     {sign(t, grandchildKey, digest, grandchild, below, ca.root), digest, within, "certificates"},
		"too early":                 {good, digest, begins.Unix() - 1, "certificates"},
		"expired":                   {good, digest, ends.Unix() + 1, "certificates"},
	} {
		_, err := c.approval.Verify(c.digest, roots, c.second)
		if f := fault.Of(err); f == nil || f.Code != fault.ApprovalInvalid || f.Field != c.field {
			t.Errorf("%s: got %v, want a refusal of %s", name, err, c.field)
		}
	}
	if roleless, key := ca.person(func(c *x509.Certificate) { c.ExtraExtensions = nil }, elliptic.P256()); true {
		if got, err := sign(t, key, digest, roleless, ca.root).Verify(digest, roots, within); err != nil || got.Role != "" {
			t.Errorf("without a role: %+v, %v", got, err)
		}
	}
}
