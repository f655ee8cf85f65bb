package tallystick_test

import (
	"flag"
	"fmt"
	"os"
	"path"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/network"
)

var update = flag.Bool("update", false, "write the tables in docs/ledger.md anew from the code")

const ledgerPage = "docs/ledger.md"

// TestLedgerTablesFollowTheCode compares the tables in docs/ledger.md with the lists in the code that
// they show. `go test . -update` writes them anew.
func TestLedgerTablesFollowTheCode(t *testing.T) {
	raw, err := os.ReadFile(ledgerPage)
	if err != nil {
		t.Fatal(err)
	}
	page := string(raw)
	for _, table := range ledgerTables(t) {
		fresh, err := replaceTable(page, table.name, table.text)
		if err != nil {
			t.Errorf("%s: %v", ledgerPage, err)
			continue
		}
		if fresh != page && !*update {
			t.Errorf("%s: the table %q is not what the code says: run go test . -update", ledgerPage, table.name)
		}
		page = fresh
	}
	if *update && page != string(raw) {
		if err := os.WriteFile(ledgerPage, []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTablesThatDifferAreNoticed(t *testing.T) {
	page := "before\n<!-- table: x -->\nold\n<!-- end: x -->\nafter\n"
	fresh, err := replaceTable(page, "x", "new\n")
	if want := "before\n<!-- table: x -->\nnew\n<!-- end: x -->\nafter\n"; err != nil || fresh != want {
		t.Errorf("got %q, %v; want %q", fresh, err, want)
	}
	if same, err := replaceTable(page, "x", "old\n"); err != nil || same != page {
		t.Errorf("an equal table changed the page: %q, %v", same, err)
	}
	if _, err := replaceTable(page, "y", "new\n"); err == nil {
		t.Error("a page without the table passed")
	}
}

// replaceTable puts a text between the marks of a name.
func replaceTable(page, name, text string) (string, error) {
	head, rest, opened := strings.Cut(page, "<!-- table: "+name+" -->\n")
	_, tail, closed := strings.Cut(rest, "<!-- end: "+name+" -->\n")
	if !opened || !closed {
		return page, fmt.Errorf("the page has no table %q", name)
	}
	return head + "<!-- table: " + name + " -->\n" + text + "<!-- end: " + name + " -->\n" + tail, nil
}

type ledgerTable struct{ name, text string }

func ledgerTables(t *testing.T) []ledgerTable {
	t.Helper()
	consortium, err := network.Default()
	if err != nil {
		t.Fatal(err)
	}
	return []ledgerTable{
		{"functions", functionTable(wire.Functions())},
		{"refusals", refusalTable(fault.Codes())},
		{"loan", loanTable(loan.Transitions())},
		{"instruction", instructionTable(custody.Transitions())},
		{"collections", collectionTable(consortium)},
		{"policies", policyTable(consortium)},
	}
}

func functionTable(functions []wire.Function) string {
	rows := [][]string{{"function", "request", "who", "role in the certificate", "items at most"}}
	for _, f := range functions {
		request := "argument"
		if f.Private {
			request = "transient"
		}
		if f.ReadOnly {
			request += ", evaluated only"
		}
		rows = append(rows, []string{
			code(f.Name), request, names(f.Who, 3), names(f.Roles, 5), fmt.Sprint(f.MaxItems),
		})
	}
	return markdown(rows)
}

func refusalTable(codes []fault.Code) string {
	rows := [][]string{{"code", "HTTP", "exit", "again unchanged?", "what to do"}}
	for _, c := range codes {
		again := "no"
		if c.Retry() {
			again = "yes"
		}
		rows = append(rows, []string{code(c), fmt.Sprint(c.HTTPStatus()), fmt.Sprint(c.ExitCode()), again, c.Remedy()})
	}
	return markdown(rows)
}

func loanTable(transitions []loan.Transition) string {
	rows := [][]string{{"from", "action", "who", "to"}}
	for _, t := range transitions {
		rows = append(rows, []string{statuses(t.From), code(t.Action), names(t.Who, 3), statuses(t.To)})
	}
	return markdown(rows)
}

func instructionTable(transitions []custody.Transition) string {
	rows := [][]string{{"from", "action", "who", "kinds", "to"}}
	for _, t := range transitions {
		rows = append(rows, []string{
			statuses([]custody.Status{t.From}), code(t.Action), names(t.Who, 3), kinds(t.Kinds),
			statuses([]custody.Status{t.To}),
		})
	}
	return markdown(rows)
}

func collectionTable(consortium network.Consortium) string {
	rows := [][]string{{"collection", "who holds it", "who must endorse a write"}}
	for _, c := range consortium.Collections() {
		var holders []string
		for _, m := range c.Members {
			holders = append(holders, m.Name)
		}
		rows = append(rows, []string{code(c.Name), strings.Join(holders, ", "), groups(consortium, c.Policy)})
	}
	return markdown(rows)
}

func policyTable(consortium network.Consortium) string {
	rows := [][]string{
		{"what", "whose", "any one of these together"},
		{"a write of the chaincode, unless a collection or key says otherwise", "peers", groups(consortium, consortium.EndorsementPolicy())},
		{
			"a write of a root key, of a member or adopted regime that it lists, or of a freeze once imposed", "peers",
			groups(consortium, consortium.RootKeyPolicy()),
		},
		{"a new definition of the chaincode", "peers", groups(consortium, consortium.LifecyclePolicy())},
		{"the channel's configuration", "administrators", groups(consortium, consortium.AdminPolicy())},
	}
	for _, custodian := range consortium.OfKind(network.Custodian) {
		rows = append(rows, []string{
			"a write of " + custodian.Name + "'s business day, once one was opened", "peers",
			groups(consortium, consortium.DayKeyPolicy(custodian)),
		})
	}
	return markdown(rows)
}

// groups writes a policy by the members' names.
func groups(consortium network.Consortium, policy network.Policy) string {
	named := map[string]string{}
	for _, m := range consortium.Members {
		named[m.MSPID] = m.Name
	}
	var all []string
	for _, group := range policy.Groups() {
		var signers []string
		for _, mspID := range group {
			signers = append(signers, named[mspID])
		}
		all = append(all, strings.Join(signers, " + "))
	}
	return strings.Join(all, "; ")
}

// names joins a list of which there are so many in all.
func names[T ~string](list []T, all int) string {
	if len(list) == all {
		return "any"
	}
	texts := make([]string, len(list))
	for i, each := range list {
		texts[i] = string(each)
	}
	return strings.Join(texts, ", ")
}

func statuses[T ~string](list []T) string {
	if len(list) == 0 {
		return "stays"
	}
	texts := make([]string, len(list))
	for i, each := range list {
		if texts[i] = string(each); each == "" {
			texts[i] = "(none)"
		}
	}
	return strings.Join(texts, ", ")
}

func kinds(list []custody.Kind) string {
	if len(list) == 0 {
		return "every kind"
	}
	return names(list, -1)
}

func code[T ~string](text T) string { return "`" + string(text) + "`" }

// markdown writes rows, of which the first is the head.
func markdown(rows [][]string) string {
	var b strings.Builder
	for i, row := range rows {
		fmt.Fprintf(&b, "| %s |\n", strings.Join(row, " | "))
		if i == 0 {
			b.WriteString(strings.Repeat("|---", len(row)) + "|\n")
		}
	}
	return b.String()
}

// TestEveryLedgerKeyIsInTheDocs reads the keys that core/wire makes and looks for each in docs/ledger.md.
func TestEveryLedgerKeyIsInTheDocs(t *testing.T) {
	tree := readTree(t)
	report(t, keyFindings(tree.sources, tree.text(t, ledgerPage)))
}

func TestKeyRuleCanFail(t *testing.T) {
	keys := mustParse(t, path.Join(keysFolder, "keys.go"), "package wire\n"+
		"const RootMembers = \"root/members\"\nconst BooksKey = \"books\"\n"+
		"func PartyKey(h string) string { return \"party/\" + h }\n")
	page := "`root/members` `books` `party/HANDLE`"
	expect(t, "every key", keyFindings([]source{keys}, page), "")
	for _, missing := range []string{"`root/members`", "`books`", "`party/HANDLE`"} {
		expect(t, missing, keyFindings([]source{keys}, strings.ReplaceAll(page, missing, "")), "does not name the key")
	}
	expect(t, "no keys at all", keyFindings(nil, page), "names no keys")
}
