// Package tallystick_test holds the repository to its own rules: which folder may import which, what
// core must never touch, what is documented, how long a function may be, and what no file may say.
//
// The source of the rules is docs/architecture.md and CONTRIBUTING.md. Each rule is one function from
// parsed sources to findings; tidy_bad_test.go feeds every one of them something it must refuse, so
// that a rule that has gone blind fails as loudly as a rule that is broken.
//
// The package never mends anything and reads nothing outside the repository.
package tallystick_test

import (
	"testing"
)

func TestDependenciesPointOneWay(t *testing.T) {
	tree := readTree(t)
	report(t, append(importFindings(tree.sources), staleOrderFindings(tree.sources)...))
}

func TestCoreIsPure(t *testing.T) {
	tree := readTree(t)
	exports := exportsOf(t, "./core/...")
	for _, unit := range coreUnits(tree.sources) {
		findings, err := purityFindings(unit, exports)
		if err != nil {
			t.Errorf("type-check %s: %v", unit[0].folder(), err)
		}
		report(t, findings)
	}
}

func TestEverythingExportedIsDocumented(t *testing.T) {
	report(t, docFindings(readTree(t).sources))
}

func TestFunctionsAndFilesAreShort(t *testing.T) {
	report(t, lengthFindings(readTree(t).sources))
}

func TestPackagesAreNamedAfterThings(t *testing.T) {
	report(t, nameFindings(readTree(t).sources))
}

func TestNoFileNamesAMachineOrIsUnfinished(t *testing.T) {
	tree := readTree(t)
	for _, path := range tree.paths {
		report(t, textFindings(path, tree.text(t, path), foreignPaths(tree.root)))
	}
}

func TestTopLevelIsTheFolderMap(t *testing.T) {
	report(t, topLevelFindings(readTree(t).paths))
}

// report fails once for every finding, so that one run names them all.
func report(t *testing.T, findings []string) {
	t.Helper()
	for _, finding := range findings {
		t.Error(finding)
	}
}
