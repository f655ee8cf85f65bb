package main

import (
	"strings"
	"testing"
)

// A command that only stands for others does nothing, and says so by its exit code.
func TestAnUnknownSubcommandFails(t *testing.T) {
	for _, line := range []string{"administrator frob", "administrator", "vault frob", "pseudonym frob", "frob"} {
		root := command()
		root.SetArgs(strings.Fields(line))
		root.SetOut(&strings.Builder{})
		if err := root.ExecuteContext(t.Context()); err == nil {
			t.Errorf("%q succeeds", line)
		}
	}
}
