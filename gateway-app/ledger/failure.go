package ledger

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hyperledger/fabric-protos-go-apiv2/gateway"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tallystick/tallystick/core/fault"
)

// Failure is an attempt at the ledger that came to nothing: what was attempted, on which transaction,
// the refusal, and, where a node rather than a contract refused, what the nodes said.
type Failure struct {
	Attempt string
	TxID    string
	Fault   *fault.Fault
	Said    string
}

// Error states the attempt, the refusal and its remedy. What nodes said is added where it helps to
// mend the network; a contract's refusal is complete by itself.
func (f *Failure) Error() string {
	text := f.Attempt
	if f.TxID != "" {
		text += " " + f.TxID
	}
	text += ": " + f.Fault.Error()
	if f.Said != "" {
		text += " (" + f.Said + ")"
	}
	return text
}

// Unwrap gives the refusal to errors.Is and errors.As.
func (f *Failure) Unwrap() error { return f.Fault }

// failed maps what Fabric's client answered.
func failed(attempt, txID string, err error) error {
	if err == nil {
		return nil
	}
	var already *Failure
	if errors.As(err, &already) {
		return err
	}
	reply := readReply(err)
	if f, ok := reply.refusal(); ok {
		return &Failure{Attempt: attempt, TxID: txID, Fault: f}
	}
	return &Failure{Attempt: attempt, TxID: txID, Fault: reply.condition(err), Said: reply.said()}
}

// unknownOutcome says that a transaction may or may not have been ordered.
func unknownOutcome(attempt, txID string, err error) error {
	return &Failure{Attempt: attempt, TxID: txID, Fault: fault.New(fault.OutcomeUnknown), Said: readReply(err).said()}
}

// reply is what came back instead of a result: a status, and what each peer that was asked said.
type reply struct {
	code    codes.Code
	message string
	peers   []*gateway.ErrorDetail
}

func readReply(err error) reply {
	converted := status.Convert(err)
	if converted.Code() == codes.Unknown && (errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)) {
		converted = status.FromContextError(err)
	}
	r := reply{code: converted.Code(), message: converted.Message()}
	for _, detail := range converted.Details() {
		if said, ok := detail.(*gateway.ErrorDetail); ok {
			r.peers = append(r.peers, said)
		}
	}
	return r
}

// refusal finds the first refusal of a contract, whichever peer ran it.
func (r reply) refusal() (*fault.Fault, bool) {
	for _, said := range r.peers {
		if f, ok := fault.Decode(said.GetMessage()); ok {
			return f, true
		}
	}
	return fault.Decode(r.message)
}

// taken reports whether a consenter refused an envelope because it has it, or has ordered it, already.
// Under load the fastest order what the gateway is still handing to the others, and it counts those as
// no quorum; sending again brings the same answer, and the commit is on its way.
func (r reply) taken() bool {
	return r.says("request already processed") || r.says("request already exists")
}

// verdict is what the peers say, and whether all who were asked are among them and say the same.
func (r reply) verdict(asked []string) (verdict *fault.Fault, unanimous bool) {
	var heard []string
	for _, said := range r.peers {
		word := wordOf(said)
		if verdict == nil {
			verdict = word
		}
		if *word != *verdict {
			return verdict, false
		}
		heard = append(heard, said.GetMspId())
	}
	for _, org := range asked {
		if !slices.Contains(heard, org) {
			return verdict, false
		}
	}
	return verdict, verdict != nil
}

// wordOf is what one peer's answer comes to.
func wordOf(said *gateway.ErrorDetail) *fault.Fault {
	if f, ok := fault.Decode(said.GetMessage()); ok {
		return f
	}
	return reply{peers: []*gateway.ErrorDetail{said}}.condition(nil)
}

// disagreement names what is the matter when the endorsers do not say the same. It never is the refusal
// of one of them.
func (r reply) disagreement() *fault.Fault {
	if r.says(unequalAnswers) {
		return fault.New(fault.Conflict)
	}
	for _, said := range r.peers {
		if wordOf(said).Code != fault.Unavailable {
			return fault.New(fault.EndorsementRefused)
		}
	}
	return fault.New(fault.Unavailable)
}

// condition names what is the matter with the network when no contract refused.
func (r reply) condition(err error) *fault.Fault {
	switch {
	case errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded):
		return fault.New(fault.Unavailable)
	case r.says("too many requests") || r.code == codes.ResourceExhausted:
		return fault.New(fault.Busy)
	case r.says("no such transaction ID") || r.says("Entry not found"):
		return fault.New(fault.NotFound)
	case r.says(unequalAnswers):
		// The endorsers read different states: one of them has not yet seen the latest block.
		return fault.New(fault.Conflict)
	case r.code == codes.Unavailable || r.code == codes.DeadlineExceeded || r.code == codes.Canceled || len(r.unreachable()) > 0:
		return fault.New(fault.Unavailable)
	case r.says("creator org unknown") || r.says("access denied"):
		return fault.New(fault.WrongMember)
	}
	return fault.New(fault.EndorsementRefused)
}

// unequalAnswers is what a gateway says of endorsers whose results differ.
const unequalAnswers = "do not match"

// silences are what is said of a peer that does not answer, or whose chaincode does not: a member whose
// chaincode process is dead, or hangs, is as silent as one whose peer is.
var silences = []string{
	"code = Unavailable", "code = DeadlineExceeded",
	"could not launch chaincode", "chaincode stream terminated", "timeout expired while executing transaction",
}

// unreachable lists the organisations whose peers did not answer, or could not run the contract.
func (r reply) unreachable() []string {
	var orgs []string
	for _, said := range r.peers {
		if slices.ContainsFunc(silences, func(text string) bool { return strings.Contains(said.GetMessage(), text) }) {
			orgs = append(orgs, said.GetMspId())
		}
	}
	if _, missing, ok := strings.Cut(r.message, "failed to find any endorsing peers for org(s): "); ok {
		orgs = append(orgs, strings.Split(missing, ", ")...)
	}
	return orgs
}

func (r reply) says(text string) bool {
	if strings.Contains(r.message, text) {
		return true
	}
	for _, said := range r.peers {
		if strings.Contains(said.GetMessage(), text) {
			return true
		}
	}
	return false
}

// said is the whole of what the nodes answered, on one line.
func (r reply) said() string {
	text := r.message
	for _, peer := range r.peers {
		text += fmt.Sprintf("; %s: %s", peer.GetMspId(), peer.GetMessage())
	}
	return strings.ReplaceAll(text, "\n", " ")
}
