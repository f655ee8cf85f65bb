package serve

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"

	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/access"
	"github.com/tallystick/tallystick/gateway-app/accesslog"
	"github.com/tallystick/tallystick/gateway-app/alert"
	"github.com/tallystick/tallystick/gateway-app/api"
	"github.com/tallystick/tallystick/gateway-app/enrolment"
	"github.com/tallystick/tallystick/gateway-app/funding"
	"github.com/tallystick/tallystick/gateway-app/ledger"
	"github.com/tallystick/tallystick/gateway-app/netting"
	"github.com/tallystick/tallystick/gateway-app/notice"
	"github.com/tallystick/tallystick/gateway-app/outbox"
	"github.com/tallystick/tallystick/gateway-app/person"
	"github.com/tallystick/tallystick/gateway-app/projection"
	"github.com/tallystick/tallystick/gateway-app/reminder"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/underwriting"
	"github.com/tallystick/tallystick/gateway-app/vault"
	"github.com/tallystick/tallystick/gateway-app/warning"
	"github.com/tallystick/tallystick/gateway-app/webhook"
)

// foundations are what every other part stands on.
type foundations struct {
	settings   Settings
	process    string // names this process as a holder of leases
	profile    ledger.Profile
	logger     *slog.Logger
	db         *store.DB
	vault      *vault.Vault
	identities *identities
	box        *outbox.Outbox
	books      *projection.Projection
	staff      *enrolment.Register
	log        *accesslog.Log
	users      *access.Directory
	payouts    *netting.Netting   // of a custodian
	funding    *funding.Funding   // of a platform
	customers  *api.Customers     // of platforms and custodians
	authority  *person.Authoriser // of custodians and regulators
	pseudonyms *api.Pseudonyms
	credit     *api.Credit
	notices    *notice.Feed
	alerts     *alert.Alerts // of custodians, unless the settings say otherwise
	hooks      *webhook.Webhooks
	desk       *underwriting.Desk // of platforms

	submissions *api.Submissions    // of platforms and regulators
	reminders   *reminder.Reminders // of a platform's borrowers
	warnings    *warning.Watch      // over a platform's loans
}

// lay puts the foundations.
func lay(ctx context.Context, settings Settings, profile ledger.Profile, db *store.DB, logger *slog.Logger) (*foundations, error) {
	process, err := processName(profile.Member, settings)
	if err != nil {
		return nil, err
	}
	f := &foundations{settings: settings, process: process, profile: profile, db: db, logger: logger, identities: newIdentities(profile)}
	if err := f.openVault(ctx); err != nil {
		return nil, err
	}
	if err := f.openStaff(); err != nil {
		return nil, err
	}
	reader, err := f.identities.client(ctx, machine)
	if err != nil {
		return nil, err
	}
	f.box = outbox.New(db, f.identities.dial, outbox.WithHolder(process), outbox.WithLogger(logger))
	f.books = projection.New(db, reader)
	f.log = accesslog.New(db, profile.Member, f.box, nil)
	f.notices = notice.New(db)
	f.openAlerts()
	f.hooks = webhook.New(db, f.vault, f.books, f.notices, webhook.Settings{
		Process: process, Hosts: settings.WebhookHosts, AllowLoopback: settings.WebhooksToLoopback, AllowPrivate: settings.WebhooksToPrivate, Logger: logger,
	})
	if profile.Kind == party.Custodian {
		if f.payouts, err = f.openNetting(); err != nil {
			return nil, err
		}
	}
	if err := f.openCustomers(); err != nil {
		return nil, err
	}
	if err := f.openFunding(); err != nil {
		return nil, err
	}
	f.openUnderwriting()
	f.openWarnings()
	if err := f.openSubmissions(); err != nil {
		return nil, err
	}
	if err := f.openReminders(); err != nil {
		return nil, err
	}
	f.openPurging()
	if err := f.openAuthority(); err != nil {
		return nil, err
	}
	return f, f.openProtocols(ctx)
}

func (f *foundations) openVault(ctx context.Context) error {
	master, err := masterKey(f.settings.masterPath())
	if err != nil {
		return err
	}
	algorithm, err := vault.ParseAlgorithm(f.settings.FieldCipher)
	if err != nil {
		return fmt.Errorf("field_cipher: %w", err)
	}
	f.vault, err = openUnder(ctx, f.db, master, algorithm, f.settings.masterPath())
	return err
}

// openStaff opens the register of staff certificates. A member that names no authority has none.
func (f *foundations) openStaff() error {
	authority := f.settings.CA
	if authority.URL == "" {
		return nil
	}
	ca, err := enrolment.NewAuthority(authority.URL, authority.Name, f.profile.Member, authority.RootPath)
	if err != nil {
		return err
	}
	f.staff, err = enrolment.New(f.db, f.vault, ca, authority.CertPath, authority.KeyPath, nil)
	f.identities.staff = f.staff
	return err
}

// assemble puts the parts together.
func assemble(ctx context.Context, settings Settings, profile ledger.Profile, db *store.DB, logger *slog.Logger) (*app, error) {
	f, err := lay(ctx, settings, profile, db, logger)
	if err != nil {
		return nil, err
	}
	parts, err := f.parts(ctx)
	if err != nil {
		return nil, err
	}
	server, err := api.New(parts)
	if err != nil {
		return nil, err
	}
	a := &app{settings: settings, logger: logger, identities: f.identities, server: server}
	a.tasks = append(f.tasks(), task{"housekeeping of the API", server.Run})
	return a, nil
}

// parts are what the API serves.
func (f *foundations) parts(ctx context.Context) (api.Parts, error) {
	users, gate, err := f.gate(ctx)
	if err != nil {
		return api.Parts{}, err
	}
	return api.Parts{
		Member: f.profile.Member, Store: f.db, Door: gate, Commands: f.box, Books: f.books, Folding: f.books,
		Channel: f.profile.Channel, Pairs: f.pairs(),
		Users: users, Approvals: gate.Approvals, AccessLog: f.log, Staff: f.staff,
		Netting: f.payouts, Funding: f.funding, Customers: f.customers, Authority: f.authority, Pseudonyms: f.pseudonyms, Credit: f.credit, Webhooks: f.hooks, Notices: f.notices, Alerts: f.alerts, Counterparts: f.counterparts(),
		Underwriting: f.desk, Submissions: f.submissions, Reminders: f.reminders, Warnings: f.warnings,
		Reports: f.catalogue(), Renderer: f.renderer(),
		CursorKey: f.vault.Hash("cursors of lists").Sum(nil),
		Checks:    f.checks(), Gauges: f.gauges(), Limits: f.settings.Limits.WithDefaults(), Logger: f.logger,
	}, nil
}

// gate decides who is let in.
func (f *foundations) gate(ctx context.Context) (*access.Directory, *api.Gate, error) {
	roots, err := readRoots(f.settings.ClientCAPath)
	if err != nil {
		return nil, nil, err
	}
	provider, err := f.settings.provider()
	if err != nil {
		return nil, nil, err
	}
	users, err := access.Open(ctx, f.db, f.vault, access.Settings{
		Member: f.profile.Member, Kind: f.profile.Kind, CertificateRoots: roots, Provider: provider, CodeRoles: f.settings.codeRoles(),
	})
	if err != nil {
		return nil, nil, err
	}
	if err := bootstrap(ctx, users, f.profile.Member, f.settings.FirstCredentialsPath); err != nil {
		return nil, nil, err
	}
	if err := f.admitCounterparts(ctx, users); err != nil {
		return nil, nil, err
	}
	f.users = users
	authoriser, err := access.NewAuthoriser(f.settings.PolicyFolder)
	if err != nil {
		return nil, nil, err
	}
	var signer access.Signer
	if f.staff != nil {
		signer = f.staff
	}
	approvals := access.NewApprovals(f.db, authoriser, f.vault, signer, nil)
	return users, &api.Gate{Users: users, Authoriser: authoriser, Approvals: approvals, Log: f.log}, nil
}

// provider reads the settings of the staff's sign-on.
func (s Settings) provider() (*access.Provider, error) {
	if s.OIDC == nil {
		return nil, nil //nolint:nilnil // no provider is a setting, and no error
	}
	if err := s.OIDC.check(); err != nil {
		return nil, err
	}
	secret, err := os.ReadFile(s.OIDC.ClientSecretPath)
	if err != nil {
		return nil, fmt.Errorf("oidc.client_secret_path: %w", err)
	}
	return &access.Provider{
		Issuer: s.OIDC.Issuer, ClientID: s.OIDC.ClientID, ClientSecret: strings.TrimSpace(string(secret)), RedirectURL: s.OIDC.RedirectURL,
	}, nil
}

// pairs are the platforms and custodians whose collections the member holds.
func (f *foundations) pairs() []projection.Pair {
	var pairs []projection.Pair
	for _, platform := range f.profile.Members {
		for _, custodian := range f.profile.Members {
			if f.holds(wire.PairCollection(platform.ID, custodian.ID), platform.ID, custodian.ID) {
				pairs = append(pairs, projection.Pair{Platform: platform.ID, Custodian: custodian.ID})
			}
		}
	}
	return pairs
}

// clientRoots are the authorities whose client certificates the TLS handshake accepts: the member's own, and
// those of the counterparts' machines. Who is let in is decided after the handshake.
func (s Settings) clientRoots() (*x509.CertPool, error) {
	roots, err := readRoots(s.ClientCAPath)
	if err != nil {
		return nil, err
	}
	for _, g := range s.Gateways {
		if g.MachineRootPath == "" {
			continue
		}
		text, err := os.ReadFile(g.MachineRootPath)
		if err != nil {
			return nil, fmt.Errorf("machine_root_path of %s: %w", g.Member, err)
		}
		roots.AppendCertsFromPEM(text)
	}
	return roots, nil
}

// readRoots reads the authorities of a PEM file.
func readRoots(path string) (*x509.CertPool, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("client_ca_path: %w", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(text) {
		return nil, errors.New("client_ca_path: the file holds no certificate: name the member's authority of identities")
	}
	return roots, nil
}
