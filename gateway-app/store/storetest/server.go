package storetest

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // registers the driver "pgx"

	"github.com/tallystick/tallystick/gateway-app/store"
)

const (
	// requirePostgres names the variable that makes a missing PostgreSQL a failure.
	requirePostgres = "TALLYSTICK_REQUIRE_POSTGRES"
	startPatience   = 60 * time.Second
	template        = "migrated"
)

// server is the PostgreSQL of this test process.
type server struct {
	folder string   // holds the cluster and the socket
	alive  *os.File // closed by the system when this process ends, at which the server ends
	admin  *sql.DB
	made   atomic.Int64

	empty  []string // the tables that the migrations leave empty; nil where they leave rows
	layout string   // what the migrations make

	mu   sync.Mutex
	free []string // databases as the migrations leave them
}

var (
	start   sync.Once
	started *server
	failure error
)

// errNoPrograms says that PostgreSQL is not installed.
var errNoPrograms = errors.New("no initdb and postgres in PATH or in /usr/lib/postgresql/*/bin: install PostgreSQL to run this test on it")

func running(t testing.TB) *server {
	t.Helper()
	start.Do(func() { started, failure = startServer() })
	if errors.Is(failure, errNoPrograms) && os.Getenv(requirePostgres) == "" {
		t.Skip(failure)
	}
	if failure != nil {
		t.Fatalf("start PostgreSQL: %v", failure)
	}
	return started
}

// programs finds the folder that holds initdb and postgres, the newest version first.
func programs() (string, error) {
	var folders []string
	if path, err := exec.LookPath("initdb"); err == nil {
		if resolved, err := filepath.EvalSymlinks(path); err == nil {
			folders = append(folders, filepath.Dir(resolved))
		}
	}
	installed, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	if err != nil {
		return "", err
	}
	slices.Reverse(installed)
	for _, folder := range append(folders, installed...) {
		_, errInit := os.Stat(filepath.Join(folder, "initdb"))
		_, errServer := os.Stat(filepath.Join(folder, "postgres"))
		if errInit == nil && errServer == nil {
			return folder, nil
		}
	}
	return "", errNoPrograms
}

// supervise makes a cluster and runs a server on it until its standard input ends, which the system sees
// to when the test process ends, killed or not. Then it stops the server and removes the folder.
const supervise = `
bin=$1 folder=$2
"$bin/initdb" -D "$folder/cluster" -U tallystick -A trust -E UTF8 --locale=C --no-sync >"$folder/log" 2>&1 &&
"$bin/postgres" -D "$folder/cluster" -k "$folder" -c listen_addresses= -c max_connections=200 \
	-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c shared_buffers=64MB >>"$folder/log" 2>&1 &
server=$!
read -r ended
kill -QUIT $(head -n 1 "$folder/cluster/postmaster.pid") 2>/dev/null || kill $server 2>/dev/null
wait $server
rm -rf "$folder"
`

func startServer() (*server, error) {
	bin, err := programs()
	if err != nil {
		return nil, err
	}
	folder, err := temporaryFolder()
	if err != nil {
		return nil, err
	}
	read, write, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	supervisor := exec.Command("/bin/sh", "-c", supervise, "sh", bin, folder)
	supervisor.Dir = "/"
	supervisor.Stdin = read
	if err := unprivileged(supervisor, folder); err != nil {
		return nil, err
	}
	if err := supervisor.Start(); err != nil {
		return nil, err
	}
	ended := make(chan error, 1)
	go func() { ended <- supervisor.Wait() }()
	s := &server{folder: folder, alive: write}
	return s, errors.Join(read.Close(), s.ready(ended))
}

// temporaryFolder makes a folder whose path other users can walk and that is short enough for a socket.
func temporaryFolder() (string, error) {
	if os.Getuid() == 0 {
		return os.MkdirTemp("/tmp", "tallystick-postgres-")
	}
	return os.MkdirTemp("", "tallystick-postgres-")
}

// ready waits until the server answers, and makes the database that every test's is a copy of.
func (s *server) ready(ended <-chan error) error {
	admin, err := sql.Open("pgx", s.address("postgres"))
	if err != nil {
		return err
	}
	s.admin = admin
	deadline := time.Now().Add(startPatience)
	for admin.Ping() != nil {
		select {
		case err := <-ended:
			return fmt.Errorf("it ended: %w: %s", err, s.log())
		case <-time.After(20 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("it does not answer after %s: %s", startPatience, s.log())
		}
	}
	if _, err := admin.Exec("CREATE DATABASE " + template); err != nil {
		return err
	}
	db, err := store.Open(context.Background(), s.address(template))
	if err != nil {
		return err
	}
	return errors.Join(s.describe(db), db.Close())
}

func (s *server) address(database string) string {
	return fmt.Sprintf("postgres://tallystick@/%s?host=%s", database, s.folder)
}

func (s *server) log() string {
	text, err := os.ReadFile(filepath.Join(s.folder, "log"))
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(string(bytes.TrimSpace(text)), "\n")
	return strings.Join(lines[max(0, len(lines)-10):], "\n")
}
