// Package ca drives a member's own Fabric CA: it writes the server's settings, registering the
// member's first identities in them, and enrols each with the stock client.
//
// One server holds two authorities. The first issues identities, with the holder's role in the
// certificate. The second issues TLS certificates to the member's nodes and to nobody else: were
// they one, anyone with an identity could pass for a node where TLS alone is asked, as at the
// consenter's administration port. The package keeps no key of its own; each identity may be
// enrolled once, and its secret is of no use afterwards.
package ca

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/tallystick/tallystick/network"
)

// The authorities in a member's server.
const (
	Identities = "ca"
	TLS        = "tlsca"
)

// Validity of certificates.
const (
	rootValidity    = 15 * 365 * 24 * time.Hour
	leafValidity    = 365 * 24 * time.Hour
	AuditorValidity = 90 * 24 * time.Hour // an auditor's mandate ends by itself
)

// The signing profiles that certificates other than the usual are asked for by. The stock server
// lets only its built-in profiles carry attributes, so auditors' certificates come from the
// built-in "tls" of the authority that issues no TLS certificates.
const (
	TLSProfile     = "tls" // of the TLS authority
	AuditorProfile = "tls" // of the authority of identities
)

// Server is one member's certificate authority.
type Server struct {
	Member     network.Member
	Home       string
	Listen     network.Address
	Operations network.Address
	ServerPath string // the stock server program
	ClientPath string // the stock client program
}

// Registration is an identity that the authority knows from its start.
type Registration struct {
	Name       string
	Type       string // peer, orderer, admin or client: the role among Fabric's nodes
	Attributes map[string]string
}

const configFile = "fabric-ca-server-config.yaml"

// settings is one section of the server's configuration.
type settings = map[string]any

// Configure writes the settings of a new server, with a fresh secret for every identity. A server
// that is already configured is left as it is.
func (s Server) Configure(identities, nodes []Registration) error {
	if s.configured() {
		return nil
	}
	main, err := s.authority(Identities, identities)
	if err != nil {
		return err
	}
	main["port"] = s.Listen.Port
	main["address"] = s.Listen.Host
	main["tls"] = settings{"enabled": true}
	main["operations"] = settings{"listenAddress": s.Operations.String()}
	tls, err := s.authority(TLS, nodes)
	if err != nil {
		return err
	}
	// The main file comes last: it is what marks the server as configured.
	if err := writeConfig(filepath.Join(s.Home, TLS), tls); err != nil {
		return err
	}
	return writeConfig(s.Home, main)
}

func (s Server) configured() bool {
	_, err := os.Stat(filepath.Join(s.Home, configFile))
	return !errors.Is(err, fs.ErrNotExist)
}

// Argv is how the server is run.
func (s Server) Argv() []string {
	return []string{s.ServerPath, "start", "--home", s.Home, "--cafiles", filepath.Join(TLS, configFile)}
}

// RootPath is the certificate of one of the server's authorities, which exists once it runs.
func (s Server) RootPath(authority string) string {
	if authority == TLS {
		return filepath.Join(s.Home, TLS, "ca-cert.pem")
	}
	return filepath.Join(s.Home, "ca-cert.pem")
}

// RootFingerprint is the SHA-256 of the certificate of one of the server's authorities.
func (s Server) RootFingerprint(authority string) (string, error) {
	text, err := os.ReadFile(s.RootPath(authority))
	if err != nil {
		return "", fmt.Errorf("read the root of %s's authority: %w", s.Member.ID, err)
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return "", fmt.Errorf("read the root of %s's authority: the file holds no certificate", s.Member.ID)
	}
	return fmt.Sprintf("%x", sha256.Sum256(block.Bytes)), nil
}

// authority is one authority's settings, with its registry. The registrar may add identities
// later; it is not enrolled until someone needs it.
func (s Server) authority(name string, registered []Registration) (settings, error) {
	registrar := Registration{Name: "registrar", Type: "client", Attributes: map[string]string{
		"hf.Registrar.Roles":      "*",
		"hf.Registrar.Attributes": "*",
		"hf.Revoker":              "true",
		"hf.GenCRL":               "true",
	}}
	var identities []settings
	for _, each := range append([]Registration{registrar}, registered...) {
		identity, err := each.settings()
		if err != nil {
			return nil, err
		}
		identities = append(identities, identity)
	}
	return settings{
		"ca":           settings{"name": name},
		"registry":     settings{"maxenrollments": -1, "identities": identities},
		"db":           settings{"type": "sqlite3", "datasource": "fabric-ca-server.db"},
		"affiliations": settings{},
		"signing":      signing(name),
		"csr": settings{
			"cn":         name + "." + s.Member.Domain,
			"names":      []settings{{"O": s.Member.Name}},
			"hosts":      []string{name + "." + s.Member.Domain, s.Listen.Host},
			"keyrequest": settings{"algo": "ecdsa", "size": 256},
			"ca":         settings{"expiry": rootValidity.String(), "pathlength": 0},
		},
		// Anonymous credentials are not used here; the server insists on a stock of handles.
		"idemix": settings{"curve": "gurvy.Bn254", "rhpoolsize": 1},
	}, nil
}

func (r Registration) settings() (settings, error) {
	secret := make([]byte, 16)
	if _, err := rand.Read(secret); err != nil {
		return nil, fmt.Errorf("make secret of %s: %w", r.Name, err)
	}
	return settings{
		"name":           r.Name,
		"pass":           hex.EncodeToString(secret),
		"type":           r.Type,
		"affiliation":    "",
		"maxenrollments": 1,
		"attrs":          r.Attributes,
	}, nil
}

func signing(authority string) settings {
	signature := []string{"digital signature"}
	profiles := settings{AuditorProfile: settings{"usage": signature, "expiry": AuditorValidity.String()}}
	if authority == TLS {
		profiles = settings{TLSProfile: settings{
			"usage":  []string{"digital signature", "key agreement", "server auth", "client auth"},
			"expiry": leafValidity.String(),
		}}
	}
	return settings{
		"default":  settings{"usage": signature, "expiry": leafValidity.String()},
		"profiles": profiles,
	}
}

func writeConfig(folder string, config settings) error {
	text, err := yaml.Marshal(config)
	if err != nil {
		return fmt.Errorf("write settings of certificate authority: %w", err)
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return fmt.Errorf("write settings of certificate authority: %w", err)
	}
	if err := os.WriteFile(filepath.Join(folder, configFile), text, 0o600); err != nil {
		return fmt.Errorf("write settings of certificate authority: %w", err)
	}
	return nil
}
