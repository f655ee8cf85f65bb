package network

import (
	"fmt"

	"go.yaml.in/yaml/v3"
)

// ChannelProfile is the name under which ChannelConfiguration writes the channel.
const ChannelProfile = "Lending"

// The sizes of blocks. A batch of five hundred confidential repayments is one envelope of some
// hundred kilobytes of hashes, so it is bytes and not messages that should end a block.
const (
	blockMaxMessages        = 500
	blockAbsoluteMaxBytes   = 32 << 20
	blockPreferredMaxBytes  = 8 << 20
	consenterMessageBuffer  = 200
	consenterRequestPool    = 100_000
	consenterHeartbeatCount = 10
)

// settings is one section of a node's or the channel's configuration.
type settings = map[string]any

// ChannelConfiguration writes the configuration from which the channel's first block is made: who
// is in it, who orders, and who may change what.
func (c Consortium) ChannelConfiguration(sites []Site) ([]byte, error) {
	if err := c.checkSites(sites); err != nil {
		return nil, fmt.Errorf("configure channel %s: %w", c.Channel, err)
	}
	organisations := make([]settings, len(sites))
	for i, site := range sites {
		organisations[i] = organisation(site)
	}
	text, err := yaml.Marshal(settings{"Profiles": settings{ChannelProfile: settings{
		"Policies":     c.groupPolicies(),
		"Capabilities": settings{"V3_0": true},
		"Orderer":      c.orderingSection(sites, organisations),
		"Application":  c.applicationSection(organisations),
	}}})
	if err != nil {
		return nil, fmt.Errorf("configure channel %s: %w", c.Channel, err)
	}
	return text, nil
}

// checkSites makes sure that every member has its site, in the order of the file: a consenter's
// number is its place in that order.
func (c Consortium) checkSites(sites []Site) error {
	if len(sites) != len(c.Members) {
		return fmt.Errorf("%d sites for %d members", len(sites), len(c.Members))
	}
	for i, site := range sites {
		if !site.Member.is(c.Members[i]) {
			return fmt.Errorf("site %d is of %s, not of %s", i+1, site.Member.ID, c.Members[i].ID)
		}
	}
	return nil
}

func organisation(site Site) settings {
	mspID := site.Member.MSPID
	return settings{
		"Name":             mspID,
		"ID":               mspID,
		"MSPDir":           site.MSPDir,
		"OrdererEndpoints": []string{site.Consenter.String()},
		"AnchorPeers":      []settings{{"Host": site.Peer.Host, "Port": site.Peer.Port}},
		"Policies": settings{
			"Readers": signature("OR('" + mspID + ".member')"),
			// Consenters count: they check one another's votes by this policy.
			"Writers":     signature("OR('" + mspID + ".admin', '" + mspID + ".client', '" + mspID + ".orderer')"),
			"Admins":      signature("OR('" + mspID + ".admin')"),
			"Endorsement": signature("OR('" + mspID + ".peer')"),
		},
	}
}

// groupPolicies are those of the channel and of each of its sections: any member reads and
// writes, and only the three kinds of member together administer.
func (c Consortium) groupPolicies() settings {
	return settings{
		"Readers": implicit("ANY Readers"),
		"Writers": implicit("ANY Writers"),
		"Admins":  signature(c.AdminPolicy().Expression()),
	}
}

func (c Consortium) applicationSection(organisations []settings) settings {
	policies := c.groupPolicies()
	policies["LifecycleEndorsement"] = signature(c.LifecyclePolicy().Expression())
	policies["Endorsement"] = signature(c.EndorsementPolicy().Expression())
	return settings{
		"Organizations": organisations,
		"Capabilities":  settings{"V2_5": true},
		"Policies":      policies,
	}
}

func (c Consortium) orderingSection(sites []Site, organisations []settings) settings {
	policies := c.groupPolicies()
	// Fabric replaces this by the consenters' own quorum; it only insists that it be named.
	policies["BlockValidation"] = implicit("ANY Writers")
	consenters := make([]settings, len(sites))
	for i, site := range sites {
		consenters[i] = consenter(i+1, site)
	}
	return settings{
		"OrdererType":      "BFT",
		"Organizations":    organisations,
		"Capabilities":     settings{"V2_0": true},
		"Policies":         policies,
		"ConsenterMapping": consenters,
		"SmartBFT":         consensus(),
		// Byzantine ordering cuts blocks by RequestBatchMaxInterval; Fabric refuses a zero here.
		"BatchTimeout": "50ms",
		"BatchSize": settings{
			"MaxMessageCount":   blockMaxMessages,
			"AbsoluteMaxBytes":  blockAbsoluteMaxBytes,
			"PreferredMaxBytes": blockPreferredMaxBytes,
		},
	}
}

func consenter(number int, site Site) settings {
	return settings{
		"ID":            number,
		"Host":          site.Consenter.Host,
		"Port":          site.Consenter.Port,
		"MSPID":         site.Member.MSPID,
		"Identity":      site.ConsenterCertPath,
		"ClientTLSCert": site.ConsenterTLSPath,
		"ServerTLSCert": site.ConsenterTLSPath,
	}
}

// consensus sets the patience of the consenters: a request waits 50 ms for others to share its
// block, and a leader that orders nothing for three seconds is voted out.
func consensus() settings {
	return settings{
		"RequestBatchMaxInterval":   "50ms",
		"RequestForwardTimeout":     "1s",
		"RequestComplainTimeout":    "3s",
		"RequestAutoRemoveTimeout":  "3m",
		"ViewChangeResendInterval":  "2s",
		"ViewChangeTimeout":         "10s",
		"LeaderHeartbeatTimeout":    "10s",
		"LeaderHeartbeatCount":      consenterHeartbeatCount,
		"CollectTimeout":            "1s",
		"IncomingMessageBufferSize": consenterMessageBuffer,
		"RequestPoolSize":           consenterRequestPool,
	}
}

func signature(rule string) settings { return settings{"Type": "Signature", "Rule": rule} }

func implicit(rule string) settings { return settings{"Type": "ImplicitMeta", "Rule": rule} }
