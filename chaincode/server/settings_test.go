package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Whoever starts the process wrongly is told which variable to mend, and how.
func TestStartUpErrorsNameTheRemedy(t *testing.T) {
	certificates := issue(t)
	good := certificates.environment("127.0.0.1:0")
	junk := filepath.Join(t.TempDir(), "junk.pem")
	if err := os.WriteFile(junk, []byte("junk"), 0o600); err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		variable, value string
		want            []string
	}{
		{addressVariable, "", []string{addressVariable, "is not set", "host:port"}},
		{addressVariable, "localhost", []string{addressVariable, "is no host:port"}},
		{idVariable, "", []string{idVariable, "is not set", "queryinstalled"}},
		{foundersVariable, "", []string{foundersVariable, "is no SHA-256 digest", "test-network founders"}},
		{foundersVariable, "harbor", []string{foundersVariable, "is no SHA-256 digest"}},
		{keyVariable, "", []string{keyVariable, "is not set", "private key"}},
		{certVariable, "", []string{certVariable, "is not set", "TLS certificate"}},
		{clientCAVariable, "", []string{clientCAVariable, "is not set", "TLS authority"}},
		{keyVariable, junk + ".missing", []string{keyVariable, "does not exist"}},
		{keyVariable, t.TempDir(), []string{keyVariable, "cannot be read"}},
		{keyVariable, junk, []string{certVariable, keyVariable, "do not belong together"}},
		{keyVariable, certificates.strangerKey, []string{"do not belong together", "issue the certificate anew"}},
		{clientCAVariable, junk, []string{clientCAVariable, "holds no certificate"}},
	}
	for _, c := range cases {
		_, err := readSettings(func(variable string) string {
			if variable == c.variable {
				return c.value
			}
			return good[variable]
		})
		for _, want := range c.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s set to %q: got %v, want it to say %q", c.variable, c.value, err, want)
			}
		}
	}
	if _, err := readSettings(func(variable string) string { return good[variable] }); err != nil {
		t.Errorf("as documented: %v", err)
	}
}
