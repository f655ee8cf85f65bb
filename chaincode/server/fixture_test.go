package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/tallystick/tallystick/core/wire"
)

// certificates are a member's TLS authority with what it issued, and a stranger's, as files.
type certificates struct {
	t                   *testing.T
	folder              string
	root                *x509.CertPool
	peer, stranger      tls.Certificate
	strangerKey         string
	rootPath, cert, key string
}

func issue(t *testing.T) certificates {
	t.Helper()
	c := certificates{t: t, folder: t.TempDir(), root: x509.NewCertPool()}
	root, rootKey := c.authority()
	other, otherKey := c.authority()
	c.root.AddCert(root)
	c.rootPath = c.write("ca.pem", "CERTIFICATE", root.Raw)
	_, c.cert, c.key = c.leaf("server", root, rootKey)
	c.peer, _, _ = c.leaf("peer", root, rootKey)
	c.stranger, _, c.strangerKey = c.leaf("stranger", other, otherKey)
	return c
}

func (c certificates) environment(address string) map[string]string {
	return map[string]string{
		addressVariable: address, idVariable: "tallystick:1234", foundersVariable: wire.Digest(nil),
		keyVariable: c.key, certVariable: c.cert, clientCAVariable: c.rootPath,
	}
}

func (c certificates) authority() (*x509.Certificate, *ecdsa.PrivateKey) {
	c.t.Helper()
	template := c.template("authority")
	template.IsCA, template.BasicConstraintsValid, template.KeyUsage = true, true, x509.KeyUsageCertSign
	return c.sign(template, template, nil)
}

func (c certificates) leaf(name string, root *x509.Certificate, rootKey *ecdsa.PrivateKey) (pair tls.Certificate, certPath, keyPath string) {
	c.t.Helper()
	template := c.template(name)
	template.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1)}
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}
	signed, key := c.sign(template, root, rootKey)
	encoded, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		c.t.Fatal(err)
	}
	pair = tls.Certificate{Certificate: [][]byte{signed.Raw}, PrivateKey: key}
	return pair, c.write(name+".pem", "CERTIFICATE", signed.Raw), c.write(name+".key", "PRIVATE KEY", encoded)
}

func (c certificates) template(name string) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
}

func (c certificates) sign(template, parent *x509.Certificate, signer *ecdsa.PrivateKey) (*x509.Certificate, *ecdsa.PrivateKey) {
	c.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		c.t.Fatal(err)
	}
	if signer == nil {
		signer = key
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		c.t.Fatal(err)
	}
	signed, err := x509.ParseCertificate(raw)
	if err != nil {
		c.t.Fatal(err)
	}
	return signed, key
}

func (c certificates) write(name, kind string, content []byte) string {
	c.t.Helper()
	path := filepath.Join(c.folder, name)
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: content}), 0o600); err != nil {
		c.t.Fatal(err)
	}
	return path
}
