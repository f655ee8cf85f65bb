package underwriting

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/tallystick/tallystick/core/evidence"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/risk/decision"
	"github.com/tallystick/tallystick/gateway-app/risk/training"
	"github.com/tallystick/tallystick/gateway-app/store"
)

// notFound is the refusal of what is not there.
var notFound = fault.New(fault.NotFound)

// Why models were trained, or drift measured.
const (
	CauseFirst  = "first"
	CauseAsked  = "asked"
	CauseWeekly = "weekly"
)

// trained is a pair of models with their report.
type trained struct {
	models decision.Models
	report []byte

	figures string // SHA-256 of what they were trained on
	own     int    // rows of it that are the member's own
	cause   string
}

// Train trains a pair of models on the shipped figures and the member's own outcomes, and enters it into the
// registry as challengers. It answers both. The same figures give the same models.
func (r *Registry) Train(ctx context.Context, by, cause string) ([]Model, error) {
	r.teaching.Lock()
	defer r.teaching.Unlock()
	t, err := r.train(ctx, cause)
	if err != nil {
		return nil, fmt.Errorf("train models: %w", err)
	}
	err = r.desk.db.Write(ctx, func(tx *sql.Tx) error { return r.enter(ctx, tx, t, by) })
	if err != nil {
		return nil, fmt.Errorf("enter models into the registry: %w", err)
	}
	return r.pair(ctx, t)
}

func (r *Registry) pair(ctx context.Context, t trained) ([]Model, error) {
	var pair []Model
	for _, file := range [][]byte{t.models.ScorecardFile, t.models.ChallengerFile} {
		m, err := r.Model(ctx, decision.Hash(file))
		if err != nil {
			return nil, err
		}
		pair = append(pair, m)
	}
	return pair, nil
}

// train is called under the lock of teaching.
func (r *Registry) train(ctx context.Context, cause string) (trained, error) {
	f, err := r.figures(ctx)
	if err != nil {
		return trained{}, err
	}
	if r.last == nil || r.last.figures != f.digest {
		models, report, err := training.Run(f.table, f.digest, training.DefaultSettings(f.table))
		if err != nil {
			return trained{}, err
		}
		text, err := report.File()
		if err != nil {
			return trained{}, err
		}
		r.last = &trained{models: models, report: text, figures: f.digest, own: f.own}
	}
	again := *r.last
	again.cause = cause
	return again, nil
}

// enter stores a training with its models, which are challengers then, and what is to be anchored of them. What
// comes out again as it was is the same entry; a model that was retired may be promoted again.
func (r *Registry) enter(ctx context.Context, tx *sql.Tx, t trained, by string) error {
	at := r.desk.now()
	id := digestOf(t.report)
	seq, err := store.Next(ctx, tx, "underwriting_training")
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO underwriting_training (id, seq, at, by_user, cause, own_rows, report)
		VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (id) DO UPDATE SET at = excluded.at, by_user = excluded.by_user, cause = excluded.cause`, id, seq, store.Time(at), by, t.cause, t.own, string(t.report))
	if err != nil {
		return err
	}
	err = r.desk.anchors.Due(ctx, tx, evidence.Entry{Digest: id, Phase: evidence.PhaseModel, MediaType: reportMedia}, at)
	if err != nil {
		return err
	}
	for _, m := range []struct {
		kind ModelKind
		file []byte
	}{{Scorecard, t.models.ScorecardFile}, {Forest, t.models.ChallengerFile}} {
		if err := r.enterModel(ctx, tx, id, m.kind, m.file, at); err != nil {
			return err
		}
	}
	return nil
}

func (r *Registry) enterModel(ctx context.Context, tx *sql.Tx, training string, kind ModelKind, file []byte, at time.Time) error {
	seq, err := store.Next(ctx, tx, "underwriting_model")
	if err != nil {
		return err
	}
	hash := decision.Hash(file)
	const insert = `INSERT INTO underwriting_model (hash, seq, training, kind, status, file, changed_at, promoted_by)
		VALUES ($1, $2, $3, $4, $5, $6, $7, '')
		ON CONFLICT (hash) DO UPDATE SET status = excluded.status, changed_at = excluded.changed_at WHERE underwriting_model.status = $8`
	_, err = tx.ExecContext(ctx, insert, hash, seq, training, string(kind), string(Challenger), string(file), store.Time(at), string(Retired))
	if err != nil {
		return err
	}
	return r.desk.anchors.Due(ctx, tx, evidence.Entry{
		Digest: hash, Phase: evidence.PhaseModel, Previous: training, MediaType: modelMedia,
	}, at)
}

// begin gives a member its first rules and models, which decide at once: there is nothing that they could be
// held against.
func (r *Registry) begin(ctx context.Context) error {
	r.teaching.Lock()
	defer r.teaching.Unlock()
	if _, err := r.inUse(ctx); !missing(err) {
		return err // another request was first
	}
	if err := r.firstRules(ctx); err != nil {
		return err
	}
	if _, err := r.inUse(ctx); !missing(err) {
		return err
	}
	t, err := r.train(ctx, CauseFirst)
	if err != nil {
		return fmt.Errorf("train the first models: %w", err)
	}
	err = r.desk.db.Write(ctx, func(tx *sql.Tx) error {
		if err := r.enter(ctx, tx, t, machine); err != nil {
			return err
		}
		var champions int
		err := tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM underwriting_model WHERE status = $1`, string(Champion)).Scan(&champions)
		if err != nil || champions > 0 {
			return err // another process was first
		}
		first, err := oneModel(ctx, tx, decision.Hash(t.models.ScorecardFile))
		if err != nil {
			return err
		}
		return r.crown(ctx, tx, first, machine)
	})
	if err != nil {
		return fmt.Errorf("enter the first models into the registry: %w", err)
	}
	return nil
}
