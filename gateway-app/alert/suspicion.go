package alert

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/store"
)

const (
	suspicionTable  = "suspicion"
	narrativeColumn = "narrative"
)

// Suspicion is a suspicious-transaction report: made of one alert, kept here and nowhere else.
type Suspicion struct {
	ID     string `json:"id"`
	Number int64  `json:"number" doc:"Dense from 1"`
	Alert  string `json:"alert"`
	Party  string `json:"party" doc:"The party's handle"`
	MadeBy string `json:"made_by" doc:"The officer's user"`
	MadeAt string `json:"made_at" format:"date-time"`
}

// SuspicionReport is a report with its words and what led to it.
type SuspicionReport struct {
	Suspicion
	Narrative string  `json:"narrative"`
	Dossier   Dossier `json:"dossier"`
}

// printable reports whether a text is text, in lines.
func printable(text string) bool {
	return utf8.ValidString(text) && strings.TrimSpace(text) != "" &&
		!strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) && r != '\n' })
}

// report makes the report of an alert, in the transaction that closes it.
func (a *Alerts) report(ctx context.Context, tx *sql.Tx, of Alert, o Outcome) error {
	s := Suspicion{ID: newID(), Alert: of.ID, Party: of.Party, MadeBy: o.By, MadeAt: a.now()}
	sealed, err := a.seal.SealText(suspicionTable, s.ID, narrativeColumn, o.Narrative)
	if err != nil {
		return err
	}
	if s.Number, err = store.Next(ctx, tx, suspicionTable); err != nil {
		return err
	}
	const query = `INSERT INTO suspicion (id, number, alert, party, narrative, made_by, made_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`
	if _, err := tx.ExecContext(ctx, query, s.ID, s.Number, s.Alert, s.Party, sealed, s.MadeBy, s.MadeAt); err != nil {
		return fmt.Errorf("store the report of alert %s: %w", of.ID, err)
	}
	return nil
}

const suspicionColumns = `id, number, alert, party, made_by, made_at`

func (s *Suspicion) fields() []any {
	return []any{&s.ID, &s.Number, &s.Alert, &s.Party, &s.MadeBy, &s.MadeAt}
}

// Suspicions lists reports in the order of their numbers, without their words.
func (a *Alerts) Suspicions(ctx context.Context, after int64, limit int) ([]Suspicion, error) {
	const query = `SELECT ` + suspicionColumns + ` FROM suspicion WHERE number > $1 ORDER BY number LIMIT $2`
	rows, err := a.db.QueryContext(ctx, query, after, limit)
	if err != nil {
		return nil, fmt.Errorf("list reports of suspicions: %w", err)
	}
	defer rows.Close()
	list := []Suspicion{}
	for rows.Next() {
		var s Suspicion
		if err := rows.Scan(s.fields()...); err != nil {
			return nil, fmt.Errorf("list reports of suspicions: %w", err)
		}
		list = append(list, s)
	}
	return list, rows.Err()
}

// Suspicion answers a report with its words and what led to it.
func (a *Alerts) Suspicion(ctx context.Context, id string) (SuspicionReport, error) {
	var r SuspicionReport
	var sealed string
	const query = `SELECT ` + suspicionColumns + `, narrative FROM suspicion WHERE id = $1`
	err := a.db.QueryRowContext(ctx, query, id).Scan(append(r.fields(), &sealed)...)
	if errors.Is(err, sql.ErrNoRows) {
		return r, fault.In(fault.NotFound, "suspicion")
	}
	if err == nil {
		r.Narrative, err = a.seal.OpenText(suspicionTable, r.ID, narrativeColumn, sealed)
	}
	if err != nil {
		return r, fmt.Errorf("read the report of a suspicion: %w", err)
	}
	r.Dossier, err = a.Find(ctx, r.Alert)
	return r, err
}

// dates reads a movement's dates.
func (m *Movement) dates(on, valued string) (err error) {
	if m.On, err = calendar.Parse(on); err == nil && valued != "" {
		m.ValueDate, err = calendar.Parse(valued)
	}
	return err
}

// Tables are those that hold something about a party.
func Tables() []string {
	return []string{"alert", "alert_evidence", "alert_hand", "alert_movement", "alert_payee", "alert_step", suspicionTable}
}

// keptMonths is how long a report and what led to it are kept, from the report on (anti-money-laundering law of 2024).
const keptMonths = 120

// Keeps answers the last day on which a party's record must be kept for the reports that were made of it, or of another
// party of the same customer and that its movements led to; none of a party that was never reported.
func Keeps(ctx context.Context, tx *sql.Tx, party string) (calendar.Date, error) {
	const query = `SELECT COALESCE(MAX(made_at), '') FROM suspicion WHERE party = $1 OR alert IN
		(SELECT e.alert FROM alert_movement m JOIN alert_evidence e ON e.movement = m.seq WHERE m.party = $1)`
	var last string
	err := tx.QueryRowContext(ctx, query, party).Scan(&last)
	if err != nil || last == "" {
		return 0, err
	}
	made, err := store.ParseTime(last)
	if err != nil {
		return 0, err
	}
	return calendar.Shanghai(made.Unix()).AddMonths(keptMonths), nil
}

// Forget deletes what is kept about a party, once every duty to keep it has ended.
func Forget(ctx context.Context, tx *sql.Tx, party string) error {
	for _, statement := range []string{
		`DELETE FROM suspicion WHERE party = $1`,
		`DELETE FROM alert_evidence WHERE alert IN (SELECT id FROM alert WHERE party = $1)`,
		`DELETE FROM alert_step WHERE alert IN (SELECT id FROM alert WHERE party = $1)`,
		`DELETE FROM alert WHERE party = $1`,
		`DELETE FROM alert_evidence WHERE movement IN (SELECT seq FROM alert_movement WHERE party = $1)`,
		`DELETE FROM alert_hand WHERE movement IN (SELECT seq FROM alert_movement WHERE party = $1)`,
		`DELETE FROM alert_movement WHERE party = $1`,
		`DELETE FROM alert_payee WHERE party = $1`,
	} {
		if _, err := tx.ExecContext(ctx, statement, party); err != nil {
			return fmt.Errorf("forget a party's alerts: %w", err)
		}
	}
	return nil
}
