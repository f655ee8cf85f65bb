package e2e_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/tallystick/tallystick/network"
)

// lie changes a block on its way to whoever asked for it, and reports whether it did.
type lie func(*peer.BlockAndPrivateData) bool

// liar is a peer that is not what it seems: it hands everything on to the regulator's own peer, and
// changes one block in what comes back.
type liar struct {
	truth *grpc.ClientConn
	lie   lie
}

// profileOfLiar starts a lying peer and answers the auditor's profile with that peer in it.
func (c *consortium) profileOfLiar(t *testing.T, told lie) string {
	t.Helper()
	profile, err := c.net.Profile("auditor")
	if err != nil {
		t.Fatal(err)
	}
	honest, err := c.profile(authority)
	if err != nil {
		t.Fatal(err)
	}
	truth, err := grpc.NewClient(profile.Peer.Endpoint,
		grpc.WithTransportCredentials(credentials.NewTLS(peerTLS(t, honest))),
		grpc.WithDefaultCallOptions(grpc.ForceCodec(bytesCodec{}), grpc.MaxCallRecvMsgSize(100<<20)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = truth.Close() })
	certificate, rootPath := selfSigned(t, profile.Peer.ServerName)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer(
		grpc.Creds(credentials.NewServerTLSFromCert(&certificate)), grpc.ForceServerCodec(bytesCodec{}),
		grpc.UnknownServiceHandler(liar{truth, told}.pass))
	go func() { _ = server.Serve(listener) }() // ends when it is stopped
	t.Cleanup(server.Stop)

	profile.Peer.Endpoint, profile.Peer.TLSCACertPath = listener.Addr().String(), rootPath
	path := filepath.Join(t.TempDir(), "auditor.json")
	if err := network.WriteProfile(path, profile); err != nil {
		t.Fatal(err)
	}
	return path
}

// pass hands one call on, and its answers back.
func (l liar) pass(_ any, asked grpc.ServerStream) error {
	method, _ := grpc.MethodFromServerStream(asked)
	given, _ := metadata.FromIncomingContext(asked.Context())
	ctx, cancel := context.WithCancel(metadata.NewOutgoingContext(asked.Context(), given))
	defer cancel()
	answers, err := l.truth.NewStream(ctx, &grpc.StreamDesc{ClientStreams: true, ServerStreams: true}, method)
	if err != nil {
		return err
	}
	go func() {
		for {
			var question []byte
			if err := asked.RecvMsg(&question); err != nil {
				_ = answers.CloseSend() // the caller's end is the end of what there is to hand on
				return
			}
			if answers.SendMsg(question) != nil {
				return // the answers' side learns why
			}
		}
	}()
	for {
		var answer []byte
		if err := answers.RecvMsg(&answer); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		if strings.HasSuffix(method, "/DeliverWithPrivateData") {
			answer = l.change(answer)
		}
		if err := asked.SendMsg(answer); err != nil {
			return err
		}
	}
}

func (l liar) change(answer []byte) []byte {
	var response peer.DeliverResponse
	if proto.Unmarshal(answer, &response) != nil || response.GetBlockAndPrivateData() == nil || !l.lie(response.GetBlockAndPrivateData()) {
		return answer
	}
	changed, err := proto.Marshal(&response)
	if err != nil {
		return answer
	}
	return changed
}

// bytesCodec hands messages on without opening them.
type bytesCodec struct{}

func (bytesCodec) Name() string { return "bytes" }

func (bytesCodec) Marshal(v any) ([]byte, error) {
	switch v := v.(type) {
	case []byte:
		return v, nil
	case *[]byte:
		return *v, nil
	}
	return nil, status.Error(codes.Internal, "not bytes")
}

func (bytesCodec) Unmarshal(raw []byte, v any) error {
	into, ok := v.(*[]byte)
	if !ok {
		return status.Error(codes.Internal, "not bytes")
	}
	*into = append([]byte(nil), raw...)
	return nil
}

// selfSigned makes a certificate for a name, which whoever trusts its file takes for the peer's.
func selfSigned(t *testing.T, name string) (pair tls.Certificate, rootPath string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{name}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Minute), NotAfter: time.Now().Add(time.Hour),
	}
	raw, err := x509.CreateCertificate(rand.Reader, &template, &template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	rootPath = filepath.Join(t.TempDir(), "root.pem")
	if err := os.WriteFile(rootPath, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{raw}, PrivateKey: key}, rootPath
}
