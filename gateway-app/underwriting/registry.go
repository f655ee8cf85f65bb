package underwriting

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/store"
)

// ModelKind is what a model is. A scorecard decides; a forest runs beside it, explains and is heard by rules.
type ModelKind string

// The kinds.
const (
	Scorecard ModelKind = "scorecard"
	Forest    ModelKind = "forest"
)

// Standing is how a model stands. What was trained is a challenger until two officers promote it. The forest of
// the champion's training is in use, and a challenger still: it decides nothing.
type Standing string

// The standings.
const (
	Champion   Standing = "champion"
	Challenger Standing = "challenger"
	Retired    Standing = "retired"
)

// Model is an entry of the registry. Its hash is the SHA-256 of its file, and its name in every decision.
type Model struct {
	Hash       string          `json:"hash"`
	Kind       ModelKind       `json:"kind" enum:"scorecard,forest"`
	Status     Standing        `json:"status" enum:"champion,challenger,retired"`
	InUse      bool            `json:"in_use" doc:"The champion, and the forest beside it"`
	Training   string          `json:"training" doc:"SHA-256 of the training report"`
	TrainedAt  string          `json:"trained_at"`
	TrainedBy  string          `json:"trained_by"`
	Cause      string          `json:"cause" enum:"first,asked,weekly"`
	OwnRows    int64           `json:"own_rows" doc:"Outcomes of the member's own loans among the rows"`
	ChangedAt  string          `json:"changed_at"`
	PromotedBy string          `json:"promoted_by,omitempty"`
	Report     json.RawMessage `json:"report,omitempty" doc:"The training report"`
}

// Registry keeps a member's models and rule sets, and which of them decide.
type Registry struct {
	desk *Desk

	ready     atomic.Pointer[engine]
	compiling sync.Mutex
	teaching  sync.Mutex // one training at a time in a process: it takes every core there is
	last      *trained   // what this program made of the figures last: it would make the same of them again
}

func newRegistry(d *Desk) *Registry { return &Registry{desk: d} }

// Ready says whether there are models to decide with: at a member's first start they are trained, which takes some
// seconds.
func (r *Registry) Ready(ctx context.Context) error {
	if _, err := r.inUse(ctx); errors.Is(err, fault.New(fault.NotFound)) {
		return errors.New("the first models are being trained")
	} else if err != nil {
		return err
	}
	return nil
}

// pointers name what decides.
type pointers struct{ champion, challenger, rules string }

// pointers reads what decides now. A member without a champion trains its first models.
func (r *Registry) pointers(ctx context.Context) (pointers, error) {
	p, err := r.inUse(ctx)
	if !errors.Is(err, fault.New(fault.NotFound)) {
		return p, err
	}
	if err := r.begin(ctx); err != nil {
		return p, err
	}
	return r.inUse(ctx)
}

func (r *Registry) inUse(ctx context.Context) (pointers, error) {
	var p pointers
	set, err := inForce(ctx, r.desk.db, r.desk.clockDate())
	if err != nil {
		return p, err
	}
	p.rules = set.Hash
	const query = `SELECT m.hash, COALESCE((SELECT f.hash FROM underwriting_model f WHERE f.training = m.training AND f.kind = $2), '')
		FROM underwriting_model m WHERE m.kind = $1 AND m.status = $3`
	err = r.desk.db.QueryRowContext(ctx, query, string(Scorecard), string(Forest), string(Champion)).Scan(&p.champion, &p.challenger)
	if errors.Is(err, sql.ErrNoRows) {
		return p, fault.In(fault.NotFound, "model")
	}
	if err != nil {
		return p, fmt.Errorf("read which models decide: %w", err)
	}
	return p, nil
}

// compile makes an engine of stored files.
func (r *Registry) compile(ctx context.Context, p pointers) (*engine, error) {
	card, err := r.File(ctx, p.champion)
	if err != nil {
		return nil, err
	}
	var forest []byte
	if p.challenger != "" {
		if forest, err = r.File(ctx, p.challenger); err != nil {
			return nil, err
		}
	}
	set, err := oneRules(ctx, r.desk.db, `WHERE hash = $1`, p.rules)
	if err != nil {
		return nil, err
	}
	e, err := newEngine(card, forest, set.Rules)
	if err != nil {
		return nil, fmt.Errorf("make an engine of the models and rules in force: %w", err)
	}
	if e.champion != p.champion || e.challenger != p.challenger || e.rules != p.rules {
		return nil, fmt.Errorf("the files of models or rules are not those that their names are the hashes of: restore the database")
	}
	return e, nil
}

// File is a model's file, as it was trained.
func (r *Registry) File(ctx context.Context, hash string) ([]byte, error) {
	var text string
	err := r.desk.db.QueryRowContext(ctx, `SELECT file FROM underwriting_model WHERE hash = $1`, hash).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fault.In(fault.NotFound, "model")
	}
	if err != nil {
		return nil, fmt.Errorf("read a model's file: %w", err)
	}
	return []byte(text), nil
}

const selectModels = `SELECT m.hash, m.kind, m.status, m.training, t.at, t.by_user, t.cause, t.own_rows, m.changed_at, m.promoted_by, t.report,
	EXISTS (SELECT 1 FROM underwriting_model c WHERE c.training = m.training AND c.status = 'champion')
	FROM underwriting_model m JOIN underwriting_training t ON t.id = m.training `

func models(ctx context.Context, q querier, where string, args ...any) ([]Model, error) {
	rows, err := q.QueryContext(ctx, selectModels+where, args...)
	if err != nil {
		return nil, fmt.Errorf("read the models: %w", err)
	}
	defer rows.Close()
	var list []Model
	for rows.Next() {
		var m Model
		var report string
		if err := rows.Scan(&m.Hash, &m.Kind, &m.Status, &m.Training, &m.TrainedAt, &m.TrainedBy, &m.Cause, &m.OwnRows, &m.ChangedAt,
			&m.PromotedBy, &report, &m.InUse); err != nil {
			return nil, fmt.Errorf("read a model: %w", err)
		}
		m.Report = json.RawMessage(report)
		list = append(list, m)
	}
	return list, rows.Err()
}

// Models lists every model in the order of training, without reports.
func (r *Registry) Models(ctx context.Context) ([]Model, error) {
	list, err := models(ctx, r.desk.db, `ORDER BY m.seq`)
	for i := range list {
		list[i].Report = nil
	}
	return list, err
}

// Model answers a model with its training report.
func (r *Registry) Model(ctx context.Context, hash string) (Model, error) {
	return oneModel(ctx, r.desk.db, hash)
}

func oneModel(ctx context.Context, q querier, hash string) (Model, error) {
	list, err := models(ctx, q, `WHERE m.hash = $1`, hash)
	if err == nil && len(list) == 0 {
		err = fault.In(fault.NotFound, "model")
	}
	if err != nil {
		return Model{}, err
	}
	return list[0], nil
}

// Promote makes a scorecard that is a challenger the champion, and takes the forest of its training beside it.
// The champion before it is retired with its own forest. What was decided keeps naming what it was decided by.
func (r *Registry) Promote(ctx context.Context, hash, by, approvedBy string) (Model, error) {
	var after Model
	err := r.desk.db.Write(ctx, func(tx *sql.Tx) error {
		before, err := oneModel(ctx, tx, hash)
		switch {
		case err != nil:
			return err
		case before.Kind != Scorecard:
			return fault.In(fault.InvalidField, "model") // a forest decides nothing
		case before.Status == Champion:
			after = before
			return nil
		case before.Status != Challenger:
			return fault.In(fault.WrongStatus, "model")
		}
		if err := r.crown(ctx, tx, before, joined(by, approvedBy)); err != nil {
			return err
		}
		after, err = oneModel(ctx, tx, hash)
		return err
	})
	if err != nil {
		return Model{}, fmt.Errorf("promote a model: %w", err)
	}
	return after, nil
}

func joined(by, approvedBy string) string {
	if approvedBy == "" {
		return by
	}
	return by + " " + approvedBy
}

func (r *Registry) crown(ctx context.Context, tx *sql.Tx, m Model, by string) error {
	at := store.Time(r.desk.now())
	const retire = `UPDATE underwriting_model SET status = $1, changed_at = $2
		WHERE training IN (SELECT training FROM underwriting_model WHERE status = $3)`
	if _, err := tx.ExecContext(ctx, retire, string(Retired), at, string(Champion)); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `UPDATE underwriting_model SET status = $2, changed_at = $3, promoted_by = $4 WHERE hash = $1`,
		m.Hash, string(Champion), at, by)
	return err
}
