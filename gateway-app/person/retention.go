package person

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/store"
)

// DutyKind is why a record must be kept.
type DutyKind string

// The kinds of duties.
const (
	AML        DutyKind = "aml"        // ten years after the relation ended
	Contract   DutyKind = "contract"   // limitation of claims
	Litigation DutyKind = "litigation" // a case at court
	Order      DutyKind = "order"      // a supervisor's
)

// amlMonths is how long records are kept after the relation ended (anti-money-laundering law of 2024).
const amlMonths = 120

// relation is the duty that every record begins with.
const relation = "relation"

// errKeptByLaw refuses a purge while a duty runs, whichever it is.
var errKeptByLaw = fault.In(fault.NotYetDue, "duties")

// Duty is one reason to keep a record, through its last day; open ones have none yet. Its reference is typed by people,
// may name anybody, and is sealed.
type Duty struct {
	Kind      DutyKind      `json:"kind" mask:"plain,internal"`
	Reference string        `json:"reference" mask:"plain,secret"`
	Until     calendar.Date `json:"until,omitempty" mask:"plain,internal"`
}

func (d Duty) ofRelation() bool { return d.Kind == AML && d.Reference == relation }

func (d Duty) check() error {
	switch {
	case !slices.Contains([]DutyKind{AML, Contract, Litigation, Order}, d.Kind):
		return fault.In(fault.InvalidField, "kind")
	case d.Reference == "" || len(d.Reference) > longestValue:
		return fault.In(fault.InvalidField, "reference")
	}
	return nil
}

// openDuty is the duty that every record begins with: to keep it while the relation lasts, and ten years after.
func (p *People) openDuty(ctx context.Context, tx *sql.Tx, person string) error {
	return p.putDuty(ctx, tx, person, Duty{Kind: AML, Reference: relation})
}

// putDuty adds a duty, or gives it another last day: of one kind and reference a person has one.
func (p *People) putDuty(ctx context.Context, tx *sql.Tx, person string, d Duty) error {
	until := ""
	if !d.Until.IsZero() {
		until = d.Until.String()
	}
	id, sealed := p.dutyID(person, d), ""
	if !d.ofRelation() {
		var err error
		if sealed, err = p.vault.SealText("person_duty", id, "reference", d.Reference); err != nil {
			return err
		}
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO person_duty (id, person, kind, reference, until) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (id) DO UPDATE SET until = excluded.until`, id, person, string(d.Kind), sealed, until)
	return err
}

// dutyID is one duty's row: a keyed hash, so that equal references of two people have nothing in common. The
// relation's is the person's own id.
func (p *People) dutyID(person string, d Duty) string {
	if d.ofRelation() {
		return person
	}
	digest := p.vault.Hash("duty")
	for _, part := range []string{person, string(d.Kind), d.Reference} {
		_ = binary.Write(digest, binary.BigEndian, uint32(len(part))) // a hash takes whatever is written
		_, _ = digest.Write([]byte(part))
	}
	return hex.EncodeToString(digest.Sum(nil))
}

// Keep records a duty, or changes its last day. One that has a last day is only ever prolonged, and none is given a
// day that is past. The relation itself ends by End.
func (p *People) Keep(ctx context.Context, person string, d Duty) error {
	if err := d.check(); err != nil {
		return err
	}
	if d.ofRelation() {
		return fault.In(fault.InvalidField, "reference")
	}
	if !d.Until.IsZero() && d.Until < calendar.Shanghai(p.now().Unix()) {
		return fault.In(fault.InvalidField, "until")
	}
	return p.changeDuty(ctx, person, d, nil)
}

// End says that the business relation ended on a day: from then the ten years run. It cannot have ended before the
// record began, nor end in the future, nor while the books know anything to be open with the party.
func (p *People) End(ctx context.Context, person string, on calendar.Date) error {
	over := func(r Record) error {
		began, err := store.ParseTime(r.CreatedAt)
		if err != nil {
			return err
		}
		if on < calendar.Shanghai(began.Unix()) || on > calendar.Shanghai(p.now().Unix()) {
			return fault.In(fault.InvalidField, "on")
		}
		open, err := p.open(ctx, r.Party)
		if err == nil && len(open) > 0 {
			err = fault.In(fault.WrongStatus, open[0])
		}
		return err
	}
	return p.changeDuty(ctx, person, Duty{Kind: AML, Reference: relation, Until: on.AddMonths(amlMonths)}, over)
}

// Over reports whether the relation with a party has ended in the member's own records: it was ended, or the record
// purged.
func (p *People) Over(ctx context.Context, party string) (bool, error) {
	r, err := p.FindParty(ctx, party)
	if err != nil || r.Status == Purged {
		return err == nil, err
	}
	duties, err := p.Duties(ctx, r.ID)
	return err == nil && !slices.ContainsFunc(duties, func(d Duty) bool { return d.ofRelation() && d.Until.IsZero() }), err
}

// changeDuty puts a duty on a record that passes a check, where there is one.
func (p *People) changeDuty(ctx context.Context, person string, d Duty, check func(Record) error) error {
	err := p.db.Write(ctx, func(tx *sql.Tx) error {
		r, err := p.find(ctx, tx, `id = $1`, person)
		if err != nil {
			return err
		}
		if r.Status == Purged {
			return fault.In(fault.WrongStatus, "person")
		}
		if check != nil {
			if err := check(r); err != nil {
				return err
			}
		}
		duties, err := p.dutiesOf(ctx, tx, person)
		if err != nil {
			return err
		}
		for _, before := range duties {
			same := before.Kind == d.Kind && before.Reference == d.Reference
			if same && !before.Until.IsZero() && !d.Until.IsZero() && d.Until < before.Until {
				return fault.In(fault.InvalidField, "until")
			}
		}
		return p.putDuty(ctx, tx, person, d)
	})
	if err != nil {
		return fmt.Errorf("keep a record: %w", err)
	}
	return nil
}

// Duties answers why a record is kept.
func (p *People) Duties(ctx context.Context, person string) ([]Duty, error) {
	duties, err := p.dutiesOf(ctx, p.db, person)
	if err != nil {
		return nil, fmt.Errorf("read the duties to keep a record: %w", err)
	}
	return duties, nil
}

// dutiesOf answers a person's duties by kind and reference.
func (p *People) dutiesOf(ctx context.Context, q querier, person string) ([]Duty, error) {
	rows, err := q.QueryContext(ctx, `SELECT id, kind, reference, until FROM person_duty WHERE person = $1`, person)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var duties []Duty
	for rows.Next() {
		d, err := p.scanDuty(rows)
		if err != nil {
			return nil, err
		}
		duties = append(duties, d)
	}
	slices.SortFunc(duties, func(a, b Duty) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Reference, b.Reference))
	})
	return duties, rows.Err()
}

// keptByLaw refuses a purge while another part needs the record, by the same words as a duty that runs. Until when, and
// by which part, stands in nothing that is shown, signed or refused: a report of a suspicion keeps a record, too, and
// whoever might warn the person must not learn of it from a date.
func (p *People) keptByLaw(ctx context.Context, tx *sql.Tx, party string, today calendar.Date) error {
	if party == "" {
		return nil
	}
	for _, keeps := range p.keeps {
		last, err := keeps(ctx, tx, party)
		if err != nil {
			return fmt.Errorf("ask how long a record is kept: %w", err)
		}
		if today <= last {
			return errKeptByLaw
		}
	}
	return nil
}

func (p *People) scanDuty(rows *sql.Rows) (Duty, error) {
	var d Duty
	var id, sealed, until string
	err := rows.Scan(&id, &d.Kind, &sealed, &until)
	if err != nil {
		return Duty{}, err
	}
	if d.Reference, err = p.vault.OpenText("person_duty", id, "reference", sealed); err != nil {
		return Duty{}, err
	}
	if d.Reference == "" {
		d.Reference = relation
	}
	if until != "" {
		d.Until, err = calendar.Parse(until)
	}
	return d, err
}
