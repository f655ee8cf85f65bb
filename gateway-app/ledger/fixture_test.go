package ledger_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"

	"google.golang.org/grpc/credentials"

	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/gateway-app/ledger"
)

var consortium = []ledger.Member{
	{ID: "harbor", Kind: party.Platform, MSPID: "HarborMSP"},
	{ID: "lantern", Kind: party.Platform, MSPID: "LanternMSP"},
	{ID: "meridian", Kind: party.Custodian, MSPID: "MeridianMSP"},
	{ID: "authority", Kind: party.Regulator, MSPID: "AuthorityMSP"},
}

// connected starts a stand-in for a peer of Harbor and connects to it as its machine.
func connected(t *testing.T, options ...ledger.Option) (*standIn, *ledger.Client) {
	t.Helper()
	return connectedAs(t, "harbor", options...)
}

// connectedAs does the same for any member.
func connectedAs(t *testing.T, member string, options ...ledger.Option) (*standIn, *ledger.Client) {
	t.Helper()
	folder := t.TempDir()
	s, address := startStandIn(t, writeCredentials(t, folder))
	path := writeProfile(t, folder, profileOf(member, address))
	profile, err := ledger.LoadProfile(path)
	if err != nil {
		t.Fatal(err)
	}
	options = append([]ledger.Option{ledger.WithPauses(time.Millisecond, 5*time.Millisecond)}, options...)
	client, err := ledger.Connect(context.Background(), profile, "machine", options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return s, client
}

func profileOf(member, address string) ledger.Profile {
	p := ledger.Profile{
		Version: ledger.ProfileVersion, Network: "test", Channel: "lending", Chaincode: "tallystick",
		Peer:        ledger.Endpoint{Endpoint: address, ServerName: "peer.test", TLSCACertPath: "root.pem"},
		Members:     consortium,
		Collections: []string{"harbor-meridian", "lantern-meridian", "exposure"},
		Identities:  map[string]ledger.IdentityFiles{"machine": {CertPath: "cert.pem", KeyPath: "key.pem", RootPath: "ca.pem"}},
	}
	for _, m := range consortium {
		if m.ID == member {
			p.Member, p.Kind, p.MSPID = m.ID, m.Kind, m.MSPID
		}
	}
	return p
}

func writeProfile(t *testing.T, folder string, profile ledger.Profile) string {
	t.Helper()
	text, err := json.Marshal(profile)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder, profile.Member+".json")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// writeCredentials writes a root, and an identity whose certificate carries the role machine. It
// answers what the server shows.
func writeCredentials(t *testing.T, folder string) credentials.TransportCredentials {
	t.Helper()
	rootKey, root := certificate(t, "root", nil, nil)
	serverKey, server := certificate(t, "peer.test", root, rootKey)
	clientKey, client := certificate(t, "machine", root, rootKey)
	writePEM(t, filepath.Join(folder, "root.pem"), "CERTIFICATE", root.Raw)
	writePEM(t, filepath.Join(folder, "cert.pem"), "CERTIFICATE", client.Raw)
	raw, err := x509.MarshalPKCS8PrivateKey(clientKey)
	if err != nil {
		t.Fatal(err)
	}
	writePEM(t, filepath.Join(folder, "key.pem"), "PRIVATE KEY", raw)
	return credentials.NewTLS(&tls.Config{
		MinVersion:   tls.VersionTLS12,
		Certificates: []tls.Certificate{{Certificate: [][]byte{server.Raw}, PrivateKey: serverKey}},
	})
}

func certificate(t *testing.T, name string, issuer *x509.Certificate, issuerKey *ecdsa.PrivateKey) (*ecdsa.PrivateKey, *x509.Certificate) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()),
		Subject:      pkix.Name{CommonName: name},
		DNSNames:     []string{name},
		NotBefore:    time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: issuer == nil, BasicConstraintsValid: true,
		ExtraExtensions: []pkix.Extension{{
			Id:    asn1.ObjectIdentifier{1, 2, 3, 4, 5, 6, 7, 8, 1},
			Value: []byte(`{"attrs":{"hf.Affiliation":"","role":"` + name + `"}}`),
		}},
	}
	if issuer == nil {
		issuer, issuerKey, template.KeyUsage = template, key, x509.KeyUsageCertSign
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, issuer, key.Public(), issuerKey)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(raw)
	if err != nil {
		t.Fatal(err)
	}
	return key, cert
}

func writePEM(t *testing.T, path, kind string, raw []byte) {
	t.Helper()
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: raw}), 0o600); err != nil {
		t.Fatal(err)
	}
}
