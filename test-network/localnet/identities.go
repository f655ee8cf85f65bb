package localnet

import (
	"context"
	"runtime"

	"golang.org/x/sync/errgroup"

	"github.com/tallystick/tallystick/network"
	"github.com/tallystick/tallystick/test-network/ca"
)

// auditor is an identity that a regulator's authority issues to people outside the consortium, and
// the name of the connection profile that goes with it.
const auditor = "auditor"

// registrar is the identity with which a member's gateway app certifies the member's people.
const registrar = "registrar"

// staff are the roles that every member gives its people and machines. The chaincode reads the
// role from the certificate.
var staff = []string{"operator", "supervisor", "machine", "admin"}

// deputy is every member's second supervisor: some decisions take two.
const deputy = "deputy"

// registrations are the identities that a member's authorities know from the start.
func registrations(member network.Member) (identities, nodes []ca.Registration) {
	identities = []ca.Registration{
		{Name: nodePeer, Type: "peer"},
		{Name: nodeConsenter, Type: "orderer"},
		{Name: deputy, Type: "client", Attributes: map[string]string{"role": "supervisor:ecert"}},
	}
	for _, role := range staff {
		kind := "client"
		if role == "admin" {
			kind = "admin"
		}
		identities = append(identities, ca.Registration{
			Name: role, Type: kind, Attributes: map[string]string{"role": role + ":ecert"},
		})
	}
	if member.Kind == network.Regulator {
		identities = append(identities, ca.Registration{
			Name: auditor, Type: "client",
			Attributes: map[string]string{
				"role":  auditor + ":ecert",
				"scope": "all:ecert", // which collections the mandate covers
			},
		})
	}
	for _, name := range []string{nodePeer, nodeConsenter, nodeChaincode, nodeGateway, "admin"} {
		nodes = append(nodes, ca.Registration{Name: name, Type: "client"})
	}
	return identities, nodes
}

// enrol certifies every identity of every member, a few at a time: each is a process of its own.
func (n *Network) enrol(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(2 * runtime.NumCPU())
	for _, s := range n.seats() {
		server := n.caServer(s)
		identities, nodes := registrations(s.member)
		for _, identity := range identities {
			group.Go(func() error {
				return server.Enrol(ctx, identityEnrolment(s, identity), s.path("identities", identity.Name))
			})
		}
		group.Go(func() error {
			return server.Enrol(ctx, identityEnrolment(s, ca.Registration{Name: registrar}), s.path("identities", registrar))
		})
		for _, node := range nodes {
			group.Go(func() error { return server.Enrol(ctx, tlsEnrolment(s, node), s.path("tls", node.Name)) })
		}
		group.Go(func() error { return server.WritePublicMSP(s.mspDir()) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return n.rememberRoots()
}

// rememberRoots notes what the members' staff is certified by: the ledger goes by it.
func (n *Network) rememberRoots() error {
	roots := map[string][]string{}
	for _, s := range n.seats() {
		fingerprint, err := n.caServer(s).RootFingerprint(ca.Identities)
		if err != nil {
			return err
		}
		roots[s.member.ID] = []string{fingerprint}
	}
	n.mutex.Lock()
	defer n.mutex.Unlock()
	n.state.Roots = roots
	return n.saveState()
}

func identityEnrolment(s seat, identity ca.Registration) ca.Enrolment {
	// Unless it is given a name, the client puts this machine's own into the certificate.
	hosts := []string{identity.Name + "." + s.member.Domain}
	enrolment := ca.Enrolment{Authority: ca.Identities, Name: identity.Name, Hosts: hosts}
	if identity.Name == auditor {
		enrolment.Profile = ca.AuditorProfile
	}
	return enrolment
}

func tlsEnrolment(s seat, node ca.Registration) ca.Enrolment {
	hosts := map[string][]string{
		nodePeer:      {s.member.PeerHost(), loopback},
		nodeConsenter: {s.member.ConsenterHost(), loopback},
		nodeChaincode: {s.member.ChaincodeHost(), loopback},
		nodeGateway:   {s.member.GatewayHost(), loopback},
		"admin":       {"admin." + s.member.Domain},
	}
	return ca.Enrolment{Authority: ca.TLS, Name: node.Name, Profile: ca.TLSProfile, Hosts: hosts[node.Name]}
}

// configureAuthorities writes the settings of every member's certificate authority.
func (n *Network) configureAuthorities() error {
	for _, s := range n.seats() {
		identities, nodes := registrations(s.member)
		if err := n.caServer(s).Configure(identities, nodes); err != nil {
			return err
		}
	}
	return nil
}
