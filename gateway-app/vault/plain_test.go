package vault_test

import (
	"strings"
	"testing"

	"github.com/tallystick/tallystick/gateway-app/vault"
)

// A code and a file number have no room for names in characters, nor for anybody's number, however it is cut.
func TestWhatMayStandInTheClear(t *testing.T) {
	for text, want := range map[string]struct{ code, number bool }{
		"account_closed":        {true, true},
		"changed-mind":          {true, true},
		"papers_of_2026":        {true, true},
		"r_104233":              {true, true},
		"A-1":                   {false, true},
		"CBIRC-2026/000012":     {false, true},
		"7":                     {false, true},
		"":                      {false, false},
		"张三":                    {false, false},
		"case of Zhang":         {false, false},
		"born_19760301":         {false, true},
		"born_1976_03_01":       {false, true},
		"ouyang_2026_0001":      {false, true},
		"tel_13912345678":       {false, false},
		"tel-139-1234-5678":     {false, false},
		"110101197603071234":    {false, false},
		"622202_0200_1122_33":   {false, false},
		"a\n":                   {false, false},
		strings.Repeat("a", 64): {true, true},
		strings.Repeat("a", 65): {false, false},
		"zhang@mail.test":       {false, false},
		"A-1 ":                  {false, false},
		"_a":                    {false, false},
		"report_of_2026_no_12":  {true, true},
	} {
		if got := vault.IsCode(text); got != want.code {
			t.Errorf("%q is a code: %v", text, got)
		}
		if got := vault.IsFileNumber(text); got != want.number {
			t.Errorf("%q is a file number: %v", text, got)
		}
	}
}
