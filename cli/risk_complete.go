package main

import (
	"context"
	"math"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/tallystick/tallystick/core/evidence"
	"github.com/tallystick/tallystick/gateway-app/ledger"
)

// completeness is what an auditor knows of an export beside its decisions.
type completeness struct {
	member  string // whose export it is; none: the one whose log holds every decision
	until   uint64 // the last block that counts
	allowed int    // decisions that are lawfully not in the export
}

func (c *completeness) flags(flags *pflag.FlagSet) {
	flags.StringVar(&c.member, "member", "", "whose export it is (default: the member in whose log the decisions are)")
	flags.Uint64Var(&c.until, "until", math.MaxUint64, "the last block before the export was made")
	flags.Lookup("until").DefValue = "the newest"
	flags.IntVar(&c.allowed, "allow-missing", 0, "how many anchored decisions the export may lack, of people who were purged")
}

// coverage says in whose log the decisions are, and what that log holds beside them.
type coverage struct {
	Member  string   `json:"member"`
	Missing []string `json:"missing"` // digests of decisions that are anchored and not in the export
}

// findDigests looks for every digest in the members' logs, which it rebuilds from the chain, and in the log of the
// export's member for decisions that the export leaves out.
func (s *session) findDigests(ctx context.Context, wanted []toFind, asked completeness) (*coverage, error) {
	var found *coverage
	err := s.within(ctx, func(ctx context.Context, c *ledger.Client) error {
		logs, err := s.rebuildLogs(ctx, c)
		if err == nil {
			found, err = asked.compare(logs, wanted)
		}
		return err
	})
	return found, err
}

// compare holds an export against the logs. Models and rule sets may stand in any log, since members who train
// on the same figures get the same files; decisions only in that of their member.
func (c completeness) compare(logs memberLogs, wanted []toFind) (*coverage, error) {
	held := make([]holding, len(logs))
	for i, log := range logs {
		held[i] = log.holding()
	}
	for _, w := range wanted {
		if !slices.ContainsFunc(held, func(h holding) bool { return h[anchorage{w.phase, w.digest}] }) {
			return nil, unverified("%s, %s, is in nobody's log under the phase %s", w.of, w.digest, w.phase)
		}
	}
	log, err := c.log(logs, held, wanted)
	if err != nil {
		return nil, err
	}
	found := &coverage{Member: log.member, Missing: log.undecided(wanted, c.until)}
	if n := len(found.Missing); n > c.allowed {
		return nil, unverified("%d decisions in the log of %s are not in the export (%d may be missing): %s",
			n, log.member, c.allowed, strings.Join(found.Missing, ", "))
	}
	return found, nil
}

// log is the one log that holds every decision of the export.
func (c completeness) log(logs memberLogs, held []holding, wanted []toFind) (*memberLog, error) {
	var found *memberLog
	for i, log := range logs {
		if !matches(c.member, log.member) || !held[i].decisions(wanted) {
			continue
		}
		if found != nil {
			return nil, unverified("the decisions are in the logs of %s and %s: say with --member whose export it is", found.member, log.member)
		}
		found = log
	}
	switch {
	case found == nil && c.member != "":
		return nil, unverified("the log of %s does not hold every decision of the export", c.member)
	case found == nil:
		return nil, unverified("no member's log holds every decision of the export: they are of several members")
	}
	return found, nil
}

// holding is which digests are in a log, by phase.
type holding map[anchorage]bool

type anchorage struct {
	phase  evidence.Phase
	digest string
}

// holding leaves out what is under the phase decision and of another kind: a decision that is anchored as such
// would be passed over where an export leaves it out.
func (l *memberLog) holding() holding {
	h := holding{}
	for _, e := range l.entries {
		if e.entry.Phase != evidence.PhaseDecision || mayDecide(e.entry) {
			h[anchorage{e.entry.Phase, e.entry.Digest}] = true
		}
	}
	return h
}

// decisions reports whether every decision of an export is among them.
func (h holding) decisions(wanted []toFind) bool {
	return !slices.ContainsFunc(wanted, func(w toFind) bool {
		return w.phase == evidence.PhaseDecision && !h[anchorage{w.phase, w.digest}]
	})
}

// undecided lists the digests of a log, up to a block, that are decisions which nobody has asked for.
func (l *memberLog) undecided(wanted []toFind, until uint64) []string {
	asked := map[string]bool{}
	for _, w := range wanted {
		asked[w.digest] = asked[w.digest] || w.phase == evidence.PhaseDecision
	}
	missing := []string{}
	for _, e := range l.entries {
		if e.change.Block <= until && mayDecide(e.entry) && !asked[e.entry.Digest] {
			missing = append(missing, e.entry.Digest)
		}
	}
	return missing
}

// mayDecide reports whether an entry is a decision on credit: whatever is under the phase and not known to be
// something else.
func mayDecide(e evidence.Entry) bool {
	return e.Phase == evidence.PhaseDecision && e.MediaType != evidence.ReviewMedia && e.MediaType != evidence.MatchingRunMedia
}
