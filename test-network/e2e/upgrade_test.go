package e2e_test

import (
	"context"
	"testing"
	"time"

	"github.com/hyperledger/fabric-admin-sdk/pkg/chaincode"
	"github.com/hyperledger/fabric-admin-sdk/pkg/identity"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer/lifecycle"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/status"

	"github.com/tallystick/tallystick/core/loan"
)

// The members agree on a new definition of the chaincode, with the same package. It takes the regulator,
// the custodian and a platform; what stood on the ledger before is read and written after.
func TestAnUpgradeKeepsTheLedgerReadable(t *testing.T) {
	c, s := openScene(t)
	l := s.Active(500_000, s.Lender(500_000))
	before := s.State(l)
	present := c.committed(t)
	next := c.successor(present, c.packageID(t))

	for _, member := range []string{harbor, lantern} {
		c.approve(t, member, next)
	}
	if err := c.commit(t, harbor, next); err == nil {
		t.Fatal("two platforms alone replaced the chaincode")
	}
	for _, member := range []string{meridian, authority} {
		c.approve(t, member, next)
	}
	if err := c.commit(t, harbor, next); err != nil {
		t.Fatalf("all members approve, and yet: %v", err)
	}
	c.checkBooks(t)
	if now := c.committed(t); now.GetSequence() != present.GetSequence()+1 || now.GetVersion() != next.Version {
		t.Fatalf("the channel runs sequence %d, version %s", now.GetSequence(), now.GetVersion())
	}
	if err := c.net.Ready(within(t, patience)); err != nil {
		t.Fatal(err)
	}
	if after := s.State(l); after.Status != before.Status || after.Commitment != before.Commitment {
		t.Errorf("before the upgrade %+v, after it %+v", before, after)
	}
	s.ToRow(l, 1)
	s.Pays(l, s.Owes(l))
	s.Is(l, loan.Repaid)
}

// committed is the definition that the channel runs.
func (c *consortium) committed(t *testing.T) *lifecycle.QueryChaincodeDefinitionResult {
	t.Helper()
	gateway := chaincode.NewGateway(c.administrator(t, authority))
	found, err := gateway.QueryCommittedWithName(within(t, patience), c.net.Consortium().Channel, c.net.Consortium().Chaincode)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// successor is the next definition: as the present one, but for its number and its version.
func (c *consortium) successor(present *lifecycle.QueryChaincodeDefinitionResult, packageID string) *chaincode.Definition {
	all := c.net.Consortium()
	return &chaincode.Definition{
		ChannelName: all.Channel, Name: all.Chaincode, PackageID: packageID,
		Version: present.GetVersion() + "-again", Sequence: present.GetSequence() + 1,
		ApplicationPolicy: &peer.ApplicationPolicy{Type: &peer.ApplicationPolicy_SignaturePolicy{
			SignaturePolicy: all.EndorsementPolicy().Envelope(),
		}},
		Collections: all.CollectionPackage(),
	}
}

func (c *consortium) approve(t *testing.T, member string, next *chaincode.Definition) {
	t.Helper()
	gateway := chaincode.NewGateway(c.administrator(t, member))
	if err := patiently(within(t, patience), func(ctx context.Context) error { return gateway.Approve(ctx, next) }); err != nil {
		t.Fatalf("approve for %s: %v", member, err)
	}
}

func (c *consortium) commit(t *testing.T, member string, next *chaincode.Definition) error {
	t.Helper()
	gateway := chaincode.NewGateway(c.administrator(t, member))
	return patiently(within(t, patience), func(ctx context.Context) error { return gateway.Commit(ctx, next) })
}

// patiently repeats what nodes could not do at the moment, a few times.
func patiently(ctx context.Context, step func(context.Context) error) error {
	for attempt := 1; ; attempt++ {
		err := step(ctx)
		if status.Code(err) != codes.Unavailable || attempt == 5 {
			return err
		}
		time.Sleep(200 * time.Millisecond)
	}
}

// administrator connects to a member's peer as its administrator.
func (c *consortium) administrator(t *testing.T, member string) (grpc.ClientConnInterface, identity.SigningIdentity) {
	t.Helper()
	profile, err := c.profile(member)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := identity.ReadCertificate(profile.Identities["admin"].CertPath)
	if err != nil {
		t.Fatal(err)
	}
	key, err := identity.ReadPrivateKey(profile.Identities["admin"].KeyPath)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := identity.NewPrivateKeySigningIdentity(profile.MSPID, certificate, key)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := grpc.NewClient(profile.Peer.Endpoint, grpc.WithTransportCredentials(credentials.NewTLS(peerTLS(t, profile))))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn, signer
}
