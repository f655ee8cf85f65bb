package kyc

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/gateway-app/screening"
	"github.com/tallystick/tallystick/gateway-app/store"
)

// People knows the persons behind the cases.
type People interface {
	screening.People
	Subject(ctx context.Context, person string) (Subject, error)
	// Watched is the person as screening compares it, in the caller's transaction where it has one.
	Watched(ctx context.Context, tx *sql.Tx, person string) (screening.Subject, error)
	// OnChange names what is told of every change of a record, in the transaction that makes it. Its refusal is the
	// change's.
	OnChange(changed func(ctx context.Context, tx *sql.Tx, change Change) error)
}

// Cases are the member's cases, one a person.
type Cases struct {
	db        *store.DB
	people    People
	provider  Provider
	screening *screening.Screening
	ledger    Ledger
	leastAge  int
	now       func() time.Time
}

// New joins what a case needs. Without a ledger (nil) nothing is attested. From then on a change of a record tells
// its case.
func New(db *store.DB, people People, provider Provider, lists *screening.Screening, ledger Ledger) *Cases {
	c := &Cases{db: db, people: people, provider: provider, screening: lists, ledger: ledger, leastAge: Adult, now: time.Now}
	people.OnChange(c.Changed)
	return c
}

// SetLeastAge says how old a natural person must be, in years; Adult where nothing is said. It is for who puts the
// parts together.
func (c *Cases) SetLeastAge(years int) { c.leastAge = years }

func (c *Cases) today() calendar.Date { return calendar.Shanghai(c.now().Unix()) }

// Case is a person's case as it stands.
type Case struct {
	ID     string
	Person string
	State
}

// Submit opens a case or a further round of one.
func (c *Cases) Submit(ctx context.Context, person, by string, submission Submission) (Case, error) {
	if _, err := c.people.Subject(ctx, person); err != nil {
		return Case{}, fmt.Errorf("submit the case of %s: %w", person, err)
	}
	return c.run(ctx, person, Command{Action: ActSubmit, Actor: Applicant, By: by, Submission: &submission})
}

// Verify finds the person to be who it says, to the last day named, and attests the party on the ledger. The
// certificate is the officer's own: its key signs what the ledger is told.
func (c *Cases) Verify(ctx context.Context, person, by, certificate string, expires calendar.Date) (Case, error) {
	if _, err := c.people.Subject(ctx, person); err != nil {
		return Case{}, fmt.Errorf("verify the case of %s: %w", person, err)
	}
	return c.run(ctx, person, Command{Action: ActVerify, Actor: Officer, By: by, Certificate: certificate, Expires: expires})
}

// Refuse turns the person down, or takes a verification back. The reason is a code.
func (c *Cases) Refuse(ctx context.Context, person, by, reason string) (Case, error) {
	return c.run(ctx, person, Command{Action: ActRefuse, Actor: Officer, By: by, Reason: reason})
}

// machine is who acts where nobody does.
const machine = "machine"

// Check screens the person and asks the provider, and records what it found. When the provider cannot be
// asked the case stays as it is, to be checked again.
func (c *Cases) Check(ctx context.Context, person string) (Case, error) {
	found, err := c.Find(ctx, person)
	if err != nil {
		return Case{}, err
	}
	if err := Permit(found.Status, ActReport, Machine); err != nil {
		return Case{}, err
	}
	subject, err := c.people.Subject(ctx, person)
	if err != nil {
		return Case{}, fmt.Errorf("check %s: %w", person, err)
	}
	watched, err := c.people.Watched(ctx, nil, person)
	if err != nil {
		return Case{}, fmt.Errorf("check %s: %w", person, err)
	}
	if _, err := c.screening.Screen(ctx, watched); err != nil {
		return Case{}, fmt.Errorf("check %s: %w", person, err)
	}
	report, err := c.provider.Check(ctx, fmt.Sprintf("%s-%d", found.ID, found.Round), subject)
	if err != nil {
		return Case{}, fmt.Errorf("check %s: %w", person, err)
	}
	report = c.ofAge(report, subject)
	return c.runRound(ctx, person, &found, Command{Action: ActReport, Actor: Machine, By: machine, Report: &report})
}

// UnderAge is the reason of a report about a natural person who is too young, whatever the provider says.
const UnderAge = "under_age"

// ofAge makes a mismatch of a report about somebody who is under age.
func (c *Cases) ofAge(r Report, who Subject) Report {
	number, err := ParseNumber(who.IdentityNumber)
	if who.Kind != party.Natural || err != nil || number.Born.Age(c.today()) >= c.leastAge {
		return r
	}
	r.Outcome, r.Reasons = Mismatch, append(slices.Clone(r.Reasons), UnderAge)
	return r
}

// Screened is what screening needs of a subject, but for its mark.
func Screened(person string, s Subject) screening.Subject {
	who := screening.Subject{ID: person, Name: s.Name}
	if number, err := ParseNumber(s.IdentityNumber); err == nil && s.Kind == party.Natural {
		who.Born = number.Born.String()
	}
	return who
}

// run decides a command on the stored state and stores what follows, in one transaction.
func (c *Cases) run(ctx context.Context, person string, command Command) (Case, error) {
	return c.runRound(ctx, person, nil, command)
}

// runRound refuses the command when the case is in another round than the caller saw, or about somebody who has
// changed since: an answer about yesterday's papers, or yesterday's name, says nothing of today's.
func (c *Cases) runRound(ctx context.Context, person string, seen *Case, command Command) (Case, error) {
	command.On = c.today()
	var after Case
	err := c.db.Write(ctx, func(tx *sql.Tx) error {
		before, sequence, err := find(ctx, tx, person)
		if err != nil {
			return err
		}
		if seen != nil && (before.Round != seen.Round || before.Changes != seen.Changes) {
			return fault.In(fault.Conflict, "kyc")
		}
		watched, err := c.people.Watched(ctx, tx, person)
		if err != nil {
			return err
		}
		standing, err := c.screening.Standing(ctx, tx, watched)
		if err != nil {
			return err
		}
		command.Clear = standing.Clear()
		if command.Dismissed, err = c.screening.DismissedBy(ctx, tx, person); err != nil {
			return err
		}
		after, err = c.step(ctx, tx, before, sequence, command)
		return err
	})
	if err != nil {
		return Case{}, fmt.Errorf("%s the case of %s: %w", command.Action, person, err)
	}
	return after, nil
}

// step decides a command, stores what follows and tells the ledger.
func (c *Cases) step(ctx context.Context, tx *sql.Tx, before Case, sequence int64, command Command) (Case, error) {
	events, err := Decide(before.State, command)
	if err != nil {
		return Case{}, err
	}
	after := before
	for _, e := range events {
		after.State = Apply(after.State, e)
		sequence++
		if err := c.record(ctx, tx, after, sequence, e); err != nil {
			return Case{}, err
		}
	}
	if c.ledger == nil {
		return after, nil
	}
	if after.AttestedTo < before.AttestedTo {
		return after, c.withdraw(ctx, tx, after, sequence)
	}
	return after, c.attest(ctx, tx, before.State, after, command.Certificate)
}

func (c *Cases) record(ctx context.Context, tx *sql.Tx, k Case, sequence int64, e Event) error {
	state, err := json.Marshal(k.State)
	if err != nil {
		return err
	}
	event, err := json.Marshal(e)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO kyc_case (id, person, status, level, expires_on, sequence, state)
		VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO UPDATE SET status = excluded.status, level = excluded.level,
		expires_on = excluded.expires_on, sequence = excluded.sequence, state = excluded.state`,
		k.ID, k.Person, string(k.Status), int64(k.Submission.Level), dateText(k.Expires), sequence, string(state))
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO kyc_event (kyc_case, sequence, at, event) VALUES ($1, $2, $3, $4)`,
		k.ID, sequence, store.Time(c.now()), string(event))
	return err
}

func dateText(d calendar.Date) string {
	if d.IsZero() {
		return ""
	}
	return d.String()
}

type rowQuerier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// find answers a person's case; one that does not exist yet has an id and no status.
func find(ctx context.Context, q rowQuerier, person string) (Case, int64, error) {
	k := Case{Person: person}
	var sequence int64
	var state string
	err := q.QueryRowContext(ctx, `SELECT id, sequence, state FROM kyc_case WHERE person = $1`, person).Scan(&k.ID, &sequence, &state)
	if errors.Is(err, sql.ErrNoRows) {
		k.ID = random()
		return k, 0, nil
	}
	if err != nil {
		return Case{}, 0, err
	}
	return k, sequence, json.Unmarshal([]byte(state), &k.State)
}

// Find answers a person's case.
func (c *Cases) Find(ctx context.Context, person string) (Case, error) {
	found, _, err := find(ctx, c.db, person)
	if err != nil {
		return Case{}, fmt.Errorf("find the case of %s: %w", person, err)
	}
	if found.Status == None {
		return Case{}, fault.In(fault.NotFound, "kyc")
	}
	return found, nil
}
