package e2e_test

import (
	"crypto/x509"
	"encoding/pem"
	"net/url"
	"os"
	"slices"
	"testing"

	"github.com/tallystick/tallystick/gateway-app/access"
	"github.com/tallystick/tallystick/gateway-app/client"
	"github.com/tallystick/tallystick/gateway-app/enrolment"
	"github.com/tallystick/tallystick/gateway-app/ledger"
	"github.com/tallystick/tallystick/test-network/ca"
)

// revocations is what an app answers of its authority's list.
type revocations struct {
	PEM     string
	Serials []string
}

// Who is disabled is on the list that an administrator fetches, signed by the authority that issued the certificate; and so
// is somebody who has their key outside the app. Until the list is in the channel's configuration the peers answer them, from
// then on no longer, while everybody else is served as before and the books hold.
func TestARevokedCertificateIsRefusedByThePeers(t *testing.T) {
	c := onNetwork(t)
	c.withGateways(t, harbor)
	administrator := c.nobodyAt(t, harbor).As(c.administratorAt(t, harbor))
	serial := c.disables(t, administrator)
	leaver := c.outside(t, harbor, "leaver-"+client.NewKey()[:8])

	list, err := client.Get[revocations](within(t, patience), administrator, "/v1/revocation-list", nil)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(list.Serials, serial) {
		t.Errorf("%s is not among %v", serial, list.Serials)
	}
	c.isSignedByItsAuthority(t, list.PEM)
	if err := asks(t, leaver); err != nil {
		t.Fatalf("before the list is in the channel's configuration: %v", err)
	}
	for range 2 { // the second time it is there
		if err := c.net.Revoke(within(t, patience), harbor, []byte(list.PEM)); err != nil {
			t.Fatal(err)
		}
	}
	if err := asks(t, leaver); err == nil {
		t.Error("a peer answers somebody whose certificate is revoked")
	}
	if err := asks(t, c.client(t, harbor, "operator")); err != nil {
		t.Errorf("somebody else of the member: %v", err)
	}
	c.settled(t, c.newest(t))
	c.checkBooks(t)
}

// disables makes a user of harbor's with a certificate, ends the user, and answers the certificate's number.
func (c *consortium) disables(t *testing.T, administrator *client.Client) string {
	t.Helper()
	made := posted[struct{ User access.User }](t, administrator, "/v1/users", map[string]any{
		"name": "leaver-" + client.NewKey()[:8], "roles": []access.Role{access.PlatformOperator},
	})
	enrolled := posted[access.User](t, administrator, "/v1/users/"+made.User.ID+"/enrolments", struct{}{})
	var held enrolment.Enrolment
	for each, err := range client.List[enrolment.Enrolment](within(t, patience), administrator, "/v1/enrolments", nil) {
		if err != nil {
			t.Fatal(err)
		}
		if each.Name == enrolled.Certificate {
			held = each
		}
	}
	block, _ := pem.Decode([]byte(held.Certificate))
	if block == nil {
		t.Fatalf("the user has no certificate: %+v", enrolled)
	}
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	posted[map[string]any](t, administrator, "/v1/users/"+made.User.ID+"/disabling", struct{}{})
	return certificate.SerialNumber.Text(16)
}

// outside is somebody of a member's with a key of their own, whose certificate the authority has revoked.
func (c *consortium) outside(t *testing.T, member, name string) *ledger.Client {
	t.Helper()
	ctx := within(t, patience)
	files, err := c.issue(ctx, member, name, "client", "role=operator:ecert")
	if err != nil {
		t.Fatal(err)
	}
	profile, err := c.profile(member)
	if err != nil {
		t.Fatal(err)
	}
	profile.Identities[name] = files
	connection, err := ledger.Connect(ctx, profile, name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(connection.Close)
	server, err := c.authorityOf(ctx, member)
	if err != nil {
		t.Fatal(err)
	}
	at := url.URL{Scheme: "https", Host: server.Listen.String()}
	if err := runClient(ctx, server, c.folder("members", member, "identities", "registrar"), at, "revoke", "--revoke.name", name); err != nil {
		t.Fatal(err)
	}
	return connection
}

// asks has somebody ask their member's peer how long the chain is.
func asks(t *testing.T, who *ledger.Client) error {
	t.Helper()
	_, err := who.Chain(within(t, patience))
	return err
}

func (c *consortium) isSignedByItsAuthority(t *testing.T, text string) {
	t.Helper()
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		t.Fatalf("the list is no PEM: %s", text)
	}
	list, err := x509.ParseRevocationList(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	server, err := c.authorityOf(t.Context(), harbor)
	if err != nil {
		t.Fatal(err)
	}
	rootText, err := os.ReadFile(server.RootPath(ca.Identities))
	if err != nil {
		t.Fatal(err)
	}
	rootBlock, _ := pem.Decode(rootText)
	root, err := x509.ParseCertificate(rootBlock.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	if err := list.CheckSignatureFrom(root); err != nil {
		t.Errorf("the list is not its authority's: %v", err)
	}
}
