package ledger

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/hyperledger/fabric-gateway/pkg/identity"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"google.golang.org/grpc/credentials"
	"google.golang.org/protobuf/proto"
)

// signer is an identity that can sign.
type signer struct {
	id      identity.Identity
	sign    identity.Sign
	creator []byte // as it stands in every header that the identity signs
}

// loadSigner reads one of the profile's identities.
func loadSigner(profile Profile, name string) (signer, error) {
	files, ok := profile.Identities[name]
	if !ok {
		return signer{}, fmt.Errorf("load identity %q of %s: the profile has none of that name: use one of %s",
			name, profile.Member, strings.Join(profile.IdentityNames(), ", "))
	}
	certText, err := os.ReadFile(files.CertPath)
	if err != nil {
		return signer{}, fmt.Errorf("load identity %q of %s: read certificate: %w", name, profile.Member, err)
	}
	keyText, err := os.ReadFile(files.KeyPath)
	if err != nil {
		return signer{}, fmt.Errorf("load identity %q of %s: read private key: %w", name, profile.Member, err)
	}
	id, err := newSigner(profile.MSPID, certText, keyText)
	if err != nil {
		return signer{}, fmt.Errorf("load identity %q of %s: %w", name, profile.Member, err)
	}
	return id, nil
}

// newSigner makes an identity of a certificate and its key, both in PEM.
func newSigner(mspID string, certText, keyText []byte) (signer, error) {
	cert, err := identity.CertificateFromPEM(certText)
	if err != nil {
		return signer{}, fmt.Errorf("parse certificate: %w", err)
	}
	key, err := identity.PrivateKeyFromPEM(keyText)
	if err != nil {
		return signer{}, fmt.Errorf("parse private key: %w", err)
	}
	id, err := identity.NewX509Identity(mspID, cert)
	if err != nil {
		return signer{}, err
	}
	sign, err := identity.NewPrivateKeySign(key)
	if err != nil {
		return signer{}, err
	}
	creator, err := proto.Marshal(&msp.SerializedIdentity{Mspid: id.MspID(), IdBytes: id.Credentials()})
	if err != nil {
		return signer{}, err
	}
	return signer{id: id, sign: sign, creator: creator}, nil
}

// signed is a message's signature over its SHA-256.
func (s signer) signed(message []byte) ([]byte, error) {
	digest := sha256.Sum256(message)
	return s.sign(slices.Clone(digest[:]))
}

// transport trusts the one root that the endpoint names.
func (e Endpoint) transport() (credentials.TransportCredentials, error) {
	root, err := os.ReadFile(e.TLSCACertPath)
	if err != nil {
		return nil, fmt.Errorf("read the TLS root of %s: %w", e.Endpoint, err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(root) {
		return nil, fmt.Errorf("read the TLS root of %s: %s holds no certificate", e.Endpoint, e.TLSCACertPath)
	}
	return credentials.NewTLS(&tls.Config{RootCAs: roots, ServerName: e.ServerName, MinVersion: tls.VersionTLS12}), nil
}
