package alert

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/notice"
	"github.com/tallystick/tallystick/gateway-app/store"
)

// Types of notices. Their payload is Told.
const (
	noticeRaised    = "alert.raised"
	noticeAssigned  = "alert.assigned"
	noticeEscalated = "alert.escalated"
	noticeClosed    = "alert.closed"
)

// Told is all that a notice says of an alert: neither whom it is about nor what became of it.
type Told struct {
	Alert    string `json:"alert"`
	Rule     string `json:"rule"`
	Version  int    `json:"rule_version"`
	Severity string `json:"severity"`
	DueOn    string `json:"due_on"`
}

func tell(what string, a Alert) notice.Notice {
	return notice.Notice{Type: what, Subject: a.ID, Payload: Told{a.ID, a.Rule, a.RuleVersion, a.Severity, a.DueOn.String()}}
}

// judge keeps a movement and holds it against the rules of its day.
func (f *follower) judge(ctx context.Context, tx *sql.Tx, b batch, m Movement, at string) error {
	known := facts{Movement: m, partyKind: f.kinds[m.Collection+"/"+m.Party]}
	if err := pay(ctx, tx, &known); err != nil {
		return err
	}
	if err := known.put(ctx, tx); err != nil {
		return err
	}
	if err := putHands(ctx, tx, m.Sequence, b.hands[m.Sequence]); err != nil {
		return err
	}
	rules := f.book.on(m.On)
	if len(rules) == 0 {
		return nil
	}
	seen, past, by := values(known), map[look]told{}, b.customer(m)
	for _, r := range rules {
		asked := &lookback{ctx: ctx, tx: tx, of: m, by: by, known: past, asked: map[look]told{}}
		met, err := f.meets(ctx, r, seen, asked)
		if err != nil {
			return err
		}
		if met {
			if err := f.raise(ctx, tx, r, known.Movement, asked, at); err != nil {
				return err
			}
		}
	}
	return nil
}

// put keeps a movement.
func (m Movement) put(ctx context.Context, tx *sql.Tx) error {
	const query = `INSERT INTO alert_movement (seq, collection, party, kind, business_date, amount_minor, value_date, subject, payee)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`
	_, err := tx.ExecContext(ctx, query, m.Sequence, m.Collection, m.Party, string(m.Kind), m.On.String(), int64(m.AmountMinor),
		m.ValueDate.String(), m.Subject, m.Payee)
	if err != nil {
		return fmt.Errorf("store movement %d: %w", m.Sequence, err)
	}
	return nil
}

// meets evaluates a rule. What is not known meets none; a rule that fails is logged once and meets nothing, for a
// rule of the regime must not stop the others.
func (f *follower) meets(ctx context.Context, r rule, seen map[string]any, asked *lookback) (bool, error) {
	asked.calls(seen)
	met, err := r.program.Met(seen)
	switch {
	case err == nil:
		return met, nil
	case asked.failed != nil:
		return false, asked.failed // the database's failure, not the rule's
	}
	if key := r.pack + "/" + r.ID; !f.failed[key] {
		f.failed[key] = true
		f.settings.Logger.ErrorContext(ctx, "a rule of alerts fails", "pack", r.pack, "rule", r.ID, "error", err)
	}
	return false, nil
}

// raise opens an alert, or has the movement join the open one of its rule, customer and day.
func (f *follower) raise(ctx context.Context, tx *sql.Tx, r rule, m Movement, asked *lookback, at string) error {
	whose, names := asked.by.where("alert", 3)
	open := `SELECT ` + columns + ` FROM alert WHERE rule = $1 AND business_date = $2 AND closed_at = '' AND ` + whose + ` ORDER BY number LIMIT 1`
	a, err := scan(tx.QueryRowContext(ctx, open, append([]any{r.ID, m.On.String()}, names...)...))
	fresh := errors.Is(err, fault.New(fault.NotFound))
	if err != nil && !fresh {
		return err
	}
	if fresh {
		a = Alert{
			ID: newID(), Rule: r.ID, RuleVersion: r.Version, Pack: r.pack, PackDigest: r.digest, Severity: r.Severity,
			Collection: m.Collection, Party: m.Party, On: m.On, DueOn: f.book.dueOn(r, m.On), Status: Open, OpenedAt: at,
		}
		if a.Number, err = store.Next(ctx, tx, "alert"); err != nil {
			return err
		}
	}
	a.Movements++
	a.AmountMinor += m.AmountMinor
	if err := put(ctx, tx, a); err != nil {
		return err
	}
	if err := asked.evidence(a.ID); err != nil {
		return err
	}
	if !fresh {
		return nil
	}
	if err := step(ctx, tx, a.ID, Step{At: at, Kind: "raised"}); err != nil {
		return err
	}
	return f.notices.AppendAll(ctx, tx, []notice.Notice{tell(noticeRaised, a)})
}

// mostEvidence bounds how many movements a look back adds to an alert.
const mostEvidence = 500

// evidence notes which movements led to an alert: the one that met the rule, and those that the rule looked back on.
func (l *lookback) evidence(alert string) error {
	const met = `INSERT INTO alert_evidence (alert, movement, met) VALUES ($1, $2, 1)
		ON CONFLICT (alert, movement) DO UPDATE SET met = 1`
	if _, err := l.tx.ExecContext(l.ctx, met, alert, l.of.Sequence); err != nil {
		return fmt.Errorf("store what led to alert %s: %w", alert, err)
	}
	for asked, answer := range l.asked {
		if answer.count == 0 {
			continue
		}
		from, arguments := asked.rows(l.of, l.by)
		query := fmt.Sprintf(`INSERT INTO alert_evidence (alert, movement, met) SELECT CAST($%d AS TEXT), m.seq, 0 %s
			ORDER BY m.business_date DESC, m.seq DESC LIMIT %d ON CONFLICT (alert, movement) DO NOTHING`, len(arguments)+1, from, mostEvidence)
		if _, err := l.tx.ExecContext(l.ctx, query, append(arguments, alert)...); err != nil {
			return fmt.Errorf("store what led to alert %s: %w", alert, err)
		}
	}
	return nil
}
