package tallystick_test

import (
	"path"
	"slices"
	"strconv"
	"strings"
)

// mayImport is the dependency table: what each folder may know of the others. Everything not listed
// is refused, chaincode and gateway-app knowing each other first of all: they meet in core.
var mayImport = map[string][]string{
	"core":         {"core"},
	"network":      {"core", "network"},
	"test-network": {"core", "network", "test-network"},
	"chaincode":    {"core", "chaincode"},
	"gateway-app":  {"core", "gateway-app"},
	"cli": {
		"core", "network", "gateway-app/ledger", "gateway-app/client", "gateway-app/risk", "cli",
		"gateway-app/portfolio", "gateway-app/expression", "gateway-app/disclosure", "gateway-app/report",
	},

	"tidy_tables_test.go": {"core", "network"}, // compares the docs' tables with the lists that they show
}

// coreOrder is core from the ground up: a package imports only those before it.
var coreOrder = []string{
	"money", "calendar", "fault", "split", "schedule", "journal", "party", "mandate", "regime",
	"custody", "evidence", "loan", "repayment", "distribution", "wire", "books",
}

// reachesEverything is the one folder whose tests put all the parts together.
const reachesEverything = "test-network/e2e"

// importFindings names every import of ours that the table does not allow. Tests keep to it too,
// except that core's tests may use all of core, and the end-to-end tests everything.
func importFindings(sources []source) []string {
	var findings []string
	for _, file := range sources {
		if file.isTest() && within(file.path, reachesEverything) {
			continue
		}
		for _, spec := range file.syntax.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				findings = append(findings, file.at(spec.Pos(), "unreadable import: %v", err))
				continue
			}
			folder, ours := strings.CutPrefix(imported, modulePath+"/")
			if !ours {
				continue
			}
			if reason := importRefusal(file, folder); reason != "" {
				findings = append(findings, file.at(spec.Pos(), "%s", reason))
			}
		}
	}
	return findings
}

// importRefusal says why the file may not import the folder, or nothing.
func importRefusal(file source, imported string) string {
	layer, _, _ := strings.Cut(file.path, "/")
	allowed, known := mayImport[layer]
	switch {
	case !known:
		return file.folder() + " is in no folder of the dependency table"
	case !slices.ContainsFunc(allowed, func(folder string) bool { return within(imported, folder) }):
		return layer + " may import " + strings.Join(allowed, ", ") + "; not " + imported
	case layer == "core" && !file.isTest():
		return coreRefusal(file.folder(), imported)
	}
	return ""
}

// coreRefusal holds core's own order.
func coreRefusal(importer, imported string) string {
	above := slices.Index(coreOrder, path.Base(importer))
	below := slices.Index(coreOrder, path.Base(imported))
	if above < 0 || below < 0 || below >= above {
		return imported + " does not come before " + importer + " in core's order"
	}
	return ""
}

// staleOrderFindings compares core's order with core's folders: both name the same packages.
func staleOrderFindings(sources []source) []string {
	seen := map[string]bool{}
	var findings []string
	for _, file := range sources {
		name, ok := strings.CutPrefix(file.folder(), "core/")
		if !ok || seen[name] {
			continue
		}
		seen[name] = true
		if !slices.Contains(coreOrder, name) {
			findings = append(findings, file.folder()+" has no place in core's order")
		}
	}
	for _, name := range coreOrder {
		if !seen[name] {
			findings = append(findings, "core/"+name+" is in core's order and nowhere else")
		}
	}
	return findings
}
