package decision

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/tallystick/tallystick/gateway-app/risk/challenger"
	"github.com/tallystick/tallystick/gateway-app/risk/dataset"
	"github.com/tallystick/tallystick/gateway-app/risk/rules"
	"github.com/tallystick/tallystick/gateway-app/risk/scorecard"
)

// mostReasons are told from the score; those of rules and policy come before them, all of them.
const mostReasons = 4

// Engine decides by one scorecard, one challenger and one rule set. It does not change, and any number of callers
// may ask it at once.
type Engine struct {
	card      *scorecard.Scorecard
	beside    *challenger.Model // nil where there is none
	set       *rules.Set
	reader    *dataset.Reader
	applicant []place
	fields    []dataset.Column
	inputs    []int  // the scorecard's fields in a record
	income    int    // a year's income in a record
	model     string // the files' hashes
	second    string
}

// place is a field that rules read, and where it stands in a record.
type place struct {
	name string
	at   int
}

// New makes an engine of a scorecard's file, a challenger's file (nil for none) and a rule set. It refuses files
// that do not read the same fields, and rules that read a field which the schema has not, has as another kind, or
// protects.
func New(scorecardFile, challengerFile []byte, set *rules.Set) (*Engine, error) {
	card, err := scorecard.Parse(scorecardFile)
	if err != nil {
		return nil, fmt.Errorf("make an engine of decisions: %w", err)
	}
	e := &Engine{card: card, set: set, reader: dataset.NewReader(&card.Schema), model: Hash(scorecardFile)}
	if len(challengerFile) > 0 {
		if e.beside, err = challenger.Parse(challengerFile); err != nil {
			return nil, fmt.Errorf("make an engine of decisions: %w", err)
		}
		e.second = Hash(challengerFile)
		if err := sameSchema(&card.Schema, e.beside.Schema()); err != nil {
			return nil, fmt.Errorf("make an engine of decisions: %w", err)
		}
	}
	if err := e.place(); err != nil {
		return nil, fmt.Errorf("make an engine of decisions: %w", err)
	}
	return e, nil
}

func sameSchema(a, b *dataset.Schema) error {
	first, err := json.Marshal(a)
	if err != nil {
		return err
	}
	second, err := json.Marshal(b)
	if err != nil {
		return err
	}
	if !bytes.Equal(first, second) {
		return errors.New("scorecard and challenger were trained by different schemas; train both on the same figures")
	}
	return nil
}

// place finds the fields that rules and scorecard read.
func (e *Engine) place() error {
	e.fields = e.card.Schema.Fields()
	for name, kind := range e.set.Applicant() {
		if err := e.card.Schema.CheckInputs([]string{name}); err != nil {
			return fmt.Errorf("rule set %s: %w", e.set.File().Name, err)
		}
		at, _ := e.card.Schema.Index(name)
		if (e.fields[at].Kind == dataset.Category) != (kind == rules.TextType) {
			return fmt.Errorf("rule set %s: variable %s is a %s, the schema's field is a %s",
				e.set.File().Name, name, kind, e.fields[at].Kind)
		}
		e.applicant = append(e.applicant, place{name, at})
	}
	for _, name := range e.card.Inputs() {
		at, _ := e.card.Schema.Index(name)
		e.inputs = append(e.inputs, at)
	}
	e.income, _ = e.card.Schema.Index(e.set.File().Income.Variable) // a field: the set has it among the applicant's
	return nil
}

// Schema is what applicants' fields are read by. It is not to be changed.
func (e *Engine) Schema() *dataset.Schema { return &e.card.Schema }

// Rules is the set in force here.
func (e *Engine) Rules() *rules.Set { return e.set }

// Hashes are the names of scorecard, challenger ("" for none) and rule set.
func (e *Engine) Hashes() (model, second, ruleSet string) { return e.model, e.second, e.set.Hash() }

// Check refuses inputs that Decide would refuse, without deciding.
func (e *Engine) Check(in Inputs) error {
	_, err := e.read(in)
	return err
}

func (e *Engine) read(in Inputs) (dataset.Record, error) {
	if err := in.check(&e.card.Schema); err != nil {
		return nil, err
	}
	if err := e.set.CheckSignals(in.Signals); err != nil {
		return nil, err
	}
	return e.reader.Fields(in.Fields)
}

// Decide decides one application. The salt, 16 to 64 random bytes, hides the inputs behind their commitment.
func (e *Engine) Decide(in Inputs, salt []byte) (Decision, error) {
	if len(salt) < leastSalt || len(salt) > mostSalt {
		return Decision{}, fmt.Errorf("decide an application: the salt has %d bytes, and needs %d to %d", len(salt), leastSalt, mostSalt)
	}
	record, err := e.read(in)
	if err != nil {
		return Decision{}, fmt.Errorf("decide an application: %w", err)
	}
	canonicalInputs, err := in.Canonical()
	if err != nil {
		return Decision{}, fmt.Errorf("decide an application: %w", err)
	}
	d := Decision{
		Version: 1, Algorithm: Algorithm, Application: in.Application, Commitment: Commitment(salt, canonicalInputs),
		Model: e.model, Challenger: e.second, RuleSet: e.set.Hash(), RuleName: e.set.File().Name, Review: review,
	}
	e.score(&d, record)
	e.grade(&d, record)
	if err := e.judge(&d, in, record); err != nil {
		return Decision{}, fmt.Errorf("decide an application: %w", err)
	}
	return d, nil
}

// score asks both models, and takes a thin file for the average with a margin.
func (e *Engine) score(d *Decision, record dataset.Record) {
	known := 0
	for _, at := range e.inputs {
		if !record[at].Missing() {
			known++
		}
	}
	d.KnownPPM = int64(known) * 1_000_000 / int64(len(e.inputs))
	d.ModelPoints, d.BasePoints = e.card.Score(record), e.card.BasePoints
	for _, part := range e.card.Explain(record) {
		d.Parts = append(d.Parts, Part{Field: part.Field, Points: part.Points})
	}
	d.Points, d.ProbabilityPPM = d.ModelPoints, rules.PPM(e.card.ProbabilityOf(d.ModelPoints))
	if thin := e.set.File().ThinFile; d.KnownPPM < thin.LeastKnownPPM {
		d.ThinFile = true
		prior := float64(e.card.Bad) / float64(e.card.Good+e.card.Bad)
		chance := min(float64(prior*(1e6+float64(thin.MarginPPM)))/1e6, mostPrior)
		d.Points = min(e.card.ScoreOf(chance), d.ModelPoints)
		d.ProbabilityPPM = rules.PPM(e.card.ProbabilityOf(d.Points))
	}
	d.ChallengerParts = []challenger.Part{}
	if e.beside != nil {
		d.ChallengerPPM = rules.PPM(e.beside.Probability(record))
		var parts []challenger.Part
		d.ChallengerBasePPM, parts = e.beside.Explain(record)
		d.ChallengerParts = append(d.ChallengerParts, parts...)
	}
}

// mostPrior keeps a prior with its margin a probability.
const mostPrior = .99

func (e *Engine) grade(d *Decision, record dataset.Record) {
	g := e.set.Grade(d.Points, d.ProbabilityPPM)
	income := record[e.income]
	d.Grade, d.RiskLevel, d.ProductRisk = g.Grade, g.RiskLevel, g.ProductRisk
	d.RateFromPPM, d.RateToPPM = g.RateFromPPM, g.RateToPPM
	d.LimitMinor = e.set.Limit(g, income.Number, !income.Missing())
}

// judge lets rules, operating points and the policy for thin files speak, and collects their reasons.
func (e *Engine) judge(d *Decision, in Inputs, record dataset.Record) error {
	fired, err := e.set.Evaluate(e.values(d, in, record))
	if err != nil {
		return err
	}
	d.Fired = []string{}
	for _, f := range fired {
		if f.Failed {
			d.Failed = append(d.Failed, f.Rule)
		} else {
			d.Fired = append(d.Fired, f.Rule)
		}
	}
	operating := e.set.Operate(d.Points, d.ProbabilityPPM)
	if operating == rules.Refer && rules.Gravest(fired) == rules.Approve {
		operating = rules.Approve // a rule lifts what the score alone would refer, never what it refuses
	}
	d.Outcome = gravest(operating, rules.Gravest(fired))
	if d.ThinFile {
		d.Outcome = gravest(d.Outcome, rules.Refer)
	}
	if d.Outcome == rules.Refuse {
		d.LimitMinor = 0
	}
	e.explain(d, fired, operating, record)
	return nil
}

func gravest(a, b rules.Outcome) rules.Outcome {
	if b.Graver(a) {
		return b
	}
	return a
}

func (e *Engine) values(d *Decision, in Inputs, record dataset.Record) rules.Values {
	v := rules.Values{
		Points: d.Points, ProbabilityPPM: d.ProbabilityPPM, ChallengerPPM: d.ChallengerPPM, KnownPPM: d.KnownPPM,
		ThinFile: d.ThinFile, Grade: d.Grade, ProductRisk: d.ProductRisk, LimitMinor: int64(d.LimitMinor),
		AmountMinor: int64(in.AmountMinor), TermMonths: in.TermMonths,
		Applicant: make(map[string]any, len(e.applicant)), Signals: in.Signals,
	}
	if e.beside == nil {
		v.ChallengerPPM = d.ProbabilityPPM
	}
	for _, p := range e.applicant {
		switch value := record[p.at]; {
		case value.Missing():
		case e.fields[p.at].Kind == dataset.Number:
			v.Applicant[p.name] = value.Number
		default:
			v.Applicant[p.name] = value.Word
		}
	}
	return v
}

// explain lists reasons: of the rules that made it worse, of the policy, and of the score. What was not approved
// always has one.
func (e *Engine) explain(d *Decision, fired []rules.Fired, operating rules.Outcome, record dataset.Record) {
	d.Reasons = []Reason{}
	for _, outcome := range []rules.Outcome{rules.Refuse, rules.Refer} {
		for _, f := range fired {
			if f.Then == outcome {
				d.addReason(FromRule, f.Reason, nil)
			}
		}
	}
	if d.ThinFile {
		d.addReason(FromPolicy, e.set.File().ThinFile.Reason, nil)
	}
	if operating != rules.Approve {
		d.addReason(FromPolicy, e.set.File().Operating.Reason, nil)
	}
	for _, cost := range e.card.Reasons(record, scorecard.Mean, mostReasons) {
		reason := rules.Reason{Code: cost.Reason.Code, ZH: cost.Reason.ZH, EN: cost.Reason.EN}
		d.addReason(FromScore, reason, cost.Fields)
	}
}

// addReason says nothing twice.
func (d *Decision) addReason(from Source, reason rules.Reason, fields []string) {
	if !slices.ContainsFunc(d.Reasons, func(r Reason) bool { return r.Code == reason.Code }) {
		d.Reasons = append(d.Reasons, Reason{Code: reason.Code, From: from, Fields: fields, Text: Text{ZH: reason.ZH, EN: reason.EN}})
	}
}
