package person

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/gateway-app/documents"
	"github.com/tallystick/tallystick/gateway-app/kyc"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/vault"
)

// Signer signs receipts with the member's key.
type Signer interface {
	Sign(message []byte) ([]byte, error)
	PublicKey() party.Key
}

// Rights are what people may ask about themselves: everything that is kept, and its end.
type Rights struct {
	people      *People
	cases       *kyc.Cases
	documents   *documents.Store
	signer      Signer
	member      string
	authorities Authorities
	also        []also
	tellings    []telling
}

// also is what another part forgets, and the tables in which it kept it.
type also struct {
	forget Forget
	tables []string
}

// Forget deletes what another part keeps about a party, inside the transaction of the purge.
type Forget func(ctx context.Context, tx *sql.Tx, party string) error

// AlsoForget lets a purge delete what another part keeps in some tables. It is for who puts the parts together, before the
// first purge.
func (r *Rights) AlsoForget(f Forget, tables ...string) { r.also = append(r.also, also{f, tables}) }

// Forgotten lists every table that a purge empties of the person, in order. The receipt lists them, too.
func (r *Rights) Forgotten() []string {
	tables := []string{
		"document", "document_content", "kyc_case", "kyc_event", "person_duty", "person_hold", "watch_hit", "watch_screening",
	}
	for _, each := range r.also {
		tables = append(tables, each.tables...)
	}
	slices.Sort(tables)
	return slices.Compact(tables)
}

// NewRights joins the stores that hold personal data: from then on a new document tells the case of its person. The signer's key must be ECDSA P-256. Without the keys
// of a custodian and of a regulator records are restricted, and none is purged.
func NewRights(people *People, cases *kyc.Cases, store *documents.Store, member string, signer Signer,
	authorities Authorities,
) (*Rights, error) {
	if signer.PublicKey().Algorithm != party.P256 {
		return nil, fmt.Errorf("sign purge receipts with a key of %s: give the member an %s key", signer.PublicKey().Algorithm, party.P256)
	}
	store.OnPut(func(ctx context.Context, tx *sql.Tx, d documents.Document) error {
		if err := people.takes(ctx, tx, d.Subject); err != nil {
			return err
		}
		return cases.Changed(ctx, tx, kyc.Change{Person: d.Subject, By: d.UploadedBy, Fields: []string{kyc.PaperField(d.Kind)}})
	})
	return &Rights{people: people, cases: cases, documents: store, signer: signer, member: member, authorities: authorities}, nil
}

// Authority is a member's word that a record may be purged.
type Authority struct {
	Kind       party.MemberKind `json:"kind"` // custodian or regulator
	Member     string           `json:"member"`
	Reference  string           `json:"reference"` // the member's own number for it, which the receipt keeps for good
	Signature  []byte           `json:"signature,omitempty"`
	RecordedBy string           `json:"recorded_by"`
	RecordedAt string           `json:"recorded_at"`
}

// Erasure is how far a request has come.
type Erasure struct {
	Person      string      `json:"person"`
	Status      Status      `json:"status"`
	RequestedAt string      `json:"requested_at"`
	RequestedBy string      `json:"requested_by"`
	Reason      string      `json:"reason"` // a code
	Duties      []Duty      `json:"duties"`
	Holds       []Hold      `json:"holds"`
	Authorities []Authority `json:"authorities"`
	PurgedAt    string      `json:"purged_at,omitempty"`
	Receipt     string      `json:"receipt,omitempty"` // as it was signed

	// Request is what the authorities are asked, and sign.
	Request ErasureRequest `json:"request,omitzero" required:"false" doc:"Not for the person"`
}

// Request restricts a record at once, for a reason that is a code. Asking again changes nothing.
func (r *Rights) Request(ctx context.Context, person, by, reason string) (Erasure, error) {
	if !vault.IsCode(reason) {
		return Erasure{}, fault.In(fault.InvalidField, "reason")
	}
	err := r.people.db.Write(ctx, func(tx *sql.Tx) error {
		record, err := r.people.find(ctx, tx, `id = $1`, person)
		if err != nil || record.Status != Active {
			return err
		}
		at := store.Time(r.people.now())
		record.Status, record.Version, record.ChangedAt = Restricted, record.Version+1, at
		if err := r.people.overwrite(ctx, tx, record); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO person_erasure (person, requested_at, requested_by, reason, purged_at, receipt)
			VALUES ($1, $2, $3, $4, '', '')`, person, at, by, reason)
		return err
	})
	if err != nil {
		return Erasure{}, fmt.Errorf("restrict a record: %w", err)
	}
	return r.Find(ctx, person)
}

// Find answers how far a request has come.
func (r *Rights) Find(ctx context.Context, person string) (Erasure, error) {
	var e Erasure
	err := r.people.db.Read(ctx, func(tx *sql.Tx) error {
		var err error
		e, err = r.find(ctx, tx, person)
		return err
	})
	if err != nil {
		return Erasure{}, fmt.Errorf("find an erasure: %w", err)
	}
	return e, nil
}

func (r *Rights) find(ctx context.Context, tx *sql.Tx, person string) (Erasure, error) {
	e := Erasure{Person: person}
	var handle string
	err := tx.QueryRowContext(ctx, `SELECT p.party, p.status, e.requested_at, e.requested_by, e.reason, e.purged_at, e.receipt
		FROM person_erasure e JOIN person p ON p.id = e.person WHERE e.person = $1`, person).
		Scan(&handle, &e.Status, &e.RequestedAt, &e.RequestedBy, &e.Reason, &e.PurgedAt, &e.Receipt)
	if errors.Is(err, sql.ErrNoRows) {
		return Erasure{}, fault.In(fault.NotFound, "erasure")
	}
	if err != nil {
		return Erasure{}, err
	}
	if e.Duties, err = r.people.dutiesOf(ctx, tx, person); err != nil {
		return Erasure{}, err
	}
	if e.Holds, err = r.people.holdsOf(ctx, tx, person); err != nil {
		return Erasure{}, err
	}
	if e.Authorities, err = authoritiesOf(ctx, tx, person); err != nil {
		return Erasure{}, err
	}
	e.Request = ErasureRequest{
		Keeper: r.member, Person: person, Party: handle, RequestedAt: e.RequestedAt, Reason: e.Reason, Duties: keptDuties(e.Duties),
	}
	e.Request.Open, err = r.people.open(ctx, handle)
	return e, err
}

func keptDuties(duties []Duty) []KeptDuty {
	kept := make([]KeptDuty, 0, len(duties))
	for _, d := range duties {
		kept = append(kept, KeptDuty{d.Kind, d.Until})
	}
	return kept
}

func authoritiesOf(ctx context.Context, q querier, person string) ([]Authority, error) {
	rows, err := q.QueryContext(ctx, `SELECT kind, member, reference, signature, recorded_by, recorded_at
		FROM person_authority WHERE person = $1 ORDER BY kind`, person)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []Authority
	for rows.Next() {
		var a Authority
		var signature string
		if err := rows.Scan(&a.Kind, &a.Member, &a.Reference, &signature, &a.RecordedBy, &a.RecordedAt); err != nil {
			return nil, err
		}
		if a.Signature, err = decode(signature); err != nil {
			return nil, err
		}
		all = append(all, a)
	}
	return all, rows.Err()
}

// Authorise records a member's signed authority to purge a restricted record. Each kind of member gives one,
// and nobody records both. One that does not hold any more, because a duty was prolonged or a key was given up, is
// replaced.
func (r *Rights) Authorise(ctx context.Context, person string, a Authority) (Erasure, error) {
	switch {
	case a.Kind != party.Custodian && a.Kind != party.Regulator:
		return Erasure{}, fault.In(fault.InvalidField, "kind")
	case a.Member == "" || a.Reference == "" || a.RecordedBy == "":
		return Erasure{}, fault.In(fault.MissingField, "authority")
	case !vault.IsFileNumber(a.Reference):
		return Erasure{}, fault.In(fault.InvalidField, "reference")
	}
	err := r.people.db.Write(ctx, func(tx *sql.Tx) error {
		e, err := r.find(ctx, tx, person)
		if err != nil {
			return err
		}
		if err := r.acceptable(e, a); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO person_authority (person, kind, member, reference, signature, recorded_by, recorded_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (person, kind) DO UPDATE SET member = excluded.member,
			reference = excluded.reference, signature = excluded.signature, recorded_by = excluded.recorded_by,
			recorded_at = excluded.recorded_at`, person, string(a.Kind), a.Member, a.Reference, encode(a.Signature), a.RecordedBy,
			store.Time(r.people.now()))
		return err
	})
	if err != nil {
		return Erasure{}, fmt.Errorf("record an authority: %w", err)
	}
	return r.Find(ctx, person)
}

func (r *Rights) acceptable(e Erasure, a Authority) error {
	if e.Status != Restricted {
		return fault.In(fault.WrongStatus, "person")
	}
	for _, other := range e.Authorities {
		if other.Kind == a.Kind {
			if r.authorities.verify(other, Statement(e.Request, other)) == nil {
				return fault.In(fault.AlreadyExists, "authority")
			}
			continue
		}
		if other.RecordedBy == a.RecordedBy {
			return fault.In(fault.WrongRole, "recorded_by")
		}
	}
	return r.authorities.verify(a, Statement(e.Request, a))
}

// signed refuses a purge under an authority whose signature does not hold by the keys that are known now, over the
// request as it is now: one that was recorded before there were any, by a key that its member has given up, or before
// a duty was added.
func (r *Rights) signed(e Erasure) error {
	for _, a := range e.Authorities {
		if err := r.authorities.verify(a, Statement(e.Request, a)); err != nil {
			refusal := fault.Of(err)
			return fault.In(refusal.Code, "authority."+string(a.Kind))
		}
	}
	return nil
}

// Ready refuses a purge that something stands in the way of, the first thing first.
func Ready(e Erasure, today calendar.Date) error {
	if e.Status != Restricted {
		return fault.In(fault.WrongStatus, "person")
	}
	if slices.ContainsFunc(e.Holds, func(h Hold) bool { return h.ReleasedAt == "" }) {
		return fault.In(fault.WrongStatus, "hold")
	}
	if len(e.Request.Open) > 0 {
		return fault.In(fault.WrongStatus, e.Request.Open[0])
	}
	if slices.ContainsFunc(e.Duties, func(d Duty) bool { return d.Until.IsZero() || today <= d.Until }) {
		return errKeptByLaw
	}
	for _, kind := range []party.MemberKind{party.Custodian, party.Regulator} {
		if !slices.ContainsFunc(e.Authorities, func(a Authority) bool { return a.Kind == kind }) {
			return fault.In(fault.MissingField, "authority."+string(kind))
		}
	}
	return nil
}
