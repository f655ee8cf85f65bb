package e2e_test

import (
	"crypto/tls"
	"crypto/x509"
	"os"
	"strings"
	"testing"

	"github.com/hyperledger/fabric-gateway/pkg/client"
	"github.com/hyperledger/fabric-gateway/pkg/identity"
	"github.com/hyperledger/fabric-protos-go-apiv2/gateway"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/status"

	"github.com/tallystick/tallystick/gateway-app/ledger"
)

// gateway is Fabric's own client, for what the members' client refuses to do.
func (c *consortium) gateway(t testing.TB, member, name string) *client.Gateway {
	t.Helper()
	profile, err := c.profile(member)
	if err != nil {
		t.Fatal(err)
	}
	id, sign := signerOf(t, profile.MSPID, profile.Identities[name])
	conn, err := grpc.NewClient(profile.Peer.Endpoint, grpc.WithTransportCredentials(credentials.NewTLS(peerTLS(t, profile))))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	connected, err := client.Connect(id, client.WithSign(sign), client.WithClientConnection(conn))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = connected.Close() })
	return connected
}

// peerTLS trusts a member's own peer.
func peerTLS(t testing.TB, profile ledger.Profile) *tls.Config {
	t.Helper()
	return &tls.Config{
		RootCAs: rootsOf(t, profile.Peer.TLSCACertPath), ServerName: profile.Peer.ServerName, MinVersion: tls.VersionTLS12,
	}
}

func signerOf(t testing.TB, mspID string, files ledger.IdentityFiles) (*identity.X509Identity, identity.Sign) {
	t.Helper()
	certificate, err := identity.CertificateFromPEM(readFile(t, files.CertPath))
	if err != nil {
		t.Fatal(err)
	}
	id, err := identity.NewX509Identity(mspID, certificate)
	if err != nil {
		t.Fatal(err)
	}
	key, err := identity.PrivateKeyFromPEM(readFile(t, files.KeyPath))
	if err != nil {
		t.Fatal(err)
	}
	sign, err := identity.NewPrivateKeySign(key)
	if err != nil {
		t.Fatal(err)
	}
	return id, sign
}

func rootsOf(t testing.TB, path string) *x509.CertPool {
	t.Helper()
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(readFile(t, path)) {
		t.Fatalf("%s holds no certificate", path)
	}
	return roots
}

func readFile(t testing.TB, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// fabricArguments send one argument to one organisation's peer.
func fabricArguments(body []byte, mspID string) []client.ProposalOption {
	return []client.ProposalOption{client.WithBytesArguments(body), client.WithEndorsingOrganizations(mspID)}
}

// refusalText is what the chaincode said, among what the peer says about it.
func refusalText(err error) string {
	said := status.Convert(err)
	texts := []string{said.Message()}
	for _, detail := range said.Details() {
		if peerSaid, ok := detail.(*gateway.ErrorDetail); ok {
			texts = append(texts, peerSaid.GetMessage())
		}
	}
	return strings.Join(texts, " ")
}
