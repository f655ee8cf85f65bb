package main

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/gateway-app/risk/dataset"
	"github.com/tallystick/tallystick/gateway-app/risk/decision"
	"github.com/tallystick/tallystick/gateway-app/risk/scorecard"
)

// scoring is by which models and rules one application is decided.
type scoring struct{ models, rules, salt string }

func (c *scoring) bind(flags *pflag.FlagSet) {
	flags.StringVar(&c.models, "models", "", "the folder of the models, as tally risk train writes it")
	flags.StringVar(&c.rules, "rules", builtinRules, "the rule set: a file, or the one that comes with the program")
	flags.StringVar(&c.salt, "salt", "", "hides the inputs behind their commitment: hexadecimal, 16 to 64 bytes (default: random)")
}

func (c *scoring) arguments(command *cobra.Command, args []string) error {
	if c.models == "" {
		return misused("%s needs --models, the folder of the models", command.CommandPath())
	}
	return arguments("APPLICATION")(command, args)
}

// decide decides the application in a file.
func (c *scoring) decide(path string) (decision.Kept, error) {
	engine, err := readEngine(c.models, c.rules)
	if err != nil {
		return decision.Kept{}, err
	}
	in, err := readInputs(path)
	if err != nil {
		return decision.Kept{}, err
	}
	salt := make([]byte, 32)
	if _, err := rand.Read(salt); err != nil {
		return decision.Kept{}, fmt.Errorf("draw a salt: %w", err)
	}
	if c.salt != "" {
		if salt, err = hex.DecodeString(c.salt); err != nil {
			return decision.Kept{}, misused("--salt is no hexadecimal: %v", err)
		}
	}
	decided, err := engine.Decide(in, salt)
	return decision.Kept{Inputs: in, Salt: hex.EncodeToString(salt), Decision: decided}, err
}

func newRiskScore(s *session) *cobra.Command {
	c := &scoring{}
	command := &cobra.Command{
		Use:   "score APPLICATION",
		Short: "Decide one application by model files and a rule set, with reasons",
		Long: "Read an application (a JSON file, or - for standard input) and decide it. With -o json the answer holds\n" +
			"inputs, salt and decision, as tally risk replay reads them.",
		Args: c.arguments,
		RunE: func(_ *cobra.Command, args []string) error {
			kept, err := c.decide(args[0])
			if err != nil {
				return err
			}
			digest, err := kept.Decision.Digest()
			if err != nil {
				return err
			}
			return s.print(kept, decisionFacts(kept.Decision, digest), reasonSheet(kept.Decision))
		},
	}
	c.bind(command.Flags())
	return command
}

func decisionFacts(d decision.Decision, digest string) sheet {
	thin := ""
	if d.ThinFile {
		thin = "yes: too little is known for a score of its own"
	}
	beside := ""
	if d.Challenger != "" {
		beside = percent(money.PPM(d.ChallengerPPM))
	}
	return facts("",
		"application", d.Application, "outcome", string(d.Outcome), "risk level", string(d.RiskLevel), "grade", d.Grade,
		"product risk", fmt.Sprintf("R%d", d.ProductRisk), "limit", money.CNY.Format(d.LimitMinor),
		"price band", percent(d.RateFromPPM)+" to "+percent(d.RateToPPM), "points", strconv.Itoa(d.Points),
		"probability of default", percent(money.PPM(d.ProbabilityPPM)), "the challenger's", beside, "thin file", thin,
		"known", percent(money.PPM(d.KnownPPM)), "rules that fired", strings.Join(d.Fired, ", "),
		"rule set", d.RuleName+" "+d.RuleSet, "scorecard", d.Model, "challenger", d.Challenger,
		"inputs' commitment", d.Commitment, "decision's digest", digest, "algorithm", d.Algorithm,
		"review", d.Review.EN, "复核", d.Review.ZH)
}

func reasonSheet(d decision.Decision) sheet {
	t := sheet{title: "reasons", columns: []string{"code", "from", "reason", "理由"}}
	for _, r := range d.Reasons {
		t.add(r.Code, string(r.From), r.EN, r.ZH)
	}
	return t
}

// explained is a decision with what each field of either model did to it.
type explained struct {
	Decision decision.Decision `json:"decision"`
	Fields   []scorecard.Part  `json:"fields"`
}

func newRiskExplain(s *session) *cobra.Command {
	c := &scoring{}
	command := &cobra.Command{
		Use:   "explain APPLICATION",
		Short: "Say what each field did to an application's score, in either model",
		Args:  c.arguments,
		RunE: func(_ *cobra.Command, args []string) error {
			kept, err := c.decide(args[0])
			if err != nil {
				return err
			}
			parts, err := explainCard(filepath.Join(c.models, scorecardFile), kept.Inputs)
			if err != nil {
				return err
			}
			d := kept.Decision
			return s.print(explained{d, parts}, pointSheet(d, parts), marginSheet(d), reasonSheet(d))
		},
	}
	c.bind(command.Flags())
	return command
}

func explainCard(path string, in decision.Inputs) ([]scorecard.Part, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read a scorecard: %w", err)
	}
	card, err := scorecard.Parse(raw)
	if err != nil {
		return nil, err
	}
	record, err := dataset.NewReader(&card.Schema).Fields(in.Fields)
	if err != nil {
		return nil, err
	}
	return card.Explain(record), nil
}

func pointSheet(d decision.Decision, parts []scorecard.Part) sheet {
	t := sheet{
		title:   fmt.Sprintf("the scorecard: %d points = base %d and the fields'", d.ModelPoints, d.BasePoints),
		columns: []string{"field", "meaning", "含义", "points", "mean", "best"}, numbers: []string{"points", "mean", "best"},
	}
	for _, p := range parts {
		label := dataset.Text{}
		if p.Label != nil {
			label = *p.Label
		}
		t.add(p.Field, label.EN, label.ZH, strconv.Itoa(p.Points), fmt.Sprintf("%.1f", p.Mean), strconv.Itoa(p.Best))
	}
	return t
}

func marginSheet(d decision.Decision) sheet {
	t := sheet{
		title:   fmt.Sprintf("the challenger: log-odds of default = mean %.4f and the fields' Shapley values", float64(d.ChallengerBasePPM)/1e6),
		columns: []string{"field", "log-odds"}, numbers: []string{"log-odds"},
	}
	for _, p := range d.ChallengerParts {
		t.add(p.Field, fmt.Sprintf("%+.4f", float64(p.MarginPPM)/1e6))
	}
	return t
}
