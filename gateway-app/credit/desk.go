package credit

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/gateway-app/pseudonym"
	"github.com/tallystick/tallystick/gateway-app/store"
)

// RegistryDoor is the regulator's registry as platforms reach it; Remote is one, over HTTP.
type RegistryDoor interface {
	Enquire(ctx context.Context, e Enquiry) (Summary, error)
	Enquiries(ctx context.Context, q Asking) ([]Entry, error)
}

// The states of a source's part of an answer.
const (
	Fresh       = "fresh"       // fetched for this answer
	Cached      = "cached"      // fetched before, under the same consent, and not old
	Stale       = "stale"       // old, and the bureau does not answer
	NoRecord    = "no_record"   // the bureau knows nothing of the person
	Unavailable = "unavailable" // nothing could be had
)

// Report is what one bureau says.
type Report struct {
	Source  string `json:"source"`
	State   string `json:"state" enum:"fresh,cached,stale,no_record,unavailable"`
	Fetched string `json:"fetched,omitempty" format:"date-time"`
	Bands   *Bands `json:"bands,omitempty"`
}

// Answer is a borrower's credit as a platform may know it. Degraded says that something could not be had:
// a decision must not take its absence for good news.
type Answer struct {
	Summary  *Summary `json:"summary,omitempty" doc:"the regulator's, over all platforms"`
	State    string   `json:"state" enum:"fresh,unavailable" doc:"of the summary"`
	Reports  []Report `json:"reports"`
	Degraded bool     `json:"degraded"`
}

// DeskSettings say whom a platform asks besides the regulator, and how long what they say is kept.
type DeskSettings struct {
	Bureaus []Bureau
	Timeout time.Duration // for each source; 3 seconds when zero
	Keep    time.Duration // for how long a report is not asked for again; a day when zero
	Logger  *slog.Logger  // told of bureaus that give no answer; nobody when nil
	People  People        // nobody is restricted when nil
}

// People knows who has asked for erasure, and refuses to have anything new found out about them; in the caller's
// transaction where it has one.
type People interface {
	Processing(ctx context.Context, tx *sql.Tx, party string) error
}

// Identities is where a party's identity number is found, while its verification is in force.
type Identities interface {
	Number(ctx context.Context, collection, handle string) (pseudonym.Number, bool, error)
}

// Desk is the platform's side.
type Desk struct {
	db         *store.DB
	book       Book
	identities Identities
	registry   RegistryDoor
	settings   DeskSettings
	now        func() time.Time
}

// NewDesk puts the platform's side together. Of the book only parties and days are looked at.
func NewDesk(db *store.DB, book Book, ids Identities, registry RegistryDoor, settings DeskSettings) *Desk {
	if settings.Timeout <= 0 {
		settings.Timeout = 3 * time.Second
	}
	if settings.Keep <= 0 {
		settings.Keep = 24 * time.Hour
	}
	return &Desk{db, book, ids, registry, settings, time.Now}
}

// Ask answers what may be known of a party of the platform's own. Without a consent that holds nothing is found out,
// and what was kept under an earlier one is deleted; the regulator is told all the same that the platform wanted to
// know, so that the borrower's list of enquiries has it. A refusal of the regulator's is the answer.
func (d *Desk) Ask(ctx context.Context, e Enquiry) (Answer, error) {
	consent, err := d.consent(ctx, e)
	if errors.Is(err, fault.New(fault.ConsentMissing)) {
		d.tell(ctx, e)
	}
	if err != nil {
		return Answer{}, err
	}
	if err := d.processing(ctx, nil, e.Party); err != nil {
		return Answer{}, err
	}
	answer := Answer{State: Fresh}
	asking, cancel := context.WithTimeout(ctx, d.settings.Timeout)
	defer cancel()
	summary, err := d.registry.Enquire(asking, e)
	switch refusal := new(fault.Fault); {
	case err == nil:
		answer.Summary = &summary
	case errors.As(err, &refusal) && !refusal.Code.Retry() && refusal.Code != fault.Internal:
		return Answer{}, refusal
	case ctx.Err() != nil:
		return Answer{}, ctx.Err()
	default:
		answer.State, answer.Degraded = Unavailable, true
	}
	if answer.Reports, err = d.reports(ctx, e, consent); err != nil {
		return Answer{}, err
	}
	for _, report := range answer.Reports {
		answer.Degraded = answer.Degraded || report.State == Stale || report.State == Unavailable
	}
	return answer, nil
}

// tell has the regulator write down an enquiry that is refused here: it sees the same ledger, refuses it too, and
// writes it down first. While it cannot be reached, the log is all that knows.
func (d *Desk) tell(ctx context.Context, e Enquiry) {
	asking, cancel := context.WithTimeout(ctx, d.settings.Timeout)
	defer cancel()
	_, err := d.registry.Enquire(asking, e)
	if codeOf(err) != fault.ConsentMissing && d.settings.Logger != nil {
		d.settings.Logger.WarnContext(ctx, "a refused enquiry is not in the borrower's list", "code", string(codeOf(err)))
	}
}

func codeOf(err error) fault.Code {
	if f := fault.Of(err); f != nil {
		return f.Code
	}
	return ""
}

func (d *Desk) processing(ctx context.Context, tx *sql.Tx, handle string) error {
	if d.settings.People == nil {
		return nil
	}
	return d.settings.People.Processing(ctx, tx, handle)
}

// Enquiries passes the borrower's own request for the list of enquiries on.
func (d *Desk) Enquiries(ctx context.Context, q Asking) ([]Entry, error) {
	return d.registry.Enquiries(ctx, q)
}

func (d *Desk) consent(ctx context.Context, e Enquiry) (party.Consent, error) {
	state, found, err := d.book.Party(ctx, e.Collection, e.Party)
	switch {
	case err != nil:
		return party.Consent{}, err
	case !found:
		return party.Consent{}, fault.In(fault.NotFound, "party")
	}
	on, err := d.book.Today(ctx, state.Custodian)
	if err != nil {
		return party.Consent{}, err
	}
	consent, given := Consent(state, on)
	if !given {
		return consent, errors.Join(fault.New(fault.ConsentMissing), d.forget(ctx, e, 0))
	}
	return consent, d.forget(ctx, e, consent.Sequence)
}

// forget deletes what was fetched about a party under other consents than the one that holds.
func (d *Desk) forget(ctx context.Context, e Enquiry, but int) error {
	return d.db.Write(ctx, func(tx *sql.Tx) error {
		const query = `DELETE FROM credit_report WHERE collection = $1 AND party = $2 AND consent <> $3`
		_, err := tx.ExecContext(ctx, query, e.Collection, e.Party, but)
		return err
	})
}

// reports asks all bureaus at once.
func (d *Desk) reports(ctx context.Context, e Enquiry, consent party.Consent) ([]Report, error) {
	number, identified, err := d.identities.Number(ctx, e.Collection, e.Party)
	if err != nil {
		return nil, err
	}
	list, failures := make([]Report, len(d.settings.Bureaus)), make([]error, len(d.settings.Bureaus))
	subject := Subject{Number: number, Consent: fmt.Sprintf("%s/%d", e.Party, consent.Sequence)}
	var group sync.WaitGroup
	for i, bureau := range d.settings.Bureaus {
		if !identified {
			list[i] = Report{Source: bureau.Name(), State: Unavailable}
			continue
		}
		group.Go(func() { list[i], failures[i] = d.report(ctx, e, consent, subject, bureau) })
	}
	group.Wait()
	return list, errors.Join(failures...)
}

// report answers what is kept if it is not old, else asks, and falls back on what is kept.
func (d *Desk) report(ctx context.Context, e Enquiry, consent party.Consent, s Subject, b Bureau) (Report, error) {
	kept, found, err := d.kept(ctx, e, consent, b)
	if err != nil {
		return Report{}, err
	}
	if found {
		fetched, err := store.ParseTime(kept.Fetched)
		if err != nil {
			return Report{}, err
		}
		if d.now().Before(fetched.Add(d.settings.Keep)) {
			if kept.State != NoRecord {
				kept.State = Cached
			}
			return kept, nil
		}
	}
	asking, cancel := context.WithTimeout(ctx, d.settings.Timeout)
	defer cancel()
	bands, err := b.Report(asking, s)
	report := Report{Source: b.Name(), State: Fresh, Fetched: store.Time(d.now()), Bands: &bands}
	if err != nil && !errors.Is(err, ErrNoRecord) && d.settings.Logger != nil {
		d.settings.Logger.WarnContext(ctx, "a bureau gives no answer", "bureau", b.Name(), "code", "bureau_unavailable", "timeout", errors.Is(err, context.DeadlineExceeded))
	}
	switch {
	case errors.Is(err, ErrNoRecord):
		report.State, report.Bands = NoRecord, nil
	case err != nil && found:
		kept.State = Stale
		return kept, nil
	case err != nil:
		return Report{Source: b.Name(), State: Unavailable}, nil
	}
	return report, d.keep(ctx, e, consent, report)
}

func (d *Desk) kept(ctx context.Context, e Enquiry, consent party.Consent, b Bureau) (Report, bool, error) {
	var text string
	const query = `SELECT report FROM credit_report WHERE collection = $1 AND party = $2 AND consent = $3 AND source = $4`
	err := d.db.QueryRowContext(ctx, query, e.Collection, e.Party, consent.Sequence, b.Name()).Scan(&text)
	var report Report
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return report, false, nil
	case err != nil:
		return report, false, fmt.Errorf("look up a credit report: %w", err)
	}
	return report, true, json.Unmarshal([]byte(text), &report)
}

func (d *Desk) keep(ctx context.Context, e Enquiry, consent party.Consent, report Report) error {
	text, err := json.Marshal(report)
	if err != nil {
		return err
	}
	return d.db.Write(ctx, func(tx *sql.Tx) error {
		if err := d.processing(ctx, tx, e.Party); err != nil {
			return err // restricted while the bureau was asked
		}
		const query = `INSERT INTO credit_report (collection, party, consent, source, fetched_at, report) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (collection, party, consent, source) DO UPDATE SET fetched_at = excluded.fetched_at, report = excluded.report`
		_, err := tx.ExecContext(ctx, query, e.Collection, e.Party, consent.Sequence, report.Source, report.Fetched, string(text))
		return err
	})
}
