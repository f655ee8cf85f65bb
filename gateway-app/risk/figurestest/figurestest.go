// Package figurestest finds the public credit figures that tests compare with: they lie beside a clone, in the folder
// shared/data, because their licences do not let them be part of it. Who has no such folder has the test skipped, which
// says so; with TALLYSTICK_REQUIRE_ORACLES=1, as CI sets it where the folder is, the test fails instead.
//
// It never changes a figure and never fetches one.
package figurestest

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/tallystick/tallystick/gateway-app/risk/dataset"
)

const (
	require = "TALLYSTICK_REQUIRE_ORACLES"
	module  = "go.mod"
)

// The figures that each shipped schema was written for. Those of LendingClub ship with the repository.
var files = map[string]string{"german": "german.data", "taiwan": "taiwan_default.csv"}

// Table reads the figures of a shipped schema: lending_club, german or taiwan.
func Table(t testing.TB, name string) *dataset.Table {
	t.Helper()
	schema, err := dataset.Shipped(name)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(root(t), "gateway-app", "demo", "data", "loans.csv")
	if beside, is := files[name]; is {
		path = Path(t, beside)
	}
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	table, err := dataset.Load(file, schema)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// Path is where figures lie that do not ship, such as german.data.
func Path(t testing.TB, name string) string {
	t.Helper()
	path := filepath.Join(root(t), "..", "shared", "data", name)
	switch _, err := os.Stat(path); {
	case err == nil:
	case os.IsNotExist(err) && os.Getenv(require) == "":
		t.Skipf("the figures %s are not beside this clone: %v", name, err)
	default:
		t.Fatalf("find the figures %s (%s is %q): %v", name, require, os.Getenv(require), err)
	}
	return path
}

// root is the folder of the module that the test is in.
func root(t testing.TB) string {
	t.Helper()
	folder, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(folder, module)); err == nil {
			return folder
		}
		above := filepath.Dir(folder)
		if above == folder {
			t.Fatalf("no %s above the folder of the test", module)
		}
		folder = above
	}
}
