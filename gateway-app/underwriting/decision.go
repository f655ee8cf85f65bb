package underwriting

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/gateway-app/anchoring"
)

// Decision is a decided application: what the engine said, by which models and rules, and what people made of
// it since. Result is the engine's decision in its canonical form, of which Digest is the SHA-256.
type Decision struct {
	ID           string           `json:"id"`
	Application  string           `json:"application"`
	Party        string           `json:"party"`
	At           string           `json:"at"`
	AmountMinor  money.Minor      `json:"amount_minor"`
	Currency     money.Currency   `json:"currency"`
	TermMonths   int              `json:"term_months"`
	Outcome      string           `json:"outcome" enum:"approve,refer,refuse" doc:"What the engine said"`
	Status       Status           `json:"status" enum:"approved,referred,refused,contested" doc:"What holds now, after reviews"`
	Result       json.RawMessage  `json:"result,omitempty" doc:"The engine's whole decision; none once the person is purged"`
	Commitment   string           `json:"commitment" doc:"SHA-256 of salt and inputs"`
	Digest       string           `json:"digest" doc:"SHA-256 of the result"`
	Applied      string           `json:"application_digest"`
	Champion     string           `json:"champion"`
	Challenger   string           `json:"challenger,omitempty"`
	Rules        string           `json:"rules"`
	RulesVersion string           `json:"rules_version"`
	Anchor       *anchoring.Place `json:"anchor,omitempty" doc:"Where the digest is on the ledger, once it is"`

	sequence           int64
	salt, inputs, text string
}

var selectDecision = `SELECT d.id, d.seq, d.application, d.party, d.at, a.amount_minor, a.currency, a.term_months, d.outcome,
	a.status, d.inputs, d.salt, d.decision, d.commitment, d.digest, a.digest, d.champion, d.challenger, d.rules, d.rules_version,
	` + anchoring.PlaceColumns + `
	FROM underwriting_decision d JOIN underwriting_application a ON a.id = d.application
	` + anchoring.PlaceOf(partName, "d.digest") + ` WHERE `

// read answers the one decision that a condition meets.
func (d *Desk) read(ctx context.Context, q querier, where string, args ...any) (Decision, error) {
	found, err := d.decisions(ctx, q, where, args...)
	switch {
	case err != nil:
		return Decision{}, err
	case len(found) == 0:
		return Decision{}, fault.In(fault.NotFound, "decision")
	}
	return found[0], nil
}

func (d *Desk) decisions(ctx context.Context, q querier, where string, args ...any) ([]Decision, error) {
	rows, err := q.QueryContext(ctx, selectDecision+where, args...)
	if err != nil {
		return nil, fmt.Errorf("read decisions: %w", err)
	}
	defer rows.Close()
	var list []Decision
	for rows.Next() {
		decision, err := d.scan(rows)
		if err != nil {
			return nil, fmt.Errorf("read a decision: %w", err)
		}
		list = append(list, decision)
	}
	return list, rows.Err()
}

func (d *Desk) scan(rows *sql.Rows) (Decision, error) {
	var v Decision
	var place anchoring.Place
	err := rows.Scan(&v.ID, &v.sequence, &v.Application, &v.Party, &v.At, &v.AmountMinor, &v.Currency, &v.TermMonths, &v.Outcome,
		&v.Status, &v.inputs, &v.salt, &v.text, &v.Commitment, &v.Digest, &v.Applied, &v.Champion, &v.Challenger, &v.Rules,
		&v.RulesVersion, &place.At, &place.TxID, &place.Block)
	if err != nil {
		return v, err
	}
	if err := d.open("underwriting_decision", v.ID, map[string]*string{"inputs": &v.inputs, "salt": &v.salt, "decision": &v.text}); err != nil {
		return v, err
	}
	if v.text != "" {
		v.Result = json.RawMessage(v.text)
	}
	v.Anchor = place.Found()
	return v, nil
}

// Decision answers a decision by its id.
func (d *Desk) Decision(ctx context.Context, id string) (Decision, error) {
	return d.read(ctx, d.db, `d.id = $1`, id)
}

// Of answers an application's decision.
func (d *Desk) Of(ctx context.Context, application string) (Decision, error) {
	return d.read(ctx, d.db, `a.id = $1`, application)
}

// Filter narrows a list. Empty fields ask for nothing.
type Filter struct {
	Party  string
	Status Status
	After  string // where the last page ended
	Limit  int
}

// Decisions lists decisions in their order, and answers where the next page begins; empty: there is none.
func (d *Desk) Decisions(ctx context.Context, f Filter) ([]Decision, string, error) {
	after, err := sequenceOf(f.After)
	if err != nil {
		return nil, "", err
	}
	list, err := d.decisions(ctx, d.db, `d.seq > $1 AND (CAST($2 AS TEXT) = '' OR d.party = $2)
		AND (CAST($3 AS TEXT) = '' OR a.status = $3) ORDER BY d.seq LIMIT $4`, after, f.Party, string(f.Status), f.Limit)
	if err != nil || len(list) < f.Limit || len(list) == 0 {
		return list, "", err
	}
	return list, strconv.FormatInt(list[len(list)-1].sequence, 10), nil
}

// sequenceOf reads where a page ended.
func sequenceOf(after string) (int64, error) {
	if after == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(after, 10, 64)
	if err != nil || n < 0 {
		return 0, fault.In(fault.InvalidField, "cursor")
	}
	return n, nil
}
