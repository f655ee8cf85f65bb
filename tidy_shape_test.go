package tallystick_test

import (
	"fmt"
	"go/ast"
	"path"
	"slices"
)

const (
	longestFunction = 60  // lines, from func to the closing brace
	longestFile     = 500 // lines
)

// emptyNames say nothing about what a package is for.
var emptyNames = []string{
	"base", "common", "helper", "helpers", "lib", "misc", "model", "models", "pkg", "shared", "type",
	"types", "util", "utils",
}

// lengthFindings names functions and files that no longer fit a reader's head. Tests may be longer.
func lengthFindings(sources []source) []string {
	var findings []string
	for _, file := range sources {
		if file.isTest() || file.isGenerated() {
			continue
		}
		if lines := file.line(file.syntax.FileEnd); lines > longestFile {
			findings = append(findings, fmt.Sprintf("%s: %d lines, at most %d: is it one thing?",
				file.path, lines, longestFile))
		}
		for _, declared := range file.syntax.Decls {
			function, ok := declared.(*ast.FuncDecl)
			if !ok {
				continue
			}
			if lines := file.line(function.End()) - file.line(function.Pos()) + 1; lines > longestFunction {
				findings = append(findings, file.at(function.Pos(), "%s has %d lines, at most %d",
					function.Name.Name, lines, longestFunction))
			}
		}
	}
	return findings
}

// nameFindings refuses packages and folders with a name that could hold anything.
func nameFindings(sources []source) []string {
	var findings []string
	for _, file := range sources {
		for _, name := range []string{file.syntax.Name.Name, path.Base(file.folder())} {
			if slices.Contains(emptyNames, name) {
				findings = append(findings, fmt.Sprintf("%s: %q says nothing: name the thing", file.path, name))
			}
		}
	}
	return findings
}
