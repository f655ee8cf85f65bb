package access

import (
	"context"
	"slices"

	"github.com/tallystick/tallystick/core/party"
)

// Role is what somebody is to the member whose gateway app this is.
type Role string

// The closed list of roles.
const (
	PlatformOperator  Role = "platform_operator"
	RiskOfficer       Role = "risk_officer"
	Finance           Role = "finance"
	CustodianOperator Role = "custodian_operator"
	Compliance        Role = "compliance" // decides on alerts of customers' money, and moves none
	Supervisor        Role = "supervisor"
	Auditor           Role = "auditor"
	Borrower          Role = "borrower"
	Lender            Role = "lender"
	Administrator     Role = "administrator"
	Machine           Role = "machine"
	Counterpart       Role = "counterpart" // another member's gateway app
)

var roles = []Role{
	PlatformOperator, RiskOfficer, Finance, CustodianOperator, Compliance, Supervisor, Auditor, Borrower, Lender,
	Administrator, Machine, Counterpart,
}

// Roles lists every role.
func Roles() []Role { return slices.Clone(roles) }

// Valid reports whether the role is on the list.
func (r Role) Valid() bool { return slices.Contains(roles, r) }

// Customer reports whether the role is of somebody the member serves, not of somebody who works there.
func (r Role) Customer() bool { return r == Borrower || r == Lender }

// OnLedger is the role that a certificate of the member's authority carries for this role; false for
// those who sign nothing on the ledger.
func (r Role) OnLedger() (party.Role, bool) {
	switch r {
	case PlatformOperator, RiskOfficer, Finance, CustodianOperator:
		return party.Operator, true
	case Supervisor:
		return party.Supervisor, true
	case Machine:
		return party.Machine, true
	}
	return "", false
}

// LedgerRole is the one role that somebody with several gets in a certificate: the one that may decide
// more. False: none of them signs on the ledger.
func LedgerRole(roles []Role) (party.Role, bool) {
	var found party.Role
	for _, role := range roles {
		onLedger, signs := role.OnLedger()
		if signs && (found == "" || onLedger == party.Supervisor) {
			found = onLedger
		}
	}
	return found, found != ""
}

// The kinds of principals: how they proved who they are.
const (
	KindUser    = "user"    // a person's session
	KindKey     = "key"     // an API key
	KindMachine = "machine" // a client certificate
)

// Principal is who is calling.
type Principal struct {
	ID          string // the user's id, whatever they came with
	Kind        string
	Name        string // the sign-in name; personal, never logged
	Roles       []Role
	Party       string   // the ledger handle of a borrower or lender
	Certificate string   // the ledger identity that signs for them; empty: the machine's
	Session     string   // the id of the session, key or certificate that they came with
	Scope       []string // the operations that a key is limited to; nil: all that the roles permit
	ResetAt     string   // when administrators last gave them a new password; empty: never
	CodeDue     bool     // must set up a one-time code before anything else
	Personal    bool     // of a key: it is a person's own and no machine's
	PasswordDue bool     // must change a password that somebody else made, before that
}

// Has reports whether the principal has the role.
func (p Principal) Has(role Role) bool { return slices.Contains(p.Roles, role) }

// Own is the party that a customer's every look-up must be narrowed to; false for staff and machines,
// who see what their policies permit.
func (p Principal) Own() (party string, narrowed bool) {
	staff := slices.ContainsFunc(p.Roles, func(r Role) bool { return !r.Customer() })
	return p.Party, !staff
}

type principalKey struct{}

// With puts the principal into the context of a request.
func With(ctx context.Context, p Principal) context.Context {
	return context.WithValue(ctx, principalKey{}, p)
}

// From finds who is calling.
func From(ctx context.Context) (Principal, bool) {
	p, ok := ctx.Value(principalKey{}).(Principal)
	return p, ok
}
