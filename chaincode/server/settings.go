package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"

	"github.com/tallystick/tallystick/core/wire"
)

// The environment variables that the process reads. The last three are paths of PEM files, the founders
// are a digest.
const (
	addressVariable  = "CHAINCODE_SERVER_ADDRESS"
	idVariable       = "CHAINCODE_ID"
	foundersVariable = "CHAINCODE_FOUNDERS"
	keyVariable      = "CHAINCODE_TLS_KEY"
	certVariable     = "CHAINCODE_TLS_CERT"
	clientCAVariable = "CHAINCODE_CLIENT_CA_CERT"
)

// settings is what the process is told.
type settings struct {
	address  string
	id       string // the package id that the peer dials for
	founders string // wire.FoundersDigest of the members that may found the consortium
	tls      *tls.Config
}

func readSettings(env func(string) string) (settings, error) {
	s := settings{address: env(addressVariable), id: env(idVariable), founders: env(foundersVariable)}
	if s.address == "" {
		return s, fmt.Errorf("%s is not set: set it to the host:port that the peer dials", addressVariable)
	}
	if _, _, err := net.SplitHostPort(s.address); err != nil {
		return s, fmt.Errorf("%s is no host:port: %w", addressVariable, err)
	}
	if s.id == "" {
		return s, fmt.Errorf("%s is not set: set it to the package id that `peer lifecycle chaincode queryinstalled` shows", idVariable)
	}
	if !wire.IsDigest(s.founders) {
		return s, fmt.Errorf("%s is no SHA-256 digest: set it to what `test-network founders` prints of the agreed members",
			foundersVariable)
	}
	var err error
	s.tls, err = mutualTLS(env)
	return s, err
}

// mutualTLS lets in only clients whose certificates the member's own TLS authority issued.
func mutualTLS(env func(string) string) (*tls.Config, error) {
	key, err := readFile(env, keyVariable, "the private key of the server's TLS certificate")
	if err != nil {
		return nil, err
	}
	cert, err := readFile(env, certVariable, "the server's TLS certificate, in which the dialled host is named")
	if err != nil {
		return nil, err
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return nil, fmt.Errorf("%s and %s do not belong together or are not PEM: issue the certificate anew: %w",
			certVariable, keyVariable, err)
	}
	root, err := readFile(env, clientCAVariable, "the TLS authority that issued the peer's client certificate")
	if err != nil {
		return nil, err
	}
	clients := x509.NewCertPool()
	if !clients.AppendCertsFromPEM(root) {
		return nil, fmt.Errorf("%s holds no certificate: it must be PEM of %s", clientCAVariable, "the peer's TLS authority")
	}
	return &tls.Config{
		MinVersion:   tls.VersionTLS12,
		Certificates: []tls.Certificate{pair},
		ClientAuth:   tls.RequireAndVerifyClientCert,
		ClientCAs:    clients,
	}, nil
}

func readFile(env func(string) string, variable, what string) ([]byte, error) {
	path := env(variable)
	if path == "" {
		return nil, fmt.Errorf("%s is not set: set it to the path of %s", variable, what)
	}
	content, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%s names a file that does not exist: put %s there: %w", variable, what, err)
	}
	if err != nil {
		return nil, fmt.Errorf("%s cannot be read: give the process the right to read %s: %w", variable, what, err)
	}
	return content, nil
}
