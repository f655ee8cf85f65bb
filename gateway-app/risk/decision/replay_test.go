package decision_test

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/gateway-app/risk/dataset"
	"github.com/tallystick/tallystick/gateway-app/risk/decision"
	"github.com/tallystick/tallystick/gateway-app/risk/rules"
)

var update = flag.Bool("update", false, "make the golden models, rules and decision anew")

func kept(t testing.TB, e *decision.Engine, in decision.Inputs) decision.Kept {
	t.Helper()
	return decision.Kept{Inputs: in, Salt: hex.EncodeToString(salt), Decision: decide(t, e, in)}
}

func TestReplayNamesTheFirstDifference(t *testing.T) {
	e := engine(t)
	line, err := json.Marshal(kept(t, e, good()))
	if err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		field  string
		change func(*decision.Kept)
	}{
		{"", func(*decision.Kept) {}},
		{"algorithm", func(k *decision.Kept) { k.Decision.Algorithm = "another" }},
		{"inputs_commitment", func(k *decision.Kept) { k.Salt = strings.Repeat("ab", 16) }},
		{"inputs_commitment", func(k *decision.Kept) { k.Inputs.AmountMinor++ }},
		{"model", func(k *decision.Kept) { k.Decision.Model = "" }},
		{"rule_set", func(k *decision.Kept) { k.Decision.RuleSet = "x" }},
		{"outcome", func(k *decision.Kept) { k.Decision.Outcome, k.Decision.Points = rules.Refuse, 0 }},
		{"limit_minor", func(k *decision.Kept) { k.Decision.LimitMinor++ }},
		{"rate_to_ppm", func(k *decision.Kept) { k.Decision.RateToPPM++ }},
		{"points", func(k *decision.Kept) { k.Decision.Points++ }},
		{"probability_ppm", func(k *decision.Kept) { k.Decision.ProbabilityPPM-- }},
		{"parts[2].points", func(k *decision.Kept) { k.Decision.Parts[2].Points++ }},
		{"parts[0].field", func(k *decision.Kept) { k.Decision.Parts = k.Decision.Parts[:0] }},
		{"challenger_parts[1].margin_ppm", func(k *decision.Kept) { k.Decision.ChallengerParts[1].MarginPPM++ }},
		{"fired[0]", func(k *decision.Kept) { k.Decision.Fired = []string{"invented"} }},
		{"review.zh", func(k *decision.Kept) { k.Decision.Review.ZH = "" }},
	}
	for _, c := range cases {
		read, err := decision.ParseKept(line)
		if err != nil {
			t.Fatal(err)
		}
		c.change(&read)
		_, err = e.Replay(read)
		var difference *decision.Difference
		switch {
		case c.field == "" && err != nil:
			t.Errorf("what nobody touched differs: %v", err)
		case c.field != "" && (!errors.As(err, &difference) || difference.Field != c.field):
			t.Errorf("got %v, want %s to differ", err, c.field)
		}
	}
}

func TestKeptDecisionsAreReadStrictly(t *testing.T) {
	for text, want := range map[string]string{
		`{"inputs":{},"salt":"","decision":{},"more":1}`: "unknown field", `{} {}`: "more than one", `{`: "EOF",
	} {
		if _, err := decision.ParseKept([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", text, err, want)
		}
	}
}

// TestADecisionOfLongAgoRecomputes holds this program to files that an earlier one wrote: models, rules, and a
// decision with its digest. Whoever changes what they give changes decision.Algorithm, and keeps the old way beside.
func TestADecisionOfLongAgoRecomputes(t *testing.T) {
	golden := func(name string) string { return filepath.Join("testdata", name) }
	if *update {
		writeGolden(t, golden)
	}
	var files [4][]byte
	for i, name := range []string{"scorecard.json", "challenger.json", "rules.json", "kept.json"} {
		var err error
		if files[i], err = os.ReadFile(golden(name)); err != nil {
			t.Fatal(err)
		}
	}
	set, err := rules.Compile(files[2])
	if err != nil {
		t.Fatal(err)
	}
	e, err := decision.New(files[0], files[1], set)
	if err != nil {
		t.Fatal(err)
	}
	old, err := decision.ParseKept(files[3])
	if err != nil {
		t.Fatal(err)
	}
	again, err := e.Replay(old)
	if err != nil {
		t.Fatal(err)
	}
	digest, err := again.Digest()
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(golden("digest.txt"))
	if err != nil {
		t.Fatal(err)
	}
	if digest+"\n" != string(want) {
		t.Errorf("the digest is %s, on the ledger stands %s", digest, want)
	}
}

// writeGolden trains small models on a part of the loans and keeps a decision by them.
func writeGolden(t *testing.T, golden func(string) string) {
	t.Helper()
	schema, err := dataset.Shipped("lending_club")
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(filepath.Join("..", "..", "demo", "data", "loans.csv"))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfterN(string(raw), "\n", 2002)
	part, err := dataset.Load(strings.NewReader(strings.Join(lines[:2001], "")), schema)
	if err != nil {
		t.Fatal(err)
	}
	options := decision.DefaultOptions()
	options.Challenger.Boosting.Rounds = 6
	small, err := decision.TrainDefault(part, options)
	if err != nil {
		t.Fatal(err)
	}
	set, err := rules.Compile(rules.TestNetwork())
	if err != nil {
		t.Fatal(err)
	}
	e, err := small.Engine(set)
	if err != nil {
		t.Fatal(err)
	}
	k := kept(t, e, signalled(good(), "device_identities", "2"))
	line, err := json.MarshalIndent(k, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	digest, err := k.Decision.Digest()
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{
		"scorecard.json": small.ScorecardFile, "challenger.json": small.ChallengerFile, "rules.json": rules.TestNetwork(),
		"kept.json": append(line, '\n'), "digest.txt": []byte(digest + "\n"),
	} {
		if err := os.WriteFile(golden(name), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
