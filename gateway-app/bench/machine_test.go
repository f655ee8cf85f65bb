package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func listed(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "nodes.json")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestAStoppedNodeIsNoNetworkToMeasure(t *testing.T) {
	_, err := readMachine(listed(t, `[{"name":"harbor-peer","kind":"peer","state":"stopped"}]`))
	if err == nil || !strings.Contains(err.Error(), "harbor-peer") {
		t.Errorf("got %v", err)
	}
	_, err = readMachine(filepath.Join(t.TempDir(), "none.json"))
	if err == nil || !strings.Contains(err.Error(), "status --name bench --json") {
		t.Errorf("the error does not name the remedy: %v", err)
	}
}

func TestUsageIsWhatTheKernelCounts(t *testing.T) {
	m, err := readMachine(listed(t, `[]`))
	if err != nil {
		t.Fatal(err)
	}
	before, err := m.usage()
	if err != nil {
		t.Fatal(err)
	}
	after := before
	for spin := time.Now(); after.byNode[0]-before.byNode[0] < 50*time.Millisecond; {
		if time.Since(spin) > time.Minute {
			t.Fatal("a minute of work was not counted")
		}
		if after, err = m.usage(); err != nil {
			t.Fatal(err)
		}
	}
	used := usage{}.plus(before, after)
	if used.ours() < 50*time.Millisecond || used.whole < used.ours()/2 {
		t.Errorf("this process used %s of %s", used.ours(), used.whole)
	}
	if peak, err := peakMemory(os.Getpid()); err != nil || peak < 1<<20 {
		t.Errorf("peak memory is %d: %v", peak, err)
	}
}
