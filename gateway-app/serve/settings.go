package serve

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/gateway-app/access"
	"github.com/tallystick/tallystick/gateway-app/api"
	"github.com/tallystick/tallystick/gateway-app/reminder"
)

// SettingsVersion is the format of settings that this package reads.
const SettingsVersion = 1

// Settings say where a member's gateway app stands: what it listens on, what it keeps where, and whom it
// reaches. In the file, paths are relative to the file itself; once loaded they are complete.
type Settings struct {
	Version              int           `json:"version"`
	Listen               string        `json:"listen"`
	Process              string        `json:"process,omitempty"` // tells the member's processes apart; empty means machine and address
	CertPath             string        `json:"cert_path"`
	KeyPath              string        `json:"key_path"`
	ClientCAPath         string        `json:"client_ca_path"` // issues the client certificates of the member's machines
	ProfilePath          string        `json:"profile_path"`
	DatabaseURL          string        `json:"database_url"` // sqlite:PATH or postgres://…
	DataFolder           string        `json:"data_folder"`  // keys and documents
	FirstCredentialsPath string        `json:"first_credentials_path"`
	CA                   CA            `json:"ca"`
	Gateways             []Gateway     `json:"gateways"`
	CreditSharing        bool          `json:"credit_sharing"`                 // off unless the consortium has agreed on it
	FieldCipher          string        `json:"field_cipher,omitempty"`         // aes-256-gcm, which is meant by nothing, or sm4-gcm
	PayoutRunAt          string        `json:"payout_run_at,omitempty"`        // of a custodian: the time of day of its run, as 18:30; empty leaves it to the operators
	RiskRulesPath        string        `json:"risk_rules_path,omitempty"`      // of a platform: a rule set that is put in force whenever the file changes
	BureauURL            string        `json:"bureau_url,omitempty"`           // of a licensed credit bureau; "local" makes answers up
	KYCURL               string        `json:"kyc_url,omitempty"`              // of who checks names and numbers; empty checks their form alone
	KYCTokenPath         string        `json:"kyc_token_path,omitempty"`       // a file that holds the bearer token for it
	BureauTokenPath      string        `json:"bureau_token_path,omitempty"`    // a file that holds the bearer token for the bureau
	ServicesOnLoopback   bool          `json:"services_on_loopback,omitempty"` // the two over plain HTTP on this machine, for tests
	LeastAgeYears        int           `json:"least_age_years,omitempty"`      // of natural persons; 18 where nothing is said
	PolicyFolder         string        `json:"policy_folder,omitempty"`        // the member's own access policies instead of those compiled in
	WebhookHosts         []string      `json:"webhook_hosts,omitempty"`        // the hosts that webhooks may go to; none where nothing is said
	WebhooksToLoopback   bool          `json:"webhooks_to_loopback,omitempty"` // for tests on one machine, also over plain HTTP
	WebhooksToPrivate    bool          `json:"webhooks_to_private,omitempty"`  // to addresses inside the member's own network
	FontPath             string        `json:"font_path,omitempty"`            // the folder with the font for PDF reports; without it there is every format but PDF
	CodeRoles            []access.Role `json:"code_roles,omitempty"`           // who must set up one-time codes before anything else; administrators where nothing is said, nobody where it is []
	OIDC                 *OIDC         `json:"oidc,omitempty"`                 // sign-on of staff
	Limits               api.Limits    `json:"limits,omitzero"`                // what one caller may make the app do; the defaults where nothing is said
	Matching             Matching      `json:"matching,omitzero"`              // of a platform

	// TransactionAlerts says whether movements of customers' money are watched: at custodians where nothing is said.
	TransactionAlerts *bool `json:"transaction_alerts,omitempty"`

	// LoanWarnings says whether a platform watches its loans after they were lent: it does where nothing is said.
	LoanWarnings *bool `json:"loan_warnings,omitempty"`

	Reminders *reminder.Settings `json:"reminders,omitempty"` // of a platform: when borrowers are reminded, and how; none where nothing is said

	// ErasureAuthorities are the public keys, in PEM, with which custodians and regulators sign that a record
	// may be purged, by member; several of a member while it changes its key.
	ErasureAuthorities map[string][]string `json:"erasure_authorities,omitempty"`
}

// CA is the member's certificate authority, which the app asks as its registrar.
type CA struct {
	URL      string `json:"url"`
	Name     string `json:"name"`
	RootPath string `json:"root_path"`
	CertPath string `json:"cert_path"`
	KeyPath  string `json:"key_path"`
}

// Gateway is where a member's gateway app answers.
type Gateway struct {
	Member     string           `json:"member"`
	Kind       party.MemberKind `json:"kind"`
	URL        string           `json:"url"`
	ServerName string           `json:"server_name"`
	RootPath   string           `json:"root_path"` // issues the app's own certificate
	// MachineCertPath and MachineRootPath are the certificate with which the member's app comes here, and its
	// issuer; empty for one that does not.
	MachineCertPath string `json:"machine_cert_path,omitempty"`
	MachineRootPath string `json:"machine_root_path,omitempty"`
}

// OIDC is the provider with which the member's staff signs on.
type OIDC struct {
	Issuer           string `json:"issuer"`
	ClientID         string `json:"client_id"`
	ClientSecretPath string `json:"client_secret_path"`
	RedirectURL      string `json:"redirect_url"`
}

// LoadSettings reads a settings file. It refuses a field that it does not know, and names the one that is
// missing.
func LoadSettings(path string) (Settings, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return Settings{}, fmt.Errorf("load settings: %w: name the member's file with --settings", err)
	}
	var s Settings
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&s); err != nil {
		return Settings{}, fmt.Errorf("load settings %s: %w", path, err)
	}
	if s.Version != SettingsVersion {
		return Settings{}, fmt.Errorf("load settings %s: version %d is not %d: use the program that wrote it", path, s.Version, SettingsVersion)
	}
	if err := s.checkCodeRoles(); err != nil {
		return Settings{}, fmt.Errorf("load settings %s: %w", path, err)
	}
	if err := s.check(); err != nil {
		return Settings{}, fmt.Errorf("load settings %s: %w", path, err)
	}
	folder, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return Settings{}, fmt.Errorf("load settings %s: %w", path, err)
	}
	s.complete(folder)
	return s, nil
}

// check names the first field without which no member can run.
func (s *Settings) check() error {
	for _, field := range []struct{ name, value string }{
		{"listen", s.Listen},
		{"cert_path", s.CertPath},
		{"key_path", s.KeyPath},
		{"client_ca_path", s.ClientCAPath},
		{"profile_path", s.ProfilePath},
		{"database_url", s.DatabaseURL},
		{"data_folder", s.DataFolder},
		{"first_credentials_path", s.FirstCredentialsPath},
	} {
		if field.value == "" {
			return fmt.Errorf("%s is missing: fill it in", field.name)
		}
	}
	return s.checkServices()
}

// codeRoles are the roles that must set up one-time codes: administrators, where the member has not said.
func (s Settings) codeRoles() []access.Role {
	if s.CodeRoles == nil {
		return []access.Role{access.Administrator}
	}
	return s.CodeRoles
}

// checkCodeRoles refuses a role that is none: a slip of the pen would ask nobody for a code.
func (s Settings) checkCodeRoles() error {
	for _, role := range s.CodeRoles {
		if !role.Valid() {
			return fmt.Errorf("code_roles: there is no role %q: write some of %q", role, access.Roles())
		}
	}
	return nil
}

func (s *Settings) complete(folder string) {
	paths := []*string{
		&s.CertPath, &s.KeyPath, &s.ClientCAPath, &s.ProfilePath, &s.DataFolder, &s.FirstCredentialsPath,
		&s.CA.RootPath, &s.CA.CertPath, &s.CA.KeyPath, &s.PolicyFolder, &s.KYCTokenPath, &s.BureauTokenPath, &s.RiskRulesPath, &s.FontPath,
	}
	for i := range s.Gateways {
		g := &s.Gateways[i]
		paths = append(paths, &g.RootPath, &g.MachineCertPath, &g.MachineRootPath)
	}
	if s.OIDC != nil {
		paths = append(paths, &s.OIDC.ClientSecretPath)
	}
	if s.Reminders != nil && s.Reminders.SMTP != nil {
		paths = append(paths, &s.Reminders.SMTP.PasswordPath, &s.Reminders.SMTP.RootPath)
	}
	for _, path := range paths {
		if *path != "" && !filepath.IsAbs(*path) {
			*path = filepath.Join(folder, *path)
		}
	}
}

// gateway finds the gateway apps of a kind of member.
func (s Settings) gateways(kind party.MemberKind) []Gateway {
	var found []Gateway
	for _, g := range s.Gateways {
		if g.Kind == kind {
			found = append(found, g)
		}
	}
	return found
}
