package underwriting

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/tallystick/tallystick/core/evidence"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/anchoring"
	"github.com/tallystick/tallystick/gateway-app/lane"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/vault"
)

// partName names the desk's digests among those that the app anchors.
const partName = "underwriting"

// machine stands for the app where a person would be named.
const machine = "machine"

// What is anchored, each as one JSON text, besides what core/evidence names.
const (
	applicationMedia = "application/vnd.tallystick.application+json"
	modelMedia       = "application/vnd.tallystick.model+json"
	reportMedia      = "application/vnd.tallystick.training+json"
	rulesMedia       = "application/vnd.tallystick.rules+json"
)

// Settings say whose applications are decided, and by what.
type Settings struct {
	Member      string
	Custodian   string   // whose business date decides what is overdue
	Collections []string // of the member's pairs
	Process     string   // names this process as a holder of leases
	RulesPath   string   // a rule set that is taken up when the file changes; empty for none
	Now         func() time.Time
	Logger      *slog.Logger
}

// Desk takes applications and decides them. Its methods may be called by many at once.
type Desk struct {
	db       *store.DB
	vault    *vault.Vault
	books    Books
	people   People
	anchors  *anchoring.Log
	settings Settings
	now      func() time.Time
	logger   *slog.Logger
	registry *Registry
}

// New makes a desk over the member's database, its view of the ledger and its records of people.
func New(db *store.DB, v *vault.Vault, books Books, people People, sender anchoring.Sender, settings Settings) *Desk {
	d := &Desk{db: db, vault: v, books: books, people: people, settings: settings, now: settings.Now, logger: settings.Logger}
	if d.now == nil {
		d.now = time.Now
	}
	if d.logger == nil {
		d.logger = slog.New(slog.DiscardHandler)
	}
	d.anchors = anchoring.New(db, sender, partName, d.now)
	d.registry = newRegistry(d)
	return d
}

// Anchors are the digests of what the desk decided, and of what by, on their way to the ledger.
func (d *Desk) Anchors() *anchoring.Log { return d.anchors }

// Registry is the desk's models and rules.
func (d *Desk) Registry() *Registry { return d.registry }

// applicationID follows from the request and the place in it, so that a request repeated after a crash finds
// what it made before. It is also the handle under which the loan's terms name their project: so an
// application finds its loan.
func applicationID(request string, place int) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "application\x00%s\x00%d", request, place))
	return hex.EncodeToString(sum[:16])
}

// arrival is one application on its way to a decision.
type arrival struct {
	Application
	id         string
	traces     []trace
	background background
}

// Decide takes applications and decides each: all of them or, where one is malformed, none. The request names
// the call; the same request with the same applications answers what was decided before.
func (d *Desk) Decide(ctx context.Context, request string, list []Application) ([]Decision, error) {
	at := d.now()
	engine, err := d.registry.engine(ctx)
	if err != nil {
		return nil, fmt.Errorf("decide on applications: %w", err)
	}
	arrivals := make([]arrival, len(list))
	for i, a := range list {
		if arrivals[i], err = d.arrive(ctx, request, i, a, engine, at); err != nil {
			return nil, placed(err, i)
		}
	}
	var decided []Decision
	err = d.db.Write(ctx, func(tx *sql.Tx) error {
		decided = make([]Decision, len(arrivals))
		for i, a := range arrivals {
			if decided[i], err = d.decide(ctx, tx, a, engine, at); err != nil {
				return placed(err, i)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("decide on applications: %w", err)
	}
	return decided, nil
}

// placedError is a refusal of one application of a list, with everything that is known of it.
type placedError struct {
	refusal *fault.Fault
	err     error
}

// Error says what is wrong with which application.
func (e *placedError) Error() string { return fmt.Sprintf("application %d: %v", e.refusal.Item, e.err) }

// Unwrap is the refusal first, with its place.
func (e *placedError) Unwrap() []error { return []error{e.refusal, e.err} }

// placed names the application of a list that was refused.
func placed(err error, i int) error {
	var f *fault.Fault
	if errors.As(err, &f) {
		return &placedError{f.At(i), err}
	}
	return err
}

// arrive checks an application and reads what of its background needs no transaction.
func (d *Desk) arrive(ctx context.Context, request string, place int, a Application, e *engine, at time.Time) (arrival, error) {
	if a.Currency == "" {
		a.Currency = "CNY"
	}
	if err := a.check(); err != nil {
		return arrival{}, err
	}
	if err := e.check(a); err != nil {
		return arrival{}, err
	}
	if err := d.people.Processing(ctx, nil, a.Party); err != nil {
		return arrival{}, err
	}
	traces := d.traces(a)
	b, err := d.background(ctx, a, traces, at)
	return arrival{Application: a, id: applicationID(request, place), traces: traces, background: b}, err
}

// decide stores an application with its traces, counts, decides, and stores the decision with what is to be
// anchored of both: one transaction, so that no decision exists that will not be on the ledger.
func (d *Desk) decide(ctx context.Context, tx *sql.Tx, a arrival, e *engine, at time.Time) (Decision, error) {
	before, err := d.read(ctx, tx, `a.id = $1`, a.id)
	if err == nil || !errors.Is(err, fault.New(fault.NotFound)) {
		return before, err
	}
	if err := d.people.Processing(ctx, tx, a.Party); err != nil {
		return Decision{}, err // restricted since it arrived
	}
	if err := leave(ctx, tx, a.id, a.Party, store.Time(at), a.traces); err != nil {
		return Decision{}, err
	}
	signals, err := d.signals(ctx, tx, a.Application, a.traces, a.background, at)
	if err != nil {
		return Decision{}, err
	}
	verdict, err := e.decide(a.id, a.Application, signals, lane.Random(32))
	if err != nil {
		return Decision{}, err
	}
	applied, err := d.insertApplication(ctx, tx, a, verdict.status(), at)
	if err != nil {
		return Decision{}, fmt.Errorf("store an application: %w", err)
	}
	if err := d.insertDecision(ctx, tx, a, verdict, e, at); err != nil {
		return Decision{}, fmt.Errorf("store a decision: %w", err)
	}
	for _, entry := range []evidence.Entry{
		{Digest: applied, Phase: evidence.PhaseApplication, MediaType: applicationMedia},
		{Digest: verdict.digest, Phase: evidence.PhaseDecision, Previous: applied, MediaType: evidence.DecisionMedia},
	} {
		if err := d.anchors.Due(ctx, tx, entry, at); err != nil {
			return Decision{}, err
		}
	}
	return d.read(ctx, tx, `a.id = $1`, a.id)
}

// insertApplication answers the digest under which the application will be anchored.
func (d *Desk) insertApplication(ctx context.Context, tx *sql.Tx, a arrival, status Status, at time.Time) (string, error) {
	submission, err := canonical(a.Application)
	if err != nil {
		return "", err
	}
	salt := lane.Random(32)
	digest := digestOf([]byte(salt), submission)
	seq, err := store.Next(ctx, tx, "underwriting_application")
	if err != nil {
		return "", err
	}
	sealed, err := d.seal("underwriting_application", a.id, map[string]string{"submission": string(submission), "salt": salt})
	if err != nil {
		return "", err
	}
	const insert = `INSERT INTO underwriting_application
		(id, seq, party, at, changed_at, status, amount_minor, currency, term_months, submission, salt, digest)
		VALUES ($1, $2, $3, $4, $4, $5, $6, $7, $8, $9, $10, $11)`
	_, err = tx.ExecContext(ctx, insert, a.id, seq, a.Party, store.Time(at), string(status), int64(a.AmountMinor),
		string(a.Currency), a.TermMonths, sealed["submission"], sealed["salt"], digest)
	return digest, err
}

func (d *Desk) insertDecision(ctx context.Context, tx *sql.Tx, a arrival, v verdict, e *engine, at time.Time) error {
	seq, err := store.Next(ctx, tx, "underwriting_decision")
	if err != nil {
		return err
	}
	id := decisionID(a.id)
	sealed, err := d.seal("underwriting_decision", id, map[string]string{
		"inputs": string(v.inputs), "salt": v.salt, "decision": string(v.canonical),
	})
	if err != nil {
		return err
	}
	const insert = `INSERT INTO underwriting_decision
		(id, seq, application, party, at, outcome, inputs, salt, decision, commitment, digest, champion, challenger, rules, rules_version)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`
	_, err = tx.ExecContext(ctx, insert, id, seq, a.id, a.Party, store.Time(at), v.outcome, sealed["inputs"], sealed["salt"],
		sealed["decision"], v.commitment, v.digest, e.champion, e.challenger, e.rules, e.rulesVersion)
	return err
}

// decisionID follows from the application: it has one decision.
func decisionID(application string) string {
	sum := sha256.Sum256([]byte("decision\x00" + application))
	return hex.EncodeToString(sum[:16])
}

// seal seals values of one row, by column.
func (d *Desk) seal(table, row string, values map[string]string) (map[string]string, error) {
	sealed := map[string]string{}
	for column, value := range values {
		text, err := d.vault.SealText(table, row, column, value)
		if err != nil {
			return nil, err
		}
		sealed[column] = text
	}
	return sealed, nil
}

// open opens values of one row in place, by column.
func (d *Desk) open(table, row string, values map[string]*string) error {
	for column, value := range values {
		text, err := d.vault.OpenText(table, row, column, *value)
		if err != nil {
			return err
		}
		*value = text
	}
	return nil
}

// Submission is what was sent in for an application, as it is kept: empty once the person was purged.
func (d *Desk) Submission(ctx context.Context, application string) (Application, error) {
	var a Application
	var sealed string
	err := d.db.QueryRowContext(ctx, `SELECT submission FROM underwriting_application WHERE id = $1`, application).Scan(&sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return a, fault.In(fault.NotFound, "application")
	}
	if err == nil {
		err = d.open("underwriting_application", application, map[string]*string{"submission": &sealed})
	}
	if err == nil && sealed != "" {
		err = json.Unmarshal([]byte(sealed), &a)
	}
	if err != nil {
		return a, fmt.Errorf("read an application: %w", err)
	}
	return a, nil
}
