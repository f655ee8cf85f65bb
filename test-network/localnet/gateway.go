package localnet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/tallystick/tallystick/network"
	"github.com/tallystick/tallystick/test-network/ca"
	"github.com/tallystick/tallystick/test-network/process"
)

// gatewaySettings is what a member's gateway app is told of its place. Paths are complete.
type gatewaySettings struct {
	Version              int             `json:"version"`
	Listen               string          `json:"listen"`
	CertPath             string          `json:"cert_path"`
	KeyPath              string          `json:"key_path"`
	ClientCAPath         string          `json:"client_ca_path"`
	ProfilePath          string          `json:"profile_path"`
	DatabaseURL          string          `json:"database_url"`
	DataFolder           string          `json:"data_folder"`
	FirstCredentialsPath string          `json:"first_credentials_path"`
	CA                   gatewayCA       `json:"ca"`
	Gateways             []gatewayOthers `json:"gateways"`
	CreditSharing        bool            `json:"credit_sharing"`
	BureauURL            string          `json:"bureau_url"`
	WebhooksToLoopback   bool            `json:"webhooks_to_loopback"`
	CodeRoles            []string        `json:"code_roles"`
	FontPath             string          `json:"font_path"`

	Reminders *gatewayReminders `json:"reminders,omitempty"`

	ErasureAuthorities map[string][]string `json:"erasure_authorities,omitempty"`
}

// gatewayReminders has a platform remind its borrowers through its own feed, without e-mail. It has no quiet hours, so
// that the network does the same at any time of the day.
type gatewayReminders struct {
	QuietFrom  string `json:"quiet_from"`
	QuietUntil string `json:"quiet_until"`
}

// gatewayCA is how the app reaches the member's certificate authority as its registrar.
type gatewayCA struct {
	URL      string `json:"url"`
	Name     string `json:"name"`
	RootPath string `json:"root_path"`
	CertPath string `json:"cert_path"`
	KeyPath  string `json:"key_path"`
}

// gatewayOthers is where another member's gateway app answers.
type gatewayOthers struct {
	Member     string       `json:"member"`
	Kind       network.Kind `json:"kind"`
	URL        string       `json:"url"`
	ServerName string       `json:"server_name"`
	RootPath   string       `json:"root_path"`

	MachineCertPath string `json:"machine_cert_path"`
	MachineRootPath string `json:"machine_root_path"`
}

// GatewayURL is where a member's gateway app answers.
func (n *Network) GatewayURL(member string) (string, error) {
	for _, s := range n.seats() {
		if s.member.ID == member {
			return "https://" + s.address(portGateway).String(), nil
		}
	}
	return "", fmt.Errorf("find gateway app of %q: network %s has no such member", member, n.options.Name)
}

// FirstCredentials are those of the first administrator of a member's gateway app, which makes them when it
// first starts.
type FirstCredentials struct {
	User     string `json:"user"`
	Password string `json:"password"`
}

// GatewayCredentials reads a member's first credentials.
func (n *Network) GatewayCredentials(member string) (FirstCredentials, error) {
	text, err := os.ReadFile(n.firstCredentialsPath(member))
	if err != nil {
		return FirstCredentials{}, fmt.Errorf("read the first credentials of %s's gateway app: %w", member, err)
	}
	var first FirstCredentials
	if err := json.Unmarshal(text, &first); err != nil {
		return FirstCredentials{}, fmt.Errorf("read the first credentials of %s's gateway app: %w", member, err)
	}
	return first, nil
}

func (n *Network) firstCredentialsPath(member string) string {
	return n.path("members", member, nodeGateway, "first-credentials.json")
}

// gatewayNode is a member's gateway app, once one was asked for.
func (n *Network) gatewayNode(s seat) (node, bool) {
	n.mutex.Lock()
	program := n.state.Gateway
	n.mutex.Unlock()
	if program == "" {
		return node{}, false
	}
	listen := s.address(portGateway)
	return node{
		member: s.member.ID,
		kind:   nodeGateway,
		ports:  []network.Address{listen},
		spec: process.Spec{
			Name:  s.node(nodeGateway),
			Argv:  []string{n.path(program), "serve", "--settings", s.path(nodeGateway, "settings.json")},
			Env:   []string{"GOGC=400", "GOMEMLIMIT=600MiB"},
			Dir:   s.path(nodeGateway),
			Ready: answersHTTPS("https://"+listen.String()+"/readyz", s.tlsRootPath()),
		},
	}, true
}

// startGateways starts what of the members' gateway apps does not run, with the program as it is now.
func (n *Network) startGateways(ctx context.Context) error {
	program, err := filepath.Rel(n.folder, n.programs[nodeGateway].Path)
	if err != nil {
		return fmt.Errorf("place the gateway app: %w", err)
	}
	changed := n.state.Gateway != program
	if changed {
		if err := n.stopAll(ctx, n.nodesOf(nodeGateway)); err != nil {
			return err
		}
		n.mutex.Lock()
		n.state.Gateway = program
		err = n.saveState()
		n.mutex.Unlock()
		if err != nil {
			return err
		}
	}
	for _, s := range n.seats() {
		if err := n.writeGatewaySettings(s); err != nil {
			return fmt.Errorf("write settings of %s: %w", s.node(nodeGateway), err)
		}
	}
	return n.startAll(ctx, n.nodesOf(nodeGateway))
}

// writeGatewaySettings writes them once: who runs a member may change them afterwards.
func (n *Network) writeGatewaySettings(s seat) error {
	path := s.path(nodeGateway, "settings.json")
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	settings := n.gatewaySettings(s)
	if s.member.Kind != network.Regulator { // which keeps nobody's record
		var err error
		if settings.ErasureAuthorities, err = n.erasureAuthorities(); err != nil {
			return err
		}
	}
	text, err := json.MarshalIndent(settings, "", "  ")
	if err != nil {
		return err
	}
	if err := makeFolder(s.path(nodeGateway)); err != nil {
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o600)
}

func (n *Network) gatewaySettings(s seat) gatewaySettings {
	files, authority := s.tls(nodeGateway), n.caServer(s)
	certifying := s.identity(registrar)
	settings := gatewaySettings{
		Version:              1,
		Listen:               s.address(portGateway).String(),
		CertPath:             files.CertPath,
		KeyPath:              files.KeyPath,
		ClientCAPath:         authority.RootPath(ca.Identities),
		ProfilePath:          n.ProfilePath(s.member.ID),
		DatabaseURL:          "sqlite:" + s.path(nodeGateway, "gateway.db"),
		DataFolder:           s.path(nodeGateway, "data"),
		FirstCredentialsPath: n.firstCredentialsPath(s.member.ID),
		CreditSharing:        true,
		BureauURL:            "local",
		WebhooksToLoopback:   true,
		CodeRoles:            []string{}, // nobody: scripts sign in with what make up prints
		FontPath:             n.tools.FontFolder(),
		CA: gatewayCA{
			URL: "https://" + authority.Listen.String(), Name: ca.Identities, RootPath: authority.RootPath(ca.Identities),
			CertPath: certifying.CertPath, KeyPath: certifying.KeyPath,
		},
	}
	if s.member.Kind == network.Platform {
		settings.Reminders = &gatewayReminders{QuietFrom: "00:00", QuietUntil: "00:00"}
	}
	for _, each := range n.seats() {
		settings.Gateways = append(settings.Gateways, gatewayOthers{
			Member: each.member.ID, Kind: each.member.Kind, URL: "https://" + each.address(portGateway).String(),
			ServerName: each.member.GatewayHost(), RootPath: each.tlsRootPath(),
			MachineCertPath: each.identity("machine").CertPath, MachineRootPath: n.caServer(each).RootPath(ca.Identities),
		})
	}
	return settings
}
