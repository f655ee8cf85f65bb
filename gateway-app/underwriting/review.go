package underwriting

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tallystick/tallystick/core/evidence"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/store"
)

// Review is what a person did about a decision: the applicant asked, or an officer judged. Whoever is decided
// about by a program has the right to it (PIPL, article 24).
type Review struct {
	ID         string `json:"id"`
	Action     Action `json:"action" enum:"ask,approve,refuse"`
	By         string `json:"by,omitempty"`
	ApprovedBy string `json:"approved_by,omitempty"`
	At         string `json:"at"`
	Words      string `json:"words,omitempty"`
	Digest     string `json:"digest,omitempty" doc:"SHA-256 of the judgement, as anchored"`
}

// Judgement is what somebody wants to do about a decision. Request names the call, which has its effect once.
type Judgement struct {
	Request    string
	Decision   string
	Action     Action
	By         string
	ApprovedBy string // the second user, where the policies want one
	Words      string
}

const longestWords = 2000 // characters

func (j Judgement) check() error {
	words := strings.TrimSpace(j.Words)
	switch {
	case j.By == "":
		return fault.In(fault.MissingField, "by")
	case words == "" && j.Action != Ask:
		return fault.In(fault.MissingField, "words")
	case !utf8.ValidString(words) || utf8.RuneCountInString(words) > longestWords:
		return fault.In(fault.InvalidField, "words")
	}
	return nil
}

// judged is the record of a judgement whose digest goes to the ledger, behind the decision's. It names nobody:
// the words count by a digest that the review's random id salts.
type judged struct {
	Version  string `json:"version"`
	Purpose  string `json:"purpose"`
	Review   string `json:"review"`
	Decision string `json:"decision"`
	Action   Action `json:"action"`
	At       string `json:"at"`
	Words    string `json:"words_sha256"`
}

// Judge records a judgement and answers the decision as it stands then. What the engine said stays as it was.
func (d *Desk) Judge(ctx context.Context, j Judgement) (Decision, error) {
	if err := j.check(); err != nil {
		return Decision{}, err
	}
	var after Decision
	err := d.db.Write(ctx, func(tx *sql.Tx) error {
		before, err := d.read(ctx, tx, `d.id = $1`, j.Decision)
		if err != nil {
			return err
		}
		id := reviewID(j.Request, before.ID)
		var done int
		if err := tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM underwriting_review WHERE id = $1`, id).Scan(&done); err != nil {
			return err
		}
		if done == 0 {
			if err := d.record(ctx, tx, before, id, j, d.now()); err != nil {
				return err
			}
		}
		after, err = d.read(ctx, tx, `d.id = $1`, j.Decision)
		return err
	})
	if err != nil {
		return Decision{}, fmt.Errorf("review a decision: %w", err)
	}
	return after, nil
}

// reviewID follows from the request, so that one repeated after a crash is done once.
func reviewID(request, decision string) string {
	sum := sha256.Sum256([]byte("review\x00" + request + "\x00" + decision))
	return hex.EncodeToString(sum[:16])
}

func (d *Desk) record(ctx context.Context, tx *sql.Tx, before Decision, id string, j Judgement, at time.Time) error {
	next, err := before.Status.Next(j.Action)
	if err != nil {
		return err
	}
	if j.Action == Approve { // to ask and to refuse begin nothing
		if err := d.people.Processing(ctx, tx, before.Party); err != nil {
			return err
		}
	}
	digest := ""
	if j.Action != Ask {
		if digest, err = d.anchorJudgement(ctx, tx, before, id, j, at); err != nil {
			return err
		}
	}
	seq, err := store.Next(ctx, tx, "underwriting_review")
	if err != nil {
		return err
	}
	words, err := d.vault.SealText("underwriting_review", id, "words", strings.TrimSpace(j.Words))
	if err != nil {
		return err
	}
	const insert = `INSERT INTO underwriting_review (id, seq, application, action, by_user, approved_by, at, words, digest)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`
	_, err = tx.ExecContext(ctx, insert, id, seq, before.Application, string(j.Action), j.By, j.ApprovedBy, store.Time(at), words, digest)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `UPDATE underwriting_application SET status = $2, changed_at = $3 WHERE id = $1`,
		before.Application, string(next), store.Time(at))
	return err
}

func (d *Desk) anchorJudgement(ctx context.Context, tx *sql.Tx, before Decision, id string, j Judgement, at time.Time) (string, error) {
	text, err := canonical(judged{
		Version: "1", Purpose: "tallystick decision review", Review: id, Decision: before.Digest, Action: j.Action,
		At: store.Time(at), Words: digestOf([]byte(id), []byte(strings.TrimSpace(j.Words))),
	})
	if err != nil {
		return "", err
	}
	digest := digestOf(text)
	return digest, d.anchors.Due(ctx, tx, evidence.Entry{
		Digest: digest, Phase: evidence.PhaseDecision, Previous: before.Digest, MediaType: evidence.ReviewMedia,
	}, at)
}

// Reviews lists what people did about a decision, in its order.
func (d *Desk) Reviews(ctx context.Context, application string) ([]Review, error) {
	rows, err := d.db.QueryContext(ctx, `SELECT id, action, by_user, approved_by, at, words, digest FROM underwriting_review
		WHERE application = $1 ORDER BY seq`, application)
	if err != nil {
		return nil, fmt.Errorf("list reviews: %w", err)
	}
	defer rows.Close()
	var list []Review
	for rows.Next() {
		var r Review
		if err := rows.Scan(&r.ID, &r.Action, &r.By, &r.ApprovedBy, &r.At, &r.Words, &r.Digest); err != nil {
			return nil, fmt.Errorf("list reviews: %w", err)
		}
		if err := d.open("underwriting_review", r.ID, map[string]*string{"words": &r.Words}); err != nil {
			return nil, fmt.Errorf("list reviews: %w", err)
		}
		list = append(list, r)
	}
	return list, rows.Err()
}
