package localnet

import (
	"path/filepath"

	"github.com/tallystick/tallystick/network"
	"github.com/tallystick/tallystick/test-network/ca"
)

const loopback = "127.0.0.1"

// portsPerMember is how many ports lie between one member's first and the next's.
const portsPerMember = 12

// What listens on which of a member's ports.
const (
	portCA = iota
	portPeer
	portConsenter
	portChaincode
	portPlain
	portConsenterAdmin
	portCAOperations
	portPeerOperations
	portConsenterOperations
	portPeerChaincode
	portGateway
	portsUsed
)

// Nodes of a member. A node's name is the member's id, a hyphen and one of these.
const (
	nodeCA        = "ca"
	nodeConsenter = "consenter"
	nodePeer      = "peer"
	nodeChaincode = "chaincode"
	nodePlain     = "plain"
	nodeGateway   = "gateway"
)

// seat is one member's place on this machine: its ports and its folder.
type seat struct {
	member    network.Member
	folder    string
	firstPort int
}

func (s seat) address(port int) network.Address {
	return network.Address{Host: loopback, Port: s.firstPort + port}
}

func (s seat) node(kind string) string { return s.member.ID + "-" + kind }

func (s seat) path(parts ...string) string {
	return filepath.Join(append([]string{s.folder}, parts...)...)
}

// identity is where one of the member's enrolled identities lies.
func (s seat) identity(name string) ca.Files { return ca.FilesIn(s.path("identities", name)) }

// tls is where one of the member's TLS certificates lies.
func (s seat) tls(name string) ca.Files { return ca.FilesIn(s.path("tls", name)) }

func (s seat) tlsPair(name string) network.KeyPair {
	files := s.tls(name)
	return network.KeyPair{CertPath: files.CertPath, KeyPath: files.KeyPath}
}

func (s seat) mspDir() string { return s.path("msp") }

func (s seat) tlsRootPath() string { return s.path("msp", "tlscacerts", "tlsca.pem") }

func (s seat) site() network.Site {
	return network.Site{
		Member:            s.member,
		Peer:              s.address(portPeer),
		Consenter:         s.address(portConsenter),
		MSPDir:            s.mspDir(),
		ConsenterCertPath: s.identity(nodeConsenter).CertPath,
		ConsenterTLSPath:  s.tls(nodeConsenter).CertPath,
	}
}

func (n *Network) caServer(s seat) ca.Server {
	return ca.Server{
		Member:     s.member,
		Home:       s.path("ca"),
		Listen:     s.address(portCA),
		Operations: s.address(portCAOperations),
		ServerPath: n.tools.Path("fabric-ca-server"),
		ClientPath: n.tools.Path("fabric-ca-client"),
	}
}
