package access_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/gateway-app/access"
)

var update = flag.Bool("update", false, "write the golden files anew")

func builtIn(t *testing.T) *access.Authoriser {
	t.Helper()
	a, err := access.NewAuthoriser("")
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// cell is what one role may do with one operation: nothing, what concerns its own party, or everything,
// with a second user's approval or without.
func cell(a *access.Authoriser, role access.Role, operation string) string {
	p := access.Principal{ID: "somebody", Kind: access.KindUser, Roles: []access.Role{role}, Party: "own"}
	theirs := access.Resource{Parties: []string{"other"}, Privileged: true}
	own := access.Resource{Parties: []string{"other", "own"}, Privileged: true}
	for _, try := range []struct {
		resource access.Resource
		mark     string
	}{{theirs, "yes"}, {own, "own"}} {
		d := a.Decide(p, operation, try.resource)
		switch {
		case d.Allowed:
			return try.mark
		case d.Approval:
			return try.mark + "+2"
		}
	}
	return "-"
}

// TestTheTableOfRolesAndOperations shows every role with every operation. A change of a policy or a new
// operation shows here, and is looked at before it is refreshed with -update.
func TestTheTableOfRolesAndOperations(t *testing.T) {
	a := builtIn(t)
	var table strings.Builder
	table.WriteString("# yes: allowed; own: what concerns their own party; +2: after a second user's approval; -: refused\n" +
		"# log, withheld: rows about it are shown in the access log to those alone who may read alerts\n")
	fmt.Fprintf(&table, "%-26s", "operation")
	for _, role := range access.Roles() {
		fmt.Fprintf(&table, " %-18s", role)
	}
	table.WriteString(" log\n")
	for _, operation := range access.Operations() {
		fmt.Fprintf(&table, "%-26s", operation.ID)
		for _, role := range access.Roles() {
			fmt.Fprintf(&table, " %-18s", cell(a, role, operation.ID))
		}
		if operation.Confidential() {
			table.WriteString(" withheld")
		}
		table.WriteString("\n")
	}
	var trimmed []string
	for line := range strings.Lines(table.String()) {
		trimmed = append(trimmed, strings.TrimRight(line, " \n"))
	}
	got := strings.Join(trimmed, "\n") + "\n"
	golden := filepath.Join("testdata", "operations.golden")
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the table differs from %s: look at it, then run go test -update\n%s", golden, got)
	}
}

func TestOperationsAreListedOnceAndNamedAsNounAndVerb(t *testing.T) {
	ids := access.OperationIDs()
	for i, id := range ids {
		noun, verb, ok := strings.Cut(id, ".")
		if !ok || noun == "" || verb == "" || id != strings.ToLower(id) {
			t.Errorf("%q is no noun.verb", id)
		}
		if slices.Index(ids, id) != i {
			t.Errorf("%s is listed twice", id)
		}
	}
}

func TestWhatNoPolicyPermitsIsRefused(t *testing.T) {
	a := builtIn(t)
	everything := access.Principal{ID: "u", Roles: access.Roles(), Party: "p"}
	for name, d := range map[string]access.Decision{
		"nobody in particular": a.Decide(access.Principal{}, "loan.propose", access.Resource{}),
		"a role without it":    a.Decide(access.Principal{ID: "u", Roles: []access.Role{access.Auditor}}, "loan.propose", access.Resource{}),
		"no such operation":    a.Decide(everything, "loan.forgive", access.Resource{Approved: true}),
		"a group":              a.Decide(everything, "loan:read", access.Resource{Approved: true}),
		"a role that is none":  a.Decide(access.Principal{ID: "u", Roles: []access.Role{"root"}}, "loan.read", access.Resource{}),
	} {
		if d.Allowed || d.Approval || d.Policy != access.DefaultPolicy {
			t.Errorf("%s: %+v", name, d)
		}
	}
}

func TestEveryDecisionNamesItsPolicy(t *testing.T) {
	a := builtIn(t)
	operator := access.Principal{ID: "u", Roles: []access.Role{access.PlatformOperator}}
	supervisor := access.Principal{ID: "u", Roles: []access.Role{access.Supervisor}}
	key := access.Principal{ID: "u", Roles: []access.Role{access.PlatformOperator}, Scope: []string{"loan.read"}}
	administrator := access.Principal{ID: "u", Roles: []access.Role{access.Administrator}}
	due := operator
	due.CodeDue = true
	for name, one := range map[string]struct {
		p         access.Principal
		operation string
		resource  access.Resource
		want      access.Decision
	}{
		"a role":                        {operator, "loan.propose", access.Resource{}, access.Decision{Allowed: true, Policy: "platform-operator"}},
		"four eyes":                     {supervisor, "loan.write_off", access.Resource{}, access.Decision{Policy: "four-eyes", Approval: true}},
		"four eyes, approved":           {supervisor, "loan.write_off", access.Resource{Approved: true}, access.Decision{Allowed: true, Policy: "supervisor"}},
		"four eyes without the right":   {operator, "loan.write_off", access.Resource{}, access.Decision{Policy: "four-eyes"}},
		"a key within its scope":        {key, "loan.read", access.Resource{}, access.Decision{Allowed: true, Policy: "platform-operator"}},
		"a key outside its scope":       {key, "loan.propose", access.Resource{}, access.Decision{Policy: "key-scope"}},
		"no one-time code yet":          {due, "loan.read", access.Resource{}, access.Decision{Policy: "second-factor"}},
		"setting up a one-time code":    {due, "totp.enrol", access.Resource{}, access.Decision{Allowed: true, Policy: "everyone"}},
		"a customer's user":             {administrator, "user.create", access.Resource{}, access.Decision{Allowed: true, Policy: "administrator"}},
		"a colleague":                   {administrator, "user.create", access.Resource{Privileged: true}, access.Decision{Policy: "four-eyes-rights", Approval: true}},
		"a colleague, with no other":    {administrator, "user.create", access.Resource{Privileged: true, Alone: true}, access.Decision{Allowed: true, Policy: "administrator"}},
		"an administrator in the books": {administrator, "loan.read", access.Resource{}, access.Decision{Policy: access.DefaultPolicy}},
	} {
		d := a.Decide(one.p, one.operation, one.resource)
		d.Reasons = nil
		if d.Allowed != one.want.Allowed || d.Policy != one.want.Policy || d.Approval != one.want.Approval {
			t.Errorf("%s: got %+v, want %+v", name, d, one.want)
		}
	}
}

func TestPoliciesComeFromAFolderWhenOneIsNamed(t *testing.T) {
	write := func(t *testing.T, text string) string {
		t.Helper()
		folder := t.TempDir()
		if err := os.WriteFile(filepath.Join(folder, "own.cedar"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return folder
	}
	a, err := access.NewAuthoriser(write(t, `@id("only") permit (principal in Role::"auditor", action == Action::"loan.read", resource);`))
	if err != nil {
		t.Fatal(err)
	}
	auditor := access.Principal{ID: "u", Roles: []access.Role{access.Auditor}}
	if d := a.Decide(auditor, "loan.read", access.Resource{}); !d.Allowed || d.Policy != "only" {
		t.Errorf("got %+v", d)
	}
	if d := a.Decide(auditor, "loan.list", access.Resource{}); d.Allowed {
		t.Errorf("got %+v", d)
	}
	for name, text := range map[string]string{
		"no id":                `permit (principal, action, resource);`,
		"two of one id":        `@id("a") permit (principal, action, resource); @id("a") forbid (principal, action, resource);`,
		"a slip in the action": `@id("a") permit (principal, action == Action::"loan.raed", resource);`,
		"a slip in the role":   `@id("a") permit (principal in Role::"auditer", action, resource);`,
		"no policy language":   `allow everything`,
	} {
		if _, err := access.NewAuthoriser(write(t, text)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := access.NewAuthoriser(t.TempDir()); err == nil {
		t.Error("an empty folder was accepted")
	}
}

// A policy that cannot be evaluated may be the one that forbids: nothing is let through on its account.
func TestAPolicyThatFailsRefuses(t *testing.T) {
	folder := t.TempDir()
	text := `@id("all") permit (principal, action, resource);
		@id("broken") forbid (principal, action, resource) when { context.misspelt };`
	if err := os.WriteFile(filepath.Join(folder, "own.cedar"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	a, err := access.NewAuthoriser(folder)
	if err != nil {
		t.Fatal(err)
	}
	if d := a.Decide(access.Principal{ID: "u"}, "loan.read", access.Resource{}); d.Allowed {
		t.Errorf("got %+v", d)
	}
}
