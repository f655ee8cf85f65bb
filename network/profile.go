package network

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// ProfileVersion is the format of connection profiles.
const ProfileVersion = 1

// Profile tells a program how to reach the network as one member. In the file, paths are relative
// to the file itself, so that a folder of profiles and certificates can be moved whole; once read,
// they are complete.
type Profile struct {
	Version     int                      `json:"version"`
	Network     string                   `json:"network"`
	Channel     string                   `json:"channel"`
	Chaincode   string                   `json:"chaincode"`
	Member      string                   `json:"member"`
	Kind        Kind                     `json:"kind"`
	MSPID       string                   `json:"msp_id"`
	Peer        Endpoint                 `json:"peer"`
	Orderers    []Endpoint               `json:"orderers"`
	Members     []ProfileMember          `json:"members"`
	Collections []string                 `json:"collections"`
	Identities  map[string]IdentityFiles `json:"identities"`
	Gateway     *ProfileGateway          `json:"gateway,omitempty"`
}

// ProfileGateway is where the member's gateway app answers, the root to trust for it, and, for the member
// itself, the file in which it left its first administrator's credentials.
type ProfileGateway struct {
	URL                  string `json:"url"`
	ServerName           string `json:"server_name"`
	TLSCACertPath        string `json:"tls_ca_cert_path"`
	FirstCredentialsPath string `json:"first_credentials_path,omitempty"`
}

// Endpoint is a node to dial, the name that its certificate bears, and the root to trust for it.
type Endpoint struct {
	Member        string `json:"member,omitempty"`
	Endpoint      string `json:"endpoint"`
	ServerName    string `json:"server_name"`
	TLSCACertPath string `json:"tls_ca_cert_path"`
}

// ProfileMember is what a client may need to know of each member.
type ProfileMember struct {
	ID    string   `json:"id"`
	Kind  Kind     `json:"kind"`
	MSPID string   `json:"msp_id"`
	Roots []string `json:"ca_roots,omitempty"` // of its authority of identities, by their fingerprints
}

// IdentityFiles is an identity's certificate, its private key, and the root of the authority that certified it.
type IdentityFiles struct {
	CertPath string `json:"cert_path"`
	KeyPath  string `json:"key_path"`
	RootPath string `json:"ca_root_path"`
}

// Profile begins a member's profile with all that the consortium itself knows.
func (c Consortium) Profile(networkName string, member Member) Profile {
	members := make([]ProfileMember, len(c.Members))
	for i, each := range c.Members {
		members[i] = ProfileMember{ID: each.ID, Kind: each.Kind, MSPID: each.MSPID, Roots: each.Roots}
	}
	return Profile{
		Version:     ProfileVersion,
		Network:     networkName,
		Channel:     c.Channel,
		Chaincode:   c.Chaincode,
		Member:      member.ID,
		Kind:        member.Kind,
		MSPID:       member.MSPID,
		Members:     members,
		Collections: c.CollectionNames(),
		Identities:  map[string]IdentityFiles{},
	}
}

// ReadProfile reads a profile and completes its paths. It refuses fields that it does not know.
func ReadProfile(path string) (Profile, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return Profile{}, fmt.Errorf("read connection profile: %w", err)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	var profile Profile
	if err := decoder.Decode(&profile); err != nil {
		return Profile{}, fmt.Errorf("read connection profile %s: %w", path, err)
	}
	if profile.Version != ProfileVersion {
		return Profile{}, fmt.Errorf("read connection profile %s: version %d is not %d", path, profile.Version, ProfileVersion)
	}
	folder, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return Profile{}, fmt.Errorf("read connection profile %s: %w", path, err)
	}
	return profile.mapPaths(func(relative string) (string, error) {
		if filepath.IsAbs(relative) {
			return relative, nil
		}
		return filepath.Join(folder, relative), nil
	})
}

// WriteProfile writes a profile whose paths are complete, making them relative to the file.
func WriteProfile(path string, profile Profile) error {
	folder, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return fmt.Errorf("write connection profile %s: %w", path, err)
	}
	relative, err := profile.mapPaths(func(complete string) (string, error) {
		return filepath.Rel(folder, complete)
	})
	if err != nil {
		return fmt.Errorf("write connection profile %s: %w", path, err)
	}
	text, err := json.MarshalIndent(relative, "", "  ")
	if err != nil {
		return fmt.Errorf("write connection profile %s: %w", path, err)
	}
	if err := os.WriteFile(path, append(text, '\n'), 0o644); err != nil {
		return fmt.Errorf("write connection profile: %w", err)
	}
	return nil
}

// mapPaths gives a copy of the profile with every path changed.
func (p Profile) mapPaths(change func(string) (string, error)) (Profile, error) {
	var failed error
	apply := func(path string) string {
		changed, err := change(path)
		if err != nil && failed == nil {
			failed = err
		}
		return changed
	}
	p.Peer.TLSCACertPath = apply(p.Peer.TLSCACertPath)
	orderers := make([]Endpoint, len(p.Orderers))
	for i, orderer := range p.Orderers {
		orderer.TLSCACertPath = apply(orderer.TLSCACertPath)
		orderers[i] = orderer
	}
	p.Orderers = orderers
	identities := make(map[string]IdentityFiles, len(p.Identities))
	for role, files := range p.Identities {
		identities[role] = IdentityFiles{
			CertPath: apply(files.CertPath), KeyPath: apply(files.KeyPath), RootPath: apply(files.RootPath),
		}
	}
	p.Identities = identities
	if p.Gateway != nil {
		gateway := *p.Gateway
		gateway.TLSCACertPath = apply(gateway.TLSCACertPath)
		if gateway.FirstCredentialsPath != "" {
			gateway.FirstCredentialsPath = apply(gateway.FirstCredentialsPath)
		}
		p.Gateway = &gateway
	}
	return p, failed
}
