package e2e_test

import (
	"database/sql"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/access"
	"github.com/tallystick/tallystick/gateway-app/client"
	"github.com/tallystick/tallystick/gateway-app/store"
)

// An auditor fetches a member's access log from its app and holds it against the head that the member has
// anchored on the ledger. A row that the member alters in its own database is found; so is a log that it
// writes anew as a whole, of which every hash is right.
func TestTheAccessLogIsHeldAgainstTheLedger(t *testing.T) {
	c, _ := openScene(t)
	c.withGateways(t, harbor)
	administrator := c.administratorAt(t, harbor)
	c.anchorsAccessLog(t, administrator)
	audit := accessAudit{c, buildTally(t)}
	t.Setenv("TALLY_TOKEN", c.staffAt(t, harbor, administrator, access.Auditor))

	audit.passes(t)
	former := audit.alter(t, "somebody else")
	audit.finds(t, `broken at row 1 \(altered\)`, audit.fetched(t)...)
	audit.alter(t, former)
	audit.passes(t)

	rewritten := audit.rewritten(t)
	if said := run(within(t, patience), t, audit.tally, "audit", "log", "--offline", rewritten); said.code != fault.ExitOK {
		t.Fatalf("the log that was written anew holds together no more: %s", said.errors)
	}
	audit.finds(t, "anchored", "--profile", c.net.ProfilePath(harbor), rewritten)
}

// anchorsAccessLog has the head of harbor's log put on the ledger.
func (c *consortium) anchorsAccessLog(t *testing.T, administrator string) {
	t.Helper()
	_, err := client.Send[struct{ Anchored bool }](within(t, patience), c.nobodyAt(t, harbor).As(administrator),
		http.MethodPost, "/v1/audit-log/anchors", struct{}{})
	if err != nil {
		t.Fatal(err)
	}
}

// accessAudit is an auditor of one member's access log.
type accessAudit struct {
	*consortium
	tally string
}

// alteredRow is one that every anchored head covers.
const alteredRow = 1

// fetched are the arguments that have the log fetched from the app.
func (a accessAudit) fetched(t *testing.T) []string {
	t.Helper()
	at := a.gatewayOf(t, harbor)
	return []string{"--profile", a.net.ProfilePath(harbor), "--url", at.URL, "--ca", at.CAPath, "--server-name", at.ServerName}
}

func (a accessAudit) passes(t *testing.T) {
	t.Helper()
	said := run(within(t, patience), t, a.tally, append([]string{"audit", "log"}, a.fetched(t)...)...)
	if said.code != fault.ExitOK || !regexp.MustCompile(`(?m)^anchored heads +[1-9]`).MatchString(said.output) {
		t.Fatalf("it exits with %d:\n%s%s", said.code, said.output, said.errors)
	}
}

func (a accessAudit) finds(t *testing.T, what string, from ...string) {
	t.Helper()
	said := run(within(t, patience), t, a.tally, append([]string{"audit", "log"}, from...)...)
	if said.code != fault.ExitVerified || !regexp.MustCompile(what).MatchString(said.errors) {
		t.Errorf("it exits with %d and says %s%s, want %d and %q", said.code, said.output, said.errors, fault.ExitVerified, what)
	}
}

// alter writes another actor into the row while the app is down, and answers who stood there.
func (a accessAudit) alter(t *testing.T, actor string) (former string) {
	t.Helper()
	a.killGateway(t, harbor)
	ctx := within(t, patience)
	db, err := store.Open(ctx, "sqlite:"+a.gatewayFolder(harbor, "gateway.db"))
	if err != nil {
		t.Fatal(err)
	}
	err = db.Write(ctx, func(tx *sql.Tx) error {
		if err := tx.QueryRowContext(ctx, `SELECT actor FROM access_log WHERE seq = $1`, alteredRow).Scan(&former); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `UPDATE access_log SET actor = $1 WHERE seq = $2`, actor, alteredRow)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := a.net.Start(ctx, gatewayNode(harbor)); err != nil {
		t.Fatal(err)
	}
	return former
}

// rewritten is the log as a member would hand it out that has changed a row and sealed all of them anew.
func (a accessAudit) rewritten(t *testing.T) string {
	t.Helper()
	var rows []client.AccessRow
	app := a.nobodyAt(t, harbor).As(os.Getenv("TALLY_TOKEN"))
	previous := client.AccessLogGenesis
	for row, err := range app.AccessLog(within(t, patience)) {
		if err != nil {
			t.Fatal(err)
		}
		if row.Sequence == alteredRow {
			row.Actor = "somebody else"
		}
		if row, err = row.Seal(row.Sequence, previous, row.Salt); err != nil {
			t.Fatal(err)
		}
		rows, previous = append(rows, row), row.Hash
	}
	var text strings.Builder
	encoder := json.NewEncoder(&text)
	for _, row := range rows {
		if err := encoder.Encode(row); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(t.TempDir(), "rewritten.ndjson")
	if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
