package access_test

import (
	"context"
	"errors"
	"testing"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/gateway-app/access"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
)

func TestRolesFitTheMember(t *testing.T) {
	refused := map[party.MemberKind][]access.Role{
		party.Platform:  {access.CustodianOperator},
		party.Custodian: {access.PlatformOperator, access.RiskOfficer, access.Finance},
		party.Regulator: {access.PlatformOperator, access.RiskOfficer, access.Finance, access.CustodianOperator, access.Borrower, access.Lender},
	}
	for kind, none := range refused {
		o := open(t, storetest.SQLite(t), func(s *access.Settings) { s.Kind = kind })
		made := map[access.Role]bool{}
		for _, role := range access.Roles() {
			n := access.NewUser{Organisation: o.organisation, Name: "who is " + string(role), Roles: []access.Role{role}}
			if role.Customer() {
				n.Party = "p"
			}
			_, err := o.CreateUser(context.Background(), n)
			made[role] = err == nil
			if err != nil && fault.Of(err).Field != "roles[0]" {
				t.Errorf("%s at a %s: %v", role, kind, err)
			}
		}
		for _, role := range none {
			if made[role] {
				t.Errorf("a %s has a %s", kind, role)
			}
			delete(made, role)
		}
		for role, done := range made {
			if !done {
				t.Errorf("a %s has no %s", kind, role)
			}
		}
	}
}

func TestDutiesAreSegregated(t *testing.T) {
	o := open(t, storetest.SQLite(t))
	anna := o.user("anna", access.Supervisor)
	for _, both := range [][]access.Role{
		{access.Administrator, access.PlatformOperator},
		{access.Supervisor, access.Administrator},
		{access.PlatformOperator, access.RiskOfficer},
		{access.Auditor, access.Finance},
		{access.Machine, access.CustodianOperator},
		{access.Compliance, access.CustodianOperator},
		{access.Finance, access.Compliance},
		{access.PlatformOperator, access.Compliance},
		{access.Machine, access.Counterpart},
	} {
		if _, err := o.SetRoles(context.Background(), anna.ID, both); !errors.Is(err, fault.New(fault.InvalidField)) {
			t.Errorf("%v of one person: %v", both, err)
		}
	}
	if _, err := o.SetRoles(context.Background(), anna.ID, []access.Role{access.Supervisor, access.CustodianOperator}); err != nil {
		t.Error(err)
	}
	// Staff have no party: nobody becomes a customer by a change of roles, nor a customer staff.
	_, err := o.CreateUser(context.Background(), access.NewUser{
		Organisation: o.organisation, Name: "ben", Roles: []access.Role{access.Finance}, Party: "p",
	})
	if fault.Of(err).Field != "party" {
		t.Errorf("a member of staff has a party: %v", err)
	}
}
