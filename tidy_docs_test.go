package tallystick_test

import (
	"fmt"
	"go/ast"
	"go/token"
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestDocsNameWhatExists follows every link, path, make target and command that the docs name.
func TestDocsNameWhatExists(t *testing.T) {
	tree := readTree(t)
	known := knownNames{
		paths:    pathSet(tree.paths),
		targets:  makeTargets(tree.text(t, "Makefile")),
		commands: commandNames(tree.sources, "cli"),
		network:  commandNames(tree.sources, "test-network"),
		ignored:  ignoredEntries(t),
		headings: map[string][]string{},
	}
	pages := slices.DeleteFunc(slices.Clone(tree.paths), func(name string) bool { return path.Ext(name) != ".md" })
	for _, name := range pages {
		known.headings[name] = headingsOf(tree.text(t, name))
	}
	for _, name := range pages {
		report(t, docsFindings(name, tree.text(t, name), known))
	}
}

// TestMakefileNamesWhatExists looks for every ./path in the Makefile.
func TestMakefileNamesWhatExists(t *testing.T) {
	tree := readTree(t)
	for _, found := range ownPath.FindAllStringSubmatch(tree.text(t, "Makefile"), -1) {
		if folder := strings.TrimSuffix(strings.TrimSuffix(found[1], "..."), "/"); folder != "" && !pathSet(tree.paths)[folder] {
			t.Errorf("Makefile: ./%s is not there", folder)
		}
	}
}

// TestEveryDecisionIsListed holds the table of decisions against the records beside it.
func TestEveryDecisionIsListed(t *testing.T) {
	entries, err := os.ReadDir("docs/decisions")
	if err != nil {
		t.Fatal(err)
	}
	index := readTree(t).text(t, "docs/decisions/README.md")
	for _, entry := range entries {
		if name := entry.Name(); name != "README.md" && !strings.Contains(index, "]("+name+")") {
			t.Errorf("docs/decisions/README.md does not list %s", name)
		}
	}
}

// knownNames is what the docs may speak of.
type knownNames struct {
	paths    map[string]bool // files, and the folders above them
	targets  []string        // of the Makefile
	commands []string        // of tally, subcommands too
	network  []string        // of test-network
	ignored  []string        // what a run or a build makes
	headings map[string][]string
}

// headingsOf lists what links to a page's headings are written with.
func headingsOf(text string) []string {
	var slugs []string
	for _, found := range heading.FindAllStringSubmatch(text, -1) {
		slug := strings.ReplaceAll(strings.ToLower(strings.TrimSpace(found[1])), " ", "-")
		slugs = append(slugs, unspoken.ReplaceAllString(slug, ""))
	}
	return slugs
}

func pathSet(files []string) map[string]bool {
	set := map[string]bool{}
	for _, name := range files {
		for ; name != "." && !set[name]; name = path.Dir(name) {
			set[name] = true
		}
	}
	return set
}

var target = regexp.MustCompile(`(?m)^([a-z]+):`)

func makeTargets(makefile string) []string {
	var targets []string
	for _, found := range target.FindAllStringSubmatch(makefile, -1) {
		targets = append(targets, found[1])
	}
	return targets
}

// commandNames reads the first word of every command that the folder's cobra commands answer to: where
// a literal stands behind Use, or as the first argument of a function called group.
func commandNames(sources []source, folder string) []string {
	var names []string
	for _, file := range sources {
		if !within(file.path, folder) || file.isTest() {
			continue
		}
		ast.Inspect(file.syntax, func(node ast.Node) bool {
			if use, ok := useOf(node); ok {
				word, _, _ := strings.Cut(use, " ")
				names = append(names, word)
			}
			return true
		})
	}
	return names
}

func useOf(node ast.Node) (use string, ok bool) {
	var name, value ast.Expr
	switch node := node.(type) {
	case *ast.KeyValueExpr:
		name, value = node.Key, node.Value
	case *ast.CallExpr:
		if len(node.Args) == 0 {
			return "", false
		}
		name, value = node.Fun, node.Args[0]
	}
	called, isName := name.(*ast.Ident)
	text, isText := value.(*ast.BasicLit)
	if !isName || !isText || text.Kind != token.STRING || called.Name != "Use" && called.Name != "group" {
		return "", false
	}
	use, err := strconv.Unquote(text.Value)
	return use, err == nil
}

var (
	heading    = regexp.MustCompile(`(?m)^#+ (.*)$`)
	unspoken   = regexp.MustCompile(`[^\p{L}\p{N}_-]`)
	link       = regexp.MustCompile(`\]\(([^)\s]+)\)|src(?:set)?="([^"\s]+)"`)
	codeSpan   = regexp.MustCompile("`([^`\n]+)`")
	goArgument = regexp.MustCompile(`\bgo (?:run|test|build|install|vet)(?: -\S+)* \./([\w./-]*)`)
	makeCall   = regexp.MustCompile(`^\s*make ((?:[a-z]+ ?)+)`)
	tallyCall  = regexp.MustCompile(`^\s*(?:bin/)?tally ([a-z]+)(?: ([a-z]+))?`)
	netCall    = regexp.MustCompile(`go run \./test-network ([a-z]+)`)
	ownPath    = regexp.MustCompile(`\s\./([\w./-]*)`)
	pathForm   = regexp.MustCompile(`^\.?[\w-][\w.-]*(?:/[\w.-]+)+/?$`)
)

// docsFindings names what a page speaks of and the repository has not.
func docsFindings(name, text string, known knownNames) []string {
	var findings []string
	find := func(what, missing string) {
		findings = append(findings, fmt.Sprintf("%s: %s: %s", name, what, missing))
	}
	for _, found := range link.FindAllStringSubmatch(text, -1) {
		where, part, inside := strings.Cut(found[1]+found[2], "#")
		if strings.Contains(where, "://") || strings.HasPrefix(where, "mailto:") {
			continue
		}
		page := path.Join(path.Dir(name), where)
		if where == "" {
			page = name
		}
		if !known.paths[page] || inside && !slices.Contains(known.headings[page], part) {
			find("a link to what is not there", found[1]+found[2])
		}
	}
	for _, snippet := range snippets(text) {
		if missing := known.missing(snippet); missing != "" {
			find("names what is not there", missing)
		}
	}
	return findings
}

// snippets are a page's code: spans, and the lines of its blocks.
func snippets(text string) []string {
	var found []string
	fenced := false
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		switch {
		case strings.HasPrefix(line, "```"):
			fenced = !fenced
		case fenced || strings.HasPrefix(line, "    "):
			found = append(found, line)
		default:
			for _, span := range codeSpan.FindAllStringSubmatch(line, -1) {
				found = append(found, span[1])
			}
		}
	}
	return found
}

// missing answers what a piece of code names and the repository has not, or nothing.
func (k knownNames) missing(snippet string) string {
	if named := goArgument.FindStringSubmatch(snippet); named != nil {
		folder := strings.Trim(strings.TrimSuffix(named[1], "..."), "/.")
		if folder != "" && !k.paths[folder] {
			return "./" + named[1]
		}
	}
	if called := netCall.FindStringSubmatch(snippet); called != nil && !slices.Contains(k.network, called[1]) {
		return "test-network " + called[1]
	}
	if called := makeCall.FindStringSubmatch(snippet); called != nil {
		word, _, _ := strings.Cut(called[1], " ")
		if !slices.Contains(k.targets, word) {
			return "make " + word
		}
	}
	if called := tallyCall.FindStringSubmatch(snippet); called != nil {
		for _, word := range called[1:] {
			if word != "" && !slices.Contains(k.commands, word) {
				return "tally " + word
			}
		}
	}
	return k.missingPath(snippet)
}

// missingPath looks for a path of ours that is not there. What a run makes is never there in a clone.
func (k knownNames) missingPath(snippet string) string {
	name := strings.TrimSuffix(strings.TrimSpace(snippet), "/")
	top, _, _ := strings.Cut(name, "/")
	if !pathForm.MatchString(name) || !slices.Contains(topLevel, top) || isIgnored(top, k.ignored) || k.paths[name] {
		return ""
	}
	return name
}

const keysFolder = "core/wire"

// keyFindings names every key of core/wire that the page does not: constants that are keys, and the
// literal with which each function called …Key begins.
func keyFindings(sources []source, page string) []string {
	var keys []string
	for _, file := range sources {
		if path.Join(file.folder(), "keys.go") == file.path && file.folder() == keysFolder {
			keys = append(keys, keysOf(file)...)
		}
	}
	if len(keys) == 0 {
		return []string{keysFolder + "/keys.go names no keys"}
	}
	var findings []string
	for _, key := range keys {
		if !strings.Contains(page, "`"+key) {
			findings = append(findings, ledgerPage+" does not name the key "+key)
		}
	}
	return findings
}

func keysOf(file source) []string {
	var keys []string
	for _, declared := range file.syntax.Decls {
		var name string
		switch d := declared.(type) {
		case *ast.FuncDecl:
			name = d.Name.Name
		case *ast.GenDecl:
			if d.Tok == token.CONST {
				name = "constantKey"
			}
		}
		if !strings.HasSuffix(name, "Key") {
			continue
		}
		_, isFunction := declared.(*ast.FuncDecl)
		ast.Inspect(declared, func(node ast.Node) bool {
			text, ok := node.(*ast.BasicLit)
			if !ok || text.Kind != token.STRING {
				return true
			}
			key, err := strconv.Unquote(text.Value)
			if err == nil && (!isFunction || strings.Contains(key, "/")) && !(isFunction && strings.HasPrefix(key, "/")) {
				keys = append(keys, key)
			}
			return true
		})
	}
	return keys
}

func TestDocsRuleCanFail(t *testing.T) {
	known := knownNames{
		paths:    map[string]bool{"core": true, "core/money": true, "docs": true, "docs/ledger.md": true, "test-network": true, "x.md": true},
		headings: map[string][]string{"docs/ledger.md": headingsOf("# The keys\n"), "x.md": headingsOf("## Here, 这里\n")},
		targets:  []string{"demo", "test"}, commands: []string{"loan", "show"}, network: []string{"up"},
		ignored: []string{"/.run/", "/bin/"},
	}
	cases := []struct{ text, refusal string }{
		{"[a](docs/none.md)", "a link to what is not there: docs/none.md"},
		{"[a](docs/ledger.md#none)", "a link to what is not there: docs/ledger.md#none"},
		{"[a](#there)", "a link to what is not there: #there"},
		{`<img src="docs/none.svg">`, "docs/none.svg"},
		{"see `core/gone/gone.go`", "core/gone/gone.go"},
		{"    make nothing", "make nothing"},
		{"`make nothing`", "make nothing"},
		{"    go test ./gone/...", "./gone/..."},
		{"    go run ./test-network fly", "test-network fly"},
		{"    tally loan burn x", "tally burn"},
		{"`tally nothing`", "tally nothing"},

		{"[a](docs/ledger.md#the-keys) [b](https://example.org/x#y) [c](#here-这里) [d](docs/ledger.md)", ""},
		{"`core/money` and `core/` and `party/HANDLE` and `.run/dev/logs`", ""},
		{"    make demo     # all", ""},
		{"    make test LOANS=3", ""},
		{"    go test ./core/money/...\n    go test ./...\n    go test . -update", ""},
		{"    tally loan show x\n    bin/tally loan --help", ""},
		{"make is a word, tally too", ""},
	}
	for _, c := range cases {
		expect(t, c.text, docsFindings("x.md", c.text+"\n", known), c.refusal)
	}
}

func TestCommandNamesAreRead(t *testing.T) {
	file := mustParse(t, "cli/loan.go", "package main\n"+
		"var c = cobra.Command{Use: \"show LOAN\", Short: \"x\"}\nvar g = group(\"loan\", \"Loans\", c)\n")
	if got := commandNames([]source{file}, "cli"); !slices.Equal(got, []string{"show", "loan"}) {
		t.Errorf("read %v, want [show loan]", got)
	}
}
