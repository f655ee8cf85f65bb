package notice

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/store"
)

// The kinds of notices: what stands before the dot of a type.
const (
	Alert      = "alert"      // a movement of a customer's money that somebody must look at
	Disclosure = "disclosure" // a platform's figures that are public
	Reminder   = "reminder"   // of what a borrower owes
	Submission = "submission" // of a platform's figures to the regulator
	Warning    = "warning"    // of a loan that may go overdue
)

// Kinds are the kinds that there are, in order.
func Kinds() []string { return []string{Alert, Disclosure, Reminder, Submission, Warning} }

// Confidential reports whether notices of a kind are in the feed of alerts, and not in that of all staff.
func Confidential(kind string) bool { return kind == Alert }

// KindOf is what stands before the dot of a type; of a kind the kind itself.
func KindOf(text string) string {
	kind, _, _ := strings.Cut(text, ".")
	return kind
}

// Notice is what happened. Its payload becomes a JSON object; it has no personal data.
type Notice struct {
	Type    string // "alert.raised"
	Subject string // the id or handle of what it happened to
	Payload any
}

// Entry is a notice with its place in the feed.
type Entry struct {
	Sequence int64           `json:"sequence"` // dense from 1
	At       time.Time       `json:"at"`
	Type     string          `json:"type"`
	Kind     string          `json:"kind"`
	Subject  string          `json:"subject"`
	Payload  json.RawMessage `json:"payload"` // an object
}

// The two feeds, as their rows name them.
const (
	ofStaff  = "staff"
	ofAlerts = "alerts"
)

const (
	longestSubject = 200
	longestPayload = 4_096
)

var typeForm = regexp.MustCompile(`^([a-z_]{1,40})\.[a-z_]{1,40}$`)

// Feed is the member's feed, or the one of alerts beside it. It is safe for many at once, and several processes may
// have one over one database.
type Feed struct {
	db     *store.DB
	now    func() time.Time
	name   string
	alerts *Feed // beside the staff's

	mu    sync.Mutex
	moved chan struct{} // closed and made anew whenever this process has appended
}

// New makes the feed of a database, with that of its alerts.
func New(db *store.DB) *Feed {
	f := newFeed(db, ofStaff)
	f.alerts = newFeed(db, ofAlerts)
	return f
}

func newFeed(db *store.DB, name string) *Feed {
	return &Feed{db: db, now: time.Now, name: name, moved: make(chan struct{})}
}

// Alerts is the feed of what only those may know who may read alerts. It is for reading: Append finds it by the kind.
func (f *Feed) Alerts() *Feed { return f.alerts }

// Kinds are the kinds whose notices are in this feed, in order.
func (f *Feed) Kinds() []string {
	return slices.DeleteFunc(Kinds(), func(kind string) bool { return Confidential(kind) != (f.name == ofAlerts) })
}

// of is the feed that a notice belongs to.
func (f *Feed) of(n Notice) *Feed {
	if f.alerts != nil && Confidential(KindOf(n.Type)) {
		return f.alerts
	}
	return f
}

// sequence names the numbers of the feed.
func (f *Feed) sequence() string {
	if f.name == ofStaff {
		return "notice"
	}
	return "notice_" + f.name
}

// Append adds a notice in the caller's transaction, which must be one of store.DB.Write. It is there when that is
// committed, and not at all when it is rolled back.
func (f *Feed) Append(ctx context.Context, tx *sql.Tx, n Notice) error {
	return f.AppendAll(ctx, tx, []Notice{n})
}

// AppendAll adds notices one after the other, those of one feed with nothing of anybody else's between them.
func (f *Feed) AppendAll(ctx context.Context, tx *sql.Tx, list []Notice) error {
	var ours, alerts []Notice
	for _, n := range list {
		if f.of(n) == f {
			ours = append(ours, n)
		} else {
			alerts = append(alerts, n)
		}
	}
	if err := f.put(ctx, tx, ours); err != nil || len(alerts) == 0 {
		return err
	}
	return f.alerts.put(ctx, tx, alerts)
}

func (f *Feed) put(ctx context.Context, tx *sql.Tx, list []Notice) error {
	if len(list) == 0 {
		return nil
	}
	payloads := make([]string, len(list))
	for i, n := range list {
		var err error
		if payloads[i], err = n.check(); err != nil {
			return fmt.Errorf("append %s to the member's feed: %w", n.Type, err)
		}
	}
	first, err := store.Reserve(ctx, tx, f.sequence(), int64(len(list)))
	if err != nil {
		return fmt.Errorf("append to the member's feed: %w", err)
	}
	const query = `INSERT INTO notice (feed, seq, at, type, kind, subject, payload) VALUES ($1, $2, $3, $4, $5, $6, $7)`
	at := store.Time(f.now())
	for i, n := range list {
		if _, err := tx.ExecContext(ctx, query, f.name, first+int64(i), at, n.Type, KindOf(n.Type), n.Subject, payloads[i]); err != nil {
			return fmt.Errorf("append %s to the member's feed: %w", n.Type, err)
		}
	}
	f.db.Afterwards(tx, f, f.wake)
	return nil
}

// check answers the payload as it is stored. What it refuses is a mistake of the program.
func (n Notice) check() (string, error) {
	form := typeForm.FindStringSubmatch(n.Type)
	if form == nil || !slices.Contains(Kinds(), form[1]) {
		return "", fmt.Errorf("the type is none of %v with what happened after a dot", Kinds())
	}
	if n.Subject == "" || len(n.Subject) > longestSubject {
		return "", fmt.Errorf("the subject is empty or longer than %d bytes", longestSubject)
	}
	text, err := json.Marshal(n.Payload)
	if err != nil {
		return "", fmt.Errorf("write its payload: %w", err)
	}
	if len(text) > longestPayload || !bytes.HasPrefix(text, []byte("{")) {
		return "", fmt.Errorf("the payload is no object, or longer than %d bytes", longestPayload)
	}
	return string(text), nil
}

func (f *Feed) wake() {
	f.mu.Lock()
	defer f.mu.Unlock()
	close(f.moved)
	f.moved = make(chan struct{})
}

// Moved answers a channel that is closed when this process has appended next. What another process appends closes
// nothing: who waits looks by itself every second or so.
func (f *Feed) Moved() <-chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.moved
}

// End is the number of the last notice, 0 before the first.
func (f *Feed) End(ctx context.Context) (int64, error) {
	var end int64
	if err := f.db.QueryRowContext(ctx, `SELECT COALESCE(MAX(seq), 0) FROM notice WHERE feed = $1`, f.name).Scan(&end); err != nil {
		return 0, fmt.Errorf("look for the end of the member's feed: %w", err)
	}
	return end, nil
}

// Filter narrows the feed. Empty fields ask for nothing; a notice of one of the types or one of the kinds is in.
type Filter struct {
	Types   []string
	Kinds   []string
	Subject string
}

// MostAtOnce is how many notices List answers at most.
const MostAtOnce = 1_000

// List answers the notices after a number, oldest first.
func (f *Feed) List(ctx context.Context, after int64, limit int, filter Filter) ([]Entry, error) {
	if after < 0 {
		return nil, fault.In(fault.InvalidField, "after")
	}
	text, values := filter.query(f.name, after, min(limit, MostAtOnce))
	rows, err := f.db.QueryContext(ctx, text, values...)
	if err != nil {
		return nil, fmt.Errorf("read the member's feed: %w", err)
	}
	defer rows.Close()
	list := []Entry{}
	for rows.Next() {
		var e Entry
		var at, payload string
		if err := rows.Scan(&e.Sequence, &at, &e.Type, &e.Kind, &e.Subject, &payload); err != nil {
			return nil, fmt.Errorf("read the member's feed: %w", err)
		}
		if e.At, err = store.ParseTime(at); err != nil {
			return nil, fmt.Errorf("read the member's feed: %w", err)
		}
		e.Payload = json.RawMessage(payload)
		list = append(list, e)
	}
	return list, rows.Err()
}

func (f Filter) query(feed string, after int64, limit int) (string, []any) {
	var text strings.Builder
	text.WriteString(`SELECT seq, at, type, kind, subject, payload FROM notice WHERE feed = $1 AND seq > $2`)
	values := []any{feed, after}
	among := func(column string, wanted []string) string {
		marks := make([]string, len(wanted))
		for i, one := range wanted {
			values = append(values, one)
			marks[i] = fmt.Sprintf("$%d", len(values))
		}
		return column + " IN (" + strings.Join(marks, ", ") + ")"
	}
	var either []string
	if len(f.Types) > 0 {
		either = append(either, among("type", f.Types))
	}
	if len(f.Kinds) > 0 {
		either = append(either, among("kind", f.Kinds))
	}
	if len(either) > 0 {
		text.WriteString(" AND (" + strings.Join(either, " OR ") + ")")
	}
	if f.Subject != "" {
		values = append(values, f.Subject)
		fmt.Fprintf(&text, " AND subject = $%d", len(values))
	}
	values = append(values, limit)
	fmt.Fprintf(&text, " ORDER BY seq LIMIT $%d", len(values))
	return text.String(), values
}
