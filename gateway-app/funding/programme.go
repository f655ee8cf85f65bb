package funding

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/mandate"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/gateway-app/lane"
	"github.com/tallystick/tallystick/gateway-app/matching"
	"github.com/tallystick/tallystick/gateway-app/store"
)

// Programme is an agreement on joint lending: institutions bring a fixed ratio of every loan that is listed
// in it, under mandates that they gave for it alone.
type Programme struct {
	ID            string                  `json:"id"`
	Name          string                  `json:"name"`
	Collection    string                  `json:"collection"`
	Contributions []matching.Contribution `json:"contributions"`
	Made          string                  `json:"made" format:"date-time"`
	Ended         string                  `json:"ended,omitempty" format:"date-time"`
}

// Agreement is a programme to be made.
type Agreement struct {
	Name          string                  `json:"name" minLength:"1" maxLength:"128"`
	Contributions []matching.Contribution `json:"contributions" minItems:"1" maxItems:"16"`
}

// MakeProgramme begins a programme. Each of its mandates is to invest, stands, is of one collection, and
// serves no other programme that runs.
func (f *Funding) MakeProgramme(ctx context.Context, a Agreement) (Programme, error) {
	p := Programme{ID: lane.Random(16), Name: a.Name, Contributions: a.Contributions, Made: store.Time(f.now())}
	var err error
	if p.Collection, err = f.checkAgreement(ctx, a); err != nil {
		return p, err
	}
	text, err := json.Marshal(p.Contributions)
	if err != nil {
		return p, err
	}
	name, err := f.vault.SealText("programme", p.ID, "name", p.Name)
	if err != nil {
		return p, fmt.Errorf("make a programme: %w", err)
	}
	err = f.db.Write(ctx, func(tx *sql.Tx) error {
		running, err := f.programmes(ctx, tx, `ended_at = '' ORDER BY id`)
		if err != nil {
			return err
		}
		for _, other := range running {
			if i := shared(other.Contributions, p.Contributions); i >= 0 {
				return fault.In(fault.AlreadyExists, fmt.Sprintf("contributions[%d].mandate", i))
			}
		}
		const insert = `INSERT INTO programme (id, name, collection, contributions, made_at, ended_at) VALUES ($1, $2, $3, $4, $5, '')`
		_, err = tx.ExecContext(ctx, insert, p.ID, name, p.Collection, string(text), p.Made)
		return err
	})
	return p, err
}

// checkAgreement answers the collection of an agreement's mandates.
func (f *Funding) checkAgreement(ctx context.Context, a Agreement) (string, error) {
	var ratios money.PPM
	var platform, custodian string
	for i, c := range a.Contributions {
		field := fmt.Sprintf("contributions[%d].", i)
		m, err := f.invest(ctx, c.Mandate, "")
		if err != nil {
			return "", fault.In(fault.MandateUnknown, field+"mandate")
		}
		if i == 0 {
			platform, custodian = m.Platform, m.Custodian
		}
		switch {
		case !m.Revoked.IsZero():
			return "", fault.In(fault.MandateRevoked, field+"mandate")
		case m.Platform != platform || m.Custodian != custodian || shared(a.Contributions[:i], a.Contributions[i:i+1]) >= 0:
			return "", fault.In(fault.MandateMismatch, field+"mandate")
		case c.RatioPPM < 1 || c.RatioPPM > m.MaxShareOfLoanPPM:
			return "", fault.In(fault.InvalidField, field+"ratio_ppm")
		}
		ratios += c.RatioPPM
	}
	if ratios < 1 || ratios > money.Million {
		return "", fault.In(fault.InvalidField, "contributions")
	}
	for _, pair := range f.settings.Pairs {
		if pair.Platform == platform && pair.Custodian == custodian {
			return pair.Collection, nil
		}
	}
	return "", fault.In(fault.WrongMember, "contributions")
}

// shared is the first of the latter's mandates that is among the former's, or -1.
func shared(former, latter []matching.Contribution) int {
	for i, c := range latter {
		for _, other := range former {
			if other.Mandate == c.Mandate {
				return i
			}
		}
	}
	return -1
}

// EndProgramme ends a programme. Loans that are listed in it are matched without it from then on.
func (f *Funding) EndProgramme(ctx context.Context, id string) (Programme, error) {
	err := f.db.Write(ctx, func(tx *sql.Tx) error {
		const update = `UPDATE programme SET ended_at = $2 WHERE id = $1 AND ended_at = ''`
		_, err := tx.ExecContext(ctx, update, id, store.Time(f.now()))
		return err
	})
	if err != nil {
		return Programme{}, fmt.Errorf("end a programme: %w", err)
	}
	return f.Programme(ctx, id)
}

// Programme answers a programme.
func (f *Funding) Programme(ctx context.Context, id string) (Programme, error) {
	found, err := f.programmes(ctx, f.db, `id = $1`, id)
	if err != nil {
		return Programme{}, err
	}
	if len(found) == 0 {
		return Programme{}, fault.In(fault.NotFound, "programme")
	}
	return found[0], nil
}

// Programmes lists programmes by id, from the one behind a place on.
func (f *Funding) Programmes(ctx context.Context, after string, limit int) ([]Programme, error) {
	return f.programmes(ctx, f.db, `id > $1 ORDER BY id LIMIT $2`, after, limit)
}

type querier interface {
	QueryContext(ctx context.Context, query string, arguments ...any) (*sql.Rows, error)
}

func (f *Funding) programmes(ctx context.Context, q querier, where string, arguments ...any) ([]Programme, error) {
	rows, err := q.QueryContext(ctx, `SELECT id, name, collection, contributions, made_at, ended_at FROM programme WHERE `+where, arguments...)
	if err != nil {
		return nil, fmt.Errorf("read programmes: %w", err)
	}
	defer rows.Close()
	list := []Programme{}
	for rows.Next() {
		var p Programme
		var text string
		if err := rows.Scan(&p.ID, &p.Name, &p.Collection, &text, &p.Made, &p.Ended); err != nil {
			return nil, fmt.Errorf("read programmes: %w", err)
		}
		if p.Name, err = f.vault.OpenText("programme", p.ID, "name", p.Name); err != nil {
			return nil, fmt.Errorf("read programme %s: %w", p.ID, err)
		}
		if err := json.Unmarshal([]byte(text), &p.Contributions); err != nil {
			return nil, fmt.Errorf("read programme %s: %w", p.ID, err)
		}
		list = append(list, p)
	}
	return list, rows.Err()
}

// serves reports whether a mandate is one of the institutions' that a running programme names.
func serves(running []Programme, m mandate.State) bool {
	for _, p := range running {
		for _, c := range p.Contributions {
			if c.Mandate == m.Handle {
				return true
			}
		}
	}
	return false
}
