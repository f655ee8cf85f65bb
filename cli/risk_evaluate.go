package main

import (
	"strconv"

	"github.com/spf13/cobra"

	"github.com/tallystick/tallystick/gateway-app/risk/dataset"
	"github.com/tallystick/tallystick/gateway-app/risk/evaluation"
	"github.com/tallystick/tallystick/gateway-app/risk/training"
)

// loansPath is where the figures that come with the project are, from its root.
const loansPath = "gateway-app/demo/data/loans.csv"

// standardRepeats are enough for a mean that moves by less than .005; many rows need one only.
const (
	standardRepeats = 5
	manyRows        = 20_000
)

// measured is one set of figures to evaluate on.
type measured struct {
	schema, path string
	withPrice    []bool
}

func newRiskEvaluate(s *session) *cobra.Command {
	var loans, german, taiwan string
	var plan dataset.Plan
	command := &cobra.Command{
		Use:   "evaluate",
		Short: "Cross-validate scorecard and challenger, with folds and seeds",
		Long: "Measure scorecards and challengers on rows that they did not see: on LendingClub's loans without and with\n" +
			"the platform's own price and grade, and on the German and Taiwanese figures where files are named.",
		Args: func(command *cobra.Command, args []string) error {
			if loans == "" && german == "" && taiwan == "" {
				return misused("%s has nothing to evaluate: name figures by --lending-club, --german or --taiwan", command.CommandPath())
			}
			return arguments()(command, args)
		},
		RunE: func(*cobra.Command, []string) error {
			var reports []evaluation.Report
			for _, m := range []measured{
				{"lending_club", loans, []bool{false, true}}, {"german", german, []bool{false}}, {"taiwan", taiwan, []bool{false}},
			} {
				if m.path == "" {
					continue
				}
				found, err := m.evaluate(plan)
				if err != nil {
					return err
				}
				reports = append(reports, found...)
			}
			return s.print(reports, qualitySheet("", reports...), foldSheet(reports))
		},
	}
	flags := command.Flags()
	flags.StringVar(&loans, "lending-club", loansPath, "LendingClub's loans; empty for none")
	flags.StringVar(&german, "german", "", "the German credit data (german.data)")
	flags.StringVar(&taiwan, "taiwan", "", "the credit card clients of Taiwan (CSV)")
	planFlags(flags, &plan, 0, " (default 5, or 1 from 20,000 rows on)")
	return command
}

func (m measured) evaluate(plan dataset.Plan) ([]evaluation.Report, error) {
	schema, err := dataset.Shipped(m.schema)
	if err != nil {
		return nil, err
	}
	table, _, err := readFigures(m.path, schema)
	if err != nil {
		return nil, err
	}
	var reports []evaluation.Report
	for _, withPrice := range m.withPrice {
		settings := training.DefaultSettings(table)
		settings.WithPrice, settings.Plan = withPrice, plan
		if plan.Repeats == 0 {
			settings.Plan.Repeats = standardRepeats
			if table.Rows() >= manyRows {
				settings.Plan.Repeats = 1
			}
		}
		card, beside, err := training.Evaluate(table, settings)
		if err != nil {
			return nil, err
		}
		reports = append(reports, card, beside)
	}
	return reports, nil
}

// foldSheet is a row for each fold.
func foldSheet(reports []evaluation.Report) sheet {
	t := sheet{
		title: "folds", columns: []string{"figures", "model", "repeat", "fold", "rows", "bad", "AUC", "KS", "Brier"},
		numbers: []string{"repeat", "fold", "rows", "bad", "AUC", "KS", "Brier"},
	}
	for _, r := range reports {
		for _, f := range r.Folds {
			t.add(r.Schema, r.Name, strconv.Itoa(f.Repeat), strconv.Itoa(f.Fold), strconv.Itoa(f.Rows), strconv.Itoa(f.Bad),
				fixed(f.AUC), fixed(f.KS), fixed(f.Brier))
		}
	}
	return t
}
