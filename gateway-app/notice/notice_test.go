package notice_test

import (
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tallystick/tallystick/gateway-app/notice"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
)

func appendOne(t *testing.T, db *store.DB, f *notice.Feed, kind, subject string) error {
	t.Helper()
	return db.Write(t.Context(), func(tx *sql.Tx) error {
		return f.Append(t.Context(), tx, notice.Notice{Type: kind, Subject: subject, Payload: map[string]int{"count": 1}})
	})
}

// Several writers over two feeds, as of two processes: the sequence has no gap, and who reads behind them misses none.
func TestSequenceIsDenseUnderConcurrentWriters(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		feeds := []*notice.Feed{notice.New(db), notice.New(db)}
		const writers, each = 6, 8
		var group sync.WaitGroup
		for w := range writers {
			group.Go(func() {
				for i := range each {
					if err := appendOne(t, db, feeds[w%2], "submission.received", fmt.Sprintf("%d-%d", w, i)); err != nil {
						t.Error(err)
					}
				}
			})
		}
		var read []notice.Entry
		for deadline := time.Now().Add(20 * time.Second); len(read) < writers*each && time.Now().Before(deadline); {
			page, err := feeds[0].List(t.Context(), int64(len(read)), 5, notice.Filter{})
			if err != nil {
				t.Fatal(err)
			}
			read = append(read, page...)
		}
		group.Wait()
		seen := map[string]bool{}
		for i, e := range read {
			if e.Sequence != int64(i)+1 || seen[e.Subject] {
				t.Fatalf("notice %d is %+v", i, e)
			}
			seen[e.Subject] = true
		}
		if end, err := feeds[1].End(t.Context()); err != nil || end != writers*each || len(read) != writers*each {
			t.Errorf("the end is %d, %d were read, %v", end, len(read), err)
		}
	})
}

// Whoever waits is woken once the notice can be read, and not by a transaction that was rolled back.
func TestReadersAreWokenAfterTheCommit(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		f := notice.New(db)
		moved := f.Moved()
		wrong := errors.New("wrong")
		err := db.Write(t.Context(), func(tx *sql.Tx) error {
			n := notice.Notice{Type: "reminder.sent", Subject: "a", Payload: struct{}{}}
			if err := f.Append(t.Context(), tx, n); err != nil {
				return err
			}
			return wrong
		})
		if !errors.Is(err, wrong) {
			t.Fatal(err)
		}
		select {
		case <-moved:
			t.Error("a rollback woke the reader")
		default:
		}
		if err := appendOne(t, db, f, "warning.raised", "b"); err != nil {
			t.Fatal(err)
		}
		select {
		case <-moved:
		default:
			t.Error("the commit woke nobody")
		}
		list, err := f.List(t.Context(), 0, 10, notice.Filter{})
		if err != nil || len(list) != 1 || list[0].Sequence != 1 || list[0].Kind != "warning" || string(list[0].Payload) != `{"count":1}` {
			t.Errorf("%+v, %v", list, err)
		}
	})
}

func TestFilters(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		f := notice.New(db)
		for _, kind := range []string{"submission.received", "submission.rejected", "warning.raised", "reminder.sent"} {
			if err := appendOne(t, db, f, kind, "s-"+kind); err != nil {
				t.Fatal(err)
			}
		}
		for _, c := range []struct {
			filter notice.Filter
			want   string
		}{
			{notice.Filter{}, "[1 2 3 4]"},
			{notice.Filter{Kinds: []string{"submission"}}, "[1 2]"},
			{notice.Filter{Types: []string{"submission.rejected"}, Kinds: []string{"reminder"}}, "[2 4]"},
			{notice.Filter{Subject: "s-warning.raised"}, "[3]"},
			{notice.Filter{Kinds: []string{"submission"}, Subject: "s-warning.raised"}, "[]"},
		} {
			list, err := f.List(t.Context(), 0, 10, c.filter)
			got := []int64{}
			for _, e := range list {
				got = append(got, e.Sequence)
			}
			if err != nil || fmt.Sprint(got) != c.want {
				t.Errorf("%+v: %v, %v; want %s", c.filter, got, err, c.want)
			}
		}
	})
}

// Who reads the staff's feed finds no trace of alerts: neither one of them nor a gap, an end or a waking that one has
// made. They are dense in a feed of their own.
func TestAlertsLeaveNoTraceInTheFeedOfOthers(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		f := notice.New(db)
		moved := f.Moved()
		if err := appendOne(t, db, f, "alert.raised", "a"); err != nil {
			t.Fatal(err)
		}
		select {
		case <-moved:
			t.Error("an alert woke the staff's readers")
		default:
		}
		err := db.Write(t.Context(), func(tx *sql.Tx) error {
			var mixed []notice.Notice
			for _, kind := range []string{"warning.raised", "alert.closed", "reminder.sent", "alert.raised"} {
				mixed = append(mixed, notice.Notice{Type: kind, Subject: kind, Payload: struct{}{}})
			}
			return f.AppendAll(t.Context(), tx, mixed)
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			feed *notice.Feed
			want string
		}{
			{f, "1 warning.raised, 2 reminder.sent"},
			{f.Alerts(), "1 alert.raised, 2 alert.closed, 3 alert.raised"},
		} {
			list, err := c.feed.List(t.Context(), 0, 10, notice.Filter{})
			var got []string
			for _, e := range list {
				got = append(got, fmt.Sprint(e.Sequence, " ", e.Type))
			}
			end, errEnd := c.feed.End(t.Context())
			if err := errors.Join(err, errEnd); err != nil || strings.Join(got, ", ") != c.want || end != int64(len(got)) {
				t.Errorf("%s up to %d, %v; want %s", got, end, err, c.want)
			}
		}
	})
}

func TestNoticesThatAreRefused(t *testing.T) {
	db := storetest.SQLite(t)
	f := notice.New(db)
	for name, n := range map[string]notice.Notice{
		"a kind that there is not": {Type: "rumour.heard", Subject: "a", Payload: struct{}{}},
		"no verb":                  {Type: "alert", Subject: "a", Payload: struct{}{}},
		"no subject":               {Type: "alert.raised", Payload: struct{}{}},
		"no object":                {Type: "alert.raised", Subject: "a", Payload: "Sima Wei"},
		"nothing":                  {Type: "alert.raised", Subject: "a"},
		"too much":                 {Type: "alert.raised", Subject: "a", Payload: map[string]string{"x": string(make([]byte, 5000))}},
	} {
		err := db.Write(t.Context(), func(tx *sql.Tx) error { return f.Append(t.Context(), tx, n) })
		if err == nil {
			t.Errorf("%s was appended", name)
		}
	}
	if end, err := f.End(t.Context()); err != nil || end != 0 {
		t.Errorf("the end is %d, %v", end, err)
	}
}
