package localnet

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"

	"golang.org/x/sync/errgroup"

	"github.com/tallystick/tallystick/network"
)

// answersHTTPS makes a check that an address answers a GET with success, under a trusted root. The
// root is read at each look, for an authority makes its own only when it first runs.
func answersHTTPS(url, rootPath string) func(context.Context) error {
	return func(ctx context.Context) error {
		config, err := trusting(rootPath)
		if err != nil {
			return err
		}
		client := http.Client{Transport: &http.Transport{TLSClientConfig: config, DisableKeepAlives: true}}
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		response, err := client.Do(request)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		if response.StatusCode != http.StatusOK {
			body, _ := io.ReadAll(io.LimitReader(response.Body, 1024))
			return fmt.Errorf("%s answers %s: %s", url, response.Status, body)
		}
		return nil
	}
}

// servesFabric makes a check that a peer or consenter calls itself healthy and that it listens: it
// may do the first some moments before the second.
func servesFabric(s seat, certificate string, operations network.Address, listening ...network.Address) func(context.Context) error {
	healthy := answersHTTPS("https://"+operations.String()+"/healthz", s.tlsRootPath())
	return func(ctx context.Context) error {
		if err := healthy(ctx); err != nil {
			return err
		}
		for _, address := range listening {
			if err := answersTLS(address, s.tlsRootPath(), s.tlsPair(certificate))(ctx); err != nil {
				return err
			}
		}
		return nil
	}
}

// answersTLS makes a check that an address completes a mutual TLS handshake.
func answersTLS(address network.Address, rootPath string, pair network.KeyPair) func(context.Context) error {
	return func(ctx context.Context) error {
		config, err := presenting(rootPath, pair)
		if err != nil {
			return err
		}
		dialer := tls.Dialer{NetDialer: &net.Dialer{}, Config: config}
		connection, err := dialer.DialContext(ctx, "tcp", address.String())
		if err != nil {
			return err
		}
		return connection.Close()
	}
}

// trusting is a TLS client's configuration that accepts one root and no other.
func trusting(rootPath string) (*tls.Config, error) {
	text, err := os.ReadFile(rootPath)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s holds no certificate", rootPath)
	}
	return &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, nil
}

// presenting is trusting, with a certificate of the client's own.
func presenting(rootPath string, pair network.KeyPair) (*tls.Config, error) {
	config, err := trusting(rootPath)
	if err != nil {
		return nil, err
	}
	certificate, err := tls.LoadX509KeyPair(pair.CertPath, pair.KeyPath)
	if err != nil {
		return nil, err
	}
	config.Certificates = []tls.Certificate{certificate}
	return config, nil
}

// eachAtOnce runs a task for every index side by side and returns the first failure, which also
// ends the others' context.
func eachAtOnce(ctx context.Context, count int, task func(ctx context.Context, i int) error) error {
	group, ctx := errgroup.WithContext(ctx)
	for i := range count {
		group.Go(func() error { return task(ctx, i) })
	}
	return group.Wait()
}
