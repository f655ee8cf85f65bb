package api

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/access"
	"github.com/tallystick/tallystick/gateway-app/accesslog"
)

// Gate is the door of a real member: users from the directory, decisions by the Cedar policies, four eyes
// by approvals, and every decision in the hash-chained log.
type Gate struct {
	Users      *access.Directory
	Authoriser *access.Authoriser
	Approvals  *access.Approvals
	Log        *accesslog.Log
}

// ByToken finds whose session or API key a token is.
func (g *Gate) ByToken(ctx context.Context, token string) (access.Principal, error) {
	return nobodyAsMissing(g.Users.Authenticate(ctx, token))
}

// ByCertificate finds whose client certificate it is.
func (g *Gate) ByCertificate(ctx context.Context, certificate *x509.Certificate) (access.Principal, error) {
	return nobodyAsMissing(g.Users.AuthenticateCertificate(ctx, certificate))
}

func nobodyAsMissing(p access.Principal, err error) (access.Principal, error) {
	if errors.Is(err, access.ErrSignedOut) {
		return access.Principal{}, fault.New(fault.NotFound)
	}
	return p, err
}

// Decide asks the policies, and where they ask for a second user, looks for their approval of this very
// request. A request repeated under its own id needs no second approval.
func (g *Gate) Decide(ctx context.Context, caller access.Principal, question Question) (Decision, error) {
	resource, err := g.resource(ctx, caller, question)
	if err != nil {
		return Decision{}, fmt.Errorf("decide on %s: %w", question.Operation, err)
	}
	decided := g.Authoriser.Decide(caller, question.Operation, resource)
	decision := Decision{Allowed: decided.Allowed, Policy: decided.Policy}
	if !decided.Approval {
		return decision, nil
	}
	if question.Form != nil {
		if err := question.Form(); err != nil {
			return Decision{}, err
		}
	}
	asked := access.Ask{
		Operation: question.Operation, Subject: question.subject(), Body: question.Body, CommandID: question.CommandID,
	}
	if question.Ledger != nil {
		if asked.Ledger, err = question.Ledger(); err != nil {
			return Decision{}, err
		}
	}
	approval, err := g.Approvals.Redeem(ctx, caller, asked)
	var needed *access.ApprovalNeeded
	if errors.As(err, &needed) {
		decision.Approval = needed.Approval.ID
		return decision, nil
	}
	if err != nil {
		return Decision{}, err
	}
	resource.Approved = true
	approved := g.Authoriser.Decide(caller, question.Operation, resource)
	decision = Decision{Allowed: approved.Allowed, Policy: approved.Policy, Approvers: []string{approval.DecidedBy}}
	if approval.Ledger != nil && approval.Ledger.Signed != nil {
		decision.Signed = []wire.Approval{*approval.Ledger.Signed}
	}
	return decision, nil
}

// Foresee asks the policies as if a second user had approved, and both for a body that gives rights of staff and for
// one that does not: what is refused then is refused whatever the body says.
func (g *Gate) Foresee(_ context.Context, caller access.Principal, question Question) (Decision, error) {
	operation, _ := access.Lookup(question.Operation)
	resource := access.Resource{Type: operation.Noun(), ID: question.subject(), Approved: true}
	decided := g.Authoriser.Decide(caller, question.Operation, resource)
	if !decided.Allowed && givesRights[question.Operation] {
		resource.Privileged, resource.Alone = true, true
		decided = g.Authoriser.Decide(caller, question.Operation, resource)
	}
	return Decision{Allowed: decided.Allowed, Policy: decided.Policy}, nil
}

// Record adds a decision to the log, marked as confidential where the row itself would tell of an alert.
func (g *Gate) Record(ctx context.Context, e Entry) error {
	caller, _ := access.From(ctx)
	decision := accesslog.Refused
	if e.Allowed {
		decision = accesslog.Allowed
	}
	if e.Allowed && e.Further {
		decision = accesslog.Disclosed
	}
	return g.Log.Write(ctx, accesslog.Entry{
		At: e.At, Actor: e.Actor, Operation: e.Operation, Decision: decision, Policy: e.Policy, Subject: e.Subject,
		RequestID: e.RequestID, Subjects: e.Subjects, Confidential: g.Authoriser.Confidential(caller, e.Operation, e.Allowed),
	})
}

// Enter makes the caller known to the packages behind the door.
func (g *Gate) Enter(ctx context.Context, caller access.Principal) context.Context {
	return access.With(ctx, caller)
}
