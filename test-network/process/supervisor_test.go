package process

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

func ready(context.Context) error { return nil }

func within(t *testing.T, limit time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	t.Cleanup(cancel)
	return ctx
}

// sleeper starts a process that would outlive the test, and makes sure that it does not.
func sleeper(t *testing.T, s *Supervisor) Spec {
	t.Helper()
	spec := Spec{Name: "sleeper", Argv: []string{"sleep", "600"}, Dir: t.TempDir(), Ready: ready}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := s.Kill(ctx, spec.Name); err != nil {
			t.Error(err)
		}
	})
	if started, err := s.Start(within(t, 5*time.Second), spec); err != nil || !started {
		t.Fatalf("started %v, %v", started, err)
	}
	return spec
}

func TestStartedOnceAndStopped(t *testing.T) {
	s := NewSupervisor(t.TempDir())
	spec := sleeper(t, s)
	first, running := s.Find(spec.Name)
	if !running {
		t.Fatal("what was started does not run")
	}
	if started, err := s.Start(within(t, 5*time.Second), spec); err != nil || started {
		t.Errorf("the second start: started %v, %v", started, err)
	}
	if second, _ := s.Find(spec.Name); second != first {
		t.Errorf("the second start replaced %+v by %+v", first, second)
	}
	if err := s.Stop(within(t, 5*time.Second), spec.Name); err != nil {
		t.Fatal(err)
	}
	if _, running := s.Find(spec.Name); running {
		t.Error("what was stopped runs")
	}
	if err := s.Stop(within(t, 5*time.Second), spec.Name); err != nil {
		t.Errorf("stopping what is stopped: %v", err)
	}
}

// A terminal that closes hangs up its session: the process must have one of its own.
func TestProcessLeadsItsOwnSession(t *testing.T) {
	s := NewSupervisor(t.TempDir())
	spec := sleeper(t, s)
	found, _ := s.Find(spec.Name)
	group, err := syscall.Getpgid(found.PID)
	if err != nil {
		t.Fatal(err)
	}
	if group != found.PID {
		t.Errorf("process %d is in the group %d", found.PID, group)
	}
}

func TestStopForcesWhatIgnoresIt(t *testing.T) {
	s := NewSupervisor(t.TempDir())
	spec := Spec{
		Name: "stubborn", Argv: []string{"sh", "-c", "trap '' TERM; echo ready; while :; do sleep 0.05; done"},
		Dir: t.TempDir(),
	}
	spec.Ready = func(context.Context) error {
		if log, err := os.ReadFile(s.LogPath(spec.Name)); err != nil || !strings.Contains(string(log), "ready") {
			return errors.New("not ready")
		}
		return nil
	}
	if _, err := s.Start(within(t, 5*time.Second), spec); err != nil {
		t.Fatal(err)
	}
	if err := s.Stop(within(t, 300*time.Millisecond), spec.Name); err != nil {
		t.Error(err)
	}
	if _, running := s.Find(spec.Name); running {
		t.Error("it still runs")
	}
}

// The system gives numbers to new processes again: a pid alone proves nothing.
func TestNeverTouchesAnotherProcess(t *testing.T) {
	s := NewSupervisor(t.TempDir())
	spec := sleeper(t, s)
	found, _ := s.Find(spec.Name)
	for name, other := range map[string]Identity{
		"another start": {PID: found.PID, StartTicks: found.StartTicks - 1, BootID: found.BootID},
		"another boot":  {PID: found.PID, StartTicks: found.StartTicks, BootID: "another"},
	} {
		text, err := json.Marshal(other)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(s.pidPath("stranger"), text, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, running := s.Find("stranger"); running {
			t.Errorf("%s: taken for ours", name)
		}
		if err := s.Kill(within(t, 5*time.Second), "stranger"); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if _, running := s.Find(spec.Name); !running {
			t.Fatalf("%s: a process that was not ours was killed", name)
		}
	}
}

func TestFailuresNameTheLog(t *testing.T) {
	s := NewSupervisor(t.TempDir())
	never := func(context.Context) error { return errors.New("nobody listens") }
	for name, test := range map[string]struct {
		argv []string
		want string
	}{
		"one that ends at once":     {[]string{"sh", "-c", "echo no such key; exit 3"}, "the process ended"},
		"one that is never ready":   {[]string{"sleep", "600"}, "nobody listens"},
		"one that does not exist":   {[]string{"/no/such/program"}, "no such file"},
		"one that may not be begun": {[]string{t.TempDir()}, "permission denied"},
	} {
		spec := Spec{Name: strings.ReplaceAll(name, " ", "-"), Argv: test.argv, Dir: t.TempDir(), Ready: never}
		_, err := s.Start(within(t, 400*time.Millisecond), spec)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q", name, err, test.want)
		}
		if _, launched := s.Find(spec.Name); launched && !strings.Contains(err.Error(), s.LogPath(spec.Name)) {
			t.Errorf("%s: %v does not name the log", name, err)
		}
		if err := s.Kill(within(t, 5*time.Second), spec.Name); err != nil {
			t.Error(err)
		}
	}
}

func TestUsage(t *testing.T) {
	self, alive := identify(os.Getpid())
	if !alive {
		t.Fatal("this test does not run")
	}
	usage, err := self.Usage()
	if err != nil {
		t.Fatal(err)
	}
	if usage.MemoryBytes < 1<<20 || usage.MemoryBytes > 4<<30 {
		t.Errorf("a test of %d bytes", usage.MemoryBytes)
	}
	if _, err := (Identity{PID: 1 << 30}).Usage(); err == nil {
		t.Error("the usage of a process that cannot exist was read")
	}
}
