package decision_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/gateway-app/risk/decision"
)

const plainInputs = `{"version": 1, "application": "a-1", "amount_minor": "500000", "term_months": 36, ` +
	`"fields": {"annual_inc": 90000}, "signals": {"calls": 1}}`

// strictCases are ways to say a thing twice, or to say it in another spelling.
var strictCases = []struct{ name, old, replacement, refusal string }{
	{"a field twice", `"annual_inc": 90000`, `"annual_inc": 90000, "annual_inc": 1`, "duplicate"},
	{"a field twice, by an escape", `"annual_inc": 90000`, `"annual_inc": 90000, "\u0061nnual_inc": 1`, "duplicate"},
	{"a field in two cases", `"annual_inc": 90000`, `"annual_inc": 90000, "Annual_Inc": 1`, "differ by case alone"},
	{"a signal in two cases", `"calls": 1`, `"calls": 1, "CALLS": 2`, "differ by case alone"},
	{"a name within a value twice", `"annual_inc": 90000`, `"annual_inc": {"a": 1, "a": 2}`, "duplicate"},
	{"a member twice", `"term_months": 36`, `"term_months": 36, "term_months": 12`, "duplicate"},
	{"a member in another case", `"term_months"`, `"Term_Months"`, "own spelling"},
	{"a member in two cases", `"term_months": 36`, `"term_months": 36, "TERM_MONTHS": 12`, "own spelling"},
	{"fields in two cases", `"fields"`, `"Fields": {"annual_inc": 1}, "fields"`, "own spelling"},
}

func TestInputsSayEverythingOnceInItsSpelling(t *testing.T) {
	if _, err := decision.ParseInputs([]byte(plainInputs)); err != nil {
		t.Fatal(err)
	}
	for _, c := range strictCases {
		changed := strings.Replace(plainInputs, c.old, c.replacement, 1)
		if _, err := decision.ParseInputs([]byte(changed)); err == nil || !strings.Contains(err.Error(), c.refusal) {
			t.Errorf("%s: %v, want %q", c.name, err, c.refusal)
		}
	}
}

func TestKeptDecisionsSayEverythingOnceInItsSpelling(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("testdata", "kept.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range strictCases {
		kept := `{"inputs": ` + strings.Replace(plainInputs, c.old, c.replacement, 1) + `, "salt": ""}`
		if _, err := decision.ParseKept([]byte(kept)); err == nil || !strings.Contains(err.Error(), c.refusal) {
			t.Errorf("%s: %v, want %q", c.name, err, c.refusal)
		}
	}
	for replacement, refusal := range map[string]string{
		`"outcome": "approve", "outcome"`: "duplicate", `"Outcome"`: "own spelling",
	} {
		changed := strings.Replace(string(raw), `"outcome"`, replacement, 1)
		if _, err := decision.ParseKept([]byte(changed)); err == nil || !strings.Contains(err.Error(), refusal) {
			t.Errorf("%s: %v, want %q", replacement, err, refusal)
		}
	}
}
