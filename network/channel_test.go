package network

import (
	"fmt"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

func sitesOf(c Consortium) []Site {
	sites := make([]Site, len(c.Members))
	for i, member := range c.Members {
		sites[i] = Site{
			Member:            member,
			Peer:              Address{"127.0.0.1", 7000 + 10*i},
			Consenter:         Address{"127.0.0.1", 7001 + 10*i},
			MSPDir:            "/" + member.ID + "/msp",
			ConsenterCertPath: "/" + member.ID + "/consenter.pem",
			ConsenterTLSPath:  "/" + member.ID + "/consenter-tls.pem",
		}
	}
	return sites
}

type policyText struct {
	Type string `yaml:"Type"`
	Rule string `yaml:"Rule"`
}

// channelText is what the test reads back of the channel's configuration.
type channelText struct {
	Profiles map[string]struct {
		Policies     map[string]policyText `yaml:"Policies"`
		Capabilities map[string]bool       `yaml:"Capabilities"`
		Application  struct {
			Organizations []map[string]any      `yaml:"Organizations"`
			Policies      map[string]policyText `yaml:"Policies"`
			Capabilities  map[string]bool       `yaml:"Capabilities"`
		} `yaml:"Application"`
		Orderer struct {
			OrdererType      string                `yaml:"OrdererType"`
			Addresses        []string              `yaml:"Addresses"`
			Organizations    []map[string]any      `yaml:"Organizations"`
			Policies         map[string]policyText `yaml:"Policies"`
			Capabilities     map[string]bool       `yaml:"Capabilities"`
			ConsenterMapping []struct {
				ID    int    `yaml:"ID"`
				Port  int    `yaml:"Port"`
				MSPID string `yaml:"MSPID"`
			} `yaml:"ConsenterMapping"`
		} `yaml:"Orderer"`
	} `yaml:"Profiles"`
}

func TestChannelConfigurationFollowsTheMembers(t *testing.T) {
	for name, consortium := range consortia(t) {
		t.Run(name, func(t *testing.T) {
			text, err := consortium.ChannelConfiguration(sitesOf(consortium))
			if err != nil {
				t.Fatal(err)
			}
			var read channelText
			if err := yaml.Unmarshal(text, &read); err != nil {
				t.Fatal(err)
			}
			channel := read.Profiles[ChannelProfile]
			if channel.Orderer.OrdererType != "BFT" || len(channel.Orderer.Addresses) != 0 {
				t.Errorf("ordering by %s at %v", channel.Orderer.OrdererType, channel.Orderer.Addresses)
			}
			if !channel.Capabilities["V3_0"] || !channel.Orderer.Capabilities["V2_0"] || !channel.Application.Capabilities["V2_5"] {
				t.Error("a capability is missing")
			}
			for i, member := range consortium.Members {
				consenter := channel.Orderer.ConsenterMapping[i]
				if consenter.ID != i+1 || consenter.MSPID != member.MSPID || consenter.Port != 7001+10*i {
					t.Errorf("consenter %d is %+v", i+1, consenter)
				}
				for _, section := range [][]map[string]any{channel.Application.Organizations, channel.Orderer.Organizations} {
					if section[i]["ID"] != member.MSPID {
						t.Errorf("organisation %d is %v", i+1, section[i]["ID"])
					}
				}
			}
			for place, policies := range map[string]map[string]policyText{
				"channel": channel.Policies, "application": channel.Application.Policies, "ordering": channel.Orderer.Policies,
			} {
				if got := policies["Admins"]; got.Type != "Signature" || got.Rule != consortium.AdminPolicy().Expression() {
					t.Errorf("%s is administered by %v", place, got)
				}
			}
			if got := channel.Application.Policies["LifecycleEndorsement"]; got.Rule != consortium.LifecyclePolicy().Expression() {
				t.Errorf("chaincode is replaced by %v", got)
			}
		})
	}
}

func TestChannelNeedsEverySite(t *testing.T) {
	consortium, err := Default()
	if err != nil {
		t.Fatal(err)
	}
	sites := sitesOf(consortium)
	if _, err := consortium.ChannelConfiguration(sites[1:]); err == nil {
		t.Error("a channel without its first member was configured")
	}
	sites[0], sites[1] = sites[1], sites[0]
	if _, err := consortium.ChannelConfiguration(sites); err == nil || !strings.Contains(err.Error(), "site 1 is of lantern") {
		t.Errorf("sites out of order: %v", err)
	}
}

func TestNodeSettings(t *testing.T) {
	consortium, err := Default()
	if err != nil {
		t.Fatal(err)
	}
	member := consortium.Members[0]
	peer := PeerNode{Member: member, Network: "test", Listen: Address{"127.0.0.1", 7051}}.Settings()
	consenter := ConsenterNode{Member: member, Admin: Address{"127.0.0.1", 7055}}.Settings()
	for _, test := range []struct {
		settings map[string]any
		path     string
		want     any
	}{
		{peer, "peer.localMspId", "HarborMSP"},
		{peer, "peer.listenAddress", "127.0.0.1:7051"},
		{peer, "peer.tls.enabled", true},
		{peer, "peer.gossip.externalEndpoint", "127.0.0.1:7051"},
		{peer, "peer.gossip.pvtData.pullRetryThreshold", "7s"},
		{peer, "peer.limits.concurrency.gatewayService", 2500},
		{peer, "peer.maxRecvMsgSize", 100 << 20},
		{peer, "operations.tls.enabled", true},
		{peer, "vm.endpoint", ""},
		{consenter, "General.LocalMSPID", "HarborMSP"},
		{consenter, "General.TLS.Enabled", true},
		{consenter, "Admin.ListenAddress", "127.0.0.1:7055"},
		{consenter, "Admin.TLS.Enabled", true},
		{consenter, "Admin.TLS.ClientAuthRequired", true},
		{consenter, "Operations.TLS.Enabled", true},
		{consenter, "ChannelParticipation.Enabled", true},
	} {
		if got := at(test.settings, test.path); got != test.want {
			t.Errorf("%s is %v, want %v", test.path, got, test.want)
		}
	}
}

// at looks a value up by its dotted path.
func at(tree map[string]any, path string) any {
	var value any = tree
	for _, name := range strings.Split(path, ".") {
		section, ok := value.(map[string]any)
		if !ok {
			return fmt.Sprintf("no section at %s", name)
		}
		value = section[name]
	}
	return value
}
