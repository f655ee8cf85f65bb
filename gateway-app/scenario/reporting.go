package scenario

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/core/wire"
)

// The rules of the test network's reporting pack, a file a kind.
//
//go:embed reporting/*.json
var reporting embed.FS

// Reporting is the reporting pack of the test network: formulas of every indicator of a disclosure, rules of validation,
// alerts, warnings and deadlines. docs/reporting.md shows them as tables.
func Reporting() wire.ProposedRegime {
	return wire.ProposedRegime{
		ID: "reporting-2016", Title: "Reporting of the test network", AppliesTo: regime.Reports,
		Source:        "as configured for the test network; indicators after 银监办发〔2017〕113号, each rule names its own source",
		EffectiveFrom: calendar.NewDate(2016, 1, 1),
		Reporting: &regime.Reporting{
			Formulas:    rules[regime.Formula]("formulas"),
			Validations: rules[regime.Validation]("validations"),
			Alerts:      rules[regime.Alert]("alerts"),
			Warnings:    rules[regime.Warning]("warnings"),
			Deadlines:   rules[regime.Deadline]("deadlines"),
		},
	}
}

// rules reads a shipped file. That each is in order, a test says.
func rules[T any](kind string) []T {
	text, err := reporting.ReadFile("reporting/" + kind + ".json")
	if err != nil {
		panic(fmt.Sprintf("scenario: the rules of %s were not compiled in: %v", kind, err))
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	var list []T
	if err := decoder.Decode(&list); err != nil {
		panic(fmt.Sprintf("scenario: read the shipped rules of %s: %v", kind, err))
	}
	return list
}
