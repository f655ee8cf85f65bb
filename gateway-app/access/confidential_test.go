package access_test

import (
	"strings"
	"testing"

	"github.com/tallystick/tallystick/gateway-app/access"
)

// Of every operation on the list: it is confidential if and only if nobody may run it but who may know of alerts; and
// whatever has alerts or suspicions in its name is. So a new operation about alerts is withheld, or this test names it.
func TestEveryOperationAboutAlertsIsConfidential(t *testing.T) {
	a := builtIn(t)
	knows := map[access.Role]bool{}
	for _, role := range access.Roles() {
		knows[role] = cell(a, role, access.ConfidentialReader) != "-"
	}
	if !knows[access.Compliance] || !knows[access.Auditor] || knows[access.Supervisor] || knows[access.Administrator] {
		t.Fatalf("who may know of alerts is %v", knows)
	}
	for _, operation := range access.Operations() {
		theirs, others := false, false
		for _, role := range access.Roles() {
			may := cell(a, role, operation.ID) != "-"
			theirs, others = theirs || may && role == access.Compliance, others || may && !knows[role]
		}
		if theirs && !others != operation.Confidential() {
			t.Errorf("%s: may compliance run it %v, may others %v, is it confidential %v", operation.ID, theirs, others, operation.Confidential())
		}
		if named := strings.Contains(operation.ID, "alert") || strings.Contains(operation.ID, "suspicion"); named && !operation.Confidential() {
			t.Errorf("%s is about alerts and not confidential", operation.ID)
		}
	}
	if _, known := access.Lookup(access.ConfidentialReader); !known {
		t.Errorf("there is no operation %s", access.ConfidentialReader)
	}
}

// Another policy that lets somebody in by a slip does not: what is confidential is refused beyond it.
func TestNoOtherPolicyOpensWhatIsConfidential(t *testing.T) {
	a := builtIn(t)
	both := access.Principal{ID: "u", Roles: []access.Role{access.Supervisor}}
	if d := a.Decide(both, access.ConfidentialReader, access.Resource{}); d.Allowed || !strings.Contains(d.Policy, "alerts-confidential") {
		t.Errorf("%+v", d)
	}
}

// A row is confidential by its operation, whoever tried it; and where an officer of compliance looks at the books, which
// they do because of an alert, or is refused to. What the same person does in another role, or for themselves, is open.
func TestRowsOfOfficersOfComplianceAreConfidential(t *testing.T) {
	a := builtIn(t)
	as := func(roles ...access.Role) access.Principal {
		return access.Principal{ID: "u", Kind: access.KindUser, Roles: roles}
	}
	officer := as(access.Compliance)
	narrowed := officer
	narrowed.Scope = []string{"loan.read"}
	for name, one := range map[string]struct {
		who       access.Principal
		operation string
		allowed   bool
		want      bool
	}{
		"an officer reads an alert":                    {officer, "alert.read", true, true},
		"an auditor reads an alert":                    {as(access.Auditor), "alert.read", true, true},
		"an operator is refused an alert":              {as(access.CustodianOperator), "alert.read", false, true},
		"somebody unknown is refused a report":         {access.Principal{}, "suspicion.export", false, true},
		"an officer reads a party":                     {officer, "party.read", true, true},
		"an officer's program reads a loan":            {narrowed, "loan.read", true, true},
		"an officer is refused a record":               {officer, "person.read", false, true},
		"an officer makes a webhook":                   {officer, "webhook.create", true, true},
		"an officer asks who saw a party":              {officer, "audit_log.subject", true, true},
		"an officer signs out":                         {officer, "session.delete", true, false},
		"a supervisor who is an officer, too, freezes": {as(access.Supervisor, access.Compliance), "party.freeze", true, false},
		"a supervisor reads a party":                   {as(access.Supervisor), "party.read", true, false},
		"an auditor reads a party":                     {as(access.Auditor), "party.read", true, false},
		"a supervisor is refused a payout":             {as(access.Supervisor), "payout_run.start", false, false},
		"an operation that there is not":               {as(access.Supervisor), "alert.forgive", false, false},
	} {
		if got := a.Confidential(one.who, one.operation, one.allowed); got != one.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
