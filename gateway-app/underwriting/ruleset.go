package underwriting

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/evidence"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/risk/rules"
	"github.com/tallystick/tallystick/gateway-app/store"
)

// Where a rule set came from.
const (
	BuiltIn = "built_in"
	ByAPI   = "api"
	ByFile  = "file"
)

// RuleSet is a version of the rules. Of those that are effective the last one is in force.
type RuleSet struct {
	Sequence      int64           `json:"sequence"`
	Hash          string          `json:"hash"`
	Name          string          `json:"name"`
	EffectiveFrom calendar.Date   `json:"effective_from"`
	Source        string          `json:"source" enum:"built_in,api,file"`
	By            string          `json:"by"`
	ApprovedBy    string          `json:"approved_by,omitempty"`
	At            string          `json:"at"`
	InForce       bool            `json:"in_force"`
	Rules         json.RawMessage `json:"rules,omitempty"`
}

// Change is a rule set that somebody puts in force.
type Change struct {
	Rules      []byte
	Source     string
	By         string
	ApprovedBy string
}

// PutRules adds a version of the rules, which is in force from its date on. A set that does not compile, or
// reads what applications never have, is refused whole. Putting the set that was put last changes nothing;
// its name can be given to no other.
func (r *Registry) PutRules(ctx context.Context, c Change) (RuleSet, error) {
	set, err := compileRules(c.Rules)
	if err != nil {
		return RuleSet{}, err
	}
	at := r.desk.now()
	var put RuleSet
	err = r.desk.db.Write(ctx, func(tx *sql.Tx) error {
		last, err := lastRules(ctx, tx)
		if err == nil && last.Hash == set.Hash() {
			put = last
			return nil
		}
		if err != nil && !errors.Is(err, fault.New(fault.NotFound)) {
			return err
		}
		if put, err = insertRules(ctx, tx, set, c, at); err != nil {
			return err
		}
		return r.desk.anchors.Due(ctx, tx, evidence.Entry{
			Digest: set.Hash(), Phase: evidence.PhaseModel, Previous: last.Hash, MediaType: rulesMedia,
		}, at)
	})
	if err != nil {
		return RuleSet{}, fmt.Errorf("put a rule set in force: %w", err)
	}
	return put, nil
}

// RulesError says what is wrong with a rule set, in words for who wrote it.
type RulesError struct{ Err error }

// Error names the rule and the place in it.
func (e *RulesError) Error() string { return e.Err.Error() }

// Unwrap is the refusal that a client sees.
func (e *RulesError) Unwrap() error { return fault.In(fault.InvalidField, "rules") }

// compileRules compiles a set and holds it against what applications have.
func compileRules(text []byte) (*rules.Set, error) {
	set, err := rules.Compile(text)
	if err != nil {
		return nil, &RulesError{err}
	}
	known := Signals{}.values(set.Signals())
	for name := range set.Signals() {
		if _, found := known[name]; !found {
			return nil, &RulesError{fmt.Errorf("variable %s: no application has this signal", name)}
		}
	}
	return set, nil
}

func insertRules(ctx context.Context, tx *sql.Tx, set *rules.Set, c Change, at time.Time) (RuleSet, error) {
	var taken int
	err := tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM underwriting_rules WHERE hash = $1 OR name = $2`, set.Hash(), set.File().Name).Scan(&taken)
	if err != nil {
		return RuleSet{}, err
	}
	if taken > 0 {
		return RuleSet{}, fault.In(fault.AlreadyExists, "rules.name")
	}
	seq, err := store.Next(ctx, tx, "underwriting_rules")
	if err != nil {
		return RuleSet{}, err
	}
	put := RuleSet{
		Sequence: seq, Hash: set.Hash(), Name: set.File().Name, EffectiveFrom: set.File().EffectiveFrom, Source: c.Source, By: c.By,
		ApprovedBy: c.ApprovedBy, At: store.Time(at), Rules: set.Canonical(),
	}
	const insert = `INSERT INTO underwriting_rules (seq, hash, name, effective_from, source, by_user, approved_by, at, rules)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`
	_, err = tx.ExecContext(ctx, insert, put.Sequence, put.Hash, put.Name, put.EffectiveFrom.String(), put.Source, put.By,
		put.ApprovedBy, put.At, string(put.Rules))
	return put, err
}

const selectRules = `SELECT seq, hash, name, effective_from, source, by_user, approved_by, at, rules FROM underwriting_rules `

func readRules(ctx context.Context, q querier, where string, args ...any) ([]RuleSet, error) {
	rows, err := q.QueryContext(ctx, selectRules+where, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []RuleSet
	for rows.Next() {
		var s RuleSet
		var from, text string
		if err := rows.Scan(&s.Sequence, &s.Hash, &s.Name, &from, &s.Source, &s.By, &s.ApprovedBy, &s.At, &text); err != nil {
			return nil, err
		}
		if s.EffectiveFrom, err = calendar.Parse(from); err != nil {
			return nil, err
		}
		s.Rules = json.RawMessage(text)
		list = append(list, s)
	}
	return list, rows.Err()
}

func oneRules(ctx context.Context, q querier, where string, args ...any) (RuleSet, error) {
	list, err := readRules(ctx, q, where+` LIMIT 1`, args...)
	switch {
	case err != nil:
		return RuleSet{}, fmt.Errorf("read the rules: %w", err)
	case len(list) == 0:
		return RuleSet{}, fault.In(fault.NotFound, "rules")
	}
	return list[0], nil
}

// lastRules is what was put last, in force or not yet.
func lastRules(ctx context.Context, q querier) (RuleSet, error) {
	return oneRules(ctx, q, `ORDER BY seq DESC`)
}

// inForce is the rule set that is in force on a date.
func inForce(ctx context.Context, q querier, on calendar.Date) (RuleSet, error) {
	return oneRules(ctx, q, `WHERE effective_from <= $1 ORDER BY seq DESC`, on.String())
}

// RuleSets lists every version without its text, and says which is in force.
func (r *Registry) RuleSets(ctx context.Context) ([]RuleSet, error) {
	list, err := readRules(ctx, r.desk.db, `ORDER BY seq`)
	if err != nil {
		return nil, fmt.Errorf("list the rules: %w", err)
	}
	current, err := inForce(ctx, r.desk.db, r.desk.clockDate())
	if err != nil && !errors.Is(err, fault.New(fault.NotFound)) {
		return nil, err
	}
	for i := range list {
		list[i].Rules, list[i].InForce = nil, list[i].Hash == current.Hash
	}
	return list, nil
}

// Rules answers a version by its hash or its name, with its text; "current" is the one in force.
func (r *Registry) Rules(ctx context.Context, version string) (RuleSet, error) {
	current, err := inForce(ctx, r.desk.db, r.desk.clockDate())
	if err != nil && !errors.Is(err, fault.New(fault.NotFound)) {
		return RuleSet{}, err
	}
	found := current
	if version != "current" {
		if found, err = oneRules(ctx, r.desk.db, `WHERE hash = $1 OR name = $1`, version); err != nil {
			return RuleSet{}, err
		}
	}
	found.InForce = found.Hash == current.Hash
	return found, err
}

// firstRules puts the built-in set in force where there is none.
func (r *Registry) firstRules(ctx context.Context) error {
	_, err := lastRules(ctx, r.desk.db)
	if !errors.Is(err, fault.New(fault.NotFound)) {
		return err
	}
	_, err = r.PutRules(ctx, Change{Rules: rules.TestNetwork(), Source: BuiltIn, By: machine})
	if store.Duplicate(err) {
		return nil // another process was first
	}
	return err
}

// rulesEvery is how often the settings' file is looked at.
const rulesEvery = 2 * time.Second

// WatchRules puts the settings' rule file in force whenever it changes, until the context ends. A file that
// does not compile goes to report and leaves the rules as they are. What the API put since stays in force
// until the file changes again.
func (r *Registry) WatchRules(ctx context.Context, report func(error)) error {
	if r.desk.settings.RulesPath == "" {
		<-ctx.Done()
		return nil
	}
	ticker := time.NewTicker(rulesEvery)
	defer ticker.Stop()
	seen := ""
	for {
		if err := r.takeUp(ctx, &seen); err != nil && ctx.Err() == nil {
			report(err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// takeUp reads the file, and puts it in force unless it was seen, or was put before under its hash.
func (r *Registry) takeUp(ctx context.Context, seen *string) error {
	text, err := os.ReadFile(r.desk.settings.RulesPath)
	if err != nil {
		return fmt.Errorf("read risk_rules_path: %w", err)
	}
	digest := digestOf(text)
	if digest == *seen {
		return nil
	}
	*seen = digest
	set, err := compileRules(text)
	if err != nil {
		return fmt.Errorf("take up the rules of %s: %w: mend the file", r.desk.settings.RulesPath, err)
	}
	_, err = oneRules(ctx, r.desk.db, `WHERE hash = $1`, set.Hash())
	if !errors.Is(err, fault.New(fault.NotFound)) {
		return err
	}
	_, err = r.PutRules(ctx, Change{Rules: text, Source: ByFile, By: machine})
	return err
}
