package network

// ConsenterNode is what a member's consenter needs to know of the machine that it runs on.
type ConsenterNode struct {
	Member     Member
	Listen     Address
	Admin      Address // where the member's administrator joins it to channels
	Operations Address
	DataDir    string
	MSPDir     string
	TLS        KeyPair
	TLSCAPath  string
	PeersTLS   []string // TLS roots of every member, for the connections between consenters
}

// Settings are the member's own settings, to be laid over Fabric's orderer.yaml.
func (n ConsenterNode) Settings() map[string]any {
	return settings{
		"General":              n.generalSection(),
		"FileLedger":           settings{"Location": n.DataDir},
		"ChannelParticipation": settings{"Enabled": true, "MaxRequestBodySize": "16 MB"},
		"Admin": settings{
			"ListenAddress": n.Admin.String(),
			"TLS":           n.mutualTLS(),
		},
		"Operations": settings{
			"ListenAddress": n.Operations.String(),
			"TLS": settings{
				"Enabled":            true,
				"Certificate":        n.TLS.CertPath,
				"PrivateKey":         n.TLS.KeyPath,
				"ClientAuthRequired": false,
				"ClientRootCAs":      []string{n.TLSCAPath},
			},
		},
		"Metrics": settings{"Provider": "prometheus"},
		"Consensus": settings{
			"WALDir":  n.DataDir + "/wal",
			"SnapDir": n.DataDir + "/snapshots",
		},
	}
}

func (n ConsenterNode) generalSection() settings {
	return settings{
		"ListenAddress":   n.Listen.Host,
		"ListenPort":      n.Listen.Port,
		"LocalMSPDir":     n.MSPDir,
		"LocalMSPID":      n.Member.MSPID,
		"BootstrapMethod": "none",
		"MaxRecvMsgSize":  maxMessageBytes,
		"MaxSendMsgSize":  maxMessageBytes,
		"TLS": settings{
			"Enabled":            true,
			"Certificate":        n.TLS.CertPath,
			"PrivateKey":         n.TLS.KeyPath,
			"RootCAs":            n.PeersTLS,
			"ClientAuthRequired": false,
			"ClientRootCAs":      n.PeersTLS,
		},
		"Cluster": settings{
			"ClientCertificate": n.TLS.CertPath,
			"ClientPrivateKey":  n.TLS.KeyPath,
		},
		// A consenter that was away is dialled again within seconds of its return.
		"Backoff": settings{"MaxDelay": "3s"},
	}
}

// mutualTLS admits only clients whose certificate is of the member's own TLS authority.
func (n ConsenterNode) mutualTLS() settings {
	return settings{
		"Enabled":            true,
		"Certificate":        n.TLS.CertPath,
		"PrivateKey":         n.TLS.KeyPath,
		"RootCAs":            []string{n.TLSCAPath},
		"ClientAuthRequired": true,
		"ClientRootCAs":      []string{n.TLSCAPath},
	}
}
