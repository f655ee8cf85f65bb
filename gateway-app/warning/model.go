package warning

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/evidence"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/anchoring"
	"github.com/tallystick/tallystick/gateway-app/projection"
	"github.com/tallystick/tallystick/gateway-app/risk/hazard"
	"github.com/tallystick/tallystick/gateway-app/store"
)

// Standing is what a model is for.
type Standing string

// The standings. What was trained is a candidate until an officer activates it.
const (
	Candidate Standing = "candidate"
	Active    Standing = "active"
	Retired   Standing = "retired"
)

// Model is a trained hazard. Its hash is the SHA-256 of its file, which the ledger's evidence holds.
type Model struct {
	Hash        string          `json:"hash"`
	Status      Standing        `json:"status" enum:"candidate,active,retired"`
	Report      json.RawMessage `json:"report"`
	TrainedAt   string          `json:"trained_at"`
	TrainedBy   string          `json:"trained_by"`
	ActivatedAt string          `json:"activated_at,omitempty"`
	ActivatedBy string          `json:"activated_by,omitempty"`
	AnchoredAt  string          `json:"anchored_at,omitempty"`
	TxID        string          `json:"tx_id,omitempty"`
	Block       int64           `json:"block,omitempty"`
}

// partName names the hashes of models among the digests that the app anchors.
const partName = "warning"

const modelMedia = "application/vnd.tallystick.hazard-model+json"

var selectModel = `SELECT m.hash, m.status, m.report, m.trained_at, m.trained_by, m.activated_at, m.activated_by, ` + anchoring.PlaceColumns + `
	FROM warning_model m ` + anchoring.PlaceOf(partName, "m.hash") + ` `

func scanModel(scan func(...any) error) (Model, error) {
	var m Model
	var report string
	err := scan(&m.Hash, &m.Status, &report, &m.TrainedAt, &m.TrainedBy, &m.ActivatedAt, &m.ActivatedBy, &m.AnchoredAt, &m.TxID, &m.Block)
	m.Report = json.RawMessage(report)
	return m, err
}

// models keeps the active model as it was read last, and the platform's own rate as it was counted last.
type models struct {
	mu     sync.Mutex
	hash   string
	active *hazard.Model

	counted calendar.Date
	start   hazard.Start
}

// speaker is who says how likely a loan is to go overdue.
type speaker struct {
	name   string
	answer func(hazard.History, calendar.Date) hazard.Answer
}

// speaker answers the active model, or the rule that stands in, with the platform's own rate.
func (w *Watch) speaker(ctx context.Context, today calendar.Date) (speaker, error) {
	var hash, file string
	err := w.db.QueryRowContext(ctx, `SELECT hash, file FROM warning_model WHERE status = 'active'`).Scan(&hash, &file)
	if errors.Is(err, sql.ErrNoRows) {
		return w.rule(ctx, today)
	}
	if err != nil {
		return speaker{}, fmt.Errorf("read the active model: %w", err)
	}
	w.models.mu.Lock()
	defer w.models.mu.Unlock()
	if w.models.hash != hash {
		model, err := hazard.Parse([]byte(file))
		if err != nil {
			return speaker{}, err
		}
		w.models.hash, w.models.active = hash, model
	}
	return speaker{hash, w.models.active.Answer}, nil
}

// rule answers the rule that stands in. The rate is counted once a business day.
func (w *Watch) rule(ctx context.Context, today calendar.Date) (speaker, error) {
	w.models.mu.Lock()
	defer w.models.mu.Unlock()
	if w.models.counted == today {
		return speaker{byRule, w.models.start.Answer}, nil
	}
	var start hazard.Start
	const query = `SELECT COUNT(*), COALESCE(CAST(SUM(ever_overdue) AS BIGINT), 0) FROM warning_loan WHERE started_on <> '' AND started_on <= $1`
	err := w.db.QueryRowContext(ctx, query, today.AddDays(-hazard.HorizonDays).String()).Scan(&start.Loans, &start.Overdue)
	if err != nil {
		return speaker{}, fmt.Errorf("count the loans that went overdue: %w", err)
	}
	w.models.counted, w.models.start = today, start
	return speaker{byRule, start.Answer}, nil
}

// Train fits a model on every loan that the platform ever lent, as the ledger has them now. Too little history is the
// fault not_yet_due in the field model. The same history gives the same model, which is answered as it stands.
func (w *Watch) Train(ctx context.Context, by string) (Model, error) {
	today, err := w.today(ctx)
	if err != nil {
		return Model{}, err
	}
	histories, err := w.histories(ctx)
	if err != nil {
		return Model{}, err
	}
	trained, report, err := hazard.Train(histories, today)
	if errors.Is(err, hazard.ErrTooFew) {
		w.settings.Logger.Info("a hazard model was asked for too early", "observations", report.Observations, "overdue", report.Overdue)
		return Model{}, fault.In(fault.NotYetDue, "model")
	}
	if err != nil {
		return Model{}, err
	}
	text, err := json.Marshal(report)
	if err != nil {
		return Model{}, err
	}
	err = w.db.Write(ctx, func(tx *sql.Tx) error {
		seq, err := store.Next(ctx, tx, "warning_model")
		if err != nil {
			return err
		}
		at := w.now()
		const query = `INSERT INTO warning_model (hash, seq, file, report, status, trained_at, trained_by, activated_at, activated_by)
			VALUES ($1, $2, $3, $4, 'candidate', $5, $6, '', '') ON CONFLICT (hash) DO NOTHING`
		_, err = tx.ExecContext(ctx, query, trained.Hash(), seq, string(trained.File()), string(text), store.Time(at), by)
		if err != nil {
			return err
		}
		return w.anchors.Due(ctx, tx, evidence.Entry{Digest: trained.Hash(), MediaType: modelMedia, Phase: evidence.PhaseModel}, at)
	})
	if err != nil {
		return Model{}, fmt.Errorf("keep a hazard model: %w", err)
	}
	if _, err := w.anchors.Send(ctx); err != nil {
		w.settings.Logger.Error("the model will be anchored later", "error", err)
	}
	return w.Model(ctx, trained.Hash())
}

// histories are those of every loan of the platform that was disbursed.
func (w *Watch) histories(ctx context.Context) ([]hazard.History, error) {
	applied, err := w.everyApplied(ctx)
	if err != nil {
		return nil, err
	}
	var all []hazard.History
	loans := projection.All(ctx, func(ctx context.Context, page projection.Page) (projection.List[projection.Loan], error) {
		return w.books.Loans(ctx, projection.LoanFilter{Platform: w.settings.Platform}, page)
	})
	for l, err := range loans {
		if err != nil {
			return nil, fmt.Errorf("list the loans to learn from: %w", err)
		}
		if l.State.Plan == nil {
			continue
		}
		h, err := hazard.HistoryOf(l.State, applied[l.State.ID])
		if err != nil {
			return nil, err
		}
		all = append(all, h)
	}
	return all, nil
}

// everyApplied is what the decisions gave each loan that is watched.
func (w *Watch) everyApplied(ctx context.Context) (map[string]int64, error) {
	applied := map[string]int64{}
	_, err := list(ctx, w.db, func(scan func(...any) error) (struct{}, error) {
		var id string
		var ppm int64
		err := scan(&id, &ppm)
		applied[id] = ppm
		return struct{}{}, err
	}, `SELECT loan, applied_ppm FROM warning_loan WHERE applied_ppm > 0`)
	if err != nil {
		return nil, fmt.Errorf("read what loans started from: %w", err)
	}
	return applied, nil
}

// Models lists the models, the newest first.
func (w *Watch) Models(ctx context.Context) ([]Model, error) {
	return list(ctx, w.db, scanModel, selectModel+`ORDER BY m.seq DESC`)
}

// Model answers a model by its hash.
func (w *Watch) Model(ctx context.Context, hash string) (Model, error) {
	m, err := scanModel(w.db.QueryRowContext(ctx, selectModel+`WHERE m.hash = $1`, hash).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return m, fault.In(fault.NotFound, "model")
	}
	return m, err
}

// File is a model's file.
func (w *Watch) File(ctx context.Context, hash string) ([]byte, error) {
	var text string
	err := w.db.QueryRowContext(ctx, `SELECT file FROM warning_model WHERE hash = $1`, hash).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fault.In(fault.NotFound, "model")
	}
	return []byte(text), err
}

// Activate has a model speak from the next refreshment on, and retires the one before. That it takes two people is the
// policies' business; both are named.
func (w *Watch) Activate(ctx context.Context, hash, by, approvedBy string) (Model, error) {
	err := w.db.Write(ctx, func(tx *sql.Tx) error {
		m, err := scanModel(tx.QueryRowContext(ctx, selectModel+`WHERE m.hash = $1`, hash).Scan)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return fault.In(fault.NotFound, "model")
		case err != nil:
			return err
		case m.Status == Active:
			return nil
		}
		if _, err := tx.ExecContext(ctx, `UPDATE warning_model SET status = 'retired' WHERE status = 'active'`); err != nil {
			return err
		}
		const query = `UPDATE warning_model SET status = 'active', activated_at = $2, activated_by = $3 WHERE hash = $1`
		_, err = tx.ExecContext(ctx, query, hash, store.Time(w.now()), strings.TrimSpace(by+" "+approvedBy))
		return err
	})
	if err != nil {
		return Model{}, err
	}
	return w.Model(ctx, hash)
}
