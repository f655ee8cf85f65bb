package accesslog_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/gateway-app/accesslog"
	"github.com/tallystick/tallystick/gateway-app/accesslog/chain"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
)

const officer, watched = "an officer", "000000000000000000000000000000aa"

// withAlerts is a log of six rows, the second and the fifth confidential.
func withAlerts(t *testing.T, db *store.DB) *accesslog.Log {
	t.Helper()
	l := accesslog.New(db, "harbor", &notary{}, nil)
	for i := range 6 {
		e := entry(i)
		if i == 1 || i == 4 {
			e.Actor, e.Operation, e.Subject, e.Confidential = officer, "alert.read", watched, true
			e.Subjects = []string{watched}
		}
		if err := l.Write(context.Background(), e); err != nil {
			t.Fatal(err)
		}
	}
	return l
}

func whole(t *testing.T, r accesslog.Reader) []chain.Row {
	t.Helper()
	rows, err := r.Page(context.Background(), accesslog.Filter{}, 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// exported is what somebody takes away who reads the log so.
func exported(t *testing.T, rows []chain.Row) string {
	t.Helper()
	var text strings.Builder
	encoder := json.NewEncoder(&text)
	for _, row := range rows {
		if err := encoder.Encode(row); err != nil {
			t.Fatal(err)
		}
	}
	return text.String()
}

// Who may not know of alerts gets every row's place and verifies the chain, up to the anchored head, and gets nothing
// of what is withheld: not who, what, whom, when, nor the salt with which that could be tried out.
func TestWithheldRowsAreVerifiedAndTellNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		l := withAlerts(t, db)
		anchor, ok, err := l.Anchor(ctx)
		if err != nil || !ok {
			t.Fatal(ok, err)
		}
		heads := []chain.Head{{Sequence: anchor.Sequence, Hash: anchor.Hash}}
		full, others := whole(t, l.For(true)), whole(t, l.For(false))
		for knows, rows := range map[bool][]chain.Row{true: full, false: others} {
			verdict, err := chain.Verify(chain.Read(strings.NewReader(exported(t, rows))), heads)
			withheld := int64(2)
			if knows {
				withheld = 0
			}
			if want := (chain.Verdict{Rows: 6, Withheld: withheld, Head: anchor.Hash, Heads: 1, Latest: 6}); err != nil || verdict != want {
				t.Errorf("knows %v: got %+v, %v, want %+v", knows, verdict, err, want)
			}
		}
		text := exported(t, others)
		for _, i := range []int{1, 4} {
			for _, secret := range []string{officer, "alert", watched, full[i].Salt, full[i].At, full[i].Disclosed} {
				if secret == "" || strings.Contains(text, secret) {
					t.Errorf("row %d: %q is shown", i+1, secret)
				}
			}
			if !others[i].Withheld() || others[i].Digest != full[i].Digest {
				t.Errorf("row %d is shown as %+v", i+1, others[i])
			}
		}
		if full[0] != others[0] || full[0].Salt == full[2].Salt {
			t.Errorf("an open row is shown as %+v and %+v", full[0], others[0])
		}
		if verdict, err := l.Verify(ctx); err != nil || verdict.Rows != 6 || verdict.Withheld != 0 {
			t.Errorf("the member verifies %+v, %v", verdict, err)
		}
	})
}

// What a withheld row says is altered in the database: whoever reads it finds that, and so does the member. The digest
// is altered with it: everybody finds that.
func TestTamperingWithWithheldRowsIsFound(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		l := withAlerts(t, db)
		for _, one := range []struct {
			statement string
			others    bool // find it, too
		}{
			{`UPDATE access_log SET subject = 'somebody else' WHERE seq = 5`, false},
			{`UPDATE access_log SET digest = (SELECT digest FROM access_log WHERE seq = 2) WHERE seq = 5`, true},
		} {
			err := db.Write(ctx, func(tx *sql.Tx) error { _, err := tx.ExecContext(ctx, one.statement); return err })
			if err != nil {
				t.Fatal(err)
			}
			_, byMember := l.Verify(ctx)
			_, byReader := chain.Verify(inTurn(whole(t, l.For(true))), nil)
			_, byOthers := chain.Verify(inTurn(whole(t, l.For(false))), nil)
			for who, err := range map[string]error{"the member": byMember, "who may know": byReader, "others": byOthers} {
				var finding *chain.Finding
				if who == "others" && !one.others {
					if err != nil {
						t.Errorf("%s: others are shown %v", one.statement, err)
					}
					continue
				}
				if !errors.As(err, &finding) || finding.Kind != chain.Altered || finding.Sequence != 5 {
					t.Errorf("%s: %s finds %v", one.statement, who, err)
				}
			}
		}
	})
}

func inTurn(rows []chain.Row) func(yield func(chain.Row, error) bool) {
	return func(yield func(chain.Row, error) bool) {
		for _, row := range rows {
			if !yield(row, nil) {
				return
			}
		}
	}
}

// No question finds out what is withheld: asked for by what it says, there is no such row.
func TestNothingIsAnOracleForWithheldRows(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		l := withAlerts(t, db)
		sequences := func(rows []chain.Row, err error) string {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
			found := []int64{}
			for _, row := range rows {
				found = append(found, row.Sequence)
			}
			return fmt.Sprint(found)
		}
		for _, one := range []struct {
			filter       accesslog.Filter
			knows, other string
		}{
			{accesslog.Filter{Actor: officer}, "[2 5]", "[]"},
			{accesslog.Filter{Operation: "alert.read"}, "[2 5]", "[]"},
			{accesslog.Filter{Subject: watched}, "[2 5]", "[]"},
			{accesslog.Filter{Actor: officer, Operation: "party.read"}, "[]", "[]"},
			{accesslog.Filter{Actor: "user-1", Operation: "party.read"}, "[1 3 4 6]", "[1 3 4 6]"},
			{accesslog.Filter{Subject: entry(3).Subject}, "[4]", "[4]"},
			{accesslog.Filter{}, "[1 2 3 4 5 6]", "[1 2 3 4 5 6]"},
		} {
			knows := sequences(l.For(true).Page(ctx, one.filter, 0, 100))
			other := sequences(l.For(false).Page(ctx, one.filter, 0, 100))
			if knows != one.knows || other != one.other {
				t.Errorf("%+v: %s and %s, want %s and %s", one.filter, knows, other, one.knows, one.other)
			}
		}
		if got := sequences(l.For(true).Page(ctx, accesslog.Filter{Actor: officer}, 2, 1)); got != "[5]" {
			t.Errorf("after the second: %s", got)
		}
		about := []string{sequences(l.For(true).About(ctx, []string{watched}, 0, 9)), sequences(l.For(false).About(ctx, []string{watched}, 0, 9))}
		if !slices.Equal(about, []string{"[2 5]", "[]"}) {
			t.Errorf("about whom it is: %v", about)
		}
	})
}
