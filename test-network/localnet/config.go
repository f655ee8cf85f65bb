package localnet

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"

	"go.yaml.in/yaml/v3"

	"github.com/tallystick/tallystick/network"
)

// writeNodeSettings lays every node's own settings over Fabric's samples.
func (n *Network) writeNodeSettings() error {
	for _, s := range n.seats() {
		peer := n.peerSettings(s)
		if err := n.writeSettings("core.yaml", s.path(nodePeer), peer); err != nil {
			return fmt.Errorf("write settings of %s: %w", s.node(nodePeer), err)
		}
		consenter := n.consenterSettings(s)
		if err := n.writeSettings("orderer.yaml", s.path(nodeConsenter), consenter); err != nil {
			return fmt.Errorf("write settings of %s: %w", s.node(nodeConsenter), err)
		}
	}
	return nil
}

func (n *Network) peerSettings(s seat) map[string]any {
	return network.PeerNode{
		Member:     s.member,
		Network:    n.options.Name,
		Listen:     s.address(portPeer),
		Operations: s.address(portPeerOperations),
		Chaincode:  s.address(portPeerChaincode),
		DataDir:    s.path(nodePeer, "data"),
		MSPDir:     s.identity(nodePeer).MSPDir,
		BuilderDir: n.path("builder"),
		TLS:        s.tlsPair(nodePeer),
		TLSCAPath:  s.tlsRootPath(),
	}.Settings()
}

func (n *Network) consenterSettings(s seat) map[string]any {
	var roots []string
	for _, each := range n.seats() {
		roots = append(roots, each.tlsRootPath())
	}
	return network.ConsenterNode{
		Member:     s.member,
		Listen:     s.address(portConsenter),
		Admin:      s.address(portConsenterAdmin),
		Operations: s.address(portConsenterOperations),
		DataDir:    s.path(nodeConsenter, "data"),
		MSPDir:     s.identity(nodeConsenter).MSPDir,
		TLS:        s.tlsPair(nodeConsenter),
		TLSCAPath:  s.tlsRootPath(),
		PeersTLS:   roots,
	}.Settings()
}

func (n *Network) writeSettings(sample, folder string, own map[string]any) error {
	text, err := os.ReadFile(n.tools.SamplePath(sample))
	if err != nil {
		return err
	}
	var whole map[string]any
	if err := yaml.Unmarshal(text, &whole); err != nil {
		return fmt.Errorf("read sample %s: %w", sample, err)
	}
	overlay(whole, own)
	text, err = yaml.Marshal(whole)
	if err != nil {
		return err
	}
	if err := makeFolder(folder); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, sample), text, 0o600)
}

// overlay puts own over base, section by section; what own does not name stays.
func overlay(base, own map[string]any) {
	for name, value := range own {
		section, isSection := value.(map[string]any)
		under, hasSection := base[name].(map[string]any)
		if isSection && hasSection {
			overlay(under, section)
			continue
		}
		base[name] = value
	}
}

func (n *Network) genesisPath() string { return n.path("channel", "genesis.block") }

// makeGenesis makes the channel's first block, once: every node must start from the same bytes.
func (n *Network) makeGenesis(ctx context.Context) error {
	if _, err := os.Stat(n.genesisPath()); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	var sites []network.Site
	for _, s := range n.seats() {
		sites = append(sites, s.site())
	}
	text, err := n.options.Consortium.ChannelConfiguration(sites)
	if err != nil {
		return err
	}
	folder := filepath.Dir(n.genesisPath())
	if err := makeFolder(folder); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(folder, "configtx.yaml"), text, 0o600); err != nil {
		return fmt.Errorf("write channel configuration: %w", err)
	}
	fresh := n.genesisPath() + ".new"
	command := exec.CommandContext(ctx, n.tools.Path("configtxgen"),
		"-configPath", folder,
		"-profile", network.ChannelProfile,
		"-channelID", n.options.Consortium.Channel,
		"-outputBlock", fresh)
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("make first block of channel %s: %w: %s", n.options.Consortium.Channel, err, output)
	}
	return os.Rename(fresh, n.genesisPath())
}

// writeProfiles writes a connection profile for every member, and one for the auditor.
func (n *Network) writeProfiles() error {
	if err := makeFolder(n.path("profiles")); err != nil {
		return err
	}
	for _, s := range n.seats() {
		profile := n.profile(s)
		for _, name := range append([]string{deputy}, staff...) {
			profile.Identities[name] = identityFiles(s, name)
		}
		if s.member.Kind == network.Regulator {
			profile.Identities[auditor] = identityFiles(s, auditor)
			if err := n.writeAuditorProfile(s); err != nil {
				return err
			}
		}
		if err := network.WriteProfile(n.ProfilePath(s.member.ID), profile); err != nil {
			return err
		}
	}
	return nil
}

// writeAuditorProfile gives the auditor the regulator's peer and no identity but their own. With
// several regulators the first one's stands.
func (n *Network) writeAuditorProfile(s seat) error {
	if s.member.ID != n.options.Consortium.OfKind(network.Regulator)[0].ID {
		return nil
	}
	profile := n.profile(s)
	profile.Identities[auditor] = identityFiles(s, auditor)
	if profile.Gateway != nil {
		profile.Gateway.FirstCredentialsPath = ""
	}
	return network.WriteProfile(n.ProfilePath(auditor), profile)
}

func (n *Network) profile(s seat) network.Profile {
	profile := n.Certified().Profile(n.options.Name, s.member)
	profile.Peer = network.Endpoint{
		Endpoint:      s.address(portPeer).String(),
		ServerName:    s.member.PeerHost(),
		TLSCACertPath: s.tlsRootPath(),
	}
	if n.options.Gateways {
		profile.Gateway = &network.ProfileGateway{
			URL:                  "https://" + s.address(portGateway).String(),
			ServerName:           s.member.GatewayHost(),
			TLSCACertPath:        s.tlsRootPath(),
			FirstCredentialsPath: n.firstCredentialsPath(s.member.ID),
		}
	}
	for _, each := range n.seats() {
		profile.Orderers = append(profile.Orderers, network.Endpoint{
			Member:        each.member.ID,
			Endpoint:      each.address(portConsenter).String(),
			ServerName:    each.member.ConsenterHost(),
			TLSCACertPath: each.tlsRootPath(),
		})
	}
	return profile
}

func identityFiles(s seat, name string) network.IdentityFiles {
	files := s.identity(name)
	return network.IdentityFiles{CertPath: files.CertPath, KeyPath: files.KeyPath, RootPath: files.RootPath}
}
