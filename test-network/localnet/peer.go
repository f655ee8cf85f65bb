package localnet

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/hyperledger/fabric-admin-sdk/pkg/channel"
	"github.com/hyperledger/fabric-admin-sdk/pkg/discovery"
	"github.com/hyperledger/fabric-admin-sdk/pkg/identity"
	"github.com/hyperledger/fabric-gateway/pkg/client"
	"github.com/hyperledger/fabric-gateway/pkg/hash"
	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/protobuf/proto"

	"github.com/tallystick/tallystick/test-network/process"
)

// maxMessageBytes lets a client receive whole blocks.
const maxMessageBytes = 100 << 20

// administrator acts at a member's own peer as the member's administrator.
type administrator struct {
	seat       seat
	connection *grpc.ClientConn
	identity   identity.SigningIdentity
}

func newAdministrator(s seat) (*administrator, error) {
	fail := func(err error) (*administrator, error) {
		return nil, fmt.Errorf("administer %s: %w", s.node(nodePeer), err)
	}
	files := s.identity("admin")
	certificate, err := identity.ReadCertificate(files.CertPath)
	if err != nil {
		return fail(err)
	}
	key, err := identity.ReadPrivateKey(files.KeyPath)
	if err != nil {
		return fail(err)
	}
	signer, err := identity.NewPrivateKeySigningIdentity(s.member.MSPID, certificate, key)
	if err != nil {
		return fail(err)
	}
	config, err := trusting(s.tlsRootPath())
	if err != nil {
		return fail(err)
	}
	config.ServerName = s.member.PeerHost()
	connection, err := grpc.NewClient(s.address(portPeer).String(),
		grpc.WithTransportCredentials(credentials.NewTLS(config)),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxMessageBytes), grpc.MaxCallSendMsgSize(maxMessageBytes)))
	if err != nil {
		return fail(err)
	}
	return &administrator{seat: s, connection: connection, identity: signer}, nil
}

func (a *administrator) close() { _ = a.connection.Close() }

// join brings the peer into the channel, unless it takes part already.
func (a *administrator) join(ctx context.Context, channelName string, genesis []byte) error {
	joined, err := a.takesPart(ctx, channelName)
	if err != nil || joined {
		return err
	}
	block := &common.Block{}
	if err := proto.Unmarshal(genesis, block); err != nil {
		return fmt.Errorf("read first block: %w", err)
	}
	return channel.JoinChannel(ctx, a.connection, a.identity, block)
}

func (a *administrator) takesPart(ctx context.Context, channelName string) (bool, error) {
	channels, err := channel.ListChannelOnPeer(ctx, a.connection, a.identity)
	if err != nil {
		return false, err
	}
	for _, each := range channels {
		if each.GetChannelId() == channelName {
			return true, nil
		}
	}
	return false, nil
}

// height is how many blocks of the channel the peer has.
func (a *administrator) height(ctx context.Context, channelName string) (uint64, error) {
	info, err := channel.GetBlockChainInfo(ctx, a.connection, a.identity, channelName)
	return info.GetHeight(), err
}

// sees lists the MSP ids of the peers that this one knows in the channel, itself included. Given a
// chaincode, only peers that can run it count.
func (a *administrator) sees(ctx context.Context, channelName, chaincode string) ([]string, error) {
	var interest *peer.ChaincodeInterest
	if chaincode != "" {
		interest = &peer.ChaincodeInterest{Chaincodes: []*peer.ChaincodeCall{{Name: chaincode}}}
	}
	result, err := discovery.NewPeer(a.connection, a.identity).PeerMembershipQuery(ctx, channelName, interest)
	if err != nil {
		return nil, err
	}
	var mspIDs []string
	for mspID, peers := range result.GetPeersByOrg() {
		if len(peers.GetPeers()) > 0 {
			mspIDs = append(mspIDs, mspID)
		}
	}
	return mspIDs, nil
}

// metadataFunction is asked of a chaincode to see whether it answers. Whether it knows the
// function is its own affair: a refusal is an answer too.
const metadataFunction = "org.hyperledger.fabric:GetMetadata"

// answers is nil once the member's own process of a chaincode answers through its own peer.
func (a *administrator) answers(ctx context.Context, channelName, chaincode string) error {
	gateway, err := client.Connect(a.identity,
		client.WithSign(a.identity.Sign), client.WithHash(hash.NONE), // the signer hashes by itself
		client.WithClientConnection(a.connection))
	if err != nil {
		return err
	}
	defer func() { _ = gateway.Close() }() // leaves the connection, which is not the gateway's own
	_, err = gateway.GetNetwork(channelName).GetContract(chaincode).EvaluateWithContext(ctx, metadataFunction,
		client.WithEndorsingOrganizations(a.seat.member.MSPID))
	if err != nil && strings.Contains(err.Error(), "chaincode response") {
		return nil
	}
	return err
}

// joinPeer brings a member's peer into the channel.
func (n *Network) joinPeer(ctx context.Context, s seat, genesis []byte) error {
	admin, err := newAdministrator(s)
	if err != nil {
		return err
	}
	defer admin.close()
	if err := admin.join(ctx, n.options.Consortium.Channel, genesis); err != nil {
		return fmt.Errorf("join %s to channel %s: %w: read %s",
			s.node(nodePeer), n.options.Consortium.Channel, err, n.supervisor.LogPath(s.node(nodePeer)))
	}
	return nil
}

// joinAll brings every consenter and peer into the channel.
func (n *Network) joinAll(ctx context.Context) error {
	genesis, err := os.ReadFile(n.genesisPath())
	if err != nil {
		return fmt.Errorf("read first block: %w", err)
	}
	seats := n.seats()
	err = eachAtOnce(ctx, len(seats), func(ctx context.Context, i int) error {
		return n.joinConsenter(ctx, seats[i], genesis)
	})
	if err != nil {
		return err
	}
	// One after the other: peers that join at the same moment greet each other before either knows
	// the channel's members, and wait seconds for an answer that cannot come.
	for _, s := range seats {
		if err := n.joinPeer(ctx, s, genesis); err != nil {
			return err
		}
	}
	return nil
}

// Ready waits until the network can serve every transaction: each member's peer sees the peers of
// all members, each able to run every deployed chaincode, and each member's chaincode answers.
func (n *Network) Ready(ctx context.Context) error {
	return n.eachMember(ctx, func(ctx context.Context, admin *administrator) error {
		for _, chaincode := range n.deployedChaincodes() {
			if err := n.seesEveryone(ctx, admin, chaincode); err != nil {
				return err
			}
			if err := admin.answers(ctx, n.options.Consortium.Channel, chaincode); err != nil {
				return fmt.Errorf("chaincode %s does not answer: %w", chaincode, err)
			}
		}
		return nil
	})
}

// meet waits until every member's peer has found those of all others.
func (n *Network) meet(ctx context.Context) error {
	return n.eachMember(ctx, func(ctx context.Context, admin *administrator) error {
		return n.seesEveryone(ctx, admin, "")
	})
}

// eachMember waits, for all members side by side, until a look as the member's administrator finds
// nothing missing.
func (n *Network) eachMember(ctx context.Context, look func(context.Context, *administrator) error) error {
	seats := n.seats()
	return eachAtOnce(ctx, len(seats), func(ctx context.Context, i int) error {
		admin, err := newAdministrator(seats[i])
		if err != nil {
			return err
		}
		defer admin.close()
		return n.awaitMember(ctx, admin, look)
	})
}

func (n *Network) awaitMember(ctx context.Context, admin *administrator, look func(context.Context, *administrator) error) error {
	missing := errors.New("not asked yet")
	err := process.Await(ctx, func(whole context.Context) (bool, error) {
		ctx, cancel := context.WithTimeout(whole, statusPatience)
		defer cancel()
		found := look(ctx, admin)
		if whole.Err() == nil {
			missing = found // a look that was cut short tells nothing
		}
		return found == nil, nil
	})
	if err != nil {
		return fmt.Errorf("wait for %s: %w: %w: read %s", admin.seat.node(nodePeer), err, missing,
			n.supervisor.LogPath(admin.seat.node(nodePeer)))
	}
	return nil
}

// seesEveryone is nil once the peer knows, in the channel, peers of all members that can run a
// chaincode, or peers of all members if none is named.
func (n *Network) seesEveryone(ctx context.Context, admin *administrator, chaincode string) error {
	seen, err := admin.sees(ctx, n.options.Consortium.Channel, chaincode)
	if err != nil {
		return err
	}
	if len(seen) < len(n.options.Consortium.Members) {
		return fmt.Errorf("it sees only %s", strings.Join(seen, ", "))
	}
	return nil
}
