package access

import (
	"slices"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
)

// everywhere are the roles that every member has.
var everywhere = []Role{Compliance, Supervisor, Auditor, Administrator, Machine, Counterpart}

// only are the roles that one kind of member has besides: a bank has no officer of risk, and a platform nobody who
// works in the custodian's books. A regulator serves no customers.
var only = map[party.MemberKind][]Role{
	party.Platform:  {PlatformOperator, RiskOfficer, Finance, Borrower, Lender},
	party.Custodian: {CustodianOperator, Borrower, Lender},
	party.Regulator: {},
}

// fits reports whether a member of the kind has the role; one whose kind was not said has every role.
func fits(kind party.MemberKind, role Role) bool {
	return kind == "" || slices.Contains(everywhere, role) || slices.Contains(only[kind], role)
}

// alone are the roles of somebody who has no other. Who gives rights uses none in the business, who reviews it does
// none of it, and a program is nobody else.
var alone = []Role{Administrator, Auditor, Machine, Counterpart}

// apart are pairs of roles that nobody has both of: who takes a customer in and checks them is not who answers for
// them; and who decides whether a movement of money is suspicious is not who moved it, asked for it or took the
// customer in.
var apart = [][2]Role{
	{PlatformOperator, RiskOfficer},
	{Compliance, CustodianOperator},
	{Compliance, Finance},
	{Compliance, PlatformOperator},
}

// checkDuties refuses roles that one person must not have together.
func checkDuties(given []Role) error {
	if len(given) > 1 && slices.ContainsFunc(given, func(r Role) bool { return slices.Contains(alone, r) }) {
		return fault.In(fault.InvalidField, "roles")
	}
	for _, pair := range apart {
		if slices.Contains(given, pair[0]) && slices.Contains(given, pair[1]) {
			return fault.In(fault.InvalidField, "roles")
		}
	}
	return nil
}
