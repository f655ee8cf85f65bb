package tallystick_test

import (
	"bufio"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const modulePath = "github.com/tallystick/tallystick"

// source is one parsed Go file of the product's module.
type source struct {
	path   string // from the repository's root, with slashes
	files  *token.FileSet
	syntax *ast.File
}

func (s source) folder() string    { return path.Dir(s.path) }
func (s source) isTest() bool      { return strings.HasSuffix(s.path, "_test.go") }
func (s source) isGenerated() bool { return ast.IsGenerated(s.syntax) }

// line is where a position lies in its file.
func (s source) line(at token.Pos) int { return s.files.Position(at).Line }

// at writes a finding the way compilers do, so that an editor can jump to it.
func (s source) at(pos token.Pos, format string, details ...any) string {
	return fmt.Sprintf("%s:%d: %s", s.path, s.line(pos), fmt.Sprintf(format, details...))
}

// parse reads one file, given as text, into a set that it may share with its package.
func parse(files *token.FileSet, name, text string) (source, error) {
	syntax, err := parser.ParseFile(files, name, text, parser.ParseComments|parser.SkipObjectResolution)
	return source{path: name, files: files, syntax: syntax}, err
}

// tree is the repository as a clone of it would be: what .gitignore names is left out.
type tree struct {
	root    string
	paths   []string // every file, sorted, with slashes
	sources []source // the Go files of the product's own module
}

// readTree walks the folder instead of asking git, because the cache of `go test` then notices a file
// that was added or changed.
func readTree(t *testing.T) tree {
	t.Helper()
	root, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	ignored := ignoredEntries(t)
	read := tree{root: root}
	var foreign []string // folders that are modules of their own
	err = filepath.WalkDir(".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		switch {
		case name == ".git" || isIgnored(name, ignored):
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		case entry.IsDir():
			return nil
		case path.Base(name) == "go.mod" && name != "go.mod":
			foreign = append(foreign, path.Dir(name))
		}
		read.paths = append(read.paths, name)
		return nil
	})
	if err != nil {
		t.Fatalf("walk the repository: %v", err)
	}
	read.sources = parseAll(t, read, foreign)
	return read
}

func parseAll(t *testing.T, read tree, foreign []string) []source {
	t.Helper()
	var sources []source
	files := token.NewFileSet()
	for _, name := range read.paths {
		if !strings.HasSuffix(name, ".go") || strings.Contains(name, "/testdata/") ||
			slices.ContainsFunc(foreign, func(module string) bool { return within(name, module) }) {
			continue
		}
		parsed, err := parse(files, name, read.text(t, name))
		if err != nil {
			t.Errorf("parse: %v", err)
			continue
		}
		sources = append(sources, parsed)
	}
	return sources
}

// text is a file's content; a symbolic link counts as the path that it names.
func (r tree) text(t *testing.T, name string) string {
	t.Helper()
	if info, err := os.Lstat(name); err == nil && info.Mode()&fs.ModeSymlink != 0 {
		target, err := os.Readlink(name)
		if err != nil {
			t.Fatal(err)
		}
		return target
	}
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// ignoredEntries reads the root's .gitignore. Only its plain forms are understood, and a line of
// another form fails the test rather than being guessed at.
func ignoredEntries(t *testing.T) []string {
	t.Helper()
	file, err := os.Open(".gitignore")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var entries []string
	for lines := bufio.NewScanner(file); lines.Scan(); {
		entry := strings.TrimSpace(lines.Text())
		if entry == "" || strings.HasPrefix(entry, "#") {
			continue
		}
		if strings.HasPrefix(entry, "!") || strings.Contains(entry, "**") {
			t.Fatalf(".gitignore: %q is a form that the tidy test does not read: write it plainly", entry)
		}
		entries = append(entries, entry)
	}
	return entries
}

// isIgnored knows `/a/b/` and `/a/b` (from the root), and `name/` and `*.glob` (anywhere).
func isIgnored(name string, entries []string) bool {
	return slices.ContainsFunc(entries, func(entry string) bool {
		pattern := strings.TrimSuffix(entry, "/")
		subject := name
		if rooted, ok := strings.CutPrefix(pattern, "/"); ok {
			pattern = rooted
		} else if !strings.Contains(pattern, "/") {
			subject = path.Base(name)
		}
		matched, err := path.Match(pattern, subject)
		return err == nil && matched
	})
}

// within says whether a path is the folder or lies below it.
func within(name, folder string) bool {
	return name == folder || strings.HasPrefix(name, folder+"/")
}
