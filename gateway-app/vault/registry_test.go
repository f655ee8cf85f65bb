package vault_test

import (
	"errors"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/gateway-app/store/migrations"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
	"github.com/tallystick/tallystick/gateway-app/vault"
)

// declaredColumn is a column as a migration writes it: its name, its type, and what is said of it.
var declaredColumn = regexp.MustCompile(`^(\w+)\s+(TEXT|BYTEA|BIGINT|BOOLEAN)\b.*-- (public|internal|secret|top secret)(?:: (.*))?$`)

var declaredTable = regexp.MustCompile(`^CREATE TABLE (\w+)`)

// declared reads what the migrations say of the columns that are secret.
func declared(t *testing.T) map[vault.Column]string {
	t.Helper()
	names, err := fs.Glob(migrations.Files, "*.sql")
	if err != nil || len(names) == 0 {
		t.Fatalf("%d migrations, %v", len(names), err)
	}
	said := map[vault.Column]string{}
	for _, name := range names {
		text, err := fs.ReadFile(migrations.Files, name)
		if err != nil {
			t.Fatal(err)
		}
		table := ""
		for line := range strings.Lines(string(text)) {
			line = strings.TrimSpace(line)
			if m := declaredTable.FindStringSubmatch(line); m != nil {
				table = m[1]
			}
			m := declaredColumn.FindStringSubmatch(line)
			if m == nil || m[3] != "secret" && m[3] != "top secret" {
				continue
			}
			form := vault.Text
			if m[2] == "BYTEA" {
				form = vault.Bytes
			}
			said[vault.Column{Table: table, Name: m[1], Form: form}] = m[3] + ": " + m[4]
		}
	}
	return said
}

// Every column that a migration calls sealed is one that rotations know, and the other way round. A column
// that is top secret says what protects it.
func TestTheListOfSealedColumnsIsWhole(t *testing.T) {
	said := declared(t)
	protected := regexp.MustCompile(`sealed|hash|index|SHA-256|under the master key|encrypted under`)
	for c, comment := range said {
		known := slices.ContainsFunc(vault.Columns(), func(k vault.Column) bool {
			return k.Table == c.Table && k.Name == c.Name && k.Form == c.Form
		})
		if calls := strings.Contains(comment, "sealed"); calls != known {
			t.Errorf("%s.%s is said to be sealed: %v, and is in the vault's list: %v", c.Table, c.Name, calls, known)
		}
		if strings.HasPrefix(comment, "top secret") && !protected.MatchString(comment) {
			t.Errorf("%s.%s is top secret, and nothing is said to protect it: %q", c.Table, c.Name, comment)
		}
	}
	for _, c := range vault.Columns() {
		c.Key = ""
		if _, found := said[c]; !found && c.Form != vault.File {
			t.Errorf("no migration calls %s.%s sealed", c.Table, c.Name)
		}
	}
}

// What the list lacks is not sealed at all, so no rotation can miss it.
func TestWhatIsNotListedIsNotSealed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "master.pem")
	if err := vault.Create(path); err != nil {
		t.Fatal(err)
	}
	master, err := vault.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	v, err := vault.New(t.Context(), storetest.SQLite(t), master, vault.AESGCM)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := v.Seal("person", "p1", "shoe_size", []byte("43")); !errors.Is(err, vault.ErrUnregistered) {
		t.Errorf("sealed what no rotation knows: %v", err)
	}
	if _, err := v.Open("nobody", "p1", "name", []byte("12345678901234567890")); !errors.Is(err, vault.ErrUnregistered) {
		t.Errorf("opened what no rotation knows: %v", err)
	}
}
