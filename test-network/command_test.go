package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/test-network/localnet"
)

// run gives the command's output and error, for a network that was never up.
func run(t *testing.T, arguments ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	command := newCommand()
	command.SetOut(&out)
	command.SetErr(&out)
	command.SetArgs(append([]string{"--name", "never-up"}, arguments...))
	err := command.ExecuteContext(t.Context())
	return out.String(), err
}

func TestNetworkThatWasNeverUp(t *testing.T) {
	for _, arguments := range [][]string{
		{"status"}, {"logs", "harbor-peer"}, {"kill", "harbor-peer"}, {"start", "harbor-peer"},
	} {
		if _, err := run(t, arguments...); err == nil || !strings.Contains(err.Error(), "bring it up first") {
			t.Errorf("%s: got %v", strings.Join(arguments, " "), err)
		}
	}
	for _, command := range []string{"down", "reset"} {
		if _, err := run(t, command); err != nil {
			t.Errorf("%s: what does not run is stopped already, and yet %v", command, err)
		}
	}
}

// What the command prints is what the members of the file agreed on.
func TestFounders(t *testing.T) {
	printed, err := run(t, "founders")
	if err != nil {
		t.Fatal(err)
	}
	read, err := run(t, "founders", filepath.Join("..", "network", "consortium.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if read != printed || !wire.IsDigest(strings.TrimSpace(printed)) {
		t.Errorf("printed %q as compiled in and %q from the file", printed, read)
	}
	if _, err := run(t, "founders", "nowhere.yaml"); err == nil {
		t.Error("a file that does not exist has founders")
	}
}

func TestUsage(t *testing.T) {
	for name, test := range map[string]struct {
		arguments []string
		want      string
	}{
		"a command that does not exist": {[]string{"fly"}, "unknown command"},
		"a log of no node":              {[]string{"logs"}, "accepts 1 arg"},
		"both and only":                 {[]string{"up", "--with-plain", "--only-plain"}, "with-plain"},
		"a name that is no name":        {[]string{"--name", "Not A Name", "status"}, "does not match"},
		"a folder outside":              {[]string{"--root", t.TempDir(), "status"}, "not inside it"},
	} {
		if _, err := run(t, test.arguments...); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want an error with %q", name, err, test.want)
		}
	}
	help, err := run(t, "--help")
	if err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{"up", "down", "reset", "status", "logs", "kill", "start", "build", "preflight", "founders"} {
		if !strings.Contains(help, "  "+command+" ") {
			t.Errorf("the help does not name %s", command)
		}
	}
}

func TestStatusTable(t *testing.T) {
	var out bytes.Buffer
	err := writeStatus(&out, []localnet.NodeStatus{
		{Name: "harbor-peer", State: "serving", PID: 42, Address: "127.0.0.1:7051", Height: 7, MemoryBytes: 80 << 20},
		{Name: "harbor-ca", State: "stopped", Address: "127.0.0.1:7050"},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := `NODE         STATE    PID  ADDRESS         BLOCKS  CPU  MEMORY
harbor-peer  serving  42   127.0.0.1:7051  7       0s   80 MB
harbor-ca    stopped  -    127.0.0.1:7050  -       0s   -
`
	if out.String() != want {
		t.Errorf("got\n%swant\n%s", out.String(), want)
	}
}
