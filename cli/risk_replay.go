package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/tallystick/tallystick/core/evidence"
	"github.com/tallystick/tallystick/gateway-app/risk/decision"
	"github.com/tallystick/tallystick/gateway-app/risk/rules"
)

// replaying is what decisions are recomputed with, by hash.
type replaying struct {
	models  map[string][]byte
	sets    map[string]*rules.Set
	engines map[[3]string]*decision.Engine
}

type replayView struct {
	Decisions int            `json:"decisions"`
	Outcomes  map[string]int `json:"outcomes"`
	Engines   int            `json:"engines"` // different models with their rules that decided
	Offline   bool           `json:"offline"`
	*coverage
}

func newRiskReplay(s *session) *cobra.Command {
	var modelPaths, rulePaths []string
	var offline bool
	var asked completeness
	command := &cobra.Command{
		Use:   "replay EXPORT",
		Short: "Recompute every decision of a member's export, and find each on the ledger",
		Long: "Read decisions with their inputs and salts, one JSON object after the other, and compute each again from\n" +
			"model and rule files, which are found by the hashes that the decision names. Nothing is asked of the app that\n" +
			"decided. Then look for every decision, model and rule set in the members' logs, rebuilt from the chain's own\n" +
			"blocks. With --offline nothing is asked of the ledger: an export that was made up as a whole, or from which decisions were\n" +
			"dropped, passes then.\n\n" +
			"All decisions must be in one member's log, and every entry of that log under the phase decision must be one of\n" +
			"them, up to the block --until, the ledger's height when the export was made. Reviews and matching runs, which\n" +
			"are anchored there as well, are told by their media types. Decisions on people who were purged are lawfully\n" +
			"absent: the ledger cannot tell which these are, so --allow-missing says how many the member accounted for.",
		Args: func(command *cobra.Command, args []string) error {
			if len(modelPaths) == 0 {
				return misused("%s needs --models, files or folders of models", command.CommandPath())
			}
			return arguments("EXPORT")(command, args)
		},
		RunE: func(command *cobra.Command, args []string) error {
			r, err := newReplaying(modelPaths, rulePaths)
			if err != nil {
				return err
			}
			view, digests, err := r.replay(args[0])
			if err != nil {
				return err
			}
			if view.Offline = offline; !offline {
				if view.coverage, err = s.findDigests(command.Context(), digests, asked); err != nil {
					return err
				}
			}
			return s.print(view, replayFacts(view))
		},
	}
	flags := command.Flags()
	flags.StringSliceVar(&modelPaths, "models", nil, "files or folders of models")
	flags.StringSliceVar(&rulePaths, "rules", []string{builtinRules}, "files or folders of rule sets")
	flags.BoolVar(&offline, "offline", false, "do not look for the decisions on the ledger")
	asked.flags(flags)
	return command
}

func newReplaying(modelPaths, rulePaths []string) (*replaying, error) {
	r := &replaying{models: map[string][]byte{}, sets: map[string]*rules.Set{}, engines: map[[3]string]*decision.Engine{}}
	for _, path := range modelPaths {
		files, err := jsonFiles(path)
		if err != nil {
			return nil, fmt.Errorf("read models: %w", err)
		}
		for _, name := range files {
			raw, err := os.ReadFile(name)
			if err != nil {
				return nil, fmt.Errorf("read models: %w", err)
			}
			r.models[decision.Hash(raw)] = raw
		}
	}
	for _, path := range rulePaths {
		files := []string{path}
		if path != builtinRules {
			var err error
			if files, err = jsonFiles(path); err != nil {
				return nil, fmt.Errorf("read rule sets: %w", err)
			}
		}
		for _, name := range files {
			set, err := readRules(name)
			if err != nil {
				return nil, err
			}
			r.sets[set.Hash()] = set
		}
	}
	return r, nil
}

// engine is the one that a decision names by hashes.
func (r *replaying) engine(d decision.Decision) (*decision.Engine, error) {
	key := [3]string{d.Model, d.Challenger, d.RuleSet}
	if e := r.engines[key]; e != nil {
		return e, nil
	}
	card, haveCard := r.models[d.Model]
	beside, haveBeside := r.models[d.Challenger]
	set, haveSet := r.sets[d.RuleSet]
	switch {
	case !haveCard:
		return nil, unverified("decision on application %s: no file is the scorecard %s that it names: ask the member for it", d.Application, d.Model)
	case d.Challenger != "" && !haveBeside:
		return nil, unverified("decision on application %s: no file is the challenger %s that it names: ask the member for it", d.Application, d.Challenger)
	case !haveSet:
		return nil, unverified("decision on application %s: no file is the rule set %s that it names: ask the member for it", d.Application, d.RuleSet)
	}
	e, err := decision.New(card, beside, set)
	if err != nil {
		return nil, unverified("decision on application %s: %w", d.Application, err)
	}
	r.engines[key] = e
	return e, nil
}

// toFind is what must be on the ledger: a digest, its phase, and what it is of.
type toFind struct {
	digest string
	phase  evidence.Phase
	of     string
}

// replay recomputes every decision of an export.
func (r *replaying) replay(path string) (replayView, []toFind, error) {
	view := replayView{Outcomes: map[string]int{}}
	file, err := os.Open(path)
	if err != nil {
		return view, nil, fmt.Errorf("read decisions: %w", err)
	}
	defer file.Close()
	decoder := json.NewDecoder(bufio.NewReader(file))
	wanted := map[toFind]bool{}
	var order []toFind
	want := func(f toFind) {
		if f.digest != "" && !wanted[f] {
			wanted[f], order = true, append(order, f)
		}
	}
	decided := map[string]bool{}
	for {
		var line json.RawMessage
		if err := decoder.Decode(&line); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return view, nil, fmt.Errorf("read decision %d of %s: %w", view.Decisions+1, path, err)
		}
		d, digest, err := r.recompute(line)
		if err != nil {
			return view, nil, fmt.Errorf("decision %d of %s: %w", view.Decisions+1, path, err)
		}
		if decided[d.Application] {
			return view, nil, unverified("decision %d of %s: application %s is decided in it twice", view.Decisions+1, path, d.Application)
		}
		decided[d.Application] = true
		view.Decisions++
		view.Outcomes[string(d.Outcome)]++
		want(toFind{digest, evidence.PhaseDecision, "the decision on application " + d.Application})
		want(toFind{d.Model, evidence.PhaseModel, "the scorecard"})
		want(toFind{d.Challenger, evidence.PhaseModel, "the challenger"})
		want(toFind{d.RuleSet, evidence.PhaseModel, "the rule set " + d.RuleName})
	}
	if view.Decisions == 0 {
		return view, nil, fmt.Errorf("read decisions: %s holds none", path)
	}
	view.Engines = len(r.engines)
	return view, order, nil
}

// recompute answers a decision that came out as it was kept, and its digest.
func (r *replaying) recompute(line []byte) (decision.Decision, string, error) {
	kept, err := decision.ParseKept(line)
	if err != nil {
		return decision.Decision{}, "", err
	}
	engine, err := r.engine(kept.Decision)
	if err != nil {
		return decision.Decision{}, "", err
	}
	again, err := engine.Replay(kept)
	if err != nil {
		return again, "", unverified("%w", err) // a decision that the engine refuses to make was not made by it
	}
	digest, err := again.Digest()
	return again, digest, err
}

func replayFacts(view replayView) sheet {
	remark := "every decision, model and rule set is on the ledger"
	member, missing := "", ""
	if view.Offline {
		remark = "not compared with the ledger"
	} else {
		member, missing = view.Member, fmt.Sprint(len(view.Missing))
	}
	return facts("verified",
		"decisions", fmt.Sprint(view.Decisions), "approve", fmt.Sprint(view.Outcomes[string(rules.Approve)]),
		"refer", fmt.Sprint(view.Outcomes[string(rules.Refer)]), "refuse", fmt.Sprint(view.Outcomes[string(rules.Refuse)]),
		"models with their rules", fmt.Sprint(view.Engines), "ledger", remark,
		"in the log of", member, "anchored there, not in the export", missing)
}
