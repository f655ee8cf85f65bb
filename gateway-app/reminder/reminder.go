package reminder

import (
	"context"
	"crypto/cipher"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/gateway-app/accesslog"
	"github.com/tallystick/tallystick/gateway-app/notice"
	"github.com/tallystick/tallystick/gateway-app/person"
	"github.com/tallystick/tallystick/gateway-app/projection"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/vault"
)

// Channel is how somebody is reminded.
type Channel string

// The channels.
const (
	Email   Channel = "email"
	Webhook Channel = "webhook" // a notice in the member's feed: whoever the platform lets remind takes it from there
)

// Status is what became of a reminder.
type Status string

// The statuses.
const (
	Pending Status = "pending"
	Sent    Status = "sent"
	Skipped Status = "skipped" // nobody was to be reminded any more
	Failed  Status = "failed"
)

// Reason says why.
type Reason string

// The reasons.
const (
	Paid        Reason = "paid"        // meanwhile, or the loan is no longer active
	OptedOut    Reason = "opted_out"   // by the borrower
	NoAddress   Reason = "no_address"  // the person's record has none, or there is no record
	Restricted  Reason = "restricted"  // the person asked for erasure: the record is not used
	Overtaken   Reason = "overtaken"   // the due date has passed, or a later reminder of the same instalment was made
	Refused     Reason = "refused"     // for good, by the mail server
	Unreachable Reason = "unreachable" // the mail server
	PutOff      Reason = "put_off"     // by the mail server, by a record that could not be read, or nobody knows
	GivenUp     Reason = "given_up"    // after too long
)

// Reminder is one reminder of one instalment through one channel, and what became of it.
type Reminder struct {
	ID          string        `json:"id"`
	Sequence    int64         `json:"-"`
	Loan        string        `json:"loan"`
	DueOn       calendar.Date `json:"due_on" doc:"When the instalment falls due"`
	Days        int           `json:"days" doc:"After the due date; before it, negative"`
	Channel     Channel       `json:"channel" enum:"email,webhook"`
	Party       string        `json:"party" doc:"The borrower's handle"`
	BusinessOn  calendar.Date `json:"business_on" doc:"The custodian's business date that brought it"`
	MadeAt      string        `json:"made_at"`
	Status      Status        `json:"status" enum:"pending,sent,skipped,failed"`
	Reason      Reason        `json:"reason,omitempty" enum:"paid,opted_out,no_address,restricted,overtaken,refused,unreachable,put_off,given_up" doc:"Why it was skipped or failed; of a pending one, why the last attempt did"`
	Attempts    int           `json:"attempts"`
	DueAt       string        `json:"due_at,omitempty" doc:"Of a pending one: when it is tried next at the earliest"`
	EndedAt     string        `json:"ended_at,omitempty"`
	AmountMinor money.Minor   `json:"amount_minor,omitempty" doc:"What was asked for"`

	custodian string
}

// Books are what the package knows of loans and days.
type Books interface {
	Day(ctx context.Context, custodian string) (projection.Held[custody.Day], error)
	Loan(ctx context.Context, id string) (projection.Loan, error)
	LoansDue(ctx context.Context, f projection.LoanDueFilter, page projection.Page) (projection.List[projection.LoanDue], error)
	Standing(ctx context.Context) (projection.Standing, error)
	Moved() <-chan struct{}
}

// People finds the record of a party.
type People interface {
	FindParty(ctx context.Context, handle string) (person.Record, error)
}

// Parts are what the reminders stand on.
type Parts struct {
	Store  *store.DB
	Vault  *vault.Vault
	Books  Books
	People People
	Log    *accesslog.Log
	Feed   *notice.Feed
}

// Reminders are a platform's.
type Reminders struct {
	parts    Parts
	settings resolved
	conduct  Conduct
	links    cipher.AEAD
	linkKey  []byte

	mu      sync.Mutex
	failing int       // attempts in a row for which no mail server was there
	resume  time.Time // until then none is dialled
}

// New makes them, or says which setting is to be mended.
func New(parts Parts, settings Settings, conduct Conduct) (*Reminders, error) {
	read, err := settings.withDefaults(conduct.Member).resolve()
	if err != nil {
		return nil, fmt.Errorf("reminders.%w", err)
	}
	r := &Reminders{parts: parts, settings: read, conduct: conduct.withDefaults()}
	return r, r.openLinks()
}

// channels are those that are served.
func (r *Reminders) channels() []Channel {
	if r.settings.sender == nil {
		return []Channel{Webhook}
	}
	return []Channel{Webhook, Email}
}

// identity is the id of a reminder: there is one of each.
func identity(loan string, dueOn calendar.Date, days int, channel Channel) string {
	sum := sha256.Sum256([]byte("tallystick reminder\x00" + loan + "\x00" + dueOn.String() + "\x00" + strconv.Itoa(days) + "\x00" + string(channel)))
	return hex.EncodeToString(sum[:16])
}

// Filter narrows a list. Empty fields ask for nothing.
type Filter struct {
	Loan    string
	Party   string
	Channel Channel
	Status  Status
	DueOn   calendar.Date
}

const columns = `id, seq, loan, due_on, days, channel, party, custodian, business_on, made_at, status, reason, attempts, due_at, ended_at, amount_minor`

// List answers reminders behind a place in the list, in the order in which they were made; the newest first if asked.
func (r *Reminders) List(ctx context.Context, f Filter, after int64, limit int, newest bool) ([]Reminder, error) {
	query := `SELECT ` + columns + ` FROM reminder WHERE ($1 = '' OR loan = $1) AND ($2 = '' OR party = $2) AND ($3 = '' OR channel = $3)
		AND ($4 = '' OR status = $4) AND ($5 = '' OR due_on = $5) AND seq > $6 ORDER BY seq LIMIT $7`
	if newest {
		query = `SELECT ` + columns + ` FROM reminder WHERE ($1 = '' OR loan = $1) AND ($2 = '' OR party = $2) AND ($3 = '' OR channel = $3)
			AND ($4 = '' OR status = $4) AND ($5 = '' OR due_on = $5) AND ($6 = 0 OR seq < $6) ORDER BY seq DESC LIMIT $7`
	}
	due := ""
	if !f.DueOn.IsZero() {
		due = f.DueOn.String()
	}
	rows, err := r.parts.Store.QueryContext(ctx, query, f.Loan, f.Party, string(f.Channel), string(f.Status), due, after, limit)
	if err != nil {
		return nil, fmt.Errorf("list reminders: %w", err)
	}
	return scanAll(rows)
}

func scanAll(rows *sql.Rows) ([]Reminder, error) {
	defer rows.Close()
	list := []Reminder{}
	for rows.Next() {
		one, err := scan(rows)
		if err != nil {
			return nil, fmt.Errorf("read a reminder: %w", err)
		}
		list = append(list, one)
	}
	return list, rows.Err()
}

func scan(from interface{ Scan(...any) error }, more ...any) (Reminder, error) {
	var one Reminder
	var due, on string
	err := from.Scan(append([]any{
		&one.ID, &one.Sequence, &one.Loan, &due, &one.Days, &one.Channel, &one.Party, &one.custodian, &on, &one.MadeAt,
		&one.Status, &one.Reason, &one.Attempts, &one.DueAt, &one.EndedAt, &one.AmountMinor,
	}, more...)...)
	if err != nil {
		return one, err
	}
	if one.DueOn, err = calendar.Parse(due); err != nil {
		return one, err
	}
	one.BusinessOn, err = calendar.Parse(on)
	return one, err
}

// Pending counts reminders that were not sent yet, for metrics.
func (r *Reminders) Pending(ctx context.Context) (int64, error) {
	var count int64
	if err := r.parts.Store.QueryRowContext(ctx, `SELECT COUNT(*) FROM reminder WHERE due_at <> ''`).Scan(&count); err != nil {
		return 0, fmt.Errorf("count reminders: %w", err)
	}
	return count, nil
}

// Tables are those that hold something about a party, which Forget empties of it.
func Tables() []string { return []string{"reminder", "reminder_choice", "reminder_language"} }

// Forget deletes what is kept about a party.
func Forget(ctx context.Context, tx *sql.Tx, party string) error {
	for _, statement := range []string{
		`DELETE FROM reminder WHERE party = $1`, `DELETE FROM reminder_choice WHERE party = $1`, `DELETE FROM reminder_language WHERE party = $1`,
	} {
		if _, err := tx.ExecContext(ctx, statement, party); err != nil {
			return fmt.Errorf("forget a party's reminders: %w", err)
		}
	}
	return nil
}

func notFound(err error) bool { return errors.Is(err, fault.New(fault.NotFound)) }
