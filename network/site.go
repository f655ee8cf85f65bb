package network

import (
	"net"
	"strconv"
)

// Address is where a node listens and is dialled.
type Address struct {
	Host string
	Port int
}

// String writes the address as host:port.
func (a Address) String() string {
	return net.JoinHostPort(a.Host, strconv.Itoa(a.Port))
}

// Site is where one member's nodes are found by the others, and where the certificates lie that
// the channel's configuration names.
type Site struct {
	Member Member

	Peer      Address
	Consenter Address

	MSPDir            string // the member's public MSP: root certificates and node roles
	ConsenterCertPath string // identity with which the consenter signs blocks
	ConsenterTLSPath  string // certificate with which it meets the other consenters
}

// KeyPair is a certificate and its private key, as files.
type KeyPair struct {
	CertPath string
	KeyPath  string
}

// PeerHost is the name in the certificate of a member's peer.
func (m Member) PeerHost() string { return "peer." + m.Domain }

// ConsenterHost is the name in the certificate of a member's consenter.
func (m Member) ConsenterHost() string { return "consenter." + m.Domain }

// GatewayHost is the name in the certificate of a member's gateway app.
func (m Member) GatewayHost() string { return "gateway." + m.Domain }

// ChaincodeHost is the name in the certificate of a member's chaincode process.
func (m Member) ChaincodeHost() string { return "chaincode." + m.Domain }
