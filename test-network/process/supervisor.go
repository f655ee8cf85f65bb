// Package process runs the nodes of a test network as ordinary processes that outlive the program
// and the terminal that started them.
//
// A node is known by its pid file, which holds more than the pid: the boot and the tick at which
// the process began. A file whose process has gone, or whose number the system has given to
// another program, counts as stopped, so nothing here ever signals a process that is not its own.
// The package reads Linux's /proc and never looks for processes by name.
package process

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// pollInterval is how often a condition is looked at while waiting for it.
const pollInterval = 40 * time.Millisecond

// Spec is one row of the table of processes.
type Spec struct {
	Name string
	Argv []string
	Env  []string // the whole environment, but for PATH, HOME and TMPDIR
	Dir  string

	// Ready is nil once the process serves; until then it says what is missing.
	Ready func(context.Context) error
}

// Supervisor starts and stops processes, keeping their pid files and logs in two folders.
type Supervisor struct {
	pids string
	logs string
}

// NewSupervisor keeps pid files and logs under a folder, which is made when a process is started.
func NewSupervisor(folder string) *Supervisor {
	return &Supervisor{pids: filepath.Join(folder, "pids"), logs: filepath.Join(folder, "logs")}
}

// LogPath is where a process's output goes.
func (s *Supervisor) LogPath(name string) string {
	return filepath.Join(s.logs, name+".log")
}

// Start runs a process, unless it runs already, and waits until it is ready. It says whether it
// was this call that started it. A process that is not ready when the context ends keeps running:
// the caller decides.
func (s *Supervisor) Start(ctx context.Context, spec Spec) (started bool, err error) {
	if _, running := s.Find(spec.Name); !running {
		if err := s.launch(spec); err != nil {
			return false, fmt.Errorf("start %s: %w", spec.Name, err)
		}
		started = true
	}
	if err := s.awaitReady(ctx, spec); err != nil {
		return started, fmt.Errorf("start %s: %w: read %s", spec.Name, err, s.LogPath(spec.Name))
	}
	return started, nil
}

// launch begins the process in a session of its own, so that neither a closing terminal nor an
// interrupt meant for its starter reaches it.
func (s *Supervisor) launch(spec Spec) error {
	for _, folder := range []string{s.pids, s.logs} {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return err
		}
	}
	log, err := os.OpenFile(s.LogPath(spec.Name), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	command := exec.Command(spec.Argv[0], spec.Argv[1:]...)
	command.Dir = spec.Dir
	command.Env = append(inherited(), spec.Env...)
	command.Stdout, command.Stderr = log, log
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := command.Start(); err != nil {
		return err
	}
	// Reaps the process if it ends while this program lives; afterwards the system does.
	go func() { _ = command.Wait() }()
	return s.record(spec.Name, command.Process.Pid)
}

func inherited() []string {
	var environment []string
	for _, name := range []string{"PATH", "HOME", "TMPDIR"} {
		if value, set := os.LookupEnv(name); set {
			environment = append(environment, name+"="+value)
		}
	}
	return environment
}

func (s *Supervisor) awaitReady(ctx context.Context, spec Spec) error {
	var missing error
	err := Await(ctx, func(ctx context.Context) (bool, error) {
		if _, running := s.Find(spec.Name); !running {
			return false, errors.New("the process ended at once")
		}
		missing = spec.Ready(ctx)
		return missing == nil, nil
	})
	if ctx.Err() != nil && missing != nil {
		return fmt.Errorf("not ready in time: %w", missing)
	}
	return err
}

// Await looks at a condition until it holds, fails or the context ends.
func Await(ctx context.Context, condition func(context.Context) (bool, error)) error {
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	for {
		done, err := condition(ctx)
		if done || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
	}
}

// Kill ends a process without giving it time to tidy up, as a crash would.
func (s *Supervisor) Kill(ctx context.Context, name string) error {
	return s.end(ctx, name, syscall.SIGKILL)
}

// Stop asks a process to end, and ends it by force when the context's time is up.
func (s *Supervisor) Stop(ctx context.Context, name string) error {
	if err := s.end(ctx, name, syscall.SIGTERM); err == nil || ctx.Err() == nil {
		return err
	}
	forced, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	return s.end(forced, name, syscall.SIGKILL)
}

// end signals a process and waits until it has gone. One that does not run is already ended.
func (s *Supervisor) end(ctx context.Context, name string, signal syscall.Signal) error {
	found, running := s.Find(name)
	if !running {
		return s.forget(name)
	}
	if err := syscall.Kill(found.PID, signal); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("signal %s (pid %d): %w", name, found.PID, err)
	}
	err := Await(ctx, func(context.Context) (bool, error) {
		_, running := s.Find(name)
		return !running, nil
	})
	if err != nil {
		return fmt.Errorf("wait for %s (pid %d) to end: %w", name, found.PID, err)
	}
	return s.forget(name)
}
