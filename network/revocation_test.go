package network

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"google.golang.org/protobuf/proto"
)

const revokingMember = "HarborMSP"

// revokedList is a list of revoked certificates by an authority that is made for it.
func revokedList(t *testing.T, serial int64) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)
	issuer := &x509.Certificate{SerialNumber: big.NewInt(1), SubjectKeyId: []byte{1}, KeyUsage: x509.KeyUsageCRLSign}
	der, err := x509.CreateRevocationList(rand.Reader, &x509.RevocationList{
		Number: big.NewInt(serial), ThisUpdate: now, NextUpdate: now.AddDate(0, 0, 1),
		RevokedCertificateEntries: []x509.RevocationListEntry{{SerialNumber: big.NewInt(serial), RevocationTime: now}},
	}, issuer, key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: der})
}

// configured is a channel's configuration with two members, of which each is defined twice.
func configured(t *testing.T) *common.Config {
	t.Helper()
	section := func() *common.ConfigGroup {
		group := &common.ConfigGroup{Version: 3, Groups: map[string]*common.ConfigGroup{}}
		for _, name := range []string{revokingMember, "LanternMSP"} {
			inner, err := proto.Marshal(&msp.FabricMSPConfig{Name: name, RootCerts: [][]byte{[]byte(name)}})
			if err != nil {
				t.Fatal(err)
			}
			outer, err := proto.Marshal(&msp.MSPConfig{Config: inner})
			if err != nil {
				t.Fatal(err)
			}
			group.Groups[name] = &common.ConfigGroup{Version: 2, Values: map[string]*common.ConfigValue{
				membershipValue: {Version: 5, Value: outer, ModPolicy: "Admins"},
			}}
		}
		return group
	}
	return &common.Config{ChannelGroup: &common.ConfigGroup{Version: 1, Groups: map[string]*common.ConfigGroup{
		"Application": section(), "Orderer": section(),
	}}}
}

// revocationsIn reads a member's definition in a part of an update, or of a configuration.
func revocationsIn(t *testing.T, top *common.ConfigGroup, section string) (*common.ConfigValue, *msp.FabricMSPConfig) {
	t.Helper()
	value := top.GetGroups()[section].GetGroups()[revokingMember].GetValues()[membershipValue]
	var outer msp.MSPConfig
	var inner msp.FabricMSPConfig
	if err := errors.Join(proto.Unmarshal(value.GetValue(), &outer), proto.Unmarshal(outer.GetConfig(), &inner)); err != nil {
		t.Fatal(err)
	}
	return value, &inner
}

// A member's list changes that member's definition in both parts and nothing else, one version on.
func TestRevocationsChangeNothingButTheMembersDefinition(t *testing.T) {
	list := revokedList(t, 7)
	update, err := RevocationUpdate(configured(t), "lending", revokingMember, list)
	if err != nil {
		t.Fatal(err)
	}
	if update.GetChannelId() != "lending" {
		t.Errorf("it is for channel %q", update.GetChannelId())
	}
	for _, section := range membershipSections {
		value, inner := revocationsIn(t, update.GetWriteSet(), section)
		if value.GetVersion() != 6 || value.GetModPolicy() != "Admins" {
			t.Errorf("%s: version %d, to be changed by %s", section, value.GetVersion(), value.GetModPolicy())
		}
		if len(inner.GetRevocationList()) != 1 || !bytes.Equal(inner.GetRevocationList()[0], list) || string(inner.GetRootCerts()[0]) != revokingMember {
			t.Errorf("%s: the definition has become %v", section, inner)
		}
		group := update.GetWriteSet().GetGroups()[section]
		if group.GetVersion() != 3 || len(group.GetGroups()) != 1 || group.GetGroups()[revokingMember].GetVersion() != 2 {
			t.Errorf("%s: more is changed than the member's definition: %v", section, group)
		}
		if values := update.GetReadSet().GetGroups()[section].GetGroups()[revokingMember].GetValues(); len(values) != 0 {
			t.Errorf("%s: what is read is said to have %v", section, values)
		}
	}
}

// A later list takes the place of the former; the same one again changes nothing.
func TestALaterListReplacesTheFormer(t *testing.T) {
	now, first := configured(t), revokedList(t, 7)
	for _, list := range [][]byte{first, revokedList(t, 8)} {
		update, err := RevocationUpdate(now, "lending", revokingMember, list)
		if err != nil {
			t.Fatal(err)
		}
		for _, section := range membershipSections {
			value, inner := revocationsIn(t, update.GetWriteSet(), section)
			if len(inner.GetRevocationList()) != 1 {
				t.Errorf("%d lists stand in %s", len(inner.GetRevocationList()), section)
			}
			now.GetChannelGroup().GetGroups()[section].GetGroups()[revokingMember].GetValues()[membershipValue] = value
		}
		if _, err := RevocationUpdate(now, "lending", revokingMember, list); !errors.Is(err, ErrInForce) {
			t.Errorf("the same list again: %v", err)
		}
	}
}

func TestWhatIsNoListOfAMemberIsRefused(t *testing.T) {
	list := revokedList(t, 7)
	certificate := bytes.ReplaceAll(list, []byte("X509 CRL"), []byte("CERTIFICATE"))
	for _, c := range []struct {
		name, member string
		list         []byte
		says         string
	}{
		{"no PEM", revokingMember, []byte("{}"), "GET /v1/revocation-list"},
		{"a certificate", revokingMember, certificate, "GET /v1/revocation-list"},
		{"two lists", revokingMember, append(bytes.Clone(list), list...), "not one X.509 CRL"},
		{"a broken list", revokingMember, pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: []byte{1}}), "cannot be read"},
		{"somebody else's", "NobodyMSP", list, "no such member"},
	} {
		if _, err := RevocationUpdate(configured(t), "lending", c.member, c.list); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q", c.name, err, c.says)
		}
	}
}
