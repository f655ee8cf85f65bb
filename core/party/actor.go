package party

import (
	"slices"

	"github.com/tallystick/tallystick/core/fault"
)

// MemberKind is the part that a member plays in the consortium.
type MemberKind string

// The kinds of members that write to the ledger.
const (
	Platform  MemberKind = "platform"
	Custodian MemberKind = "custodian"
	Regulator MemberKind = "regulator"
)

// Role is what a certificate says its holder may do for its member.
type Role string

// The roles that a member's CA writes into certificates.
const (
	Operator   Role = "operator"   // staff, by day
	Supervisor Role = "supervisor" // staff who decide; at the regulator, who may freeze
	Machine    Role = "machine"    // the gateway's own identity, which signs batches
	Admin      Role = "admin"      // runs nodes; writes no business
	Auditor    Role = "auditor"    // reads
)

// Actor is who submits a command, as the certificate says. Every command of every package carries
// one; the contract fills it in from the identity and never from the input.
type Actor struct {
	Member string     `json:"member"`
	Kind   MemberKind `json:"kind"`
	Role   Role       `json:"role"`
}

// Is reports whether the actor acts for the named member in the named part.
func (a Actor) Is(kind MemberKind, member string) bool {
	return a.Kind == kind && a.Member == member && member != ""
}

// Require refuses with wrong_role unless the certificate carries one of the roles.
func (a Actor) Require(roles ...Role) error {
	if slices.Contains(roles, a.Role) {
		return nil
	}
	return fault.New(fault.WrongRole)
}

// RequireWriter refuses with wrong_role an actor who may not write business: an administrator of
// nodes or an auditor.
func (a Actor) RequireWriter() error { return a.Require(Operator, Supervisor, Machine) }

// RequireEither refuses an actor that writes for neither the platform nor the custodian named.
func (a Actor) RequireEither(platform, custodian string) error {
	if !a.Is(Platform, platform) && !a.Is(Custodian, custodian) {
		return fault.New(fault.WrongMember)
	}
	return a.RequireWriter()
}

// RequireCustodian refuses an actor that does not write for the custodian named.
func (a Actor) RequireCustodian(custodian string) error {
	if !a.Is(Custodian, custodian) {
		return fault.New(fault.WrongMember)
	}
	return a.RequireWriter()
}
