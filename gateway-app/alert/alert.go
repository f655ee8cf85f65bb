package alert

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/gateway-app/notice"
	"github.com/tallystick/tallystick/gateway-app/projection"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/vault"
)

// Status is how an alert stands.
type Status string

// The statuses. The last two are ends.
const (
	Open      Status = "open"
	Escalated Status = "escalated" // somebody more senior must look
	Dismissed Status = "dismissed" // nothing suspicious
	Reported  Status = "reported"  // a suspicious-transaction report was made
)

// Alert is what a rule found of one customer on one business day.
type Alert struct {
	ID          string        `json:"id"`
	Number      int64         `json:"number"`
	Rule        string        `json:"rule"`
	RuleVersion int           `json:"rule_version"`
	Pack        string        `json:"pack" doc:"The reporting pack whose rule it is"`
	PackDigest  string        `json:"pack_digest"`
	Severity    string        `json:"severity" enum:"low,medium,high"`
	Collection  string        `json:"collection"`
	Party       string        `json:"party" doc:"The handle of the party whose movement met the rule first"`
	On          calendar.Date `json:"on" format:"date" doc:"Business date"`
	DueOn       calendar.Date `json:"due_on" format:"date" doc:"The last day for a report"`
	Status      Status        `json:"status" enum:"open,escalated,dismissed,reported"`
	Owner       string        `json:"owner,omitempty" doc:"The user who looks after it; none while it is unassigned"`
	Reason      string        `json:"reason,omitempty"`
	DismissedBy string        `json:"dismissed_by,omitempty" doc:"Who would dismiss it, while a second user must agree"`
	Movements   int64         `json:"movements" doc:"How many movements met the rule"`
	AmountMinor money.Minor   `json:"amount_minor" doc:"Their sum"`
	OpenedAt    string        `json:"opened_at" format:"date-time"`
	ClosedAt    string        `json:"closed_at,omitempty" format:"date-time"`
	ClosedBy    string        `json:"closed_by,omitempty"`
}

func (a Alert) closed() bool { return a.ClosedAt != "" }

// Books are the member's read model; *projection.Projection has them.
type Books interface {
	Feed(ctx context.Context, after int64, limit int, f projection.FeedFilter) ([]projection.Entry, error)
	FeedEnd(ctx context.Context) (int64, error)
	Moved() <-chan struct{}
	Borrowers(ctx context.Context, loans []string) (map[string]string, error)
	Party(ctx context.Context, collection, handle string) (projection.Held[party.State], error)
	History(ctx context.Context, noun, collection, id string, page projection.Page) (projection.List[projection.Step], error)
	Regimes(ctx context.Context, page projection.Page) (projection.List[projection.Regime], error)
}

// Sealer encrypts narratives; *vault.Vault is one.
type Sealer interface {
	SealText(table, row, column, plain string) (string, error)
	OpenText(table, row, column, sealed string) (string, error)
}

// Columns are the sealed columns of the package, for rotation.
func Columns() []vault.Column { return vault.ColumnsOf(suspicionTable) }

// Notices is where alerts are told of; *notice.Feed is one.
type Notices interface {
	AppendAll(ctx context.Context, tx *sql.Tx, list []notice.Notice) error
}

// Settings say how alerts are looked for. What is zero has the value in brackets.
type Settings struct {
	Process string        // names this process as holder of the lease
	Lease   time.Duration // how long a process that died keeps others waiting (10 s)
	Poll    time.Duration // how often the feed is looked at unasked: another process may fold it (1 s)
	Pace    time.Duration // the least time between two looks, in which movements gather (200 ms)

	// Eligible refuses a user who may not look after alerts; nil takes everybody.
	Eligible func(ctx context.Context, user string) error

	// Customers knows which parties are one customer of the bank; nil: each party stands alone.
	Customers Customers

	// Origins knows whose work a transaction was; nil: nobody is kept from deciding but by their role.
	Origins Origins

	Logger *slog.Logger
	Now    func() time.Time
}

func (s Settings) completed() Settings {
	for value, usual := range map[*time.Duration]time.Duration{&s.Lease: 10 * time.Second, &s.Poll: time.Second, &s.Pace: 200 * time.Millisecond} {
		if *value <= 0 {
			*value = usual
		}
	}
	if s.Process == "" {
		s.Process = "alerts-" + newID()
	}
	if s.Logger == nil {
		s.Logger = slog.New(slog.DiscardHandler)
	}
	if s.Now == nil {
		s.Now = time.Now
	}
	return s
}

// Alerts finds and keeps alerts. Its methods may be called by many at once, and by several processes on one database.
// What a caller got wrong is a *fault.Fault.
type Alerts struct {
	db       *store.DB
	seal     Sealer
	books    Books
	notices  Notices
	settings Settings
}

// New makes the alerts of a member. Nothing is looked for before Run.
func New(db *store.DB, seal Sealer, books Books, notices Notices, settings Settings) *Alerts {
	return &Alerts{db: db, seal: seal, books: books, notices: notices, settings: settings.completed()}
}

func (a *Alerts) now() string { return store.Time(a.settings.Now()) }

func newID() string {
	id := make([]byte, 16)
	_, _ = rand.Read(id) // never fails
	return hex.EncodeToString(id)
}

const columns = `id, number, rule, rule_version, pack, pack_digest, severity, collection, party, business_date, due_on, status,
	owner, reason, dismissed_by, movements, amount_minor, opened_at, closed_at, closed_by`

func scan(from interface{ Scan(...any) error }) (Alert, error) {
	var a Alert
	var on, due string
	err := from.Scan(&a.ID, &a.Number, &a.Rule, &a.RuleVersion, &a.Pack, &a.PackDigest, &a.Severity, &a.Collection, &a.Party, &on, &due,
		&a.Status, &a.Owner, &a.Reason, &a.DismissedBy, &a.Movements, &a.AmountMinor, &a.OpenedAt, &a.ClosedAt, &a.ClosedBy)
	if errors.Is(err, sql.ErrNoRows) {
		return a, fault.In(fault.NotFound, "alert")
	}
	if err == nil {
		a.On, err = calendar.Parse(on)
	}
	if err == nil {
		a.DueOn, err = calendar.Parse(due)
	}
	if err != nil {
		return a, fmt.Errorf("read an alert: %w", err)
	}
	return a, nil
}

// asker is a database or a transaction.
type asker interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func find(ctx context.Context, from asker, id string) (Alert, error) {
	return scan(from.QueryRowContext(ctx, `SELECT `+columns+` FROM alert WHERE id = $1`, id))
}

// put writes an alert, new or changed.
func put(ctx context.Context, tx *sql.Tx, a Alert) error {
	const query = `INSERT INTO alert (` + columns + `)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
		ON CONFLICT (id) DO UPDATE SET severity = excluded.severity, status = excluded.status, owner = excluded.owner,
			reason = excluded.reason, dismissed_by = excluded.dismissed_by, movements = excluded.movements,
			amount_minor = excluded.amount_minor, closed_at = excluded.closed_at, closed_by = excluded.closed_by`
	_, err := tx.ExecContext(ctx, query, a.ID, a.Number, a.Rule, a.RuleVersion, a.Pack, a.PackDigest, a.Severity, a.Collection, a.Party,
		a.On.String(), a.DueOn.String(), a.Status, a.Owner, a.Reason, a.DismissedBy, a.Movements, int64(a.AmountMinor), a.OpenedAt, a.ClosedAt, a.ClosedBy)
	if err != nil {
		return fmt.Errorf("store alert %s: %w", a.ID, err)
	}
	return nil
}
