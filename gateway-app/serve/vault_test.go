package serve

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/gateway-app/access"
	"github.com/tallystick/tallystick/gateway-app/documents"
	"github.com/tallystick/tallystick/gateway-app/person"
	"github.com/tallystick/tallystick/gateway-app/pseudonym"
	"github.com/tallystick/tallystick/gateway-app/vault"
)

// member is a member's data without its app: settings, database and keys, with something sealed everywhere.
type member struct {
	t        *testing.T
	settings Settings
}

func must[T any](t *testing.T) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

const peopleOfMember = 450 // more than two pages of a rotation

func newMember(t *testing.T) *member {
	t.Helper()
	folder := t.TempDir()
	m := &member{t, Settings{DataFolder: folder, DatabaseURL: "sqlite:" + filepath.Join(folder, "member.db")}}
	ok(t, vault.Create(m.settings.masterPath()))
	o := m.open()
	defer o.db.Close()
	people := person.New(o.db, o.vault)
	for n := range peopleOfMember {
		made := must[person.Record](t)(people.Create(t.Context(), "", party.Natural, someoneNumbered(n)))
		ok(t, people.Keep(t.Context(), made.ID, person.Duty{Kind: person.Litigation, Reference: "of " + made.Fields.Name}))
		must[person.Hold](t)(people.Place(t.Context(), made.ID, "over "+made.Fields.Name, "clerk"))
	}
	papers := must[*documents.Store](t)(documents.New(o.db, o.vault, m.settings.inData("documents"), documents.DefaultLimits()))
	for _, text := range []string{"one", "two"} {
		upload := documents.Upload{Subject: "p", Kind: "other", Name: text + ".pdf", By: "clerk"}
		must[documents.Document](t)(papers.Put(t.Context(), upload, strings.NewReader("%PDF-1.7 "+text)))
	}
	users := must[*access.Directory](t)(access.Open(t.Context(), o.db, o.vault, access.Settings{Cost: access.Cost{MemoryKiB: 64, Passes: 1, Threads: 1}}))
	made, _, err := users.Bootstrap(t.Context(), "harbor")
	ok(t, err)
	first := must[[]access.User](t)(users.Users(t.Context(), "", 1))[0]
	must[access.CodeSecret](t)(users.EnrolCode(t.Context(), first.ID, made.Password))
	must[*pseudonym.Holder](t)(pseudonym.NewHolder(t.Context(), "meridian", o.db, o.ring, nil, pseudonym.DefaultLimits()))
	m.fillTheRest(o)
	return m
}

// someoneNumbered is a person with an identity number of their own.
func someoneNumbered(n int) person.Fields {
	digits := fmt.Sprintf("11010519491231%03d", n)
	sum := 0
	for i, weight := range []int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2} {
		sum += int(digits[i]-'0') * weight
	}
	return person.Fields{
		Name: "张三" + strconv.Itoa(n), IdentityNumber: digits + string("10X98765432"[sum%11]), Phone: fmt.Sprintf("139%08d", n), Email: "z@mail.test",
		Address: "北京市朝阳区", BankName: "第一储蓄所", BankAccount: fmt.Sprintf("622202%013d", n),
	}
}

// fillTheRest seals, as their packages do, what only a network or a provider makes them write.
func (m *member) fillTheRest(o opened) {
	m.t.Helper()
	ok(m.t, o.db.Write(m.t.Context(), func(tx *sql.Tx) error {
		raw := func(table, row, column string) []byte {
			return must[[]byte](m.t)(o.vault.Seal(table, row, column, []byte(column+" of "+row)))
		}
		text := func(table, row, column string) string {
			return base64.StdEncoding.EncodeToString(raw(table, row, column))
		}
		for _, s := range []struct {
			statement  string
			parameters []any
		}{
			{
				`INSERT INTO webhook_endpoint (id, url, label, types, collection, status, position, version, secret, former_secret, former_until,
				created_by, created_at, changed_at) VALUES ('w1', $1, $2, '[]', '', 'active', 0, 1, $3, $4, '', '', '', '')`,
				[]any{
					text("webhook_endpoint", "w1", "url"), text("webhook_endpoint", "w1", "label"),
					text("webhook_endpoint", "w1", "secret"), text("webhook_endpoint", "w1", "former_secret"),
				},
			},
			{
				`INSERT INTO access_key (id, key_hash, user_id, label, operations, created_by, created_at, expires_at, seen_at, revoked_at)
				SELECT 'k1', 'h', id, $1, '[]', '', '', '', '', '' FROM access_user LIMIT 1`,
				[]any{text("access_key", "k1", "label")},
			},
			{
				`INSERT INTO access_certificate (fingerprint, user_id, label, expires_at, bound_at, revoked_at) VALUES ('c1', '', $1, '', '', '')`,
				[]any{text("access_certificate", "c1", "label")},
			},
			{
				`INSERT INTO underwriting_application (id, seq, party, at, changed_at, status, amount_minor, currency, term_months, submission, salt, digest)
				VALUES ('p1', 1, '', '', '', '', 1, '', 1, $1, $2, '')`,
				[]any{text("underwriting_application", "p1", "submission"), text("underwriting_application", "p1", "salt")},
			},
			{
				`INSERT INTO underwriting_decision (id, seq, application, party, at, outcome, inputs, salt, decision, commitment, digest, champion,
				challenger, rules, rules_version) VALUES ('d1', 1, 'p1', '', '', '', $1, $2, $3, '', '', '', '', '', '')`,
				[]any{text("underwriting_decision", "d1", "inputs"), text("underwriting_decision", "d1", "salt"), text("underwriting_decision", "d1", "decision")},
			},
			{
				`INSERT INTO underwriting_review (id, seq, application, action, by_user, approved_by, at, words, digest)
				VALUES ('r1', 1, 'p1', '', '', '', '', $1, '')`,
				[]any{text("underwriting_review", "r1", "words")},
			},
			{
				`INSERT INTO suitability (id, party, version, answers, points, class, assessed_on, through, assessed_at)
				VALUES ('s1', '', '', $1, 0, 1, '', '', '')`,
				[]any{raw("suitability", "s1", "answers")},
			},
			{
				`INSERT INTO suspicion (id, number, alert, party, narrative, made_by, made_at) VALUES ('u1', 1, '', '', $1, '', '')`,
				[]any{text("suspicion", "u1", "narrative")},
			},
			{
				`INSERT INTO programme (id, name, collection, contributions, made_at, ended_at) VALUES ('g1', $1, '', '[]', '', '')`,
				[]any{text("programme", "g1", "name")},
			},
			{
				`INSERT INTO matching_run (run, collection, business_date, sequence, status, started_at, matched_at, finished_at, algorithm, input_digest,
				output_digest, salt, record_digest, anchored_tx, matched_minor, bound_minor, inputs, outcome)
				VALUES ('m1', '', '', 1, '', '', '', '', '', '', '', '', '', '', 0, 0, $1, $2)`,
				[]any{raw("matching_run", "m1", "inputs"), raw("matching_run", "m1", "outcome")},
			},
			{
				`INSERT INTO access_approval (id, operation, subject, body_digest, body_sealed, request_id, function, collection, ledger_digest,
				signed, status, requested_by, requested_at, expires_at, decided_by, decided_at, used_at, command_id)
				VALUES ('a1', '', '', '', $1, '', '', '', '', '', 'pending', '', '', '', '', '', '', '')`,
				[]any{raw("access_approval", "a1", "body_sealed")},
			},
			{
				`INSERT INTO access_oidc_attempt (state_hash, binding_hash, nonce, verifier, expires_at) VALUES ('s1', '', '', $1, '')`,
				[]any{raw("access_oidc_attempt", "s1", "verifier")},
			},
			{
				`INSERT INTO enrolment (name, user_id, role, status, secret, key_sealed, certificate, expires_at, updated_at, revoked_at)
				VALUES ('staff-1', '', '', '', $1, $2, '', '', '', ''), ('staff-2', '', '', '', NULL, NULL, '', '', '', '')`,
				[]any{raw("enrolment", "staff-1", "secret"), raw("enrolment", "staff-1", "key_sealed")},
			},
		} {
			if _, err := tx.ExecContext(m.t.Context(), s.statement, s.parameters...); err != nil {
				return err
			}
		}
		return nil
	}))
}

func (m *member) open() opened {
	m.t.Helper()
	return must[opened](m.t)(openVaultOf(m.t.Context(), m.settings))
}

// plain opens everything that is sealed at the member, by its place.
func (m *member) plain(o opened) map[string]string {
	m.t.Helper()
	all := map[string]string{}
	for _, c := range vault.Columns() {
		before := len(all)
		if c.Form == vault.File {
			all["pseudonym key"] = must[[]pseudonym.PublicKey](m.t)(publicKeys(m.t.Context(), o))[0].KeyID
		} else {
			m.plainColumn(o, c, all)
		}
		if len(all) == before {
			m.t.Errorf("nothing is sealed in %s.%s: the test sees no rotation of it", c.Table, c.Name)
		}
	}
	return all
}

// publicKeys opens the member's half anew, so that the key comes from its file, and is held against the id
// that was announced.
func publicKeys(ctx context.Context, o opened) ([]pseudonym.PublicKey, error) {
	h, err := pseudonym.NewHolder(ctx, "meridian", o.db, o.ring, nil, pseudonym.DefaultLimits())
	if err != nil {
		return nil, err
	}
	if err := h.Check(ctx); err != nil {
		return nil, err
	}
	return h.Keys(ctx)
}

func (m *member) plainColumn(o opened, c vault.Column, all map[string]string) {
	m.t.Helper()
	rows, err := o.db.QueryContext(m.t.Context(), fmt.Sprintf(`SELECT %s, %s FROM %s`, c.Key, c.Name, c.Table))
	ok(m.t, err)
	defer rows.Close()
	for rows.Next() {
		var key string
		var sealed []byte
		ok(m.t, rows.Scan(&key, &sealed))
		if len(sealed) == 0 {
			continue
		}
		if c.Form == vault.Text {
			sealed = must[[]byte](m.t)(base64.StdEncoding.DecodeString(string(sealed)))
		}
		all[c.Table+"/"+key+"/"+c.Name] = string(must[[]byte](m.t)(o.vault.Open(c.Table, key, c.Name, sealed)))
	}
	ok(m.t, rows.Err())
}

// insideVariable marks a process of this test's that does what a command does, and is killed.
const insideVariable = "TALLY_VAULT_ROTATION"

func TestRotationInAProcessOfItsOwn(t *testing.T) {
	text := os.Getenv(insideVariable)
	if text == "" {
		t.Skip("this is what another test starts, and kills")
	}
	var settings Settings
	ok(t, json.Unmarshal([]byte(text), &settings))
	ok(t, RotateVault(t.Context(), settings, os.Stdout))
}

// killedAfter runs a rotation in a process of its own, which is killed when it has done some columns.
func (m *member) killedAfter(columns int) {
	m.t.Helper()
	text := must[[]byte](m.t)(json.Marshal(m.settings))
	command := exec.CommandContext(m.t.Context(), os.Args[0], "-test.run=^TestRotationInAProcessOfItsOwn$")
	command.Env = append(os.Environ(), insideVariable+"="+string(text))
	out := must[io.ReadCloser](m.t)(command.StdoutPipe())
	ok(m.t, command.Start())
	lines := bufio.NewScanner(out)
	for seen := 0; seen < columns && lines.Scan(); {
		if strings.Contains(lines.Text(), "sealed anew") {
			seen++
		}
	}
	ok(m.t, command.Process.Kill())
	if err := command.Wait(); err == nil {
		m.t.Errorf("the rotation came to its end before it was killed, after %d columns", columns)
	}
}

func (m *member) left(o opened) int {
	m.t.Helper()
	all := 0
	for _, c := range vault.Columns() {
		all += must[int](m.t)(o.vault.Left(m.t.Context(), c))
	}
	return all
}

// The setting changes from AES to SM4. The rotation is killed at several points, and ended; everything opens
// all the while, also for a process that knows of nothing; then the former key is forgotten.
func TestARotationThatIsKilledIsEnded(t *testing.T) {
	m := newMember(t)
	living := m.open() // an app that runs on
	defer living.db.Close()
	before := m.plain(living)
	m.settings.FieldCipher = string(vault.SM4GCM)
	for _, columns := range []int{1, 3, 6} {
		m.killedAfter(columns)
		if got := m.plain(living); !maps.Equal(got, before) {
			t.Fatalf("killed after %d columns, %d values open as before", columns, len(got))
		}
		o := m.open()
		if left := m.left(o); left == 0 || o.vault.Version() != 2 || o.vault.Algorithm() != vault.SM4GCM {
			t.Errorf("killed after %d columns: %d values left, key %d of %s", columns, left, o.vault.Version(), o.vault.Algorithm())
		}
		ok(t, o.db.Close())
	}
	var said strings.Builder
	ok(t, RotateVault(t.Context(), m.settings, &said))
	if !strings.Contains(said.String(), "key 2 (sm4-gcm) was begun before") {
		t.Errorf("the second run says %s", said.String())
	}
	if left := m.left(living); left != 0 {
		t.Errorf("%d values are left under the former key", left)
	}
	m.forgets(before)
}

// forgets retires the former key, as soon as no app runs, and holds that everything opens without it.
func (m *member) forgets(before map[string]string) {
	m.t.Helper()
	release := must[func()](m.t)(m.settings.claim(shared))
	var said strings.Builder
	if err := RetireVault(m.t.Context(), m.settings, &said, true); err == nil || !strings.Contains(err.Error(), "the app runs: end it") {
		m.t.Errorf("beside a running app: %v", err)
	}
	if err := RewrapVault(m.t.Context(), m.settings, &said); err == nil {
		m.t.Error("the master key was changed beside a running app")
	}
	ok(m.t, RetireVault(m.t.Context(), m.settings, &said, false)) // the former key is not a day old: it stays
	release()
	ok(m.t, RetireVault(m.t.Context(), m.settings, &said, true))
	if want := "0 keys retired; everything is under key 2 (sm4-gcm)\n1 keys retired; everything is under key 2 (sm4-gcm)\n"; said.String() != want {
		m.t.Errorf("said %q, want %q", said.String(), want)
	}
	ok(m.t, RewrapVault(m.t.Context(), m.settings, io.Discard))
	o := m.open()
	defer o.db.Close()
	if got := m.plain(o); !maps.Equal(got, before) {
		m.t.Errorf("%d values open as before, want %d", len(got), len(before))
	}
	var kept int
	ok(m.t, o.db.QueryRowContext(m.t.Context(), `SELECT COUNT(*) FROM vault_key WHERE wrapped <> '' AND algorithm = $1 AND purpose = 'field'`,
		string(vault.AESGCM)).Scan(&kept))
	if kept != 0 {
		m.t.Errorf("%d keys of the former algorithm are still there", kept)
	}
	papers := must[*documents.Store](m.t)(documents.New(o.db, o.vault, m.settings.inData("documents"), documents.DefaultLimits()))
	for _, d := range must[[]documents.Document](m.t)(papers.List(m.t.Context(), "p")) {
		_, reader, err := papers.Open(m.t.Context(), d.ID)
		ok(m.t, err)
		if text := string(must[[]byte](m.t)(io.ReadAll(reader))); !strings.HasPrefix(text, "%PDF-1.7 ") {
			m.t.Errorf("a document reads %q", text)
		}
		ok(m.t, reader.Close())
	}
}

// What an app seals under the former key beside a rotation is found by the next one, or by the retiring.
func TestRotationBesideALivingApp(t *testing.T) {
	m := newMember(t)
	living := m.open()
	defer living.db.Close()
	ok(t, RotateVault(t.Context(), m.settings, io.Discard))
	ok(t, living.db.Write(t.Context(), func(tx *sql.Tx) error {
		late, err := living.vault.SealText("webhook_endpoint", "w1", "secret", "late")
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(t.Context(), `UPDATE webhook_endpoint SET secret = $1`, late)
		return err
	}))
	o := m.open()
	defer o.db.Close()
	if left := m.left(o); left != 1 {
		t.Fatalf("%d values are under the former key, want the one that came late", left)
	}
	ok(t, RetireVault(t.Context(), m.settings, io.Discard, true))
	if got := m.plain(must[opened](t)(openVaultOf(t.Context(), m.settings)))["webhook_endpoint/w1/secret"]; got != "late" {
		t.Errorf("what came late opens as %q", got)
	}
}

// An app that starts on a change of the master key that was cut off says how it is ended.
func TestACutOffChangeOfTheMasterKeyIsNamed(t *testing.T) {
	m := newMember(t)
	ok(t, vault.Create(vault.NextMaster(m.settings.masterPath())))
	o := m.open() // nothing is under the new key yet
	ok(t, o.db.Close())
	ok(t, os.Rename(m.settings.masterPath(), m.settings.inData("aside")))
	ok(t, os.Rename(vault.NextMaster(m.settings.masterPath()), m.settings.masterPath()))
	ok(t, os.Rename(m.settings.inData("aside"), vault.NextMaster(m.settings.masterPath()))) // as if it were cut off behind the database
	if _, err := openVaultOf(t.Context(), m.settings); err == nil || !strings.Contains(err.Error(), "gateway-app vault rewrap") {
		t.Fatalf("the start says %v", err)
	}
	ok(t, RewrapVault(t.Context(), m.settings, io.Discard))
	o = m.open()
	defer o.db.Close()
	m.plain(o)
}
