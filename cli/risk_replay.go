package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/tallystick/tallystick/core/evidence"
	"github.com/tallystick/tallystick/gateway-app/ledger"
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
}

func newRiskReplay(s *session) *cobra.Command {
	var modelPaths, rulePaths []string
	var offline bool
	command := &cobra.Command{
		Use:   "replay EXPORT",
		Short: "Recompute every decision of a member's export, and find each on the ledger",
		Long: "Read decisions with their inputs and salts, one JSON object after the other, and compute each again from\n" +
			"model and rule files, which are found by the hashes that the decision names. Nothing is asked of the app that\n" +
			"decided. Then look for every decision, model and rule set in the members' logs, rebuilt from the chain's own\n" +
			"blocks. With --offline nothing is asked of the ledger: an export that was made up as a whole passes then.",
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
				if err := s.findDigests(command.Context(), digests); err != nil {
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

// findDigests looks for every digest in the members' logs, which it rebuilds from the chain.
func (s *session) findDigests(ctx context.Context, wanted []toFind) error {
	return s.within(ctx, func(ctx context.Context, c *ledger.Client) error {
		logs, err := s.rebuildLogs(ctx, c)
		if err != nil {
			return err
		}
		type place struct {
			phase  evidence.Phase
			digest string
		}
		anchored := map[place]bool{}
		for _, log := range logs {
			for _, e := range log.entries {
				anchored[place{e.entry.Phase, e.entry.Digest}] = true
			}
		}
		for _, w := range wanted {
			if !anchored[place{w.phase, w.digest}] {
				return unverified("%s, %s, is in nobody's log under the phase %s", w.of, w.digest, w.phase)
			}
		}
		return nil
	})
}

func replayFacts(view replayView) sheet {
	remark := "every decision, model and rule set is on the ledger"
	if view.Offline {
		remark = "not compared with the ledger"
	}
	return facts("verified",
		"decisions", fmt.Sprint(view.Decisions), "approve", fmt.Sprint(view.Outcomes[string(rules.Approve)]),
		"refer", fmt.Sprint(view.Outcomes[string(rules.Refer)]), "refuse", fmt.Sprint(view.Outcomes[string(rules.Refuse)]),
		"models with their rules", fmt.Sprint(view.Engines), "ledger", remark)
}
