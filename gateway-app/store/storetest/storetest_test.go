package storetest

import (
	"bufio"
	"database/sql"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// What one test leaves in a database the next does not find.
func TestAUsedDatabaseIsEmptiedOrDropped(t *testing.T) {
	s := running(t)
	var first, second string
	use := func(statement string) func(t *testing.T) {
		return func(t *testing.T) {
			db := PostgreSQL(t)
			address := Address(t, db)
			first, second = second, address
			var rows int
			if err := db.QueryRow(`SELECT COUNT(*) FROM store_sequence`).Scan(&rows); err != nil || rows != 0 {
				t.Errorf("found %d rows, %v", rows, err)
			}
			if err := db.Write(t.Context(), func(tx *sql.Tx) error { _, err := tx.Exec(statement); return err }); err != nil {
				t.Error(err)
			}
		}
	}
	t.Run("leaves a row", use(`INSERT INTO store_sequence (name, last) VALUES ('x', 1)`))
	t.Run("changes a table", use(`ALTER TABLE store_sequence ADD COLUMN other TEXT`))
	if first != second {
		t.Errorf("an emptied database was not used again: %s, then %s", first, second)
	}
	t.Run("finds a new one", use(`INSERT INTO store_sequence (name, last) VALUES ('x', 1)`))
	if first == second {
		t.Error("a changed database was used again")
	}
	if len(s.empty) < 2 {
		t.Errorf("the tables are %v", s.empty)
	}
}

// The server ends with the test process, also when that is killed.
func TestTheServerEndsWithAKilledProcess(t *testing.T) {
	running(t) // skips where there is none
	if os.Getenv("STORETEST_VICTIM") != "" {
		os.Stdout.WriteString("folder " + started.folder + "\n") //nolint:errcheck // the other side notices
		time.Sleep(time.Minute)
		return
	}
	victim := exec.Command(os.Args[0], "-test.run=^TestTheServerEndsWithAKilledProcess$")
	victim.Env = append(os.Environ(), "STORETEST_VICTIM=1")
	out, err := victim.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := victim.Start(); err != nil {
		t.Fatal(err)
	}
	folder := ""
	for lines := bufio.NewScanner(out); folder == "" && lines.Scan(); {
		folder, _ = strings.CutPrefix(lines.Text(), "folder ")
	}
	if _, err := os.Stat(filepath.Join(folder, "cluster", "postmaster.pid")); folder == "" || err != nil {
		t.Errorf("the other process's server is not there: %q, %v", folder, err)
	}
	if err := victim.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = victim.Wait() // it was killed
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if _, err := os.Stat(folder); os.IsNotExist(err) {
			return
		}
	}
	t.Errorf("%s is still there", folder)
}
