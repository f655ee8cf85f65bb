package accesslog_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/tallystick/tallystick/core/evidence"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/accesslog"
	"github.com/tallystick/tallystick/gateway-app/accesslog/chain"
	"github.com/tallystick/tallystick/gateway-app/outbox"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
)

// notary is a ledger's evidence log: it refuses what stands already, and what follows nothing.
type notary struct {
	entries []evidence.Entry
	asked   map[string]int
	silent  bool // decides, and the answer is lost
	away    bool
}

func (n *notary) Do(_ context.Context, c outbox.Command) (outbox.Outcome, error) {
	if n.away {
		return outbox.Outcome{}, fault.New(fault.Unavailable)
	}
	if n.asked == nil {
		n.asked = map[string]int{}
	}
	n.asked[c.ID]++
	outcome := outbox.Outcome{ID: c.ID, Status: outbox.Committed, TxID: "tx-" + c.ID[:4], Block: uint64(len(n.entries) + 1), Answer: wire.Answer{Applied: 1}}
	if n.asked[c.ID] == 1 {
		var items []evidence.Entry
		if err := json.Unmarshal(c.Items, &items); err != nil {
			return outbox.Outcome{}, err
		}
		if f := n.add(items[0]); f != nil {
			return outbox.Outcome{ID: c.ID, Status: outbox.Refused, Fault: f}, nil //nolint:nilerr // a refusal is an outcome
		}
	}
	if n.silent {
		return outbox.Outcome{ID: c.ID, Status: outbox.Sent}, nil
	}
	return outcome, nil
}

func (n *notary) add(entry evidence.Entry) *fault.Fault {
	known := entry.Previous == ""
	for _, e := range n.entries {
		if e.Digest == entry.Digest {
			return fault.New(fault.AlreadyExists)
		}
		known = known || e.Digest == entry.Previous
	}
	if !known {
		return fault.New(fault.PreviousUnknown)
	}
	n.entries = append(n.entries, entry)
	return nil
}

var began = time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)

func entry(i int) accesslog.Entry {
	return accesslog.Entry{
		At: began.Add(time.Duration(i) * time.Second), Actor: "user-1", Operation: "party.read", Decision: accesslog.Allowed,
		Policy: "platform-operator", Subject: fmt.Sprintf("%032x", i), RequestID: "request",
	}
}

func fill(t *testing.T, l *accesslog.Log, rows int) {
	t.Helper()
	for i := range rows {
		if err := l.Write(context.Background(), entry(i)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestRowsAreChainedAndTamperingIsNamed(t *testing.T) {
	for name, one := range map[string]struct {
		tamper   []string
		kind     string
		sequence int64
	}{
		"altered":  {[]string{`UPDATE access_log SET actor = 'user-2' WHERE seq = 3`}, chain.Altered, 3},
		"its mark": {[]string{`UPDATE access_log SET confidential = TRUE WHERE seq = 3`}, chain.Altered, 3},
		"the salt": {[]string{`UPDATE access_log SET salt = (SELECT salt FROM access_log WHERE seq = 2) WHERE seq = 3`}, chain.Altered, 3},
		"deleted":  {[]string{`DELETE FROM access_log WHERE seq = 3`}, chain.Missing, 3},
		"the head": {[]string{`DELETE FROM access_log WHERE seq >= 5`}, chain.Unanchored, 5},
		"swapped": {[]string{
			`UPDATE access_log SET seq = 99 WHERE seq = 3`, `UPDATE access_log SET seq = 3 WHERE seq = 4`,
			`UPDATE access_log SET seq = 4 WHERE seq = 99`,
		}, chain.Moved, 3},
	} {
		t.Run(name, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, db *store.DB) {
				ctx := context.Background()
				l := accesslog.New(db, "harbor", &notary{}, func() time.Time { return began })
				fill(t, l, 5)
				if _, ok, err := l.Anchor(ctx); err != nil || !ok {
					t.Fatal(ok, err)
				}
				if verdict, err := l.Verify(ctx); err != nil || verdict.Rows != 5 || verdict.Heads != 1 || verdict.Latest != 5 {
					t.Fatalf("before: %+v, %v", verdict, err)
				}
				err := db.Write(ctx, func(tx *sql.Tx) error {
					for _, statement := range one.tamper {
						if _, err := tx.ExecContext(ctx, statement); err != nil {
							return err
						}
					}
					return nil
				})
				if err != nil {
					t.Fatal(err)
				}
				var finding *chain.Finding
				if _, err := l.Verify(ctx); !errors.As(err, &finding) || finding.Kind != one.kind || finding.Sequence != one.sequence {
					t.Errorf("got %v, want %s at %d", err, one.kind, one.sequence)
				}
			})
		})
	}
}

func TestWritersAtOnceMakeOneChain(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		l := accesslog.New(db, "harbor", nil, nil)
		var wait sync.WaitGroup
		for i := range 12 {
			wait.Go(func() {
				if err := l.Write(ctx, entry(i)); err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		if verdict, err := l.Verify(ctx); err != nil || verdict.Rows != 12 {
			t.Errorf("got %+v, %v", verdict, err)
		}
	})
}

// What is rolled back leaves no row, and no gap.
func TestARowSharesTheFateOfItsTransaction(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx, failed := context.Background(), errors.New("failed")
		l := accesslog.New(db, "harbor", nil, nil)
		fill(t, l, 1)
		err := db.Write(ctx, func(tx *sql.Tx) error {
			if err := l.Append(ctx, tx, entry(2)); err != nil {
				return err
			}
			return failed
		})
		if !errors.Is(err, failed) {
			t.Fatal(err)
		}
		fill(t, l, 1)
		if verdict, err := l.Verify(ctx); err != nil || verdict.Rows != 2 {
			t.Errorf("got %+v, %v", verdict, err)
		}
	})
}

func TestHeadsAreAnchoredOnceAndInAChain(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx, ledger := context.Background(), &notary{}
		l := accesslog.New(db, "harbor", ledger, func() time.Time { return began })
		if _, ok, err := l.Anchor(ctx); ok || err != nil {
			t.Errorf("an empty log was anchored: %v, %v", ok, err)
		}
		fill(t, l, 3)
		first, ok, err := l.Anchor(ctx)
		if !ok || err != nil || first.Sequence != 3 || first.TxID == "" || first.Block != 1 {
			t.Fatalf("got %+v, %v, %v", first, ok, err)
		}
		if _, ok, err := l.Anchor(ctx); ok || err != nil {
			t.Errorf("the same head was anchored again: %v, %v", ok, err)
		}
		fill(t, l, 2)
		// The answer is lost, the process ends, rows are added: the stored head is finished first.
		ledger.silent = true
		if _, _, err := l.Anchor(ctx); !errors.Is(err, fault.New(fault.OutcomeUnknown)) {
			t.Fatal(err)
		}
		ledger.silent = false
		fill(t, l, 1)
		again := accesslog.New(db, "harbor", ledger, func() time.Time { return began })
		if second, _, err := again.Anchor(ctx); err != nil || second.Sequence != 5 || second.Previous != first.Hash {
			t.Fatalf("got %+v, %v", second, err)
		}
		if third, _, err := again.Anchor(ctx); err != nil || third.Sequence != 6 {
			t.Fatalf("got %+v, %v", third, err)
		}
		if len(ledger.entries) != 3 || ledger.entries[0].Phase != evidence.PhaseAudit || ledger.entries[0].Digest != first.Hash {
			t.Errorf("the ledger holds %+v", ledger.entries)
		}
		if verdict, err := l.Verify(ctx); err != nil || verdict.Heads != 3 {
			t.Errorf("got %+v, %v", verdict, err)
		}
	})
}

// A database restored from a backup knows less than the ledger: the head that stands there counts.
func TestAHeadThatTheLedgerHasAlreadyCounts(t *testing.T) {
	ctx, ledger, db := context.Background(), &notary{}, storetest.SQLite(t)
	l := accesslog.New(db, "harbor", ledger, func() time.Time { return began })
	fill(t, l, 2)
	if _, _, err := l.Anchor(ctx); err != nil {
		t.Fatal(err)
	}
	if err := db.Write(ctx, func(tx *sql.Tx) error { _, err := tx.ExecContext(ctx, `DELETE FROM access_anchor`); return err }); err != nil {
		t.Fatal(err)
	}
	ledger.asked = nil
	if anchor, ok, err := l.Anchor(ctx); err != nil || !ok || anchor.AnchoredAt == "" {
		t.Errorf("got %+v, %v, %v", anchor, ok, err)
	}
}

func TestTheHeadIsAnchoredDailyAndTriedAgainSoon(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var lock sync.Mutex
	at := began
	now := func() time.Time { lock.Lock(); defer lock.Unlock(); return at }
	ledger := &notary{away: true}
	l := accesslog.New(storetest.SQLite(t), "harbor", ledger, now)
	fill(t, l, 1)
	ticks, failures, ended := make(chan time.Time), make(chan error, 9), make(chan error)
	go func() { ended <- l.Run(ctx, ticks, func(err error) { failures <- err }) }()
	if err := <-failures; !errors.Is(err, fault.New(fault.Unavailable)) {
		t.Fatal(err)
	}
	step := func(span time.Duration, want int) { // two ticks: the second is taken when the first is done with
		t.Helper()
		lock.Lock()
		at = at.Add(span)
		lock.Unlock()
		fill(t, l, 1)
		ticks <- now()
		ticks <- now()
		if anchors, err := l.Anchors(ctx); err != nil || len(anchors) != want {
			t.Errorf("after %v there are %d anchors, want %d (%v)", span, len(anchors), want, err)
		}
	}
	ledger.away = false
	step(10*time.Minute, 1)
	step(12*time.Hour, 1)
	step(12*time.Hour, 2)
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// Rows that are written at one moment share a transaction, and each is answered for itself.
func TestRowsOfOneMomentAreWrittenTogether(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		l := accesslog.New(db, "harbor", nil, nil)
		const writers = 300
		failed := make(chan error, writers)
		release := make(chan struct{})
		held := make(chan struct{})
		go func() { // a transaction that stands in the way, so that the others gather
			_ = db.Write(ctx, func(tx *sql.Tx) error {
				if err := l.Append(ctx, tx, entry(0)); err != nil {
					return err
				}
				close(held)
				<-release
				return nil
			})
		}()
		<-held
		for i := range writers {
			go func() { failed <- l.Write(ctx, entry(i+1)) }()
		}
		time.Sleep(50 * time.Millisecond)
		close(release)
		for range writers {
			if err := <-failed; err != nil {
				t.Error(err)
			}
		}
		verdict, err := l.Verify(ctx)
		if err != nil || verdict.Rows != writers+1 {
			t.Errorf("%+v, %v", verdict, err)
		}
		bad := entry(1)
		bad.Subjects = []string{"Wang"}
		if err := l.Write(ctx, bad); err == nil {
			t.Error("a name was taken for a handle")
		}
		gone, cancel := context.WithCancel(ctx)
		cancel()
		if err := l.Write(gone, entry(2)); !errors.Is(err, context.Canceled) {
			t.Errorf("whoever has left is told %v", err)
		}
	})
}

// The handles of a list are kept once, found again, and missed when somebody takes them away or changes them.
func TestDisclosuresAreFoundAndVerified(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		l := accesslog.New(db, "harbor", nil, nil)
		handles := func(numbers ...int) []string {
			var list []string
			for _, n := range numbers {
				list = append(list, fmt.Sprintf("%032x", n))
			}
			return list
		}
		for i, shown := range [][]int{{1, 2, 3}, {3, 2, 1, 1}, {4}, nil, {256, 2}} {
			e := entry(i)
			e.Subject, e.Subjects = "", handles(shown...)
			if err := l.Write(ctx, e); err != nil {
				t.Fatal(err)
			}
		}
		asked := entry(9)
		asked.Subject = handles(4)[0]
		if err := l.Write(ctx, asked); err != nil {
			t.Fatal(err)
		}
		for number, want := range map[int]string{1: "[1 2]", 2: "[1 2 5]", 3: "[1 2]", 4: "[3 6]", 5: "[]"} {
			rows, err := l.For(true).About(ctx, handles(number), 0, 100)
			sequences := []int64{}
			for _, row := range rows {
				sequences = append(sequences, row.Sequence)
			}
			if err != nil || fmt.Sprint(sequences) != want {
				t.Errorf("about %d: %v, %v, want %s", number, sequences, err, want)
			}
		}
		if rows, err := l.For(true).About(ctx, handles(2), 1, 1); err != nil || len(rows) != 1 || rows[0].Sequence != 2 || rows[0].Count != 3 {
			t.Errorf("a page: %+v, %v", rows, err)
		}
		var sets int
		if err := db.QueryRowContext(ctx, `SELECT COUNT(*) FROM access_disclosure`).Scan(&sets); err != nil || sets != 3 {
			t.Errorf("%d sets are kept, %v", sets, err)
		}
		tamper := func(statement string, arguments ...any) error {
			err := db.Write(ctx, func(tx *sql.Tx) error {
				_, err := tx.ExecContext(ctx, statement, arguments...)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			_, err = l.Verify(ctx)
			return err
		}
		var finding *chain.Finding
		if err := tamper(`UPDATE access_disclosure SET subjects = $1 WHERE LENGTH(subjects) = 16`, make([]byte, 16)); !errors.As(err, &finding) || finding.Kind != chain.Altered {
			t.Errorf("a changed set: %v", err)
		}
		if err := tamper(`DELETE FROM access_disclosure WHERE LENGTH(subjects) = 16`); !errors.As(err, &finding) || finding.Kind != chain.Missing || finding.Sequence != 3 {
			t.Errorf("a set taken away: %v", err)
		}
	})
}
