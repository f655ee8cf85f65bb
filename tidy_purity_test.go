package tallystick_test

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// pureStandard are the packages of the standard library that core may import: none of them can tell
// the time, roll dice, open a file, start a thread or look into memory.
var pureStandard = []string{
	"bytes", "cmp", "crypto", "crypto/ecdsa", "crypto/elliptic", "crypto/hmac", "crypto/sha256",
	"crypto/sha512", "crypto/subtle", "crypto/x509", "encoding", "encoding/asn1", "encoding/base64",
	"encoding/binary", "encoding/hex", "encoding/json", "encoding/pem", "errors", "fmt", "hash",
	"io", "iter", "maps", "math", "math/big", "math/bits", "regexp", "slices", "sort", "strconv",
	"strings", "unicode", "unicode/utf16", "unicode/utf8",
}

// pureModules are the modules that core may import: arithmetic, canonical JSON, SM2 and SM3, Merkle
// trees. No Fabric and no SQL.
var pureModules = []string{
	"github.com/cockroachdb/apd/v3",
	"github.com/emmansun/gmsm",
	"github.com/gowebpki/jcs",
	"github.com/transparency-dev/merkle",
	modulePath + "/core",
}

// sorters are the functions that may be handed a map's keys: what comes out has one order.
var sorters = []string{"slices.Sorted", "slices.SortedFunc", "slices.SortedStableFunc"}

// exports finds the compiled interface of a package, so that checking core costs no second compile.
type exports map[string]string

// exportsOf asks the go command for the packages that match, and all that they import.
func exportsOf(t *testing.T, patterns ...string) exports {
	t.Helper()
	list := exec.Command("go", append([]string{"list", "-export", "-deps", "-json=ImportPath,Export"}, patterns...)...)
	list.Stderr = os.Stderr
	output, err := list.Output()
	if err != nil {
		t.Fatalf("list %v: %v", patterns, err)
	}
	found := exports{}
	for decoder := json.NewDecoder(strings.NewReader(string(output))); ; {
		var listed struct{ ImportPath, Export string }
		if err := decoder.Decode(&listed); err == io.EOF {
			return found
		} else if err != nil {
			t.Fatalf("read the list of packages: %v", err)
		}
		found[listed.ImportPath] = listed.Export
	}
}

func (e exports) open(importPath string) (io.ReadCloser, error) {
	if e[importPath] == "" {
		return nil, fmt.Errorf("%s was not compiled", importPath)
	}
	return os.Open(e[importPath])
}

// coreUnits groups core's own files, tests left out, by package.
func coreUnits(sources []source) [][]source {
	var units [][]source
	for _, file := range sources {
		if file.isTest() || !within(file.path, "core") {
			continue
		}
		if last := len(units) - 1; last >= 0 && units[last][0].folder() == file.folder() {
			units[last] = append(units[last], file)
		} else {
			units = append(units, []source{file})
		}
	}
	return units
}

// purity walks the files of one package with its types known.
type purity struct {
	info     types.Info
	findings []string
}

// purityFindings names everything in one package of core that could make two peers disagree.
func purityFindings(unit []source, compiled exports) ([]string, error) {
	check := &purity{info: types.Info{
		Types: map[ast.Expr]types.TypeAndValue{},
		Defs:  map[*ast.Ident]types.Object{},
		Uses:  map[*ast.Ident]types.Object{},
	}}
	var syntax []*ast.File
	for _, file := range unit {
		syntax = append(syntax, file.syntax)
	}
	files := unit[0].files
	config := types.Config{Importer: importer.ForCompiler(files, "gc", compiled.open)}
	_, err := config.Check(unit[0].folder(), files, syntax, &check.info)
	for _, file := range unit {
		check.imports(file)
		check.nodes(file)
	}
	slices.Sort(check.findings)
	return slices.Compact(check.findings), err
}

func (p *purity) refuse(file source, at ast.Node, format string, details ...any) {
	p.findings = append(p.findings, "core is pure: "+file.at(at.Pos(), format, details...))
}

func (p *purity) imports(file source) {
	for _, spec := range file.syntax.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil || !isPureImport(imported) {
			p.refuse(file, spec, "import of %s", spec.Path.Value)
		}
	}
}

func isPureImport(imported string) bool {
	return slices.Contains(pureStandard, imported) ||
		slices.ContainsFunc(pureModules, func(module string) bool { return within(imported, module) })
}

func (p *purity) nodes(file source) {
	sorted := map[ast.Node]bool{} // calls whose result goes straight into a sorter
	ast.Inspect(file.syntax, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.GoStmt:
			p.refuse(file, node, "goroutine")
		case *ast.SelectStmt, *ast.SendStmt, *ast.ChanType:
			p.refuse(file, node, "channel")
		case *ast.RangeStmt:
			if isMap(p.info.TypeOf(node.X)) {
				p.refuse(file, node, "range over a map: range over slices.Sorted(maps.Keys(m))")
			}
		case *ast.CallExpr:
			p.call(file, node, sorted)
		case *ast.BasicLit:
			if node.Kind == token.FLOAT || node.Kind == token.IMAG {
				p.refuse(file, node, "floating-point literal %s", node.Value)
			}
		}
		if expr, ok := node.(ast.Expr); ok {
			p.typed(file, expr)
		}
		return true
	})
}

// call lets a map's keys or values be taken only where they are sorted at once.
func (p *purity) call(file source, call *ast.CallExpr, sorted map[ast.Node]bool) {
	name := p.function(call.Fun)
	if slices.Contains(sorters, name) {
		sorted[call.Args[0]] = true
	}
	if strings.HasPrefix(name, "maps.") && yieldsSequence(p.info.TypeOf(call)) && !sorted[call] {
		p.refuse(file, call, "%s in no order: put it straight into slices.Sorted", name)
	}
}

// function is the package and name of the function called, whatever the import was renamed to.
func (p *purity) function(called ast.Expr) string {
	selector, ok := called.(*ast.SelectorExpr)
	if !ok {
		return ""
	}
	used, ok := p.info.Uses[selector.Sel].(*types.Func)
	if !ok || used.Pkg() == nil {
		return ""
	}
	return used.Pkg().Path() + "." + used.Name()
}

// typed refuses an expression or a name that is floating point or a channel.
func (p *purity) typed(file source, expr ast.Expr) {
	kind := p.info.TypeOf(expr)
	if tuple, ok := kind.(*types.Tuple); ok {
		for result := range tuple.Variables() {
			p.kind(file, expr, result.Type())
		}
		return
	}
	p.kind(file, expr, kind)
}

func (p *purity) kind(file source, expr ast.Expr, kind types.Type) {
	if kind == nil {
		return
	}
	switch under := kind.Underlying().(type) {
	case *types.Basic:
		if under.Info()&(types.IsFloat|types.IsComplex) != 0 {
			p.refuse(file, expr, "floating point (%s)", kind)
		}
	case *types.Chan:
		p.refuse(file, expr, "channel (%s)", kind)
	case *types.Struct:
		if kind.String() == "math/big.Float" {
			p.refuse(file, expr, "floating point (%s)", kind)
		}
	}
}

// isMap sees through names and type parameters.
func isMap(kind types.Type) bool {
	if kind == nil {
		return false
	}
	if parameter, ok := kind.(*types.TypeParam); ok {
		return constraintAllowsMap(parameter)
	}
	_, ok := kind.Underlying().(*types.Map)
	return ok
}

func constraintAllowsMap(parameter *types.TypeParam) bool {
	constraint, ok := parameter.Constraint().Underlying().(*types.Interface)
	if !ok {
		return false
	}
	for embedded := range constraint.EmbeddedTypes() {
		if union, ok := embedded.(*types.Union); ok {
			for term := range union.Terms() {
				if isMap(term.Type()) {
					return true
				}
			}
		} else if isMap(embedded) {
			return true
		}
	}
	return false
}

func yieldsSequence(kind types.Type) bool {
	named, ok := kind.(*types.Named)
	return ok && named.Obj().Pkg() != nil && named.Obj().Pkg().Path() == "iter"
}
