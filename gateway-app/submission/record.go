package submission

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/store"
)

// The kinds of statements.
const (
	Disclosure = "disclosure"
	LoanBook   = "loan_book"
)

// Kinds lists every kind.
func Kinds() []string { return []string{Disclosure, LoanBook} }

// The forms in which a statement's content may be.
const (
	JSON = "application/json"
	CSV  = "text/csv"
)

// Name is what a statement is called, version by version.
type Name struct {
	Platform string `json:"platform"`
	Kind     string `json:"kind"`
	Period   string `json:"period"`
	Version  int64  `json:"version"`
}

// String is the name as the feed's subjects have it.
func (n Name) String() string {
	return fmt.Sprintf("%s/%s/%s/%d", n.Platform, n.Kind, n.Period, n.Version)
}

// Record is a statement as one side keeps it, without its content.
type Record struct {
	Name
	Digest    string        `json:"digest" doc:"SHA-256 of the content"`
	Former    string        `json:"former,omitempty" doc:"The digest of the version that it corrects"`
	Reason    string        `json:"reason,omitempty" doc:"Why it was corrected: a code"`
	MediaType string        `json:"media_type"`
	Bytes     int64         `json:"bytes" doc:"How long the content is"`
	MadeBy    string        `json:"made_by,omitempty" doc:"Who asked for it; none: the app itself"`
	MadeAt    time.Time     `json:"made_at" doc:"Stated at the platform, received at the regulator"`
	State     State         `json:"state"`
	Judged    State         `json:"judged,omitempty" doc:"What the regulator said, also of one that was superseded since"`
	JudgedAt  time.Time     `json:"judged_at,omitzero"`
	CameOn    calendar.Date `json:"came_on,omitzero" doc:"At the regulator: its custodians' business day when it came"`
	Attempts  int64         `json:"attempts,omitempty" doc:"At the platform: how often it was handed in"`
	Verdict   Verdict       `json:"verdict"`

	seq int64
}

const columns = `platform, kind, period, version, seq, digest, former, reason, media_type, bytes, made_by, made_at,
	state, judged, judged_at, verdict, attempts, came_on`

type scanner interface{ Scan(into ...any) error }

func scan(from scanner, further ...any) (Record, error) {
	var r Record
	var made, judged, verdict, came string
	into := []any{
		&r.Platform, &r.Kind, &r.Period, &r.Version, &r.seq, &r.Digest, &r.Former, &r.Reason, &r.MediaType, &r.Bytes, &r.MadeBy, &made,
		&r.State, &r.Judged, &judged, &verdict, &r.Attempts, &came,
	}
	if err := from.Scan(append(into, further...)...); err != nil {
		return r, err
	}
	var err error
	if r.MadeAt, err = store.ParseTime(made); err != nil {
		return r, err
	}
	if judged != "" {
		if r.JudgedAt, err = store.ParseTime(judged); err != nil {
			return r, err
		}
	}
	if came != "" {
		if r.CameOn, err = calendar.Parse(came); err != nil {
			return r, err
		}
	}
	if verdict != "" {
		err = json.Unmarshal([]byte(verdict), &r.Verdict)
	}
	return r, err
}

// archive is what both sides keep.
type archive struct {
	db  *store.DB
	now func() time.Time
}

type querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// Read answers a version.
func (a *archive) Read(ctx context.Context, n Name) (Record, error) {
	return read(ctx, a.db, n)
}

func read(ctx context.Context, from querier, n Name) (Record, error) {
	const query = `SELECT ` + columns + ` FROM submission WHERE platform = $1 AND kind = $2 AND period = $3 AND version = $4`
	return found(scan(from.QueryRowContext(ctx, query, n.Platform, n.Kind, n.Period, n.Version)))
}

// Open answers a version with what it says, which is read from the database piece by piece.
func (a *archive) Open(ctx context.Context, n Name) (Record, Content, error) {
	r, err := a.Read(ctx, n)
	if err != nil {
		return Record{}, Content{}, err
	}
	return r, Content{r.Digest, r.Bytes, func(ctx context.Context, piece int) ([]byte, error) { return a.piece(ctx, n, piece) }}, nil
}

// piece reads one piece of a content.
func (a *archive) piece(ctx context.Context, n Name, piece int) (data []byte, err error) {
	const query = `SELECT data FROM submission_content WHERE platform = $1 AND kind = $2 AND period = $3 AND version = $4 AND piece = $5`
	err = a.db.QueryRowContext(ctx, query, n.Platform, n.Kind, n.Period, n.Version, piece).Scan(&data)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, io.EOF
	case err != nil:
		return nil, fmt.Errorf("read piece %d of %s: %w", piece, n, err)
	}
	return data, nil
}

// Content answers a version of a disclosure with the very text of it.
func (a *archive) Content(ctx context.Context, n Name) (Record, []byte, error) {
	r, content, err := a.Open(ctx, n)
	if err != nil {
		return Record{}, nil, err
	}
	text, err := content.All(ctx)
	return r, text, err
}

func found(r Record, err error) (Record, error) {
	if errors.Is(err, sql.ErrNoRows) {
		return Record{}, fault.In(fault.NotFound, "submission")
	}
	if err != nil {
		return Record{}, fmt.Errorf("read a submission: %w", err)
	}
	return r, nil
}

// last answers the latest version of a statement that the condition lets through; none of version 0.
func last(ctx context.Context, from querier, n Name, condition string) (Record, error) {
	query := `SELECT ` + columns + ` FROM submission WHERE platform = $1 AND kind = $2 AND period = $3` + condition + ` ORDER BY version DESC LIMIT 1`
	r, err := scan(from.QueryRowContext(ctx, query, n.Platform, n.Kind, n.Period))
	if errors.Is(err, sql.ErrNoRows) {
		return Record{}, nil
	}
	if err != nil {
		return Record{}, fmt.Errorf("look for the last version of %s: %w", n, err)
	}
	return r, nil
}

// Last answers the latest version of a statement; one of version 0 where there is none.
func (a *archive) Last(ctx context.Context, platform, kind, period string) (Record, error) {
	return last(ctx, a.db, Name{platform, kind, period, 0}, "")
}

// Filter narrows a list. Empty fields ask for nothing.
type Filter struct {
	Platform, Kind, Period string
	State                  State
}

// List answers statements in the order in which they came, after a number, with the number of the last.
func (a *archive) List(ctx context.Context, f Filter, after int64, limit int, newest bool) (list []Record, next int64, err error) {
	where, order := "seq > $1", "seq"
	if newest {
		order = "seq DESC"
		if after > 0 {
			where = "seq < $1"
		}
	}
	values := []any{after}
	for _, each := range []struct{ column, wanted string }{
		{"platform", f.Platform}, {"kind", f.Kind}, {"period", f.Period}, {"state", string(f.State)},
	} {
		if each.wanted != "" {
			values = append(values, each.wanted)
			where += fmt.Sprintf(" AND %s = $%d", each.column, len(values))
		}
	}
	values = append(values, limit)
	list, err = a.query(ctx, fmt.Sprintf("WHERE %s ORDER BY %s LIMIT $%d", where, order, len(values)), values...)
	if err != nil || len(list) == 0 {
		return list, 0, err
	}
	return list, list[len(list)-1].seq, nil
}

func (a *archive) query(ctx context.Context, rest string, values ...any) ([]Record, error) {
	rows, err := a.db.QueryContext(ctx, `SELECT `+columns+` FROM submission `+rest, values...)
	if err != nil {
		return nil, fmt.Errorf("list submissions: %w", err)
	}
	defer rows.Close()
	var list []Record
	for rows.Next() {
		r, err := scan(rows)
		if err != nil {
			return nil, fmt.Errorf("list submissions: %w", err)
		}
		list = append(list, r)
	}
	return list, rows.Err()
}

// insert keeps a statement and what it says.
func insert(ctx context.Context, tx *sql.Tx, r Record, content Content, sendAt string) error {
	seq, err := store.Next(ctx, tx, "submission")
	if err != nil {
		return err
	}
	const query = `INSERT INTO submission (` + columns + `, send_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, '', '', '', 0, $14, $15)`
	_, err = tx.ExecContext(ctx, query, r.Platform, r.Kind, r.Period, r.Version, seq, r.Digest, r.Former, r.Reason, r.MediaType, content.Bytes,
		r.MadeBy, store.Time(r.MadeAt), string(r.State), dayText(r.CameOn), sendAt)
	if err != nil {
		return fmt.Errorf("keep the submission %s: %w", r.Name, err)
	}
	return insertContent(ctx, tx, r.Name, content)
}

// dayText is a business day as it is kept; empty where there is none.
func dayText(on calendar.Date) string {
	if on.IsZero() {
		return ""
	}
	return on.String()
}

// insertContent keeps what a statement says, piece by piece.
func insertContent(ctx context.Context, tx *sql.Tx, n Name, content Content) error {
	const query = `INSERT INTO submission_content (platform, kind, period, version, piece, data) VALUES ($1, $2, $3, $4, $5, $6)`
	for piece := 0; ; piece++ {
		data, err := content.pieces(ctx, piece)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			_, err = tx.ExecContext(ctx, query, n.Platform, n.Kind, n.Period, n.Version, piece, data)
		}
		if err != nil {
			return fmt.Errorf("keep piece %d of %s: %w", piece, n, err)
		}
	}
}

// supersede ends the versions before one.
func supersede(ctx context.Context, tx *sql.Tx, n Name) error {
	const query = `UPDATE submission SET state = $5, send_at = ''
		WHERE platform = $1 AND kind = $2 AND period = $3 AND version < $4 AND state <> $5`
	if _, err := tx.ExecContext(ctx, query, n.Platform, n.Kind, n.Period, n.Version, string(Superseded)); err != nil {
		return fmt.Errorf("supersede what came before %s: %w", n, err)
	}
	return nil
}

// settle writes what became of a statement, unless something became of it meanwhile. It reports whether it did.
func settle(ctx context.Context, tx *sql.Tx, n Name, a Action, v *Verdict, at time.Time) (bool, error) {
	r, err := read(ctx, tx, n)
	if err != nil {
		return false, err
	}
	state, err := r.State.Next(a)
	if err != nil {
		return false, nil //nolint:nilerr // somebody else was first, or a later version was
	}
	if a == Receive {
		_, err = tx.ExecContext(ctx, `UPDATE submission SET state = $5 WHERE platform = $1 AND kind = $2 AND period = $3 AND version = $4`,
			n.Platform, n.Kind, n.Period, n.Version, string(state))
		return err == nil, err
	}
	verdict, err := wire.Encode(v)
	if err != nil {
		return false, fmt.Errorf("write the verdict on %s: %w", n, err)
	}
	const query = `UPDATE submission SET state = $5, judged = $5, judged_at = $6, verdict = $7, send_at = ''
		WHERE platform = $1 AND kind = $2 AND period = $3 AND version = $4`
	_, err = tx.ExecContext(ctx, query, n.Platform, n.Kind, n.Period, n.Version, string(state), store.Time(at), string(verdict))
	return err == nil, err
}
