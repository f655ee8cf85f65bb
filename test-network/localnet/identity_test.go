package localnet_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tallystick/tallystick/network"
	"github.com/tallystick/tallystick/test-network/localnet"
)

// attributesOID is where Fabric CA puts attributes into certificates.
const attributesOID = "1.2.3.4.5.6.7.8.1"

func attributes(t *testing.T, certificate *x509.Certificate) map[string]string {
	t.Helper()
	for _, extension := range certificate.Extensions {
		if extension.Id.String() != attributesOID {
			continue
		}
		var held struct {
			Attributes map[string]string `json:"attrs"`
		}
		if err := json.Unmarshal(extension.Value, &held); err != nil {
			t.Fatal(err)
		}
		return held.Attributes
	}
	return nil
}

func checkIdentities(t *testing.T, n *localnet.Network) {
	for _, member := range n.Consortium().Members {
		profile, err := n.Profile(member.ID)
		if err != nil {
			t.Fatal(err)
		}
		for name, files := range profile.Identities {
			held, role := certificate(t, files.CertPath), name
			if name == "deputy" {
				role = "supervisor"
			}
			if got := attributes(t, held)["role"]; got != role {
				t.Errorf("%s's %s has the role %q", member.ID, name, got)
			}
			unit := "client"
			if name == "admin" {
				unit = "admin"
			}
			if !slices.Contains(held.Subject.OrganizationalUnit, unit) {
				t.Errorf("%s's %s is of the units %v", member.ID, name, held.Subject.OrganizationalUnit)
			}
			if info, err := os.Stat(files.KeyPath); err != nil || info.Mode().Perm()&0o077 != 0 {
				t.Errorf("others may read the key of %s's %s: %v, %v", member.ID, name, info.Mode(), err)
			}
		}
	}
}

func checkProfiles(t *testing.T, n *localnet.Network) {
	names := []string{"auditor"}
	for _, member := range n.Consortium().Members {
		names = append(names, member.ID)
	}
	for _, name := range names {
		profile, err := n.Profile(name)
		if err != nil {
			t.Fatal(err)
		}
		if len(profile.Members) != len(n.Consortium().Members) || len(profile.Orderers) != len(profile.Members) {
			t.Errorf("%s knows %d members and %d orderers", name, len(profile.Members), len(profile.Orderers))
		}
		if !slices.Equal(profile.Collections, n.Consortium().CollectionNames()) {
			t.Errorf("%s knows the collections %v", name, profile.Collections)
		}
		if !strings.HasPrefix(profile.Peer.ServerName, "peer."+profile.Member+".") {
			t.Errorf("%s meets the peer %s", name, profile.Peer.ServerName)
		}
	}
	checkAuditor(t, n)
}

// An auditor comes to the regulator's peer with no identity but their own, for ninety days.
func checkAuditor(t *testing.T, n *localnet.Network) {
	profile, err := n.Profile("auditor")
	if err != nil {
		t.Fatal(err)
	}
	if profile.Kind != network.Regulator || len(profile.Identities) != 1 {
		t.Errorf("the auditor is of a %s, with %d identities", profile.Kind, len(profile.Identities))
	}
	held := certificate(t, profile.Identities["auditor"].CertPath)
	if days := held.NotAfter.Sub(held.NotBefore).Hours() / 24; days < 89 || days > 91 {
		t.Errorf("the auditor's certificate is good for %.0f days", days)
	}
	if scope := attributes(t, held)["scope"]; scope != "all" {
		t.Errorf("the auditor's mandate covers %q", scope)
	}
}

// An identity must not open the consenter's administration port, even one of the same member, and
// no certificate at all must not either.
func checkAdministration(t *testing.T, n *localnet.Network) {
	profile, err := n.Profile("harbor")
	if err != nil {
		t.Fatal(err)
	}
	tlsFolder := filepath.Join(filepath.Dir(n.ProfilePath("harbor")), "..", "members", "harbor", "tls", "admin", "msp")
	administrator := network.IdentityFiles{
		CertPath: filepath.Join(tlsFolder, "signcerts", "cert.pem"),
		KeyPath:  filepath.Join(tlsFolder, "keystore", "key.pem"),
	}
	operator := profile.Identities["operator"]
	for name, test := range map[string]struct {
		files   *network.IdentityFiles
		allowed bool
	}{
		"the member's administrator": {&administrator, true},
		"an operator's identity":     {&operator, false},
		"nobody":                     {nil, false},
	} {
		config := &tls.Config{RootCAs: roots(t, profile.Peer.TLSCACertPath)}
		if test.files != nil {
			pair, err := tls.LoadX509KeyPair(test.files.CertPath, test.files.KeyPath)
			if err != nil {
				t.Fatal(err)
			}
			// Presented whatever the server asks for: a client may not be trusted to hold it back.
			config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &pair, nil }
		}
		client := administrationClient(config)
		response, err := client.Get("https://" + administrationAddress + "/participation/v1/channels")
		if allowed := err == nil && response.StatusCode == http.StatusOK; allowed != test.allowed {
			t.Errorf("%s: allowed %v (%v)", name, allowed, err)
		}
		if err == nil {
			_ = response.Body.Close()
		}
	}
}

// administrationAddress is of the first member's consenter in the network that TestNetwork makes.
const administrationAddress = "127.0.0.1:21055"

func administrationClient(config *tls.Config) http.Client {
	return http.Client{Transport: &http.Transport{TLSClientConfig: config, DisableKeepAlives: true}, Timeout: 10 * time.Second}
}
