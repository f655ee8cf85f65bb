package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// clockTicks is how many of its ticks the kernel counts in a second, on every Linux of today.
const clockTicks = 100

// node is one process of the network, as test-network status --json lists it.
type node struct {
	Name string `json:"name"`
	Kind string `json:"kind"`
	PID  int    `json:"pid"`
}

// machine is what the bench runs on: the network's processes and its own.
type machine struct {
	nodes []node
	cores int
}

func readMachine(path string) (machine, error) {
	const remedy = "write it with: go run ./test-network status --name bench --json"
	text, err := os.ReadFile(path)
	if err != nil {
		return machine{}, fmt.Errorf("read the list of nodes: %w: %s", err, remedy)
	}
	m := machine{cores: runtime.NumCPU()}
	if err := json.Unmarshal(text, &m.nodes); err != nil {
		return machine{}, fmt.Errorf("read the list of nodes: %w: %s", err, remedy)
	}
	for _, n := range m.nodes {
		if n.PID == 0 {
			return machine{}, fmt.Errorf("node %s does not run: bring the network up", n.Name)
		}
	}
	m.nodes = append(m.nodes, node{Name: "bench itself", Kind: "bench", PID: os.Getpid()})
	return m, nil
}

// usage is what was used up to a moment, by node and by everything that runs on the machine.
type usage struct {
	byNode []time.Duration
	whole  time.Duration
}

func (m machine) usage() (usage, error) {
	u := usage{byNode: make([]time.Duration, len(m.nodes))}
	for i, n := range m.nodes {
		fields, err := processFields(n.PID)
		if err != nil {
			return u, fmt.Errorf("read what %s uses: %w", n.Name, err)
		}
		// utime and stime are the 14th and 15th fields of a line that begins with the pid and the name.
		u.byNode[i] = ticks(fields[11]) + ticks(fields[12])
	}
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return u, err
	}
	line, _, _ := strings.Cut(string(text), "\n")
	for i, field := range strings.Fields(line)[1:] {
		if i < 8 && i != 3 && i != 4 { // all but idle and waiting for disks; guests are in user already
			u.whole += ticks(field)
		}
	}
	return u, nil
}

// processFields are the fields of a process's line from the third on: the second, its name, may hold
// anything in its parentheses.
func processFields(pid int) ([]string, error) {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return nil, err
	}
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	if len(fields) < 13 {
		return nil, fmt.Errorf("%d fields", len(fields))
	}
	return fields, nil
}

func ticks(text string) time.Duration {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0
	}
	return time.Duration(n) * time.Second / clockTicks
}

// peakMemory is the most memory that a process has held since it started, in bytes.
func peakMemory(pid int) (int64, error) {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kilobytes, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			return kilobytes << 10, err
		}
	}
	return 0, fmt.Errorf("process %d does not say", pid)
}

// plus adds what was used between two moments.
func (u usage) plus(from, to usage) usage {
	sum := usage{byNode: make([]time.Duration, len(to.byNode)), whole: u.whole + to.whole - from.whole}
	copy(sum.byNode, u.byNode)
	for i := range sum.byNode {
		sum.byNode[i] += to.byNode[i] - from.byNode[i]
	}
	return sum
}

// ours is what the network's processes and the bench used.
func (u usage) ours() time.Duration {
	var sum time.Duration
	for _, one := range u.byNode {
		sum += one
	}
	return sum
}

// others is what anything else on the machine used: how disturbed the measurement was.
func (u usage) others() time.Duration { return max(u.whole-u.ours(), 0) }
