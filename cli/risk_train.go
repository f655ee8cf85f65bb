package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tallystick/tallystick/gateway-app/risk/dataset"
	"github.com/tallystick/tallystick/gateway-app/risk/decision"
	"github.com/tallystick/tallystick/gateway-app/risk/evaluation"
	"github.com/tallystick/tallystick/gateway-app/risk/training"
)

func planFlags(flags *pflag.FlagSet, plan *dataset.Plan, repeats int, said string) {
	flags.IntVar(&plan.Folds, "folds", 5, "folds of the cross-validation")
	flags.IntVar(&plan.Repeats, "repeats", repeats, "how often the folds are drawn anew"+said)
	flags.Uint64Var(&plan.Seed, "seed", 1, "of the folds")
}

func newRiskTrain(s *session) *cobra.Command {
	var schemaName, out string
	var withPrice bool
	var plan dataset.Plan
	command := &cobra.Command{
		Use:   "train FIGURES",
		Short: "Train a scorecard and its challenger, and report on both",
		Long: "Train both models on all rows of the figures and write " + scorecardFile + ", " + challengerFile + " and\n" +
			reportFile + " into the folder that --out names. The same figures and flags give the same\n" +
			"bytes. Protected fields are never read; the platform's own price and grade only with --price.",
		Args: func(command *cobra.Command, args []string) error {
			if out == "" {
				return misused("%s needs --out, the folder for the models", command.CommandPath())
			}
			return arguments("FIGURES")(command, args)
		},
		RunE: func(_ *cobra.Command, args []string) error {
			schema, err := readSchema(schemaName)
			if err != nil {
				return err
			}
			table, sum, err := readFigures(args[0], schema)
			if err != nil {
				return err
			}
			settings := training.DefaultSettings(table)
			settings.WithPrice, settings.Plan = withPrice, plan
			models, report, err := training.Run(table, sum, settings)
			if err != nil {
				return err
			}
			if err := writeModels(out, models, report); err != nil {
				return err
			}
			return s.print(report, trainedSheets(report)...)
		},
	}
	flags := command.Flags()
	flags.StringVar(&schemaName, "schema", builtin+"lending_club", "the figures' schema: a file, or one that comes with the program")
	flags.StringVar(&out, "out", "", "the folder for the models")
	flags.BoolVar(&withPrice, "price", false, "let the models read the platform's own price and grade")
	planFlags(flags, &plan, 1, "")
	return command
}

func writeModels(folder string, models decision.Models, report training.Report) error {
	file, err := report.File()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("write models: %w", err)
	}
	for _, each := range []struct {
		name string
		text []byte
	}{{scorecardFile, models.ScorecardFile}, {challengerFile, models.ChallengerFile}, {reportFile, file}} {
		if err := os.WriteFile(filepath.Join(folder, each.name), each.text, 0o644); err != nil {
			return fmt.Errorf("write models: %w", err)
		}
	}
	return nil
}

func trainedSheets(r training.Report) []sheet {
	head := facts("",
		"schema", r.Schema, "figures (SHA-256)", r.FiguresSHA256, "rows", fmt.Sprint(r.Rows), "bad", fmt.Sprint(r.Bad),
		"scorecard (SHA-256)", r.ScorecardSHA256, "challenger (SHA-256)", r.ChallengerSHA256, "notice", r.Notice)
	quality := qualitySheet("quality on rows that were held out", r.Scorecard, r.Challenger)
	calibration := sheet{
		title: "the scorecard's calibration", columns: []string{"tenth", "rows", "bad", "predicted", "observed"},
		numbers: []string{"tenth", "rows", "bad", "predicted", "observed"},
	}
	for i, p := range r.Scorecard.Pooled.Calibration.Parts {
		calibration.add(strconv.Itoa(i+1), strconv.Itoa(p.Rows), strconv.Itoa(p.Bad), fixed(p.Predicted), fixed(p.Observed))
	}
	stability := driftSheet(fmt.Sprintf("stability of a held-out share of %d rows", r.HeldOut.Rows), r.HeldOut.Stability)
	fair := sheet{
		title: "fairness of the scorecard's decisions", columns: []string{"field", "group", "rows", "approved", "bad", "false refusals", "impact"},
		numbers: []string{"rows", "approved", "bad", "false refusals", "impact"},
	}
	for _, report := range r.Fairness {
		for _, g := range report.Groups {
			impact := "not judged"
			if g.AdverseImpact != nil {
				impact = fixed(*g.AdverseImpact)
			}
			fair.add(report.Field, g.Name, strconv.Itoa(g.Rows), fixed(g.ApprovalRate), fixed(g.BadRate), fixed(g.FalseRefusalRate), impact)
		}
	}
	return []sheet{head, quality, calibration, stability, fair}
}

// qualitySheet is a row for each cross-validation.
func qualitySheet(title string, reports ...evaluation.Report) sheet {
	t := sheet{
		title:   title,
		columns: []string{"figures", "model", "AUC", "sd", "Gini", "KS", "accuracy", "Brier", "slope", "intercept", "folds", "repeats", "seed"},
		numbers: []string{"AUC", "sd", "Gini", "KS", "accuracy", "Brier", "slope", "intercept", "folds", "repeats", "seed"},
	}
	for _, r := range reports {
		c := r.Pooled.Calibration
		t.add(r.Schema, r.Name, fixed(r.AUC), fixed(r.AUCDeviation), fixed(evaluation.Gini(r.AUC)), fixed(r.KS), fixed(r.Pooled.Accuracy),
			fixed(r.Brier), fixed(c.Slope), fixed(c.Intercept), strconv.Itoa(r.Plan.Folds), strconv.Itoa(r.Plan.Repeats), fmt.Sprint(r.Plan.Seed))
	}
	return t
}

func driftSheet(title string, drifts []evaluation.Drift) sheet {
	t := sheet{title: title, columns: []string{"field", "PSI", "reading"}, numbers: []string{"PSI"}}
	for _, d := range drifts {
		t.add(d.Field, fixed(d.PSI), string(d.Reading))
	}
	return t
}
