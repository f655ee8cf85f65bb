package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/hyperledger/fabric-gateway/pkg/client"
	"github.com/hyperledger/fabric-gateway/pkg/identity"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/status"

	"github.com/tallystick/tallystick/gateway-app/ledger"
)

// plainChaincode is the name under which the one-asset contract is deployed.
const plainChaincode = "plain"

// plainClient submits to the one-asset contract through one member's peer. As the lending client does,
// it learns all commits from one stream of blocks: a wait for each at the peer would only slow it down.
type plainClient struct {
	conn     *grpc.ClientConn
	gateway  *client.Gateway
	contract *client.Contract
	end      context.CancelFunc
	ended    <-chan struct{}

	mu      sync.Mutex
	waiting map[string]chan peer.TxValidationCode
}

// connectPlain follows the blocks from a height on that the peer had before any transaction is sent: a
// stream that began with the next block might begin after the first commit.
func connectPlain(ctx context.Context, profile ledger.Profile, height uint64) (*plainClient, error) {
	c, err := dialPlain(profile)
	if err != nil {
		return nil, fmt.Errorf("connect to the plain contract at the peer of %s: %w", profile.Member, err)
	}
	network := c.gateway.GetNetwork(profile.Channel)
	c.contract = network.GetContract(plainChaincode)
	ctx, c.end = context.WithCancel(ctx)
	c.ended = ctx.Done()
	blocks, err := network.FilteredBlockEvents(ctx, client.WithStartBlock(height))
	if err != nil {
		c.close()
		return nil, fmt.Errorf("follow the blocks of %s's peer: %w", profile.Member, err)
	}
	go c.follow(blocks)
	return c, nil
}

func dialPlain(profile ledger.Profile) (*plainClient, error) {
	files, ok := profile.Identities["machine"]
	if !ok {
		return nil, fmt.Errorf("the profile has no identity named machine")
	}
	certText, err := os.ReadFile(files.CertPath)
	if err != nil {
		return nil, err
	}
	cert, err := identity.CertificateFromPEM(certText)
	if err != nil {
		return nil, err
	}
	id, err := identity.NewX509Identity(profile.MSPID, cert)
	if err != nil {
		return nil, err
	}
	keyText, err := os.ReadFile(files.KeyPath)
	if err != nil {
		return nil, err
	}
	key, err := identity.PrivateKeyFromPEM(keyText)
	if err != nil {
		return nil, err
	}
	sign, err := identity.NewPrivateKeySign(key)
	if err != nil {
		return nil, err
	}
	transport, err := credentials.NewClientTLSFromFile(profile.Peer.TLSCACertPath, profile.Peer.ServerName)
	if err != nil {
		return nil, err
	}
	conn, err := grpc.NewClient(profile.Peer.Endpoint, grpc.WithTransportCredentials(transport))
	if err != nil {
		return nil, err
	}
	gateway, err := client.Connect(id, client.WithSign(sign), client.WithClientConnection(conn))
	if err != nil {
		conn.Close()
		return nil, err
	}
	return &plainClient{conn: conn, gateway: gateway, waiting: map[string]chan peer.TxValidationCode{}}, nil
}

// follow resolves what is waited for. It ends when the stream does, and then every wait ends with it.
func (c *plainClient) follow(blocks <-chan *peer.FilteredBlock) {
	defer c.end()
	for block := range blocks {
		for _, tx := range block.GetFilteredTransactions() {
			c.resolve(tx.GetTxid(), tx.GetTxValidationCode())
		}
	}
}

func (c *plainClient) resolve(txID string, code peer.TxValidationCode) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if waiting, ok := c.waiting[txID]; ok {
		waiting <- code // there is room for the one code
		delete(c.waiting, txID)
	}
}

// attempts is how often a transaction is proposed at most, and pause what lies between two attempts for
// each that went before.
const (
	attempts = 20
	pause    = 20 * time.Millisecond
)

// submitAgain is submit that proposes anew what failed because a peer was some blocks behind: endorsers
// that read different states, or a state that was old by the time of the commit.
func (c *plainClient) submitAgain(ctx context.Context, function string, arguments ...string) error {
	for attempt := 1; ; attempt++ {
		err := c.submit(ctx, function, arguments...)
		if err == nil || attempt == attempts || !errors.Is(err, errConflict) && status.Code(err) != codes.Aborted {
			return err
		}
		select {
		case <-time.After(time.Duration(attempt) * pause):
		case <-ctx.Done():
			return err
		}
	}
}

// errConflict says that a transaction was committed as invalid because it had read an old state.
var errConflict = errors.New("committed as a conflict")

// submit endorses, sends and waits for the commit. A transaction that is committed as invalid is an error.
func (c *plainClient) submit(ctx context.Context, function string, arguments ...string) error {
	proposal, err := c.contract.NewProposal(function, client.WithArguments(arguments...))
	if err != nil {
		return fmt.Errorf("%s: propose: %w", function, err)
	}
	transaction, err := proposal.EndorseWithContext(ctx)
	if err != nil {
		return fmt.Errorf("%s: endorse: %w", function, err)
	}
	committed := make(chan peer.TxValidationCode, 1)
	c.mu.Lock()
	c.waiting[transaction.TransactionID()] = committed
	c.mu.Unlock()
	_, err = transaction.SubmitWithContext(ctx)
	return c.await(ctx, function, committed, err)
}

// commitPatience is how long a transaction may take to be committed.
const commitPatience = 2 * time.Minute

// await waits for the commit, also after an error of submitting: a consenter that has ordered the
// transaction already, because another was faster, refuses it as known, and the gateway counts that as
// no quorum.
func (c *plainClient) await(ctx context.Context, function string, committed <-chan peer.TxValidationCode, submitted error) error {
	patience := time.NewTimer(commitPatience)
	defer patience.Stop()
	select {
	case code := <-committed:
		if code == peer.TxValidationCode_MVCC_READ_CONFLICT {
			return fmt.Errorf("%s: %w", function, errConflict)
		}
		if code != peer.TxValidationCode_VALID {
			return fmt.Errorf("%s: committed as %s", function, code)
		}
		return nil
	case <-patience.C:
		return errors.Join(fmt.Errorf("%s: not committed within %s", function, commitPatience), submitted)
	case <-ctx.Done():
		return errors.Join(ctx.Err(), submitted)
	case <-c.ended:
		return errors.Join(fmt.Errorf("%s: the peer ended the stream of blocks", function), submitted)
	}
}

func (c *plainClient) close() {
	if c.end != nil {
		c.end()
	}
	_ = c.gateway.Close() // it only cancels a context, and never answers an error
	c.conn.Close()
}
