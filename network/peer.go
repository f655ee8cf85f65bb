package network

// maxMessageBytes is the largest message that nodes and clients exchange. Blocks of confidential
// batches travel with their private data and outgrow the 4 MB that gRPC clients accept unasked.
const maxMessageBytes = 100 << 20

// gatewayRequests is how many requests a peer's gateway serves at once. A client that waits for
// its commit holds a place.
const gatewayRequests = 2500

// BuilderEnvironment is the variable through which a peer's chaincode builder learns where the
// member's own chaincode processes listen.
const BuilderEnvironment = "TALLYSTICK_CHAINCODE_CONNECTIONS"

// PeerNode is what a member's peer needs to know of the machine that it runs on.
type PeerNode struct {
	Member     Member
	Network    string // the run's name: peers of another network never gossip with this one
	Listen     Address
	Operations Address
	Chaincode  Address // where it would accept chaincode that dials it; none here does
	DataDir    string
	MSPDir     string
	BuilderDir string
	TLS        KeyPair
	TLSCAPath  string
}

// Settings are the member's own settings, to be laid over Fabric's core.yaml.
func (n PeerNode) Settings() map[string]any {
	return settings{
		"peer":       n.peerSection(),
		"chaincode":  n.chaincodeSection(),
		"operations": operations(n.Operations, n.TLS, n.TLSCAPath),
		"metrics":    settings{"provider": "prometheus"},
		"ledger":     settings{"snapshots": settings{"rootDir": n.DataDir + "/snapshots"}},
		// No container engine: chaincode is a process of the member's own.
		"vm": settings{"endpoint": ""},
	}
}

func (n PeerNode) peerSection() settings {
	return settings{
		"id":                     n.Member.PeerHost(),
		"networkId":              n.Network,
		"listenAddress":          n.Listen.String(),
		"address":                n.Listen.String(),
		"chaincodeListenAddress": n.Chaincode.String(),
		"chaincodeAddress":       n.Chaincode.String(),
		"fileSystemPath":         n.DataDir,
		"mspConfigPath":          n.MSPDir,
		"localMspId":             n.Member.MSPID,
		"gossip":                 n.gossipSection(),
		"tls": settings{
			"enabled":            true,
			"clientAuthRequired": false,
			"cert":               settings{"file": n.TLS.CertPath},
			"key":                settings{"file": n.TLS.KeyPath},
			"rootcert":           settings{"file": n.TLSCAPath},
			"clientRootCAs":      settings{"files": []string{n.TLSCAPath}},
		},
		// A consenter that comes back is found again within seconds, not an hour.
		"deliveryclient": settings{"reConnectBackoffThreshold": "5s"},
		"limits": settings{"concurrency": settings{
			"endorserService": gatewayRequests,
			"deliverService":  gatewayRequests,
			"gatewayService":  gatewayRequests,
		}},
		"maxRecvMsgSize": maxMessageBytes,
		"maxSendMsgSize": maxMessageBytes,
	}
}

// gossipSection keeps members in sight of one another. Blocks come from the consenters; gossip
// carries private data and who is alive, so a few seconds here are what a dead peer costs.
func (n PeerNode) gossipSection() settings {
	return settings{
		"bootstrap":         n.Listen.String(),
		"endpoint":          n.Listen.String(),
		"externalEndpoint":  n.Listen.String(),
		"useLeaderElection": false,
		"orgLeader":         true,
		"reconnectInterval": "500ms",
		// What waits to be sent to a dead peer waits this long for each message, one after the other, and
		// an endorsement with private data waits for it.
		"dialTimeout":              "500ms",
		"pullInterval":             "4s",
		"aliveTimeInterval":        "2s",
		"aliveExpirationTimeout":   "10s",
		"publishStateInfoInterval": "1s",
		"requestStateInfoInterval": "4s",
		"pvtData": settings{
			// A block waits this long for private data that was not pushed to this peer.
			"pullRetryThreshold":              "7s",
			"pushAckTimeout":                  "1s",
			"reconcileSleepInterval":          "5s",
			"transientstoreMaxBlockRetention": 20_000,
		},
	}
}

func (n PeerNode) chaincodeSection() settings {
	return settings{
		"externalBuilders": []settings{{
			"name":                 "tallystick",
			"path":                 n.BuilderDir,
			"propagateEnvironment": []string{BuilderEnvironment},
		}},
		"executetimeout": "30s",
	}
}

// operations serves health without a certificate, and metrics and log levels only with one of the
// member's own nodes.
func operations(listen Address, pair KeyPair, clientCAPath string) settings {
	return settings{
		"listenAddress": listen.String(),
		"tls": settings{
			"enabled":            true,
			"cert":               settings{"file": pair.CertPath},
			"key":                settings{"file": pair.KeyPath},
			"clientAuthRequired": false,
			"clientRootCAs":      settings{"files": []string{clientCAPath}},
		},
	}
}
