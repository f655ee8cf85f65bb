package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tallystick/tallystick/gateway-app/risk/dataset"
	"github.com/tallystick/tallystick/gateway-app/risk/decision"
	"github.com/tallystick/tallystick/gateway-app/risk/rules"
)

// builtin marks schemas and rule sets that come with the program.
const builtin = "builtin:"

// builtinRules is the rule set of the test network.
const builtinRules = builtin + "test-network"

// The names of what training writes.
const (
	scorecardFile  = "scorecard.json"
	challengerFile = "challenger.json"
	reportFile     = "training-report.json"
)

func newRisk(s *session) *cobra.Command {
	return group("risk", "Scorecards, their challengers and decisions: trained, measured, explained, recomputed",
		newRiskTrain(s), newRiskEvaluate(s), newRiskScore(s), newRiskExplain(s), newRiskDrift(s), newRiskReplay(s))
}

// readSchema reads a schema's file, or one that comes with the program.
func readSchema(name string) (*dataset.Schema, error) {
	if shipped, ok := strings.CutPrefix(name, builtin); ok {
		return dataset.Shipped(strings.ReplaceAll(shipped, "-", "_"))
	}
	raw, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("read a schema: %w: name one, or use %s with one of %s", err, builtin, strings.Join(dataset.ShippedNames(), ", "))
	}
	return dataset.ParseSchema(raw)
}

// readFigures reads a whole file by a schema, and answers its SHA-256 too.
func readFigures(path string, schema *dataset.Schema) (*dataset.Table, string, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, "", fmt.Errorf("read figures: %w", err)
	}
	table, err := dataset.Load(bytes.NewReader(raw), schema)
	if err != nil {
		return nil, "", fmt.Errorf("%s: %w", path, err)
	}
	sum := sha256.Sum256(raw)
	return table, hex.EncodeToString(sum[:]), nil
}

// readRules compiles a rule set's file, or the one that comes with the program.
func readRules(name string) (*rules.Set, error) {
	if name == builtinRules {
		return rules.Compile(rules.TestNetwork())
	}
	if strings.HasPrefix(name, builtin) {
		return nil, misused("there is no rule set %s: name a file, or %s", name, builtinRules)
	}
	raw, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("read a rule set: %w", err)
	}
	set, err := rules.Compile(raw)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return set, nil
}

// readEngine puts the models of one folder together with a rule set.
func readEngine(folder, ruleSet string) (*decision.Engine, error) {
	set, err := readRules(ruleSet)
	if err != nil {
		return nil, err
	}
	card, err := os.ReadFile(filepath.Join(folder, scorecardFile))
	if err != nil {
		return nil, fmt.Errorf("read a scorecard: %w: train one with tally risk train", err)
	}
	beside, err := os.ReadFile(filepath.Join(folder, challengerFile))
	if err != nil && !os.IsNotExist(err) {
		return nil, fmt.Errorf("read a challenger: %w", err)
	}
	return decision.New(card, beside, set)
}

// readInputs reads what a decision is made from: a file, or the standard input for "-".
func readInputs(path string) (decision.Inputs, error) {
	var raw []byte
	var err error
	if path == "-" {
		raw, err = io.ReadAll(os.Stdin)
	} else {
		raw, err = os.ReadFile(path)
	}
	if err != nil {
		return decision.Inputs{}, fmt.Errorf("read an application: %w", err)
	}
	return decision.ParseInputs(raw)
}

// jsonFiles lists a path itself, or the JSON files of a folder in order.
func jsonFiles(path string) ([]string, error) {
	info, err := os.Stat(path)
	if err != nil || !info.IsDir() {
		return []string{path}, err
	}
	found, err := filepath.Glob(filepath.Join(path, "*.json"))
	slices.Sort(found)
	return found, err
}

func fixed(number float64) string { return fmt.Sprintf("%.4f", number) }
