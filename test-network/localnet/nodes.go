package localnet

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/tallystick/tallystick/network"
	"github.com/tallystick/tallystick/test-network/process"
)

// node is one row of the network's table of processes.
type node struct {
	member string
	kind   string
	ports  []network.Address
	spec   process.Spec
}

// table lists every process of the network in the order in which they start.
func (n *Network) table() []node {
	var rows []node
	for _, kind := range []func(seat) (node, bool){n.caNode, n.consenterNode, n.peerNode, n.chaincodeNode, n.plainNode, n.gatewayNode} {
		for _, s := range n.seats() {
			if row, exists := kind(s); exists {
				rows = append(rows, row)
			}
		}
	}
	return rows
}

// nodesOf lists the processes of one kind.
func (n *Network) nodesOf(kind string) []node {
	return slices.DeleteFunc(n.table(), func(row node) bool { return row.kind != kind })
}

func (n *Network) findNode(name string) (node, error) {
	for _, row := range n.table() {
		if row.spec.Name == name {
			return row, nil
		}
	}
	return node{}, fmt.Errorf("find node %q: network %s has no such node: status lists them", name, n.options.Name)
}

func (n *Network) caNode(s seat) (node, bool) {
	server := n.caServer(s)
	return node{
		member: s.member.ID,
		kind:   nodeCA,
		ports:  []network.Address{server.Listen, server.Operations},
		spec: process.Spec{
			Name:  s.node(nodeCA),
			Argv:  server.Argv(),
			Dir:   server.Home,
			Ready: answersHTTPS("https://"+server.Listen.String()+"/cainfo", server.RootPath("ca")),
		},
	}, true
}

func (n *Network) consenterNode(s seat) (node, bool) {
	operations := s.address(portConsenterOperations)
	return node{
		member: s.member.ID,
		kind:   nodeConsenter,
		ports:  []network.Address{s.address(portConsenter), s.address(portConsenterAdmin), operations},
		spec: process.Spec{
			Name:  s.node(nodeConsenter),
			Argv:  []string{n.tools.Path("orderer")},
			Env:   nodeEnvironment(s.path(nodeConsenter)),
			Dir:   s.path(nodeConsenter),
			Ready: servesFabric(s, nodeConsenter, operations, s.address(portConsenter), s.address(portConsenterAdmin)),
		},
	}, true
}

func (n *Network) peerNode(s seat) (node, bool) {
	operations := s.address(portPeerOperations)
	connections, err := json.Marshal(n.connections(s))
	if err != nil {
		panic("encode addresses and paths: " + err.Error())
	}
	return node{
		member: s.member.ID,
		kind:   nodePeer,
		ports:  []network.Address{s.address(portPeer), s.address(portPeerChaincode), operations},
		spec: process.Spec{
			Name:  s.node(nodePeer),
			Argv:  []string{n.tools.Path("peer"), "node", "start"},
			Env:   append(nodeEnvironment(s.path(nodePeer)), network.BuilderEnvironment+"="+string(connections)),
			Dir:   s.path(nodePeer),
			Ready: servesFabric(s, nodePeer, operations, s.address(portPeer)),
		},
	}, true
}

// connections are the member's chaincode processes as its peer reaches them, deployed or not.
func (n *Network) connections(s seat) map[string]network.ChaincodeConnection {
	files := s.tls(nodePeer)
	at := func(port int) network.ChaincodeConnection {
		return network.ChaincodeConnection{
			Address:        s.address(port).String(),
			ClientCertPath: files.CertPath,
			ClientKeyPath:  files.KeyPath,
			RootCertPath:   s.tlsRootPath(),
		}
	}
	return map[string]network.ChaincodeConnection{
		n.options.Consortium.Chaincode: at(portChaincode),
		PlainChaincode:                 at(portPlain),
	}
}

func (n *Network) chaincodeNode(s seat) (node, bool) {
	return n.serviceNode(s, nodeChaincode, n.options.Consortium.Chaincode, s.address(portChaincode))
}

func (n *Network) plainNode(s seat) (node, bool) {
	return n.serviceNode(s, nodePlain, PlainChaincode, s.address(portPlain))
}

// serviceNode is a member's process of a chaincode, once it is known which package it serves.
func (n *Network) serviceNode(s seat, kind, chaincode string, listen network.Address) (node, bool) {
	running, ok := n.chaincode(chaincode)
	if !ok {
		return node{}, false
	}
	files := s.tls(nodeChaincode)
	return node{
		member: s.member.ID,
		kind:   kind,
		ports:  []network.Address{listen},
		spec: process.Spec{
			Name: s.node(kind),
			Argv: []string{n.path(running.ProgramPath)},
			Env: []string{
				"GOGC=400",
				"GOMEMLIMIT=300MiB",
				"CHAINCODE_SERVER_ADDRESS=" + listen.String(),
				"CHAINCODE_ID=" + running.PackageID,
				"CHAINCODE_FOUNDERS=" + n.Certified().FoundersDigest(),
				"CHAINCODE_TLS_CERT=" + files.CertPath,
				"CHAINCODE_TLS_KEY=" + files.KeyPath,
				"CHAINCODE_CLIENT_CA_CERT=" + s.tlsRootPath(),
			},
			Dir:   s.folder,
			Ready: answersTLS(listen, s.tlsRootPath(), s.tlsPair(nodePeer)),
		},
	}, true
}

// nodeEnvironment tells a Fabric node where its settings are. Logs go to files: no colours.
func nodeEnvironment(configDir string) []string {
	return []string{
		"FABRIC_CFG_PATH=" + configDir,
		"FABRIC_LOGGING_SPEC=info",
		"FABRIC_LOGGING_FORMAT=%{time:2006-01-02 15:04:05.000 MST} %{level:.4s} [%{module}] %{message}",
		// Nodes live on few megabytes and make many: they collect garbage less often, up to a bound.
		"GOGC=400",
		"GOMEMLIMIT=600MiB",
	}
}

// startAll starts rows side by side, leaving alone those that run.
func (n *Network) startAll(ctx context.Context, rows []node) error {
	return eachAtOnce(ctx, len(rows), func(ctx context.Context, i int) error {
		_, err := n.supervisor.Start(ctx, rows[i].spec)
		return err
	})
}
