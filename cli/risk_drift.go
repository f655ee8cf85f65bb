package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/tallystick/tallystick/gateway-app/risk/decision"
	"github.com/tallystick/tallystick/gateway-app/risk/evaluation"
	"github.com/tallystick/tallystick/gateway-app/risk/scorecard"
	"github.com/tallystick/tallystick/gateway-app/risk/training"
)

func newRiskDrift(s *session) *cobra.Command {
	var schemaName, models string
	command := &cobra.Command{
		Use:   "drift FIGURES",
		Short: "Say how far today's applicants lie from those that a model was trained on",
		Long: "Compare figures (with or without outcomes) with the training report in the folder that --models names, by\n" +
			"the population stability index: below 0.1 stable, from 0.25 on shifted. Of fewer than 100 rows nothing is said.",
		Args: func(command *cobra.Command, args []string) error {
			if models == "" {
				return misused("%s needs --models, the folder of the models", command.CommandPath())
			}
			return arguments("FIGURES")(command, args)
		},
		RunE: func(_ *cobra.Command, args []string) error {
			report, model, err := readTrained(models)
			if err != nil {
				return err
			}
			if schemaName == "" {
				schemaName = builtin + report.Schema
			}
			schema, err := readSchema(schemaName)
			if err != nil {
				return err
			}
			table, _, err := readFigures(args[0], schema)
			if err != nil {
				return err
			}
			drifts, err := report.Drift(table, model)
			if err != nil {
				return err
			}
			return s.print(drifts, driftSheet(driftTitle(table.Rows(), report.Rows), drifts))
		},
	}
	flags := command.Flags()
	flags.StringVar(&models, "models", "", "the folder of the models, as tally risk train writes it")
	flags.StringVar(&schemaName, "schema", "", "the figures' schema (default: the report's, among those that come with the program)")
	return command
}

// driftTitle says how much was compared, and where that is too little.
func driftTitle(today, trained int) string {
	title := fmt.Sprintf("%d rows against %d that were trained on", today, trained)
	if today < evaluation.LeastRows {
		title += fmt.Sprintf(": too few to tell drift from chance; bring at least %d", evaluation.LeastRows)
	}
	return title
}

// readTrained reads a training report and the scorecard that it is of.
func readTrained(folder string) (training.Report, evaluation.Model, error) {
	raw, err := os.ReadFile(filepath.Join(folder, reportFile))
	if err != nil {
		return training.Report{}, nil, fmt.Errorf("read a training report: %w", err)
	}
	report, err := training.ParseReport(raw)
	if err != nil {
		return training.Report{}, nil, err
	}
	raw, err = os.ReadFile(filepath.Join(folder, scorecardFile))
	if err != nil {
		return training.Report{}, nil, fmt.Errorf("read a scorecard: %w", err)
	}
	if hash := decision.Hash(raw); hash != report.ScorecardSHA256 {
		return training.Report{}, nil, unverified("the scorecard in %s is %s, the training report is of %s", folder, hash, report.ScorecardSHA256)
	}
	card, err := scorecard.Parse(raw)
	return report, card, err
}
