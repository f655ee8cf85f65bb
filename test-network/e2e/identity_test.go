package e2e_test

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/tallystick/tallystick/gateway-app/ledger"
	"github.com/tallystick/tallystick/network"
	"github.com/tallystick/tallystick/test-network/ca"
	"github.com/tallystick/tallystick/test-network/toolchain"
)

// folder is a path below the network's own folder.
func (c *consortium) folder(parts ...string) string {
	root := filepath.Dir(filepath.Dir(c.net.ProfilePath(authority)))
	return filepath.Join(append([]string{root}, parts...)...)
}

// nodeIdentity is where the certificate of one of a member's nodes lies.
func (c *consortium) nodeIdentity(member, node string) ledger.IdentityFiles {
	files := ca.FilesIn(c.folder("members", member, "identities", node))
	return ledger.IdentityFiles{CertPath: files.CertPath, KeyPath: files.KeyPath}
}

// issue has a member's own authority certify somebody more: an auditor of another member than the
// regulator, a member's second peer.
func (c *consortium) issue(ctx context.Context, member, name, kind, attribute string) (ledger.IdentityFiles, error) {
	fail := func(err error) (ledger.IdentityFiles, error) {
		return ledger.IdentityFiles{}, fmt.Errorf("certify %s of %s: %w", name, member, err)
	}
	server, err := c.authorityOf(ctx, member)
	if err != nil {
		return fail(err)
	}
	registrar, fresh := c.folder("members", member, "identities", "registrar"), c.folder("members", member, "issued", name)
	if err := server.Enrol(ctx, ca.Enrolment{Authority: ca.Identities, Name: "registrar"}, registrar); err != nil {
		return fail(err)
	}
	register := []string{"register", "--id.name", name, "--id.type", kind, "--id.secret", "once"}
	if attribute != "" {
		register = append(register, "--id.attrs", attribute)
	}
	at := url.URL{Scheme: "https", Host: server.Listen.String()}
	if err := runClient(ctx, server, registrar, at, register...); err != nil {
		return fail(err)
	}
	at.User = url.UserPassword(name, "once")
	if err := runClient(ctx, server, fresh, at, "enroll", "--csr.hosts", name+"."+server.Member.Domain); err != nil {
		return fail(err)
	}
	keys, err := filepath.Glob(filepath.Join(fresh, "msp", "keystore", "*_sk"))
	if err != nil || len(keys) != 1 {
		return fail(fmt.Errorf("found %d new keys, %w", len(keys), err))
	}
	return ledger.IdentityFiles{CertPath: ca.FilesIn(fresh).CertPath, KeyPath: keys[0]}, nil
}

// authorityOf is a member's certificate authority.
func (c *consortium) authorityOf(ctx context.Context, member string) (ca.Server, error) {
	root, err := toolchain.FindRoot(".")
	if err != nil {
		return ca.Server{}, err
	}
	server := ca.Server{Home: c.folder("members", member, "ca"), ClientPath: toolchain.ToolsOf(root).Path("fabric-ca-client")}
	for _, m := range c.net.Consortium().Members {
		if m.ID == member {
			server.Member = m
		}
	}
	server.Listen, err = c.addressOf(ctx, member+"-ca")
	return server, err
}

// addressOf is where a node listens.
func (c *consortium) addressOf(ctx context.Context, name string) (network.Address, error) {
	for _, node := range c.net.Status(ctx) {
		if node.Name != name {
			continue
		}
		host, port, _ := strings.Cut(node.Address, ":")
		number, err := strconv.Atoi(port)
		return network.Address{Host: host, Port: number}, err
	}
	return network.Address{}, fmt.Errorf("the network has no node %s", name)
}

func runClient(ctx context.Context, server ca.Server, home string, at url.URL, arguments ...string) error {
	arguments = append(arguments, "--home", home, "--caname", ca.Identities, "--tls.certfiles", server.RootPath(ca.Identities))
	command := exec.CommandContext(ctx, server.ClientPath, arguments...)
	command.Env = append(os.Environ(), "FABRIC_CA_CLIENT_URL="+at.String())
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, output)
	}
	return nil
}
