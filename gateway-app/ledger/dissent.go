package ledger

import (
	"errors"
	"slices"

	"google.golang.org/grpc/codes"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
)

// endorsementFailure decides what a failed proposal means. A refusal is the contract's when every
// organisation that was asked gives the same one. Whatever fewer of them say, in whatever words, is
// only theirs: a platform's peer may lie, and what it says alone must neither stop a receipt nor pass
// for the ledger's word that the receipt is booked.
func (c *Client) endorsementFailure(o order, orgs []string, txID string, err error) error {
	r := readReply(err)
	failure := Failure{Attempt: "propose " + o.function.Name, TxID: txID, Said: r.said()}
	c.shunned.add(c.silent(r, orgs))
	if len(r.peers) == 0 {
		return c.gatewayFailure(failure, r, err)
	}
	asked := orgs
	if asked == nil {
		asked = []string{c.profile.MSPID} // who chooses the others asks itself first
	}
	verdict, unanimous := r.verdict(asked)
	switch {
	case !unanimous:
		failure.Fault = r.disagreement()
		return &dissent{failure}
	case mayDiffer(verdict.Code):
		failure.Fault = verdict
		return &dissent{failure}
	}
	if _, refused := r.refusal(); refused {
		failure.Said = "" // a contract's refusal is complete by itself
	}
	failure.Fault = verdict
	return &failure
}

// gatewayFailure is a failure of which no endorser is named: it is the word of the member's own peer.
func (c *Client) gatewayFailure(failure Failure, r reply, err error) error {
	if f, ok := r.refusal(); ok {
		failure.Fault, failure.Said = f, ""
		return &failure
	}
	failure.Fault = r.condition(err)
	if mayDiffer(failure.Fault.Code) {
		return &dissent{failure}
	}
	return &failure
}

// mayDiffer reports whether other endorsers may do what these could not.
func mayDiffer(code fault.Code) bool {
	return code == fault.Unavailable || code == fault.EndorsementRefused || code == fault.Conflict
}

// silent lists the organisations that did not answer. When time ran out nobody is named; then it is
// one that the command can do without.
func (c *Client) silent(r reply, orgs []string) []string {
	if len(r.peers) == 0 && r.code == codes.DeadlineExceeded {
		return c.dispensable(orgs)
	}
	return r.unreachable()
}

// dispensable lists those of the organisations in whose place another can endorse: all but custodians,
// which every private command needs. The member itself is suspected only where nobody else is left.
func (c *Client) dispensable(orgs []string) []string {
	custodians := mspIDs(c.profile.ofKind(party.Custodian))
	suspects := slices.DeleteFunc(slices.Clone(orgs), func(org string) bool { return slices.Contains(custodians, org) })
	if len(suspects) > 1 {
		suspects = slices.DeleteFunc(suspects, func(org string) bool { return org == c.profile.MSPID })
	}
	return suspects
}

// distrust puts those last whose signatures on a transaction did not make it valid, and tells whoever
// runs the member: an honest peer's signature does not fail.
func (c *Client) distrust(envelope *Envelope) {
	endorsers := envelope.endorsers()
	c.shunned.add(c.dispensable(endorsers))
	c.settings.logger.Error("a transaction was ordered and its endorsements are not valid: find out whose",
		"function", envelope.function, "tx", envelope.TxID(), "endorsers", endorsers)
}

// dissent is a failure that may be one endorser's alone: another set may agree. It is worth another
// attempt too: as a rule somebody has not yet seen the latest block.
type dissent struct{ Failure }

// Unwrap gives the failure, and with it the refusal.
func (d *dissent) Unwrap() error { return &d.Failure }

func isDissent(err error) bool {
	var d *dissent
	return errors.As(err, &d)
}
