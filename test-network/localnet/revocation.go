package localnet

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"

	"github.com/hyperledger/fabric-admin-sdk/pkg/channel"
	"github.com/hyperledger/fabric-admin-sdk/pkg/identity"
	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"github.com/hyperledger/fabric-protos-go-apiv2/orderer"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/protobuf/proto"

	"github.com/tallystick/tallystick/network"
)

// Revoke puts a member's list of revoked certificates, in PEM, into the channel's configuration, signed by the member's
// own administrator, and waits until every member's peer goes by it. A list that is there already is no error.
func (n *Network) Revoke(ctx context.Context, member string, list []byte) error {
	s, err := n.seatOf(member)
	if err != nil {
		return err
	}
	admin, err := newAdministrator(s)
	if err != nil {
		return err
	}
	defer admin.close()
	now, err := n.configuration(ctx, admin)
	if err != nil {
		return err
	}
	update, err := network.RevocationUpdate(now, n.options.Consortium.Channel, s.member.MSPID, list)
	if err == nil {
		err = n.reconfigure(ctx, s, admin.identity, update)
	}
	if err != nil && !errors.Is(err, network.ErrInForce) {
		return err
	}
	return n.eachMember(ctx, func(ctx context.Context, admin *administrator) error {
		now, err := n.configuration(ctx, admin)
		if err != nil {
			return err
		}
		_, err = network.RevocationUpdate(now, n.options.Consortium.Channel, s.member.MSPID, list)
		if errors.Is(err, network.ErrInForce) {
			return nil
		}
		return errors.Join(errors.New("the list is not in force yet"), err)
	})
}

func (n *Network) seatOf(member string) (seat, error) {
	for _, s := range n.seats() {
		if s.member.ID == member {
			return s, nil
		}
	}
	_, err := n.options.Consortium.Member(member)
	return seat{}, err
}

// configuration is the channel's, as the administrator's own peer has it.
func (n *Network) configuration(ctx context.Context, admin *administrator) (*common.Config, error) {
	block, err := channel.GetConfigBlock(ctx, admin.connection, admin.identity, n.options.Consortium.Channel)
	if err != nil {
		return nil, fmt.Errorf("ask %s for the channel's configuration: %w", admin.seat.node(nodePeer), err)
	}
	if len(block.GetData().GetData()) != 1 {
		return nil, fmt.Errorf("a configuration block holds one transaction, this one %d", len(block.GetData().GetData()))
	}
	var envelope common.Envelope
	var payload common.Payload
	var held common.ConfigEnvelope
	err = errors.Join(proto.Unmarshal(block.GetData().GetData()[0], &envelope),
		proto.Unmarshal(envelope.GetPayload(), &payload), proto.Unmarshal(payload.GetData(), &held))
	if err != nil {
		return nil, fmt.Errorf("read the channel's configuration: %w", err)
	}
	return held.GetConfig(), nil
}

// reconfigure signs a change of the configuration and hands it to the member's own consenter, which passes it on to the
// one that leads.
func (n *Network) reconfigure(ctx context.Context, s seat, signer identity.SigningIdentity, update *common.ConfigUpdate) error {
	fail := func(err error) error {
		return fmt.Errorf("change the configuration of channel %s: %w", update.GetChannelId(), err)
	}
	envelope, err := signedUpdate(signer, update)
	if err != nil {
		return fail(err)
	}
	config, err := trusting(s.tlsRootPath())
	if err != nil {
		return fail(err)
	}
	config.ServerName = s.member.ConsenterHost()
	connection, err := grpc.NewClient(s.address(portConsenter).String(), grpc.WithTransportCredentials(credentials.NewTLS(config)))
	if err != nil {
		return fail(err)
	}
	defer connection.Close()
	calls, err := orderer.NewAtomicBroadcastClient(connection).Broadcast(ctx)
	if err != nil {
		return fail(err)
	}
	if err := calls.Send(envelope); err != nil {
		return fail(err)
	}
	answer, err := calls.Recv()
	if err != nil {
		return fail(err)
	}
	if answer.GetStatus() != common.Status_SUCCESS {
		return fail(fmt.Errorf("%s answers %s: %s", s.node(nodeConsenter), answer.GetStatus(), answer.GetInfo()))
	}
	return nil
}

// signedUpdate is the envelope that a consenter takes: the change, signed, in a transaction that is signed again.
func signedUpdate(signer identity.SigningIdentity, update *common.ConfigUpdate) (*common.Envelope, error) {
	change, err := proto.Marshal(update)
	if err != nil {
		return nil, err
	}
	header, err := signatureHeader(signer)
	if err != nil {
		return nil, err
	}
	signature, err := signer.Sign(slices.Concat(header, change))
	if err != nil {
		return nil, err
	}
	data, err := proto.Marshal(&common.ConfigUpdateEnvelope{
		ConfigUpdate: change, Signatures: []*common.ConfigSignature{{SignatureHeader: header, Signature: signature}},
	})
	if err != nil {
		return nil, err
	}
	of, err := proto.Marshal(&common.ChannelHeader{Type: int32(common.HeaderType_CONFIG_UPDATE), ChannelId: update.GetChannelId()})
	if err != nil {
		return nil, err
	}
	if header, err = signatureHeader(signer); err != nil {
		return nil, err
	}
	payload, err := proto.Marshal(&common.Payload{Header: &common.Header{ChannelHeader: of, SignatureHeader: header}, Data: data})
	if err != nil {
		return nil, err
	}
	signature, err = signer.Sign(payload)
	return &common.Envelope{Payload: payload, Signature: signature}, err
}

const nonceBytes = 24

// signatureHeader says who signs, with a number that nothing else was signed with.
func signatureHeader(signer identity.SigningIdentity) ([]byte, error) {
	creator, err := proto.Marshal(&msp.SerializedIdentity{Mspid: signer.MspID(), IdBytes: signer.Credentials()})
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, nonceBytes)
	if _, err := rand.Read(nonce); err != nil {
		return nil, err
	}
	return proto.Marshal(&common.SignatureHeader{Creator: creator, Nonce: nonce})
}
