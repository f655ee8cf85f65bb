package serve

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/gateway-app/access"
	"github.com/tallystick/tallystick/gateway-app/pseudonym"
)

// callPatience bounds one call of another member's gateway app.
const callPatience = 15 * time.Second

// counterpartName is the user as which another member's gateway app is let in here.
func counterpartName(member string) string { return "gateway-of-" + member }

// counterparts are the users of other members' gateway apps, with the member that each stands for.
func (f *foundations) counterparts() map[string]string {
	users := map[string]string{}
	for _, g := range f.settings.Gateways {
		if g.Member != f.profile.Member && g.MachineCertPath != "" {
			users[counterpartName(g.Member)] = g.Member
		}
	}
	return users
}

// admitCounterparts lets the other members' gateway apps in by the certificates that the settings name,
// and by no other of theirs. It changes nothing that is as it should be.
func (f *foundations) admitCounterparts(ctx context.Context, users *access.Directory) error {
	known, err := usersByName(ctx, users)
	if err != nil {
		return err
	}
	for _, g := range f.settings.Gateways {
		name := counterpartName(g.Member)
		if _, pinned := f.counterparts()[name]; !pinned {
			continue
		}
		if err := admit(ctx, users, known[name], name, g.MachineCertPath); err != nil {
			return fmt.Errorf("let the gateway app of %s in: %w", g.Member, err)
		}
	}
	return nil
}

func admit(ctx context.Context, users *access.Directory, id, name, certPath string) error {
	certificate, err := readCertificate(certPath)
	if err != nil {
		return err
	}
	if id == "" {
		all, err := users.Organisations(ctx)
		if err != nil {
			return err
		}
		made, err := users.CreateUser(ctx, access.NewUser{
			Organisation: all[0].ID, Kind: access.Device, Name: name, Roles: []access.Role{access.Counterpart},
		})
		if err != nil {
			return err
		}
		id = made.ID
	}
	if err := revokeOthers(ctx, users, id, access.Fingerprint(certificate)); err != nil {
		return err
	}
	_, err = users.BindCertificate(ctx, id, name, certificate)
	if errors.Is(err, fault.New(fault.AlreadyExists)) {
		return nil
	}
	return err
}

// revokeOthers takes the way in from certificates of a user that the settings name no more.
func revokeOthers(ctx context.Context, users *access.Directory, id, pinned string) error {
	const page = 500
	for after := ""; ; {
		list, err := users.Certificates(ctx, after, page)
		if err != nil {
			return err
		}
		for _, c := range list {
			after = c.Fingerprint
			if c.User != id || c.Fingerprint == pinned || c.RevokedAt != "" {
				continue
			}
			if err := users.RevokeCertificate(ctx, c.Fingerprint); err != nil {
				return err
			}
		}
		if len(list) < page {
			return nil
		}
	}
}

// usersByName lists the ids of all users by their names.
func usersByName(ctx context.Context, users *access.Directory) (map[string]string, error) {
	const page = 500
	named, after := map[string]string{}, ""
	for {
		list, err := users.Users(ctx, after, page)
		if err != nil {
			return nil, err
		}
		for _, u := range list {
			named[u.Name], after = u.ID, u.ID
		}
		if len(list) < page {
			return named, nil
		}
	}
}

func readCertificate(path string) (*x509.Certificate, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil || block.Type != "CERTIFICATE" {
		return nil, fmt.Errorf("%s holds no certificate in PEM", path)
	}
	return x509.ParseCertificate(block.Bytes)
}

// remote reaches the gateway app of the one member of a kind, or of the one that is named. The member's
// machine certificate says who calls.
func (f *foundations) remote(kind party.MemberKind, member string) (*pseudonym.Remote, error) {
	for _, g := range f.settings.gateways(kind) {
		if member != "" && g.Member != member {
			continue
		}
		caller, err := f.caller(g)
		if err != nil {
			return nil, fmt.Errorf("reach the gateway app of %s: %w", g.Member, err)
		}
		return pseudonym.NewRemote(g.URL, "", caller)
	}
	return nil, fmt.Errorf("gateways: the settings name no gateway app of a %s: add its member, url and root_path", kind)
}

func (f *foundations) caller(g Gateway) (*http.Client, error) {
	text, err := os.ReadFile(g.RootPath)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("root_path %s holds no certificate", g.RootPath)
	}
	files := f.profile.Identities[machine]
	own, err := tls.LoadX509KeyPair(files.CertPath, files.KeyPath)
	if err != nil {
		return nil, err
	}
	return &http.Client{Timeout: callPatience, Transport: &http.Transport{TLSClientConfig: &tls.Config{
		RootCAs: roots, ServerName: g.ServerName, Certificates: []tls.Certificate{own}, MinVersion: tls.VersionTLS12,
	}}}, nil
}
