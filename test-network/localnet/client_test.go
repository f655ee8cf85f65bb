package localnet_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/hyperledger/fabric-gateway/pkg/client"
	"github.com/hyperledger/fabric-gateway/pkg/hash"
	"github.com/hyperledger/fabric-gateway/pkg/identity"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"

	"github.com/tallystick/tallystick/network"
	"github.com/tallystick/tallystick/test-network/localnet"
)

// asset is the plain contract's value.
type asset struct {
	ID             string `json:"id"`
	Owner          string `json:"owner"`
	Colour         string `json:"colour"`
	Size           int    `json:"size"`
	AppraisedMinor int64  `json:"appraised_minor"`
	Description    string `json:"description"`
}

// contract reaches the plain contract as a program would: by a member's connection profile alone.
func contract(t *testing.T, n *localnet.Network, member, role string) *client.Contract {
	t.Helper()
	profile, err := n.Profile(member)
	if err != nil {
		t.Fatal(err)
	}
	id, sign := signer(t, profile, role)
	connection, err := grpc.NewClient(profile.Peer.Endpoint, grpc.WithTransportCredentials(
		credentials.NewTLS(&tls.Config{RootCAs: roots(t, profile.Peer.TLSCACertPath), ServerName: profile.Peer.ServerName})))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = connection.Close() })
	gateway, err := client.Connect(id, client.WithSign(sign), client.WithHash(hash.SHA256), client.WithClientConnection(connection))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = gateway.Close() })
	return gateway.GetNetwork(profile.Channel).GetContract(localnet.PlainChaincode)
}

func signer(t *testing.T, profile network.Profile, role string) (*identity.X509Identity, identity.Sign) {
	t.Helper()
	files, exists := profile.Identities[role]
	if !exists {
		t.Fatalf("%s has no identity for %s", profile.Member, role)
	}
	id, err := identity.NewX509Identity(profile.MSPID, certificate(t, files.CertPath))
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(files.KeyPath)
	if err != nil {
		t.Fatal(err)
	}
	key, err := identity.PrivateKeyFromPEM(text)
	if err != nil {
		t.Fatal(err)
	}
	sign, err := identity.NewPrivateKeySign(key)
	if err != nil {
		t.Fatal(err)
	}
	return id, sign
}

func certificate(t *testing.T, path string) *x509.Certificate {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(text)
	if block == nil {
		t.Fatalf("%s holds no certificate", path)
	}
	parsed, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func roots(t *testing.T, path string) *x509.CertPool {
	t.Helper()
	pool := x509.NewCertPool()
	pool.AddCert(certificate(t, path))
	return pool
}

func create(t *testing.T, on *client.Contract, id string) {
	t.Helper()
	submit(t, on, "CreateAsset", client.WithArguments(assetText(t, id)))
}

// assetText is an asset of some two hundred bytes.
func assetText(t *testing.T, id string) string {
	t.Helper()
	text, err := json.Marshal(asset{
		ID: id, Owner: "Tomoko", Colour: "blue", Size: 5, AppraisedMinor: 30_000,
		Description: "one of the assets by which the network is tried, with words to make up its length",
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(text) < 150 || len(text) > 250 {
		t.Fatalf("an asset of %d bytes: %s", len(text), text)
	}
	return string(text)
}

// submit waits out a leader that is being voted out. What was not endorsed was not ordered either
// and is proposed anew: one endorser may not have the last block yet that the other has.
func submit(t *testing.T, on *client.Contract, function string, options ...client.ProposalOption) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for {
		_, err := on.SubmitWithContext(ctx, function, options...)
		if err == nil {
			return
		}
		var unendorsed *client.EndorseError
		if !errors.As(err, &unendorsed) || ctx.Err() != nil {
			t.Fatalf("%s: %v", function, err)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// awaitAppraised reads an asset's appraisal at the member whose contract is given, waiting until that
// member's peer has what is expected.
func awaitAppraised(t *testing.T, on *client.Contract, id string, want int64) {
	t.Helper()
	var got asset
	var err error
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		var text []byte
		if text, err = on.EvaluateTransaction("ReadAsset", id); err != nil {
			continue
		}
		if err = json.Unmarshal(text, &got); err == nil && got.AppraisedMinor == want {
			return
		}
	}
	t.Fatalf("asset %s is %+v (%v), want it appraised at %d", id, got, err, want)
}
