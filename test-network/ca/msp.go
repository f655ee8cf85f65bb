package ca

import (
	"fmt"
	"os"
	"path/filepath"
)

// nodeRoles tells Fabric to read a holder's role from the organisational unit of the certificate.
const nodeRoles = `NodeOUs:
  Enable: true
  ClientOUIdentifier: {Certificate: cacerts/ca.pem, OrganizationalUnitIdentifier: client}
  PeerOUIdentifier: {Certificate: cacerts/ca.pem, OrganizationalUnitIdentifier: peer}
  AdminOUIdentifier: {Certificate: cacerts/ca.pem, OrganizationalUnitIdentifier: admin}
  OrdererOUIdentifier: {Certificate: cacerts/ca.pem, OrganizationalUnitIdentifier: orderer}
`

// WriteNodeRoles turns node roles on in an MSP folder.
func WriteNodeRoles(mspDir string) error {
	if err := os.WriteFile(filepath.Join(mspDir, "config.yaml"), []byte(nodeRoles), 0o644); err != nil {
		return fmt.Errorf("write node roles: %w", err)
	}
	return nil
}

// CopyRoot copies a root certificate, making the folder for it.
func CopyRoot(from, to string) error {
	certificate, err := os.ReadFile(from)
	if err != nil {
		return fmt.Errorf("copy root certificate: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return fmt.Errorf("copy root certificate: %w", err)
	}
	if err := os.WriteFile(to, certificate, 0o644); err != nil {
		return fmt.Errorf("copy root certificate: %w", err)
	}
	return nil
}

// WritePublicMSP writes what the other members learn of this one: its two roots and how roles are
// told apart. It holds no key.
func (s Server) WritePublicMSP(mspDir string) error {
	if err := CopyRoot(s.RootPath(Identities), filepath.Join(mspDir, "cacerts", "ca.pem")); err != nil {
		return err
	}
	if err := CopyRoot(s.RootPath(TLS), filepath.Join(mspDir, "tlscacerts", "tlsca.pem")); err != nil {
		return err
	}
	return WriteNodeRoles(mspDir)
}
