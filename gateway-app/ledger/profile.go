package ledger

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
)

// ProfileVersion is the format of connection profiles that this package reads.
const ProfileVersion = 1

// ProfileVariable is the environment variable that names a connection profile.
const ProfileVariable = "TALLY_PROFILE"

// profileFolder is where the test network for development leaves its profiles, below the root of a
// clone.
const profileFolder = ".run/dev/profiles"

// Profile says how to reach the channel as one member. Once loaded, its paths are complete.
type Profile struct {
	Version     int                      `json:"version"`
	Network     string                   `json:"network"`
	Channel     string                   `json:"channel"`
	Chaincode   string                   `json:"chaincode"`
	Member      string                   `json:"member"`
	Kind        party.MemberKind         `json:"kind"`
	MSPID       string                   `json:"msp_id"`
	Peer        Endpoint                 `json:"peer"`
	Orderers    []Endpoint               `json:"orderers"`
	Members     []Member                 `json:"members"`
	Collections []string                 `json:"collections"`
	Identities  map[string]IdentityFiles `json:"identities"`
	Gateway     *GatewayEndpoint         `json:"gateway,omitempty"`

	Path string `json:"-"` // the file that it was loaded from
}

// Endpoint is a node to dial, the name that its certificate bears, and the root to trust for it.
type Endpoint struct {
	Member        string `json:"member,omitempty"`
	Endpoint      string `json:"endpoint"`
	ServerName    string `json:"server_name"`
	TLSCACertPath string `json:"tls_ca_cert_path"`
}

// GatewayEndpoint is where the member's gateway app answers, the root to trust for it, and, for the member
// itself, the file in which it left its first administrator's credentials.
type GatewayEndpoint struct {
	URL                  string `json:"url"`
	ServerName           string `json:"server_name"`
	TLSCACertPath        string `json:"tls_ca_cert_path"`
	FirstCredentialsPath string `json:"first_credentials_path,omitempty"`
}

// Member is one member of the consortium, as a client must know it.
type Member struct {
	ID    string           `json:"id"`
	Kind  party.MemberKind `json:"kind"`
	MSPID string           `json:"msp_id"`
	Roots []string         `json:"ca_roots"` // of its authority of identities, by their fingerprints
}

// IdentityFiles is where an identity's certificate, its private key and its authority's root lie.
type IdentityFiles struct {
	CertPath string `json:"cert_path"`
	KeyPath  string `json:"key_path"`
	RootPath string `json:"ca_root_path"`
}

// LoadProfile reads a connection profile. Paths in the file are relative to the file.
func LoadProfile(path string) (Profile, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Profile{}, fmt.Errorf("load connection profile: %w: start the network, or name another file", err)
	}
	if err != nil {
		return Profile{}, fmt.Errorf("load connection profile: %w", err)
	}
	var profile Profile
	if err := json.Unmarshal(text, &profile); err != nil {
		return Profile{}, fmt.Errorf("load connection profile %s: %w", path, err)
	}
	if profile.Version != ProfileVersion {
		return Profile{}, fmt.Errorf("load connection profile %s: version %d is not %d: use the program that wrote it",
			path, profile.Version, ProfileVersion)
	}
	folder, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return Profile{}, fmt.Errorf("load connection profile %s: %w", path, err)
	}
	profile.complete(folder)
	profile.Path = filepath.Join(folder, filepath.Base(path))
	return profile, nil
}

func (p *Profile) complete(folder string) {
	absolute := func(path string) string {
		if filepath.IsAbs(path) {
			return path
		}
		return filepath.Join(folder, path)
	}
	p.Peer.TLSCACertPath = absolute(p.Peer.TLSCACertPath)
	for i := range p.Orderers {
		p.Orderers[i].TLSCACertPath = absolute(p.Orderers[i].TLSCACertPath)
	}
	if p.Gateway != nil {
		p.Gateway.TLSCACertPath = absolute(p.Gateway.TLSCACertPath)
		if p.Gateway.FirstCredentialsPath != "" {
			p.Gateway.FirstCredentialsPath = absolute(p.Gateway.FirstCredentialsPath)
		}
	}
	for name, files := range p.Identities {
		p.Identities[name] = IdentityFiles{
			CertPath: absolute(files.CertPath), KeyPath: absolute(files.KeyPath), RootPath: absolute(files.RootPath),
		}
	}
}

// FindProfile loads the profile that is meant by a path, by a member's id, or by nothing. A path is
// loaded. Nothing means the file that TALLY_PROFILE names. What is left is looked for among the
// profiles of the development network of the clone that the working folder is in; there, nothing
// means the auditor's, and a regulator's where there is none.
func FindProfile(named string) (Profile, error) {
	if named == "" {
		named = os.Getenv(ProfileVariable)
	}
	if strings.HasSuffix(named, ".json") {
		return LoadProfile(named)
	}
	folder, err := findFolder()
	if err != nil {
		return Profile{}, err
	}
	if named != "" {
		return LoadProfile(filepath.Join(folder, named+".json"))
	}
	auditor := filepath.Join(folder, "auditor.json")
	if _, err := os.Stat(auditor); err == nil {
		return LoadProfile(auditor)
	}
	profiles, err := LoadProfiles(folder)
	if err != nil {
		return Profile{}, err
	}
	for _, profile := range profiles {
		if profile.Kind == party.Regulator {
			return profile, nil
		}
	}
	return Profile{}, fmt.Errorf("find connection profile: %s holds none of a regulator: name one with %s", folder, ProfileVariable)
}

// findFolder walks from the working folder up to the one that holds a development network.
func findFolder() (string, error) {
	folder, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("find connection profile: %w", err)
	}
	for {
		candidate := filepath.Join(folder, filepath.FromSlash(profileFolder))
		if info, err := os.Stat(candidate); err == nil && info.IsDir() {
			return candidate, nil
		}
		parent := filepath.Dir(folder)
		if parent == folder {
			return "", fmt.Errorf("find connection profile: no %s here or above: start the network with make up, or name a file with %s",
				profileFolder, ProfileVariable)
		}
		folder = parent
	}
}

// LoadProfiles loads every profile in a folder, in the order of their file names.
func LoadProfiles(folder string) ([]Profile, error) {
	paths, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil {
		return nil, fmt.Errorf("list connection profiles in %s: %w", folder, err)
	}
	profiles := make([]Profile, 0, len(paths))
	for _, path := range paths {
		profile, err := LoadProfile(path)
		if err != nil {
			return nil, err
		}
		profiles = append(profiles, profile)
	}
	return profiles, nil
}

// IdentityNames lists the identities that the profile can act with, in order.
func (p Profile) IdentityNames() []string { return slices.Sorted(maps.Keys(p.Identities)) }

// Holds reports whether the member's peer keeps a private collection: a platform those of its own,
// a custodian those it shares and the exposure of borrowers, a regulator all.
func (p Profile) Holds(collection string) bool {
	if p.Kind == party.Regulator {
		return slices.Contains(p.Collections, collection)
	}
	if collection == wire.Exposure {
		return p.Kind == party.Custodian
	}
	platform, custodian, ok := p.pair(collection)
	return ok && (platform.ID == p.Member || custodian.ID == p.Member)
}

// pair finds the platform and the custodian that a collection is named after.
func (p Profile) pair(collection string) (platform, custodian Member, ok bool) {
	for _, platform := range p.ofKind(party.Platform) {
		for _, custodian := range p.ofKind(party.Custodian) {
			if wire.PairCollection(platform.ID, custodian.ID) == collection {
				return platform, custodian, true
			}
		}
	}
	return Member{}, Member{}, false
}

func (p Profile) ofKind(kind party.MemberKind) []Member {
	var members []Member
	for _, member := range p.Members {
		if member.Kind == kind {
			members = append(members, member)
		}
	}
	return members
}
