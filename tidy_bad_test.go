package tallystick_test

import (
	"fmt"
	"go/token"
	"strings"
	"testing"
)

// A rule that refuses nothing guards nothing: every rule meets what it must refuse, and what it must
// let pass.

func TestImportRuleCanFail(t *testing.T) {
	cases := []struct {
		file, imported, refusal string
	}{
		{"core/money/money.go", "core/fault", "does not come before"},
		{"core/loan/loan.go", "core/loan", "does not come before"},
		{"core/invented/invented.go", "core/money", "does not come before"},
		{"core/loan/loan.go", "network", "core may import core; not network"},
		{"core/loan/loan_test.go", "chaincode", "core may import core; not chaincode"},
		{"chaincode/loan.go", "gateway-app/ledger", "not gateway-app/ledger"},
		{"gateway-app/ledger/ledger.go", "chaincode", "not chaincode"},
		{"gateway-app/ledger/ledger_test.go", "chaincode/fake", "not chaincode/fake"},
		{"gateway-app/ledger/ledger.go", "network", "not network"},
		{"network/network.go", "test-network", "not test-network"},
		{"test-network/main.go", "gateway-app/ledger", "not gateway-app/ledger"},
		{"test-network/e2e/fixture.go", "gateway-app/ledger", "not gateway-app/ledger"},
		{"cli/loan.go", "gateway-app/demo", "not gateway-app/demo"},
		{"cli/loan.go", "gateway-app/clientele", "not gateway-app/clientele"},
		{"scripts/tool/main.go", "core/money", "in no folder of the dependency table"},
		{"tidy_tables_test.go", "chaincode", "not chaincode"},
		{"tidy_test.go", "core/money", "in no folder of the dependency table"},

		{"core/loan/loan.go", "core/custody", ""},
		{"core/money/money_test.go", "core/loan", ""},
		{"chaincode/loan.go", "core/loan", ""},
		{"cli/loan.go", "gateway-app/client", ""},
		{"cli/profile.go", "network", ""},
		{"test-network/e2e/loan_test.go", "chaincode", ""},
	}
	for _, c := range cases {
		file := mustParse(t, c.file, fmt.Sprintf("package p\n\nimport _ %q\n", modulePath+"/"+c.imported))
		expect(t, c.file+" importing "+c.imported, importFindings([]source{file}), c.refusal)
	}
}

func TestOrderRuleCanFail(t *testing.T) {
	var whole []source
	for _, name := range coreOrder {
		whole = append(whole, mustParse(t, "core/"+name+"/"+name+".go", "package "+name))
	}
	expect(t, "all of core", staleOrderFindings(whole), "")
	expect(t, "a package missing", staleOrderFindings(whole[1:]), "core/money is in core's order and nowhere else")
	invented := mustParse(t, "core/invented/invented.go", "package invented")
	expect(t, "a package too many", staleOrderFindings(append(whole, invented)), "core/invented has no place")
}

func TestPurityRuleCanFail(t *testing.T) {
	cases := []struct {
		name, imports, body, refusal string
	}{
		{"float type", "", "var x float64", "floating point (float64)"},
		{"float literal", "", "var x int64 = 1e6", "floating-point literal 1e6"},
		{"float in a result left out", "strconv", "func f() error { _, err := strconv.ParseFloat(`1`, 64); return err }", "floating point"},
		{"float division by inference", "", "func f() bool { x := 1 / 2.0; return x > 0 }", "floating point"},
		{"float inside a struct", "", "type rate struct{ annual float32 }", "floating point (float32)"},
		{"float of any size", "math/big", "var x big.Float", "floating point (math/big.Float)"},
		{"complex", "", "var x complex128", "floating point (complex128)"},
		{"clock", "time", "var x = time.Now()", `import of "time"`},
		{"duration", "time", "var x time.Duration", `import of "time"`},
		{"file", "os", "func f() { _, _ = os.ReadFile(`x`) }", `import of "os"`},
		{"socket", "net", "var x net.Conn", `import of "net"`},
		{"dice", "math/rand/v2", "var x = rand.Int()", `import of "math/rand/v2"`},
		{"true dice", "crypto/rand", "var x = rand.Reader", `import of "crypto/rand"`},
		{"SQL", "database/sql", "var x *sql.DB", `import of "database/sql"`},
		{"lock", "sync", "var x sync.Mutex", `import of "sync"`},
		{"goroutine", "", "func f() { go f() }", "goroutine"},
		{"channel", "", "var x = make(chan int)", "channel"},
		{"select", "", "func f() { select {} }", "channel"},
		{"range over a map", "", "func f(m map[string]int) (n int) { for range m { n++ }; return }", "range over a map"},
		{"range over a named map", "", "type m map[int]int\nfunc f(x m) (n int) { for k := range x { n = k }; return }", "range over a map"},
		{"range over a generic map", "", "func f[M ~map[int]int](x M) (n int) { for k := range x { n = k }; return }", "range over a map"},
		{"keys in no order", "maps", "func f(m map[int]int) (n int) { for k := range maps.Keys(m) { n = k }; return }", "maps.Keys in no order"},
		{"values in no order", "maps slices", "func f(m map[int]int) []int { return slices.Collect(maps.Values(m)) }", "maps.Values in no order"},

		{"sorted keys", "maps slices", "func f(m map[int]int) []int { return slices.Sorted(maps.Keys(m)) }", ""},
		{"copied map", "maps", "func f(m map[int]int) map[int]int { return maps.Clone(m) }", ""},
		{"integers", "math math/big", "var x, y int64 = 1, math.MaxInt64\nvar z = big.NewInt(x/y)", ""},
		{"range over a slice", "", "func f(s []int) (n int) { for _, k := range s { n += k }; return }", ""},
	}
	var standard []string
	for _, c := range cases {
		standard = append(standard, strings.Fields(c.imports)...)
	}
	compiled := exportsOf(t, standard...)
	for _, c := range cases {
		text := "package p\n"
		for _, imported := range strings.Fields(c.imports) {
			text += fmt.Sprintf("import %q\n", imported)
		}
		findings, err := purityFindings([]source{mustParse(t, "core/p/p.go", text+c.body+"\n")}, compiled)
		if err != nil {
			t.Errorf("%s: the example does not compile: %v", c.name, err)
		}
		expect(t, c.name, findings, c.refusal)
	}
}

func TestFabricAndSQLDriversAreNotPure(t *testing.T) {
	for _, imported := range []string{
		"github.com/hyperledger/fabric-gateway/pkg/client", "modernc.org/sqlite", "github.com/jackc/pgx/v5",
		"github.com/emmansun/gmsmx", modulePath + "/network",
	} {
		if isPureImport(imported) {
			t.Errorf("core may import %s", imported)
		}
	}
	for _, imported := range []string{"github.com/emmansun/gmsm/sm2", modulePath + "/core/money", "errors"} {
		if !isPureImport(imported) {
			t.Errorf("core may not import %s", imported)
		}
	}
}

func TestDocRuleCanFail(t *testing.T) {
	cases := []struct{ name, text, refusal string }{
		{"package", "package p", "the package has no comment"},
		{"function", "// Package p.\npackage p\nfunc Post() {}", "Post has no doc comment"},
		{"method", "// Package p.\npackage p\n// T is.\ntype T[K any] struct{}\nfunc (*T[K]) Post() {}", "Post has no doc comment"},
		{"type", "// Package p.\npackage p\ntype Loan struct{}", "Loan has no doc comment"},
		{"constant", "// Package p.\npackage p\nconst (\n\ta = 1\n\tB = 2\n)", "B has no doc comment"},
		{"variable", "// Package p.\npackage p\nvar Err error", "Err has no doc comment"},
		{"directive only", "// Package p.\npackage p\n//go:noinline\nfunc Post() {}", "Post has no doc comment"},

		{"unexported", "// Package p.\npackage p\nfunc post() {}\ntype t struct{}\nfunc (t) Post() {}", ""},
		{"comment behind", "// Package p.\npackage p\nconst (\n\tA = 1 // A is one.\n)", ""},
		{"group", "// Package p.\npackage p\n// The kinds.\nconst (\n\tA = 1\n\tB = 2\n)", ""},
	}
	for _, c := range cases {
		expect(t, c.name, docFindings([]source{mustParse(t, "core/p/p.go", c.text)}), c.refusal)
	}
}

func TestLengthRuleCanFail(t *testing.T) {
	function := func(lines int) string {
		return "package p\n\nfunc f() {\n" + strings.Repeat("\tf()\n", lines-2) + "}\n"
	}
	file := func(lines int) string { return "package p\n" + strings.Repeat("\n", lines-2) + "// end" }
	cases := []struct{ name, path, text, refusal string }{
		{"long function", "core/p/p.go", function(longestFunction + 1), "f has 61 lines, at most 60"},
		{"long file", "core/p/p.go", file(longestFile + 1), "501 lines, at most 500"},
		{"full function", "core/p/p.go", function(longestFunction), ""},
		{"full file", "core/p/p.go", file(longestFile), ""},
		{"long test", "core/p/p_test.go", function(longestFunction + 1), ""},
		{"generated", "core/p/p.go", "// Code generated by x. DO NOT EDIT.\n" + function(longestFunction+1), ""},
	}
	for _, c := range cases {
		expect(t, c.name, lengthFindings([]source{mustParse(t, c.path, c.text)}), c.refusal)
	}
}

func TestNameRuleCanFail(t *testing.T) {
	for _, empty := range []string{"util", "models", "pkg"} {
		file := mustParse(t, "gateway-app/"+empty+"/x.go", "package x")
		expect(t, "folder "+empty, nameFindings([]source{file}), "says nothing")
		file = mustParse(t, "gateway-app/x/x.go", "package "+empty)
		expect(t, "package "+empty, nameFindings([]source{file}), "says nothing")
	}
	expect(t, "package loan", nameFindings([]source{mustParse(t, "core/loan/loan.go", "package loan")}), "")
}

func TestTextRuleCanFail(t *testing.T) {
	// What is forbidden is put together here, so that this file does not say it.
	join := func(parts ...string) string { return strings.Join(parts, "") }
	cases := []struct{ name, text, refusal string }{
		{"machine", join("see /", "work/main/x"), "a path of one machine"},
		{"home", join(`open("/`, `home/jo/x")`), "a path of one machine"},
		{"root's home", join("`/", "root/go`"), "a path of one machine"},
		{"this clone", "cd /clones/tallystick-7/core", "a path of this machine"},
		{"module proxy", join("GOPROXY=https://proxy", ".golang.org"), "registry's host"},
		{"npm", join("https://registry", ".npmjs.org/react"), "registry's host"},
		{"todo", join("// TO", "DO: more"), "unfinished"},
		{"fixme", join("# FIX", "ME"), "unfinished"},
		{"stand-in", join("a Place", "holder value"), "unfinished"},
		{"promise", join("good enough for", " now"), "unfinished"},

		{"route", join("GET /evidence/", "root/7"), ""},
		{"form", join("<input place", `holder="amount">`), ""},
		{"not text", join("\x00 TO", "DO"), ""},
		{"Spanish", "todo el dinero", ""},
	}
	for _, c := range cases {
		expect(t, c.name, textFindings("x.md", c.text+"\n", []string{"/clones/tallystick-7/"}), c.refusal)
	}
}

func TestTopLevelRuleCanFail(t *testing.T) {
	expect(t, "stray file", topLevelFindings([]string{"go.mod", "notes.txt"}), "notes.txt has no place")
	expect(t, "stray folder", topLevelFindings([]string{"internal/x/x.go"}), "internal has no place")
	expect(t, "folder map", topLevelFindings([]string{"core/money/money.go", "tidy_test.go", "docs/ledger.md"}), "")
}

func TestIgnoredEntries(t *testing.T) {
	entries := []string{"/.run/", "/coverage.out", "*.test", "node_modules/"}
	for name, want := range map[string]bool{
		".run": true, "core/.run": false, "coverage.out": true, "docs/coverage.out": false,
		"core/money/money.test": true, "gateway-app/web/node_modules": true, "core": false,
	} {
		if got := isIgnored(name, entries); got != want {
			t.Errorf("%s ignored: %v, want %v", name, got, want)
		}
	}
}

func mustParse(t *testing.T, name, text string) source {
	t.Helper()
	parsed, err := parse(token.NewFileSet(), name, text)
	if err != nil {
		t.Fatalf("parse the example: %v", err)
	}
	return parsed
}

// expect wants a finding that contains the refusal, or none at all where the refusal is empty.
func expect(t *testing.T, name string, findings []string, refusal string) {
	t.Helper()
	all := strings.Join(findings, "\n")
	if refusal == "" && all != "" || !strings.Contains(all, refusal) {
		t.Errorf("%s: want %q, found:\n%s", name, refusal, all)
	}
}
