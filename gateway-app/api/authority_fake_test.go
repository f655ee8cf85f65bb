package api_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tallystick/tallystick/gateway-app/enrolment"
	"github.com/tallystick/tallystick/gateway-app/store"
)

// certifier answers as a Fabric CA does, as far as the register of staff asks it: it certifies every request with a
// key of its own. The tests of package enrolment ask the real one.
type certifier struct {
	t      *testing.T
	key    *ecdsa.PrivateKey
	root   *x509.Certificate
	serial atomic.Int64
}

// staffRegister is a register of staff before such an authority.
func staffRegister(t *testing.T, db *store.DB, sealer enrolment.Sealer) *enrolment.Register {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &certifier{t: t, key: key}
	c.root = c.certify(&key.PublicKey, "ca", nil)
	server := httptest.NewTLSServer(c)
	t.Cleanup(server.Close)
	folder := t.TempDir()
	keep := func(name, form string, der []byte) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: form, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	authority, err := enrolment.NewAuthority(server.URL, "ca", "harbor", keep("root.pem", "CERTIFICATE", server.Certificate().Raw))
	if err != nil {
		t.Fatal(err)
	}
	register, err := enrolment.New(db, sealer, authority, keep("registrar.pem", "CERTIFICATE", c.root.Raw), keep("registrar.key", "PRIVATE KEY", private), nil)
	if err != nil {
		t.Fatal(err)
	}
	return register
}

func (c *certifier) certify(public *ecdsa.PublicKey, name string, parent *x509.Certificate) *x509.Certificate {
	template := &x509.Certificate{
		SerialNumber: big.NewInt(c.serial.Add(1)), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Minute),
		NotAfter: time.Now().AddDate(1, 0, 0), IsCA: parent == nil, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign | x509.KeyUsageCRLSign, SubjectKeyId: []byte{1},
	}
	if parent == nil {
		parent = template
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, public, c.key)
	if err != nil {
		c.t.Error(err)
		return parent
	}
	made, err := x509.ParseCertificate(der)
	if err != nil {
		c.t.Error(err)
	}
	return made
}

// ServeHTTP answers /api/v1/register, enroll, reenroll, revoke and gencrl.
func (c *certifier) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var asked struct {
		Request string `json:"certificate_request"`
	}
	if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
		c.t.Error(err)
	}
	result := map[string]any{}
	switch filepath.Base(r.URL.Path) {
	case "enroll", "reenroll":
		block, _ := pem.Decode([]byte(asked.Request))
		request, err := x509.ParseCertificateRequest(block.Bytes)
		if err != nil {
			c.t.Error(err)
			return
		}
		made := c.certify(request.PublicKey.(*ecdsa.PublicKey), request.Subject.CommonName, c.root)
		result["Cert"] = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: made.Raw})
	case "gencrl":
		list, err := x509.CreateRevocationList(rand.Reader, &x509.RevocationList{
			Number: big.NewInt(1), ThisUpdate: time.Now(), NextUpdate: time.Now().Add(time.Hour),
		}, c.root, c.key)
		if err != nil {
			c.t.Error(err)
		}
		result["CRL"] = pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: list})
	}
	if err := json.NewEncoder(w).Encode(map[string]any{"success": true, "result": result}); err != nil {
		c.t.Error(err)
	}
}
