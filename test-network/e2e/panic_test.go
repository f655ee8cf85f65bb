package e2e_test

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"

	"github.com/tallystick/tallystick/chaincode/contracts"
	"github.com/tallystick/tallystick/chaincode/contracttest"
	"github.com/tallystick/tallystick/chaincode/guard"
	"github.com/tallystick/tallystick/core/evidence"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/ledger"
	"github.com/tallystick/tallystick/test-network/ca"
)

// Lantern's chaincode process is replaced, for this test, by one whose contract has a defect: a certain
// document makes it panic. No input is known that makes the contracts themselves panic, so the defect
// is planted; peer, shim and guard are the real ones. The process answers with a refusal that does not
// quote the document, and serves the next transaction.
func TestAPanicInATransactionEndsNothing(t *testing.T) {
	c, _ := openScene(t)
	log := &safeBuffer{}
	fatal := contracttest.NewDigest()
	c.kill(t, lantern+"-chaincode")
	stop := c.serveDefective(t, lantern, fatal, log)
	defer stop()

	endorsers := []string{authority, lantern}
	state := c.auditor.digest()
	deadly := anchoring(endorsers, fatal)
	_, err := c.client(t, lantern, "machine").Submit(within(t, patience), deadly.Function, deadly.Request,
		ledger.EndorsedBy(c.mspIDs(endorsers)...), ledger.Attempts(1))
	if err == nil || !strings.Contains(err.Error(), string(fault.Internal)) {
		t.Errorf("the panic was answered with %v", err)
	}
	if c.auditor.digest() != state {
		t.Error("something was written in spite of the panic")
	}
	if text := log.String(); !strings.Contains(text, "panicked") || strings.Contains(text, fatal) {
		t.Errorf("the log must tell of the panic and not of the document: %s", text)
	}
	if after := (peers{c}).Submit(t, anchoring(endorsers, contracttest.NewDigest())); after.Verdict != peer.TxValidationCode_VALID || after.Fault != nil {
		t.Errorf("the next transaction: %v, verdict %s", after.Fault, after.Verdict)
	}
}

func anchoring(endorsers []string, digest string) contracttest.Call {
	entry := evidence.Entry{Digest: digest, Phase: evidence.PhaseAudit, MediaType: "text/plain"}
	return contracttest.Call{
		Member: lantern, Role: party.Machine, Function: "Evidence:Append",
		Request: contracttest.Public(entry), EndorseBy: endorsers,
	}
}

// defective is the chaincode with the planted defect.
type defective struct {
	shim.Chaincode
	fatal string
}

func (d defective) Invoke(stub shim.ChaincodeStubInterface) *peer.Response {
	for _, argument := range stub.GetArgs() {
		if bytes.Contains(argument, []byte(d.fatal)) {
			panic("a document that nobody thought of: " + string(argument))
		}
	}
	return d.Chaincode.Invoke(stub)
}

// serveDefective serves a member's chaincode from this process, where the member's own was.
func (c *consortium) serveDefective(t *testing.T, member, fatal string, log *safeBuffer) (stop func()) {
	t.Helper()
	whole, err := contracts.New(c.net.Certified().FoundersDigest())
	if err != nil {
		t.Fatal(err)
	}
	table := guard.Table{}
	for _, f := range wire.Functions() {
		if table[f.Name] = 1; f.Private {
			table[f.Name] = 0
		}
	}
	guarded, err := guard.New(defective{whole, fatal}, table, slog.New(slog.NewTextHandler(log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	address, err := c.addressOf(within(t, patience), member+"-chaincode")
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", address.String())
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer(grpc.Creds(credentials.NewTLS(c.chaincodeTLS(t, member))))
	peer.RegisterChaincodeServer(server, &shim.ChaincodeServer{CCID: c.packageID(t), CC: guarded})
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	return func() {
		server.Stop()
		if err := <-served; err != nil {
			t.Errorf("serve the chaincode: %v", err)
		}
	}
}

// chaincodeTLS lets in the member's own peer alone, as the member's own process does.
func (c *consortium) chaincodeTLS(t *testing.T, member string) *tls.Config {
	t.Helper()
	files := ca.FilesIn(c.folder("members", member, "tls", "chaincode"))
	pair, err := tls.LoadX509KeyPair(files.CertPath, files.KeyPath)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Config{
		MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{pair}, ClientAuth: tls.RequireAndVerifyClientCert,
		ClientCAs: rootsOf(t, c.folder("members", member, "msp", "tlscacerts", "tlsca.pem")),
	}
}

// packageID is what the members have installed.
func (c *consortium) packageID(t *testing.T) string {
	t.Helper()
	var state struct {
		Chaincodes map[string]struct {
			PackageID string `json:"package_id"`
		} `json:"chaincodes"`
	}
	if err := json.Unmarshal(readFile(t, c.folder("state.json")), &state); err != nil {
		t.Fatal(err)
	}
	return state.Chaincodes[c.net.Consortium().Chaincode].PackageID
}

// safeBuffer is written by transactions and read by the test.
type safeBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *safeBuffer) Write(text []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(text)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}
