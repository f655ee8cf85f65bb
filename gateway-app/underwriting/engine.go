package underwriting

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/risk/dataset"
	"github.com/tallystick/tallystick/gateway-app/risk/decision"
	"github.com/tallystick/tallystick/gateway-app/risk/rules"
)

// engine decides by one pair of models and one rule set, and knows what they are called.
type engine struct {
	decider      *decision.Engine
	signals      map[string]rules.Type // that the rules read
	champion     string
	challenger   string
	rules        string
	rulesVersion string
}

// newEngine puts an engine together from files.
func newEngine(scorecard, forest []byte, text []byte) (*engine, error) {
	set, err := rules.Compile(text)
	if err != nil {
		return nil, err
	}
	decider, err := decision.New(scorecard, forest, set)
	if err != nil {
		return nil, err
	}
	e := &engine{decider: decider, signals: set.Signals(), rulesVersion: set.File().Name}
	e.champion, e.challenger, e.rules = decider.Hashes()
	return e, nil
}

// verdict is the engine's decision in the forms in which it is kept.
type verdict struct {
	outcome    string
	inputs     []byte // canonical
	salt       string // in hexadecimal
	commitment string
	canonical  []byte
	digest     string
}

// status is how an application stands after the engine's decision.
func (v verdict) status() Status {
	return map[rules.Outcome]Status{
		rules.Approve: Approved, rules.Refer: Referred, rules.Refuse: Refused,
	}[rules.Outcome(v.outcome)]
}

// check refuses features that the models cannot read before anything is stored.
func (e *engine) check(a Application) error {
	in, err := e.inputs("0", a, Signals{})
	if err != nil {
		return err
	}
	if err := e.decider.Check(in); err != nil {
		return &FeatureError{err}
	}
	return nil
}

// FeatureError says which feature the models cannot read, and why.
type FeatureError struct{ Err error }

// Error names the feature.
func (e *FeatureError) Error() string { return "read the features of an application: " + e.Err.Error() }

// Unwrap is the refusal that a client sees: it reflects no name that the client made up.
func (e *FeatureError) Unwrap() error { return fault.In(fault.InvalidField, "features") }

// decide decides an application under a fresh salt, 32 bytes in hexadecimal.
func (e *engine) decide(id string, a Application, s Signals, salt string) (verdict, error) {
	in, err := e.inputs(id, a, s)
	if err != nil {
		return verdict{}, err
	}
	raw, err := hex.DecodeString(salt)
	if err != nil {
		return verdict{}, fmt.Errorf("read a salt: %w", err)
	}
	d, err := e.decider.Decide(in, raw)
	if err != nil {
		return verdict{}, err
	}
	v := verdict{outcome: string(d.Outcome), salt: salt, commitment: d.Commitment}
	if v.inputs, err = in.Canonical(); err != nil {
		return verdict{}, err
	}
	if v.canonical, err = d.Canonical(); err != nil {
		return verdict{}, err
	}
	v.digest = decision.Hash(v.canonical)
	return v, nil
}

// inputs are what the engine sees of an application: its features with what was asked for among them, and the
// signals that the rules read.
func (e *engine) inputs(id string, a Application, s Signals) (decision.Inputs, error) {
	fields := maps.Clone(a.Features)
	if fields == nil {
		fields = map[string]json.RawMessage{}
	}
	for name, value := range asked(e.decider.Schema(), a) {
		given, told := fields[name]
		if told && !bytes.Equal(bytes.TrimSpace(given), value) {
			return decision.Inputs{}, &FeatureError{fmt.Errorf("%s is not what amount_minor or term_months say: leave it out", name)}
		}
		fields[name] = value
	}
	return decision.NewInputs(id, a.AmountMinor, a.TermMonths, fields, s.values(e.signals)), nil
}

// asked are the features that follow from amount and term, for a schema that has them: the amount in whole units
// of the currency, and the term as the level that names it. A term that no level names is one that the models
// have never seen, and not known to them.
func asked(schema *dataset.Schema, a Application) map[string]json.RawMessage {
	found := map[string]json.RawMessage{}
	for _, column := range schema.Columns {
		switch column.Name {
		case "funded_amnt":
			found[column.Name] = json.RawMessage(strconv.FormatFloat(float64(a.AmountMinor)/100, 'f', -1, 64))
		case "term":
			if level := "term_" + strconv.Itoa(a.TermMonths); slices.Contains(column.Levels, level) {
				found[column.Name] = json.RawMessage(strconv.Quote(level))
			}
		}
	}
	return found
}

// Exported is a decision as tally risk replay reads it: a line each.
type Exported = decision.Kept

// Purged reports whether the person was purged: then digests are all that is left.
func (d Decision) Purged() bool { return d.inputs == "" || d.text == "" }

// Export is the decision with its inputs and salt. Of a purged person's nothing is left to export.
func (d Decision) Export() (Exported, error) {
	if d.Purged() {
		return Exported{}, fault.In(fault.NotFound, "decision")
	}
	in, err := decision.ParseInputs([]byte(d.inputs))
	if err != nil {
		return Exported{}, err
	}
	var kept decision.Decision
	if err := json.Unmarshal([]byte(d.text), &kept); err != nil {
		return Exported{}, fmt.Errorf("read a kept decision: %w", err)
	}
	return Exported{Inputs: in, Salt: d.salt, Decision: kept}, nil
}

// Told is a decision as its borrower reads it: what was decided, on what terms, why, and what to do about it.
type Told struct {
	ID          string            `json:"id"`
	Application string            `json:"application" doc:"The loan that is made of it names this as its project"`
	Party       string            `json:"party"`
	At          string            `json:"at"`
	Outcome     string            `json:"outcome" enum:"approve,refer,refuse" doc:"What the program said"`
	Status      Status            `json:"status" enum:"approved,referred,refused,contested" doc:"What holds now"`
	AmountMinor int64             `json:"amount_minor"`
	TermMonths  int               `json:"term_months"`
	Terms       *Terms            `json:"terms,omitempty" doc:"None once the person is purged"`
	Reasons     []decision.Reason `json:"reasons"`
	Review      *decision.Text    `json:"review,omitempty" doc:"The right to a person's judgement, in words"`
}

// Terms are on what terms money is lent at most.
type Terms struct {
	RiskLevel   string `json:"risk_level" enum:"low,medium,high"`
	Grade       string `json:"grade"`
	ProductRisk int    `json:"product_risk" minimum:"1" maximum:"5"`
	LimitMinor  int64  `json:"limit_minor"`
	RateFromPPM int64  `json:"rate_from_ppm"`
	RateToPPM   int64  `json:"rate_to_ppm"`
}

// Told is the decision in the borrower's words.
func (d Decision) Told() (Told, error) {
	t := Told{
		ID: d.ID, Application: d.Application, Party: d.Party, At: d.At, Outcome: d.Outcome, Status: d.Status,
		AmountMinor: int64(d.AmountMinor), TermMonths: d.TermMonths, Reasons: []decision.Reason{},
	}
	if d.text == "" {
		return t, nil
	}
	var kept decision.Decision
	if err := json.Unmarshal([]byte(d.text), &kept); err != nil {
		return t, fmt.Errorf("read a kept decision: %w", err)
	}
	t.Terms = &Terms{
		RiskLevel: string(kept.RiskLevel), Grade: kept.Grade, ProductRisk: kept.ProductRisk, LimitMinor: int64(kept.LimitMinor),
		RateFromPPM: int64(kept.RateFromPPM), RateToPPM: int64(kept.RateToPPM),
	}
	t.Reasons = append(t.Reasons, kept.Reasons...)
	t.Review = &kept.Review
	return t, nil
}

// engine is that of the models and rules in force now, made ready once for as long as they are. Where the member
// has no models yet, the first are trained.
func (r *Registry) engine(ctx context.Context) (*engine, error) {
	found, err := r.pointers(ctx)
	if err != nil {
		return nil, err
	}
	if e := r.ready.Load(); e != nil && found == (pointers{e.champion, e.challenger, e.rules}) {
		return e, nil
	}
	r.compiling.Lock()
	defer r.compiling.Unlock()
	if e := r.ready.Load(); e != nil && found == (pointers{e.champion, e.challenger, e.rules}) {
		return e, nil
	}
	e, err := r.compile(ctx, found)
	if err == nil {
		r.ready.Store(e)
	}
	return e, err
}
