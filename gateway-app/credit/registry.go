package credit

import (
	"context"
	"crypto/sha256"
	"database/sql"
	_ "embed" // the text that borrowers sign
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/gateway-app/lane"
	"github.com/tallystick/tallystick/gateway-app/store"
)

// Purpose is what a consent to this use says on the ledger.
const Purpose = "credit-summary"

// ConsentText is what a borrower reads before signing, in Chinese and English.
//
//go:embed consent-v1.txt
var ConsentText string

// ConsentDigest is what the consent on the ledger holds of the text.
func ConsentDigest() string {
	sum := sha256.Sum256([]byte(ConsentText))
	return hex.EncodeToString(sum[:])
}

// Consent finds the consent of a party under which it may be enquired about on a date.
func Consent(s party.State, on calendar.Date) (party.Consent, bool) {
	for _, c := range s.Consents {
		holds := c.Withdrawn.IsZero() && c.Given <= on && (c.Until.IsZero() || on <= c.Until)
		if holds && c.Purpose == Purpose && c.Text == ConsentDigest() {
			return c, true
		}
	}
	return party.Consent{}, false
}

// Book is the read model as the registry looks at it; *Model is one.
type Book interface {
	Party(ctx context.Context, collection, handle string) (party.State, bool, error)
	// Today answers a custodian's business date, which may be closed.
	Today(ctx context.Context, custodian string) (calendar.Date, error)
	// Person answers the common pseudonym that a party leads to now.
	Person(ctx context.Context, handle string) (string, bool, error)
	// Standing answers what is reserved for a person, and every loan of it on any platform.
	Standing(ctx context.Context, pseudonym string) (money.Minor, []loan.State, error)
	// Names lists every pseudonym that a person has had, with the present one.
	Names(ctx context.Context, pseudonym string) ([]string, error)
}

// Enquiry asks about a party of the platform that asks.
type Enquiry struct {
	Collection string `json:"collection"`
	Party      string `json:"party" pattern:"^[0-9a-f]{32}$"`
}

// Summary is the answer.
type Summary struct {
	ID      string        `json:"id" doc:"names the enquiry in the borrower's list"`
	On      calendar.Date `json:"on" format:"date" doc:"the business date as of which the bands are"`
	Consent int           `json:"consent" doc:"the consent's place among the party's"`
	Bands
}

// Registry is the regulator's side.
type Registry struct {
	db      *store.DB
	book    Book
	enabled bool
	now     func() time.Time
}

// NewRegistry answers from a read model. Unless it is enabled, it refuses everybody.
func NewRegistry(db *store.DB, book Book, enabled bool) *Registry {
	return &Registry{db, book, enabled, time.Now}
}

// enquiryDays is how far back enquiries count.
const enquiryDays = 180

// asked is an enquiry on its way to an answer.
type asked struct {
	Enquiry
	requester string
	on        calendar.Date
	pseudonym string
	consent   party.Consent
}

// Enquire answers a platform about one of its parties, and writes the enquiry down first, whatever the
// answer is.
func (r *Registry) Enquire(ctx context.Context, requester string, e Enquiry) (Summary, error) {
	a := asked{Enquiry: e, requester: requester}
	refusal := r.admit(ctx, &a)
	if f := new(fault.Fault); refusal != nil && !errors.As(refusal, &f) {
		return Summary{}, refusal
	}
	bands := Bands{}
	if refusal == nil {
		var err error
		if bands, err = r.bands(ctx, a); err != nil {
			return Summary{}, fmt.Errorf("summarise: %w", err)
		}
	}
	id, err := r.record(ctx, a, refusal)
	if err = errors.Join(refusal, err); err != nil {
		return Summary{}, err
	}
	return Summary{ID: id, On: a.on, Consent: a.consent.Sequence, Bands: bands}, nil
}

// admit checks the setting, then whose party it is, then the consent.
func (r *Registry) admit(ctx context.Context, a *asked) error {
	if !r.enabled {
		return fault.New(fault.CreditSharingOff)
	}
	state, err := r.own(ctx, a.requester, a.Enquiry)
	if err != nil {
		return err
	}
	if a.on, err = r.book.Today(ctx, state.Custodian); err != nil {
		return err
	}
	person, linked, err := r.book.Person(ctx, a.Party)
	if err != nil {
		return err
	}
	a.pseudonym = person
	var given bool
	if a.consent, given = Consent(state, a.on); !given {
		return fault.New(fault.ConsentMissing)
	}
	if !linked {
		return fault.In(fault.PartyUnknown, "party")
	}
	return nil
}

// own answers a party of the platform's own; another's is not found.
func (r *Registry) own(ctx context.Context, requester string, e Enquiry) (party.State, error) {
	state, found, err := r.book.Party(ctx, e.Collection, e.Party)
	switch {
	case err != nil:
		return state, err
	case !found || state.Platform != requester:
		return state, fault.In(fault.NotFound, "party")
	}
	return state, nil
}

func (r *Registry) bands(ctx context.Context, a asked) (Bands, error) {
	reserved, loans, err := r.book.Standing(ctx, a.pseudonym)
	if err != nil {
		return Bands{}, err
	}
	names, err := r.book.Names(ctx, a.pseudonym)
	if err != nil {
		return Bands{}, err
	}
	enquiries, since := 0, a.on.AddDays(-enquiryDays).String()
	for _, name := range names {
		var count int
		const query = `SELECT COUNT(*) FROM credit_enquiry WHERE pseudonym = $1 AND outcome = 'answered' AND on_date > $2`
		if err := r.db.QueryRowContext(ctx, query, name, since).Scan(&count); err != nil {
			return Bands{}, err
		}
		enquiries += count
	}
	return summarise(reserved, loans, enquiries, a.on)
}

// record writes an enquiry down. An answer that cannot be written down is not given.
func (r *Registry) record(ctx context.Context, a asked, refusal error) (string, error) {
	outcome, id := "answered", lane.Random(16)
	if refusal != nil {
		outcome = string(fault.Of(refusal).Code)
	}
	err := r.db.Write(ctx, func(tx *sql.Tx) error {
		seq, err := store.Next(ctx, tx, "credit_enquiry")
		if err != nil {
			return err
		}
		const query = `INSERT INTO credit_enquiry (seq, id, at, on_date, requester, collection, party, pseudonym, consent, outcome)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`
		_, err = tx.ExecContext(ctx, query, seq, id, store.Time(r.now()), a.on.String(), a.requester, a.Collection, a.Party,
			a.pseudonym, a.consent.Sequence, outcome)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("record an enquiry: %w", err)
	}
	return id, nil
}

// Asking is the borrower's request for the list of enquiries: signed with the party's key over
// ListStatement, for the custodian's business date.
type Asking struct {
	Enquiry
	On        calendar.Date `json:"on" format:"date"`
	Signature []byte        `json:"signature"`
}

// ListStatement is what a borrower signs to see the enquiries about it.
func ListStatement(handle string, on calendar.Date) []byte {
	return party.NewStatement("tallystick/credit-enquiries/v1").Text("handle", handle).Text("on", on.String()).Bytes()
}

// Entry is one enquiry, as its borrower sees it.
type Entry struct {
	ID        string        `json:"id"`
	At        string        `json:"at" format:"date-time"`
	On        calendar.Date `json:"on" format:"date"`
	Requester string        `json:"requester" doc:"the member that asked"`
	Outcome   string        `json:"outcome" doc:"answered, or the code of the refusal"`
}

// listed is the most enquiries that are listed, the latest first.
const listed = 200

// Enquiries lists the enquiries about the person behind a party, by whichever platform, to the person.
func (r *Registry) Enquiries(ctx context.Context, requester string, q Asking) ([]Entry, error) {
	state, err := r.own(ctx, requester, q.Enquiry)
	if err != nil {
		return nil, err
	}
	on, err := r.book.Today(ctx, state.Custodian)
	if err != nil {
		return nil, err
	}
	if q.On != on {
		return nil, fault.In(fault.InvalidField, "on")
	}
	key, ok := state.Key()
	if !ok {
		return nil, fault.New(fault.AttestationMissing)
	}
	if err := party.Verify(key, ListStatement(q.Party, q.On), q.Signature); err != nil {
		return nil, err
	}
	return r.list(ctx, q.Enquiry)
}

// list reads the enquiries about a person: those under any pseudonym that it has had, and those about this
// party from before it was linked.
func (r *Registry) list(ctx context.Context, e Enquiry) ([]Entry, error) {
	person, linked, err := r.book.Person(ctx, e.Party)
	if err != nil {
		return nil, err
	}
	var names []string
	if linked {
		if names, err = r.book.Names(ctx, person); err != nil {
			return nil, err
		}
	}
	where, arguments := `collection = $1 AND party = $2`, []any{e.Collection, e.Party}
	for _, name := range names {
		arguments = append(arguments, name)
		where += fmt.Sprintf(` OR pseudonym = $%d`, len(arguments))
	}
	query := `SELECT id, at, on_date, requester, outcome FROM credit_enquiry WHERE ` + where + ` ORDER BY seq DESC LIMIT ` + strconv.Itoa(listed)
	rows, err := r.db.QueryContext(ctx, query, arguments...)
	if err != nil {
		return nil, fmt.Errorf("list enquiries: %w", err)
	}
	defer rows.Close()
	list := []Entry{}
	for rows.Next() {
		var entry Entry
		var on string
		if err := rows.Scan(&entry.ID, &entry.At, &on, &entry.Requester, &entry.Outcome); err != nil {
			return nil, fmt.Errorf("list enquiries: %w", err)
		}
		if on != "" { // none where the setting was off
			if entry.On, err = calendar.Parse(on); err != nil {
				return nil, fmt.Errorf("list enquiries: %w", err)
			}
		}
		list = append(list, entry)
	}
	return list, rows.Err()
}
