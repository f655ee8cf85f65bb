package network

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"google.golang.org/protobuf/proto"
)

// The parts of a channel's configuration that say who a member is. Both must say the same: Fabric refuses a channel
// with two definitions of one member.
var membershipSections = []string{"Application", "Orderer"}

const membershipValue = "MSP"

// ErrInForce says that the configuration holds just this list of revoked certificates already.
var ErrInForce = errors.New("this list of revoked certificates is in the channel's configuration already")

// RevocationUpdate is the change of a channel's configuration that puts a member's list of revoked certificates (an X.509
// CRL in PEM, RFC 5280, section 5) in the place of the one before. From the block that carries it on, every peer and
// consenter refuses who is on the list. Nothing but the member's own definition changes, so that the signature of the
// member's own administrator is enough.
func RevocationUpdate(now *common.Config, channel, mspID string, list []byte) (*common.ConfigUpdate, error) {
	fail := func(err error) (*common.ConfigUpdate, error) {
		return nil, fmt.Errorf("put a list of revoked certificates of %s into channel %s: %w", mspID, channel, err)
	}
	if err := checkRevocationList(list); err != nil {
		return fail(err)
	}
	top := now.GetChannelGroup()
	read, write := unchanged(top), unchanged(top)
	inForce := true
	for _, section := range membershipSections {
		group := top.GetGroups()[section]
		member, found := group.GetGroups()[mspID]
		if !found {
			return fail(fmt.Errorf("the configuration's part %s has no such member", section))
		}
		value, same, err := withRevocations(member.GetValues()[membershipValue], list)
		if err != nil {
			return fail(fmt.Errorf("read the member's definition in %s: %w", section, err))
		}
		inForce = inForce && same
		before, after := unchanged(member), unchanged(member)
		after.Values = map[string]*common.ConfigValue{membershipValue: value}
		read.Groups[section], write.Groups[section] = unchanged(group), unchanged(group)
		read.Groups[section].Groups[mspID], write.Groups[section].Groups[mspID] = before, after
	}
	if inForce {
		return nil, ErrInForce
	}
	return &common.ConfigUpdate{ChannelId: channel, ReadSet: read, WriteSet: write}, nil
}

// unchanged names a group at its version, with nothing in it: what an update leaves as it is.
func unchanged(group *common.ConfigGroup) *common.ConfigGroup {
	return &common.ConfigGroup{Version: group.GetVersion(), Groups: map[string]*common.ConfigGroup{}}
}

// withRevocations is the next version of a member's definition, and whether it says the same as the present one.
func withRevocations(value *common.ConfigValue, list []byte) (next *common.ConfigValue, same bool, err error) {
	var outer msp.MSPConfig
	if err := proto.Unmarshal(value.GetValue(), &outer); err != nil {
		return nil, false, err
	}
	var inner msp.FabricMSPConfig
	if err := proto.Unmarshal(outer.GetConfig(), &inner); err != nil {
		return nil, false, err
	}
	same = len(inner.GetRevocationList()) == 1 && bytes.Equal(inner.GetRevocationList()[0], list)
	inner.RevocationList = [][]byte{list}
	if outer.Config, err = proto.Marshal(&inner); err != nil {
		return nil, false, err
	}
	encoded, err := proto.Marshal(&outer)
	return &common.ConfigValue{Version: value.GetVersion() + 1, Value: encoded, ModPolicy: value.GetModPolicy()}, same, err
}

func checkRevocationList(list []byte) error {
	block, rest := pem.Decode(list)
	if block == nil || block.Type != "X509 CRL" || len(bytes.TrimSpace(rest)) > 0 {
		return errors.New("it is not one X.509 CRL in PEM: take the text in pem from GET /v1/revocation-list")
	}
	if _, err := x509.ParseRevocationList(block.Bytes); err != nil {
		return fmt.Errorf("it cannot be read: %w", err)
	}
	return nil
}
