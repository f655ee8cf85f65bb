package network

import (
	"bytes"
	_ "embed" // the consortium of the test network is compiled in
	"fmt"
	"os"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
)

// Version is the format of consortium.yaml that this package reads.
const Version = 1

//go:embed consortium.yaml
var defaultConsortium []byte

// Consortium is who takes part, on which channel and with which chaincode.
type Consortium struct {
	Version   int      `yaml:"version"`
	Channel   string   `yaml:"channel"`
	Chaincode string   `yaml:"chaincode"`
	Members   []Member `yaml:"members"`
}

// Kind is what a member does in the consortium, and so what its signature is worth.
type Kind string

// The kinds of member.
const (
	Platform  Kind = "platform"  // originates and services loans, never holds money
	Custodian Kind = "custodian" // a bank that keeps customers' cash
	Regulator Kind = "regulator" // publishes the rules and sees everything
)

// Member is one organisation: it runs a certificate authority, a peer, a consenter and its own
// chaincode process.
type Member struct {
	ID     string `yaml:"id"`
	Name   string `yaml:"name"`
	Kind   Kind   `yaml:"kind"`
	MSPID  string `yaml:"msp_id"`
	Domain string `yaml:"domain"`
	// Roots are the fingerprints (SHA-256 of the DER) of the root certificates of its authority of identities.
	// The test network makes its authorities itself, and fills them in; another's members agree on them here.
	Roots []string `yaml:"ca_roots,omitempty"`
}

// Default is the consortium that is compiled in: two platforms, a custodian and a regulator.
func Default() (Consortium, error) {
	return Parse(defaultConsortium)
}

// Read reads a consortium from a file.
func Read(path string) (Consortium, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return Consortium{}, fmt.Errorf("read consortium: %w", err)
	}
	return Parse(text)
}

// Parse reads a consortium and refuses one that could not become a working network: an unknown
// field, a repeated name, or a missing kind of member.
func Parse(text []byte) (Consortium, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	var consortium Consortium
	if err := decoder.Decode(&consortium); err != nil {
		return Consortium{}, fmt.Errorf("parse consortium: %w", err)
	}
	if err := consortium.validate(); err != nil {
		return Consortium{}, fmt.Errorf("parse consortium: %w", err)
	}
	return consortium, nil
}

// FoundersDigest is what every member gives to its chaincode process: the consortium is founded by these
// members, in these parts, or not at all.
func (c Consortium) FoundersDigest() string {
	founders := make([]wire.Member, len(c.Members))
	for i, m := range c.Members {
		founders[i] = wire.Member{ID: m.ID, Name: m.Name, Kind: party.MemberKind(m.Kind), MSPID: m.MSPID, Roots: m.Roots}
	}
	return wire.FoundersDigest(founders)
}

// Certified is the consortium with the roots of its members' authorities filled in, by the members' ids.
func (c Consortium) Certified(roots map[string][]string) Consortium {
	c.Members = slices.Clone(c.Members)
	for i, m := range c.Members {
		if known, made := roots[m.ID]; made {
			c.Members[i].Roots = known
		}
	}
	return c
}

// Member finds a member by its id.
func (c Consortium) Member(id string) (Member, error) {
	for _, member := range c.Members {
		if member.ID == id {
			return member, nil
		}
	}
	return Member{}, fmt.Errorf("find member %q: the consortium has no such member", id)
}

// OfKind lists the members of a kind, in the file's order.
func (c Consortium) OfKind(kind Kind) []Member {
	var members []Member
	for _, member := range c.Members {
		if member.Kind == kind {
			members = append(members, member)
		}
	}
	return members
}
