package main

import (
	"fmt"
	"net"
	"time"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/keepalive"

	"github.com/tallystick/tallystick/chaincode/contracts"
)

const (
	// drainTime is how long transactions under way may take to end. A peer gives one 30 s; a chaincode
	// that is told to stop does not let an operator wait that long.
	drainTime = 10 * time.Second

	// A peer pings at most once a minute; the server notices a dead one within a minute and a half.
	pingInterval    = time.Minute
	pingTimeout     = 20 * time.Second
	shortestPing    = 30 * time.Second
	handshakeTime   = 5 * time.Second
	largestMessage  = 100 << 20 // as the peer's own limit
	listenerNetwork = "tcp"
)

// service is the chaincode behind a listener.
type service struct {
	listener  net.Listener
	server    *grpc.Server
	chaincode *drainable
}

func newService(s settings) (*service, error) {
	assembled, err := contracts.New(s.founders)
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen(listenerNetwork, s.address)
	if err != nil {
		return nil, fmt.Errorf("listen on %s (free the port, or set %s to another): %w", s.address, addressVariable, err)
	}
	service := &service{
		listener:  listener,
		chaincode: newDrainable(assembled),
		server: grpc.NewServer(
			grpc.Creds(credentials.NewTLS(s.tls)),
			grpc.KeepaliveParams(keepalive.ServerParameters{Time: pingInterval, Timeout: pingTimeout}),
			grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: shortestPing, PermitWithoutStream: true}),
			grpc.MaxRecvMsgSize(largestMessage),
			grpc.MaxSendMsgSize(largestMessage),
			grpc.ConnectionTimeout(handshakeTime),
		),
	}
	// The shim speaks the peer's protocol; serving it ourselves is what lets the process drain.
	peer.RegisterChaincodeServer(service.server, &shim.ChaincodeServer{CCID: s.id, CC: service.chaincode})
	return service, nil
}

func (s *service) serve() error { return s.server.Serve(s.listener) }

// stop ends the service. It takes no new transaction, waits for those under way, and reports whether
// all of them ended in time. The peer's stream never ends by itself, so it is cut.
func (s *service) stop(patience time.Duration) (drained bool) {
	drained = s.chaincode.drain(patience)
	s.server.Stop()
	return drained
}
