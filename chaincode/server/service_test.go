package main

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/protobuf/proto"

	"github.com/tallystick/tallystick/core/fault"
)

// The peer dials with its certificate, and the chaincode registers under the id that it was given.
func TestThePeerIsServedAndNobodyElse(t *testing.T) {
	c := issue(t)
	for variable, value := range c.environment(freeAddress(t)) {
		t.Setenv(variable, value)
	}
	settings, err := readSettings(os.Getenv)
	if err != nil {
		t.Fatal(err)
	}
	s, err := newService(settings)
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = s.serve() }()
	defer s.stop(time.Second)

	message, err := c.dial(s.listener.Addr().String(), c.peer)
	if err != nil {
		t.Fatalf("dial as the peer: %v", err)
	}
	var id peer.ChaincodeID
	if err := proto.Unmarshal(message.GetPayload(), &id); err != nil || id.GetName() != "tallystick:1234" {
		t.Fatalf("registered as %q: %v", id.GetName(), err)
	}
	if _, err := c.dial(s.listener.Addr().String(), c.stranger); err == nil {
		t.Fatal("a client with another authority's certificate was served")
	}
	if _, err := c.dial(s.listener.Addr().String()); err == nil {
		t.Fatal("a client without a certificate was served")
	}
}

func TestAPortInUseIsNamedWithItsRemedy(t *testing.T) {
	c := issue(t)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = taken.Close() })
	environment := c.environment(taken.Addr().String())
	settings, err := readSettings(func(variable string) string { return environment[variable] })
	if err != nil {
		t.Fatal(err)
	}
	if _, err = newService(settings); err == nil || !strings.Contains(err.Error(), "free the port") {
		t.Fatalf("got %v", err)
	}
}

// The process ends by itself when it is told to, although the peer's stream would go on for ever.
func TestTheProcessEndsWhenItIsTold(t *testing.T) {
	c := issue(t)
	address := freeAddress(t)
	for variable, value := range c.environment(address) {
		t.Setenv(variable, value)
	}
	stop, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- run(stop, slog.New(slog.DiscardHandler)) }()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if _, err := c.dial(address, c.peer); err == nil {
			break
		} else if time.Now().After(deadline) {
			t.Fatalf("the service did not come up: %v", err)
		}
	}
	cancel()
	select {
	case err := <-ended:
		if err != nil {
			t.Fatal(err)
		}
	case <-time.After(drainTime):
		t.Fatal("the process goes on after it was told to stop")
	}
}

// slow is a chaincode whose transactions end when the test lets them.
type slow struct{ began, end chan struct{} }

func (s slow) Init(shim.ChaincodeStubInterface) *peer.Response { return shim.Success(nil) }

func (s slow) Invoke(shim.ChaincodeStubInterface) *peer.Response {
	s.began <- struct{}{}
	<-s.end
	return shim.Success(nil)
}

func TestWhatIsUnderWayEndsBeforeTheProcess(t *testing.T) {
	s := slow{began: make(chan struct{}), end: make(chan struct{})}
	d := newDrainable(s)
	answered := make(chan int32, 1)
	go func() { answered <- d.Invoke(nil).GetStatus() }()
	<-s.began
	if d.drain(10 * time.Millisecond) {
		t.Fatal("drained while a transaction was under way")
	}
	refused, ok := fault.Decode(d.Invoke(nil).GetMessage())
	if !ok || refused.Code != fault.Unavailable {
		t.Fatalf("a new transaction was answered with %v", refused)
	}
	close(s.end)
	if !d.drain(10 * time.Second) {
		t.Fatal("not drained after the last transaction ended")
	}
	if status := <-answered; status != shim.OK {
		t.Fatalf("the transaction under way was answered with %d", status)
	}
}

// dial connects as a peer does and waits for the chaincode's first message.
func (c certificates) dial(address string, own ...tls.Certificate) (*peer.ChaincodeMessage, error) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), 5*time.Second)
	defer cancel()
	connection, err := grpc.NewClient(address, grpc.WithTransportCredentials(credentials.NewTLS(&tls.Config{
		MinVersion: tls.VersionTLS12, RootCAs: c.root, Certificates: own,
	})))
	if err != nil {
		return nil, err
	}
	defer connection.Close()
	stream, err := peer.NewChaincodeClient(connection).Connect(ctx)
	if err != nil {
		return nil, err
	}
	return stream.Recv()
}

func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	return address
}
