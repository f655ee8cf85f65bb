package contracttest

import (
	"encoding/json"
	"testing"

	"github.com/hyperledger/fabric-protos-go-apiv2/peer"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
)

// Call is one command or read, as a client of a member sends it.
type Call struct {
	Member   string     // the member's id
	Role     party.Role // in the client's certificate; empty for a certificate without one
	Function string     // "Contract:Function"
	// Request is encoded as JSON; a string travels as it is. Whether it goes as the argument or as
	// transient data, core/wire says; an unlisted function takes it as its argument.
	Request any
	// EndorseBy are the ids of the members whose peers endorse; none means those of DefaultEndorsers.
	EndorseBy []string
	// Alone leaves out the second person who else approves whatever a regime may want one for.
	Alone bool
}

// Result is what became of a call. A Fault is the chaincode's refusal, and then nothing was ordered;
// otherwise a submitted call has the verdict of its validation and, where that is valid, its Answer.
type Result struct {
	Fault   *fault.Fault
	Verdict peer.TxValidationCode
	Answer  []byte
	TxID    string
}

// Ledger is a channel on which the chaincode runs. What is neither a refusal nor a verdict (a peer
// that is down, endorsers that disagree) fails the test.
type Ledger interface {
	Submit(t testing.TB, c Call) Result
	Evaluate(t testing.TB, c Call) Result
	// Roots are the fingerprints of the roots of a member's authority.
	Roots(t testing.TB, member string) []string
	// Approve signs a digest as one of a member's identities: Deputy, or one that is named like its role.
	Approve(t testing.TB, member, identity, digest string) wire.Approval
}

// Racecourse is a ledger on which calls meet: every one is endorsed before any is ordered, so that all
// read the same state. Race answers what became of each; none may be refused by the chaincode.
type Racecourse interface {
	Race(t testing.TB, calls ...Call) []Result
}

// Searchable is a ledger whose blocks can be searched as everybody sees them: arguments, public state,
// events, answers. Scan names the places where the bytes are found, in any encoding.
type Searchable interface {
	Scan(t testing.TB, needle []byte) []string
}

// suite is one contract's part, as it is run on a ledger of its own.
type suite struct {
	name string
	run  func(t *testing.T, open func(t *testing.T) Ledger)
}

// suites are all parts, in the order in which a consortium comes to life: what only a new ledger can
// show comes first.
var suites = []suite{
	{"Consortium", consortiumSuite},
	{"Party", partySuite},
	{"Request", requestSuite},
	{"Approval", approvalSuite},
	{"Mandate", mandateSuite},
	{"Evidence", evidenceSuite},
	{"Loan", loanSuite},
	{"Custody", custodySuite},
	{"Repayment", repaymentSuite},
}

// Run runs every suite. open is called once a test; it may answer the same network each time.
func Run(t *testing.T, open func(t *testing.T) Ledger) {
	t.Helper()
	for _, s := range suites {
		t.Run(s.name, func(t *testing.T) { s.run(t, open) })
	}
}

// DefaultEndorsers are the members whose endorsement satisfies every policy that a call of this kind
// can meet: the custodian with the platform for what a platform sends about its customers, the
// custodian with the regulator for everything else.
func DefaultEndorsers(c Call) []string {
	function, listed := wire.Lookup(c.Function)
	if listed && function.Private && (c.Member == Harbor || c.Member == Lantern) {
		return []string{Meridian, c.Member}
	}
	return []string{Meridian, Authority}
}

// Encoded is the request as it travels.
func (c Call) Encoded(t testing.TB) []byte {
	t.Helper()
	if text, ok := c.Request.(string); ok {
		return []byte(text)
	}
	raw, err := json.Marshal(c.Request)
	if err != nil {
		t.Fatalf("encode the request of %s: %v", c.Function, err)
	}
	return raw
}
