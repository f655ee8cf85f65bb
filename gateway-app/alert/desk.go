package alert

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/gateway-app/notice"
)

// Step is one thing that was done about an alert.
type Step struct {
	At     string `json:"at" format:"date-time"`
	Kind   string `json:"kind" enum:"raised,assigned,escalated,dismissal_asked,dismissed,reported"`
	By     string `json:"by,omitempty" doc:"The user; none where it was the app"`
	Owner  string `json:"owner,omitempty"`
	Reason string `json:"reason,omitempty"`
}

func step(ctx context.Context, tx *sql.Tx, alert string, s Step) error {
	const query = `INSERT INTO alert_step (alert, seq, at, kind, actor, owner, reason)
		SELECT CAST($1 AS TEXT), COALESCE(MAX(seq), 0) + 1, CAST($2 AS TEXT), CAST($3 AS TEXT), CAST($4 AS TEXT), CAST($5 AS TEXT), CAST($6 AS TEXT)
		FROM alert_step WHERE alert = $1`
	if _, err := tx.ExecContext(ctx, query, alert, s.At, s.Kind, s.By, s.Owner, s.Reason); err != nil {
		return fmt.Errorf("store a step of alert %s: %w", alert, err)
	}
	return nil
}

// Assign gives an alert to a user, who looks after it from then on: nobody who had a hand in one of its movements.
func (a *Alerts) Assign(ctx context.Context, id, owner, by string) (Alert, error) {
	if a.settings.Eligible != nil {
		if err := a.settings.Eligible(ctx, owner); err != nil {
			return Alert{}, err
		}
	}
	return a.change(ctx, id, func(tx *sql.Tx, found *Alert) error {
		if found.Owner == owner {
			return nil
		}
		if err := checkJudge(ctx, tx, id, owner); err != nil {
			return err
		}
		found.Owner = owner
		if err := step(ctx, tx, id, Step{At: a.now(), Kind: "assigned", By: by, Owner: owner}); err != nil {
			return err
		}
		return a.notices.AppendAll(ctx, tx, []notice.Notice{tell(noticeAssigned, *found)})
	})
}

// ErrOtherReason refuses a second officer who would dismiss an alert for another reason than the first.
var ErrOtherReason = errors.New("who agrees to dismiss an alert gives the reason of who asked for it")

// Outcome is what an officer makes of an alert.
type Outcome struct {
	Status    Status // Dismissed, Escalated or Reported
	Reason    string // one of Reasons; of a report only if it names an offence
	Narrative string // of a report: why the transactions are suspicious, in words
	By        string // the officer
}

// longestNarrative bounds a narrative, in bytes.
const longestNarrative = 16_384

func (o Outcome) check() error {
	switch o.Status {
	case Dismissed, Escalated:
		if o.Narrative != "" {
			return fault.In(fault.InvalidField, "narrative")
		}
	case Reported:
		if o.Narrative == "" {
			return fault.In(fault.MissingField, "narrative")
		}
		if len(o.Narrative) > longestNarrative || !printable(o.Narrative) {
			return fault.In(fault.InvalidField, "narrative")
		}
	default:
		return fault.In(fault.InvalidField, "outcome")
	}
	return o.checkReason()
}

// Decide records what an officer makes of an alert. An alert of high severity, or one that was escalated, is dismissed
// by two: the first asks for it, a second one agrees, for the same reason (ErrOtherReason). Whoever had a hand in one of its movements decides nothing of it
// (ErrOwnMovement).
func (a *Alerts) Decide(ctx context.Context, id string, o Outcome) (Alert, error) {
	if err := o.check(); err != nil {
		return Alert{}, err
	}
	return a.change(ctx, id, func(tx *sql.Tx, found *Alert) error {
		if err := checkJudge(ctx, tx, id, o.By); err != nil {
			return err
		}
		if o.Status == Reported {
			if err := a.report(ctx, tx, *found, o); err != nil {
				return err
			}
		}
		return a.settle(ctx, tx, found, o)
	})
}

// settle gives an alert its outcome.
func (a *Alerts) settle(ctx context.Context, tx *sql.Tx, found *Alert, o Outcome) error {
	at, kind, said := a.now(), string(o.Status), noticeClosed
	again, err := o.agrees(*found)
	if err != nil || again {
		return err
	}
	if found.Owner == "" {
		found.Owner = o.By // who decides answers for it
	}
	switch {
	case o.Status == Escalated:
		found.Status, found.Reason, found.DismissedBy, said = Escalated, o.Reason, "", noticeEscalated
	case o.Status == Dismissed && found.weighty() && (found.DismissedBy == "" || found.DismissedBy == o.By):
		found.Reason, found.DismissedBy, kind, said = o.Reason, o.By, "dismissal_asked", ""
	default:
		found.Status, found.Reason, found.ClosedAt, found.ClosedBy = o.Status, o.Reason, at, o.By
	}
	if err := step(ctx, tx, found.ID, Step{At: at, Kind: kind, By: o.By, Owner: found.Owner, Reason: o.Reason}); err != nil || said == "" {
		return err
	}
	return a.notices.AppendAll(ctx, tx, []notice.Notice{tell(said, *found)})
}

// agrees refuses a second officer who would dismiss an alert for another reason than the first: of two dismissals for
// different reasons neither has been looked at twice. True: the first asks once more for the same, which changes nothing.
func (o Outcome) agrees(found Alert) (again bool, err error) {
	if o.Status != Dismissed || found.DismissedBy == "" {
		return false, nil
	}
	same := o.Reason == found.Reason
	if o.By == found.DismissedBy {
		return same, nil
	}
	if !same {
		return false, ErrOtherReason
	}
	return false, nil
}

// weighty reports whether it takes two to dismiss an alert.
func (a Alert) weighty() bool { return a.Severity == regime.SeverityHigh || a.Status == Escalated }

// change reads an alert that is not closed, changes it and writes it, in one transaction that may run several times.
func (a *Alerts) change(ctx context.Context, id string, change func(tx *sql.Tx, found *Alert) error) (Alert, error) {
	var changed Alert
	err := a.db.Write(ctx, func(tx *sql.Tx) error {
		found, err := find(ctx, tx, id)
		if err != nil {
			return err
		}
		if found.closed() {
			return fault.In(fault.WrongStatus, "status")
		}
		if err := change(tx, &found); err != nil {
			return err
		}
		changed = found
		return put(ctx, tx, found)
	})
	if err != nil {
		return Alert{}, err
	}
	return changed, nil
}

// Dossier is an alert with what led to it and what was done.
type Dossier struct {
	Alert
	Parties  []string   `json:"parties" doc:"The handles of the customer's parties whose movements led to it"`
	Evidence []Movement `json:"evidence" doc:"What led to it, at most 1,000, the latest first"`
	Steps    []Step     `json:"steps"`
}

// parties are those whose movements are listed, the alert's own first.
func (d Dossier) parties() []string {
	all := []string{d.Party}
	for _, m := range d.Evidence {
		if !slices.Contains(all, m.Party) {
			all = append(all, m.Party)
		}
	}
	return all
}

const mostShown = 1_000

// Find answers an alert with what led to it and what was done.
func (a *Alerts) Find(ctx context.Context, id string) (Dossier, error) {
	d := Dossier{Evidence: []Movement{}, Steps: []Step{}}
	err := a.db.Read(ctx, func(tx *sql.Tx) error {
		var err error
		if d.Alert, err = find(ctx, tx, id); err != nil {
			return err
		}
		if d.Evidence, err = evidence(ctx, tx, id); err != nil {
			return err
		}
		d.Parties = d.parties()
		d.Steps, err = steps(ctx, tx, id)
		return err
	})
	return d, err
}

func evidence(ctx context.Context, tx *sql.Tx, id string) ([]Movement, error) {
	const query = `SELECT m.seq, m.collection, m.party, m.kind, m.business_date, m.amount_minor, m.value_date, m.subject, m.payee, e.met
		FROM alert_evidence e JOIN alert_movement m ON m.seq = e.movement WHERE e.alert = $1 ORDER BY m.seq DESC LIMIT $2`
	rows, err := tx.QueryContext(ctx, query, id, mostShown)
	if err != nil {
		return nil, fmt.Errorf("read what led to alert %s: %w", id, err)
	}
	defer rows.Close()
	list := []Movement{}
	for rows.Next() {
		var m Movement
		var on, valued string
		var met int64
		if err := rows.Scan(&m.Sequence, &m.Collection, &m.Party, &m.Kind, &on, &m.AmountMinor, &valued, &m.Subject, &m.Payee, &met); err != nil {
			return nil, fmt.Errorf("read what led to alert %s: %w", id, err)
		}
		if err := m.dates(on, valued); err != nil {
			return nil, fmt.Errorf("read what led to alert %s: %w", id, err)
		}
		m.Met = met == 1
		list = append(list, m)
	}
	return list, rows.Err()
}

func steps(ctx context.Context, tx *sql.Tx, id string) ([]Step, error) {
	rows, err := tx.QueryContext(ctx, `SELECT at, kind, actor, owner, reason FROM alert_step WHERE alert = $1 ORDER BY seq`, id)
	if err != nil {
		return nil, fmt.Errorf("read the steps of alert %s: %w", id, err)
	}
	defer rows.Close()
	list := []Step{}
	for rows.Next() {
		var s Step
		if err := rows.Scan(&s.At, &s.Kind, &s.By, &s.Owner, &s.Reason); err != nil {
			return nil, fmt.Errorf("read the steps of alert %s: %w", id, err)
		}
		list = append(list, s)
	}
	return list, rows.Err()
}
