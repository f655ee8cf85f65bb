package ledger

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/hyperledger/fabric-gateway/pkg/client"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/keepalive"
)

const (
	// maxMessage is above any block with its private data. gRPC's own limit of 4 MB would break the
	// stream at the first large block, and again at every attempt after it.
	maxMessage = 100 << 20
	// keepaliveInterval stays above the 60 s below which a peer hangs up.
	keepaliveInterval = 75 * time.Second

	endorseTimeout  = 35 * time.Second // a peer gives chaincode 30 s
	submitTimeout   = 20 * time.Second
	evaluateTimeout = 35 * time.Second
)

// Client speaks to the channel as one identity of one member. It is safe for use by many goroutines,
// and one client an identity is enough for a process.
type Client struct {
	profile  Profile
	signer   signer
	conn     *grpc.ClientConn
	gateway  *client.Gateway
	contract *client.Contract
	query    *client.Contract // Fabric's own query chaincode
	config   *client.Contract // Fabric's own configuration chaincode
	deliver  peer.DeliverClient
	settings settings
	commits  *commits
	shunned  *shunned
	close    context.CancelFunc
}

// settings are what options change.
type settings struct {
	attempts       int
	firstPause     time.Duration
	longestPause   time.Duration
	commitPatience time.Duration
	streamPatience time.Duration
	logger         *slog.Logger
}

// Option changes how a client behaves.
type Option func(*settings)

// WithAttempts bounds how often one command is proposed: conflicts, busy peers and peers that do not
// answer are tried again, with a pause that doubles and is jittered, until so many attempts are used.
func WithAttempts(attempts int) Option { return func(s *settings) { s.attempts = max(1, attempts) } }

// WithPauses sets the first and the longest pause between attempts.
func WithPauses(first, longest time.Duration) Option {
	return func(s *settings) { s.firstPause, s.longestPause = first, longest }
}

// WithCommitPatience bounds how long a command waits for its commit. After it the outcome is unknown,
// and the transaction is to be asked about, never proposed anew.
func WithCommitPatience(patience time.Duration) Option {
	return func(s *settings) { s.commitPatience = patience }
}

// WithStreamPatience bounds how long a bounded reading of blocks tries to reach a peer that gives none.
func WithStreamPatience(patience time.Duration) Option {
	return func(s *settings) { s.streamPatience = patience }
}

// WithLogger names where the client tells of what somebody should look into; slog's default otherwise.
func WithLogger(logger *slog.Logger) Option { return func(s *settings) { s.logger = logger } }

// Connect reaches the member's own peer and asks it for its height, so that a wrong address,
// certificate or channel is an error here and not at the first command.
func Connect(ctx context.Context, profile Profile, identity string, options ...Option) (*Client, error) {
	id, err := loadSigner(profile, identity)
	if err != nil {
		return nil, err
	}
	return connect(ctx, profile, id, options)
}

// ConnectWith is Connect for an identity that is in no file: its certificate and its key, both in PEM.
func ConnectWith(ctx context.Context, profile Profile, cert, key []byte, options ...Option) (*Client, error) {
	id, err := newSigner(profile.MSPID, cert, key)
	if err != nil {
		return nil, fmt.Errorf("connect to the peer of %s: %w", profile.Member, err)
	}
	return connect(ctx, profile, id, options)
}

func connect(ctx context.Context, profile Profile, id signer, options []Option) (*Client, error) {
	conn, err := dial(profile.Peer)
	if err != nil {
		return nil, fmt.Errorf("connect to the peer of %s: %w", profile.Member, err)
	}
	c, err := newClient(profile, id, conn, options)
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("connect to the peer of %s: %w", profile.Member, err)
	}
	if _, err := c.Chain(ctx); err != nil {
		c.Close()
		return nil, fmt.Errorf("connect to the peer of %s at %s: %w: start the network with make up, or mend the profile",
			profile.Member, profile.Peer.Endpoint, err)
	}
	return c, nil
}

func dial(endpoint Endpoint) (*grpc.ClientConn, error) {
	transport, err := endpoint.transport()
	if err != nil {
		return nil, err
	}
	return grpc.NewClient(endpoint.Endpoint,
		grpc.WithTransportCredentials(transport),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxMessage), grpc.MaxCallSendMsgSize(maxMessage)),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: keepaliveInterval, Timeout: 20 * time.Second, PermitWithoutStream: true}),
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff:           backoff.Config{BaseDelay: 100 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: 2 * time.Second},
			MinConnectTimeout: 5 * time.Second,
		}))
}

func newClient(profile Profile, id signer, conn *grpc.ClientConn, options []Option) (*Client, error) {
	s := settings{
		attempts: 8, firstPause: 50 * time.Millisecond, longestPause: 2 * time.Second,
		commitPatience: 60 * time.Second, streamPatience: 15 * time.Second,
		logger: slog.Default(),
	}
	for _, option := range options {
		option(&s)
	}
	gateway, err := client.Connect(id.id, client.WithSign(id.sign), client.WithClientConnection(conn))
	if err != nil {
		return nil, err
	}
	network := gateway.GetNetwork(profile.Channel)
	lifetime, cancel := context.WithCancel(context.Background())
	c := &Client{
		profile: profile, signer: id, conn: conn, gateway: gateway, settings: s, close: cancel,
		contract: network.GetContract(profile.Chaincode),
		query:    network.GetContract("qscc"),
		config:   network.GetContract("cscc"),
		deliver:  peer.NewDeliverClient(conn),
		shunned:  &shunned{},
	}
	c.commits = newCommits(lifetime, c)
	return c, nil
}

// Profile is what the client was connected with.
func (c *Client) Profile() Profile { return c.profile }

// Close ends every stream and the connection. Commands under way come back with an unknown outcome.
func (c *Client) Close() {
	c.close()
	_ = c.gateway.Close() // it only cancels a context, and never answers an error
	c.conn.Close()
}
