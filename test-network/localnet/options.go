package localnet

import (
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"

	"github.com/tallystick/tallystick/network"
	"github.com/tallystick/tallystick/test-network/toolchain"
)

// DefaultName and DefaultBasePort are the network that a developer gets without asking.
const (
	DefaultName     = "dev"
	DefaultBasePort = 7050
)

// PlainChaincode is the one-asset contract that benchmarks are measured against.
const PlainChaincode = "plain"

var namePattern = regexp.MustCompile(`^[a-z][a-z0-9-]{0,30}$`)

// Options say which network is meant. The zero value is the developer's own.
type Options struct {
	Root       string             // the repository; found from the working folder if empty
	Name       string             // DefaultName if empty
	BasePort   int                // first of its ports; DefaultBasePort, or as it was made, if 0
	Consortium network.Consortium // the one compiled in, if zero
	Chaincodes []string           // what to deploy; the consortium's own if empty
	Gateways   bool               // whether Up also starts a gateway app a member
	Progress   io.Writer          // where Up says what it does; nowhere if nil
}

// complete fills what was left open.
func (o Options) complete() (Options, error) {
	if o.Root == "" {
		o.Root = "."
	}
	root, err := toolchain.FindRoot(o.Root)
	if err != nil {
		return Options{}, err
	}
	o.Root = root
	if o.Name == "" {
		o.Name = DefaultName
	}
	if !namePattern.MatchString(o.Name) {
		return Options{}, fmt.Errorf("network name %q does not match %s", o.Name, namePattern)
	}
	if len(o.Consortium.Members) == 0 {
		if o.Consortium, err = network.Default(); err != nil {
			return Options{}, err
		}
	}
	if last := o.BasePort + portsPerMember*len(o.Consortium.Members) - 1; o.BasePort != 0 && (o.BasePort < 1024 || last > 65535) {
		return Options{}, fmt.Errorf("base port %d: the network wants %d ports between 1024 and 65535 from it on",
			o.BasePort, portsPerMember*len(o.Consortium.Members))
	}
	if len(o.Chaincodes) == 0 {
		o.Chaincodes = []string{o.Consortium.Chaincode}
	}
	for _, name := range o.Chaincodes {
		if !slices.Contains([]string{o.Consortium.Chaincode, PlainChaincode}, name) {
			return Options{}, fmt.Errorf("chaincode %q is neither %q nor %q", name, o.Consortium.Chaincode, PlainChaincode)
		}
	}
	if o.Progress == nil {
		o.Progress = io.Discard
	}
	return o, nil
}

// makeFolder makes a folder that only this user may look into: it will hold keys.
func makeFolder(path string) error {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	return nil
}
