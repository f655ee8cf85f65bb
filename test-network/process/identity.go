package process

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Identity tells one process from every other that this machine ever ran.
type Identity struct {
	PID        int    `json:"pid"`
	StartTicks uint64 `json:"start_ticks"`
	BootID     string `json:"boot_id"`
}

// clockTicksPerSecond is what Linux reports to programs on every architecture that Go supports.
const clockTicksPerSecond = 100

// Find says whether the process of that name runs, and which it is.
func (s *Supervisor) Find(name string) (Identity, bool) {
	text, err := os.ReadFile(s.pidPath(name))
	if err != nil {
		return Identity{}, false
	}
	var recorded Identity
	if err := json.Unmarshal(text, &recorded); err != nil {
		return Identity{}, false
	}
	current, alive := identify(recorded.PID)
	return recorded, alive && current == recorded
}

func (s *Supervisor) record(name string, pid int) error {
	identity, alive := identify(pid)
	if !alive {
		return errors.New("the process ended at once")
	}
	text, err := json.Marshal(identity)
	if err != nil {
		return err
	}
	return os.WriteFile(s.pidPath(name), text, 0o600)
}

func (s *Supervisor) forget(name string) error {
	if err := os.Remove(s.pidPath(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove pid file: %w", err)
	}
	return nil
}

func (s *Supervisor) pidPath(name string) string {
	return filepath.Join(s.pids, name+".json")
}

// identify reads who a pid is now. A process that has ended but was not yet collected by its
// parent is not alive.
func identify(pid int) (Identity, bool) {
	state, fields, ok := readStat(pid)
	if !ok || state == "Z" || state == "X" {
		return Identity{}, false
	}
	ticks, err := strconv.ParseUint(fields[startTicksField], 10, 64)
	if err != nil {
		return Identity{}, false
	}
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return Identity{}, false
	}
	return Identity{PID: pid, StartTicks: ticks, BootID: strings.TrimSpace(string(boot))}, true
}

// Fields of /proc/PID/stat, counted from the state, which follows the command in parentheses.
const (
	userTicksField   = 11
	systemTicksField = 12
	startTicksField  = 19
)

func readStat(pid int) (state string, fields []string, ok bool) {
	stat, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return "", nil, false
	}
	// The command may itself hold spaces and parentheses: only the last one closes it.
	text := string(stat)
	fields = strings.Fields(text[strings.LastIndexByte(text, ')')+1:])
	if len(fields) <= startTicksField {
		return "", nil, false
	}
	return fields[0], fields, true
}

// Usage is what a process has taken of the machine.
type Usage struct {
	CPU         time.Duration
	MemoryBytes int64
}

// Usage reads the processor time and resident memory of a running process.
func (i Identity) Usage() (Usage, error) {
	_, fields, ok := readStat(i.PID)
	if !ok {
		return Usage{}, fmt.Errorf("read usage of pid %d: it does not run", i.PID)
	}
	user, userErr := strconv.ParseInt(fields[userTicksField], 10, 64)
	system, systemErr := strconv.ParseInt(fields[systemTicksField], 10, 64)
	memory, memoryErr := residentBytes(i.PID)
	if err := errors.Join(userErr, systemErr, memoryErr); err != nil {
		return Usage{}, fmt.Errorf("read usage of pid %d: %w", i.PID, err)
	}
	const perTick = time.Second / clockTicksPerSecond
	return Usage{CPU: time.Duration(user+system) * perTick, MemoryBytes: memory}, nil
}

func residentBytes(pid int) (int64, error) {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "statm"))
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(text))
	if len(fields) < 2 {
		return 0, fmt.Errorf("unexpected statm %q", text)
	}
	pages, err := strconv.ParseInt(fields[1], 10, 64)
	return pages * int64(os.Getpagesize()), err
}
