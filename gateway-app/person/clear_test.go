package person_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"log"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/gateway-app/documents"
	"github.com/tallystick/tallystick/gateway-app/kyc"
	"github.com/tallystick/tallystick/gateway-app/person"
	"github.com/tallystick/tallystick/gateway-app/screening"
	"github.com/tallystick/tallystick/gateway-app/store"
)

// personal are the tables that a purge may change.
var personal = []string{
	"person", "person_duty", "person_hold", "person_erasure", "person_authority", "document", "document_content", "kyc_case", "kyc_event",
	"watch_screening", "watch_hit",
}

// dump is every row of every table, as the database writes its columns.
func (s *scene) dump() map[string][]string {
	s.t.Helper()
	columns := map[string][]string{}
	for _, c := range value(s.db.Columns(s.t.Context()))(s.t) {
		columns[c.Table] = append(columns[c.Table], c.Name)
	}
	tables := map[string][]string{}
	for table, names := range columns {
		rows, err := s.db.QueryContext(s.t.Context(), fmt.Sprintf("SELECT %s FROM %s", strings.Join(names, ", "), table))
		ok(s.t, err)
		defer rows.Close()
		for rows.Next() {
			values := make([]any, len(names))
			for i := range values {
				values[i] = new(any)
			}
			ok(s.t, rows.Scan(values...))
			var b strings.Builder
			for i := range values {
				fmt.Fprintf(&b, "%s=%v ", names[i], *values[i].(*any))
			}
			tables[table] = append(tables[table], b.String())
		}
		ok(s.t, rows.Err())
		slices.Sort(tables[table])
	}
	return tables
}

// sameRows compares every table that is not about a person.
func (s *scene) sameRows(before, after map[string][]string) {
	s.t.Helper()
	for table, rows := range before {
		if !slices.Contains(personal, table) && !slices.Equal(rows, after[table]) {
			s.t.Errorf("%s changed from %v to %v", table, rows, after[table])
		}
	}
}

// Planted values go through everything that the packages do; then every file of the database, every file
// of the documents and everything that was logged or answered as an error is searched for them.
func TestNothingPersonalIsInTheClear(t *testing.T) {
	each(t, func(s *scene) {
		logged := captureLogs(s.t)
		ctx, r := s.t.Context(), s.becomeCustomer()
		for _, wrong := range []func(*person.Fields){
			func(f *person.Fields) {}, func(f *person.Fields) { f.Phone = planted.Address }, func(f *person.Fields) { f.BankAccount = planted.Name },
		} {
			f := planted
			wrong(&f)
			_, err := s.people.Create(ctx, "", party.Natural, f)
			fmt.Fprintln(logged, err)
		}
		_, _, err := s.lists.Load(ctx, "list", "clerk", strings.NewReader("number,name\n1,李四\n"))
		ok(s.t, err)
		value(s.cases.Run(ctx))(s.t)
		s.typesReferences(r.ID)
		_, err = s.documents.Put(ctx, documents.Upload{Subject: r.ID, Name: planted.Name}, strings.NewReader(planted.Name))
		fmt.Fprintln(logged, err)
		_, err = s.cases.Submit(ctx, planted.IdentityNumber, "clerk", kyc.Submission{Party: planted.Phone})
		if err == nil {
			s.t.Error("a phone was taken for a handle")
		}
		s.search("the log", logged.Bytes())
		for _, folder := range append(databaseFolders(s), s.folder) {
			s.searchFolder(folder)
		}
		for table, rows := range s.dump() {
			s.search(table, []byte(strings.Join(rows, "\n")))
		}
	})
}

// typesReferences writes a person into everything that staff may write, and tries it where it is not taken.
func (s *scene) typesReferences(id string) {
	s.t.Helper()
	ctx, today := s.t.Context(), calendar.Shanghai(s.now.Unix())
	about := planted.Name + "，" + planted.Phone
	ok(s.t, s.people.Keep(ctx, id, person.Duty{Kind: person.Litigation, Reference: about, Until: today}))
	value(s.people.Place(ctx, id, planted.Address, "clerk"))(s.t)
	for _, reason := range []string{about, "tel_" + planted.Phone, "id_" + planted.IdentityNumber[:17]} {
		_, err := s.rights.Request(ctx, id, "clerk", reason)
		refused(s.t, err, fault.InvalidField, "reason")
		_, err = s.lists.Decide(ctx, screening.Decision{Hit: "h", By: "clerk", Reason: reason})
		refused(s.t, err, fault.InvalidField, "reason")
		_, err = s.cases.Refuse(ctx, id, "officer", reason)
		refused(s.t, err, fault.InvalidField, "reason")
		_, err = s.rights.Authorise(ctx, id, person.Authority{
			Kind: party.Custodian, Member: "meridian", Reference: reason + planted.IdentityNumber, RecordedBy: "clerk",
		})
		refused(s.t, err, fault.InvalidField, "reference")
	}
}

// captureLogs collects what anybody logs while the test runs.
func captureLogs(t *testing.T) *bytes.Buffer {
	t.Helper()
	var logged bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug})))
	log.SetOutput(&logged)
	t.Cleanup(func() { slog.SetDefault(before); log.SetOutput(os.Stderr) })
	return &logged
}

// databaseFolders are where the database keeps its files, its journals included.
func databaseFolders(s *scene) []string {
	query := `SELECT file FROM pragma_database_list WHERE name = 'main'`
	if s.db.Dialect() == store.PostgreSQL {
		query = `SELECT setting || '/x' FROM pg_settings WHERE name = 'data_directory'`
	}
	var file string
	ok(s.t, s.db.QueryRowContext(s.t.Context(), query).Scan(&file))
	return []string{filepath.Dir(file)}
}

func (s *scene) searchFolder(folder string) {
	s.t.Helper()
	files := 0
	ok(s.t, filepath.WalkDir(folder, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		raw, err := os.ReadFile(name)
		if os.IsNotExist(err) {
			return nil // the database put it away meanwhile
		}
		files++
		s.search(filepath.Base(name), raw)
		return err
	}))
	if files == 0 {
		s.t.Errorf("no file was searched: is %s the folder?", filepath.Base(folder))
	}
}

func (s *scene) search(where string, raw []byte) {
	s.t.Helper()
	for _, secret := range leaks(raw) {
		s.t.Errorf("%s has %q in the clear", where, secret)
	}
}

// leaks are the planted values, and parts that would give them away, that stand in a text.
func leaks(raw []byte) []string {
	var found []string
	for _, secret := range []string{
		planted.Name, planted.IdentityNumber, planted.IdentityNumber[:17], planted.Phone, planted.Email, planted.Address, planted.BankName,
		planted.BankAccount, "植入",
	} {
		if bytes.Contains(raw, []byte(secret)) {
			found = append(found, secret)
		}
	}
	return found
}

// The search finds what is there to be found.
func TestTheSearchCanFind(t *testing.T) {
	for _, each := range []string{planted.Name, planted.IdentityNumber, planted.Phone, planted.Email, planted.BankAccount} {
		if len(leaks([]byte("row="+each+" "))) == 0 {
			t.Errorf("%s in the clear is not found", each)
		}
	}
}
