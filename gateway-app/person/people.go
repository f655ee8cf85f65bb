package person

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/gateway-app/kyc"
	"github.com/tallystick/tallystick/gateway-app/screening"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/vault"
)

// People are the member's records of people.
type People struct {
	db      *store.DB
	vault   *vault.Vault
	now     func() time.Time
	byParty bool // a record a party, not a record a person

	leastAge int
	books    Books // none: nothing is known to be open
	changed  []func(context.Context, *sql.Tx, kyc.Change) error
	keeps    []Keeps
	claimed  func(ctx context.Context, tx *sql.Tx, handle string) (bool, error)
}

// New opens the records.
func New(db *store.DB, v *vault.Vault) *People {
	return &People{db: db, vault: v, now: time.Now, leastAge: kyc.Adult}
}

// SetLeastAge says how old a natural person must be, in years; of age where nothing is said. It is for who puts the
// parts together, as the two below.
func (p *People) SetLeastAge(years int) { p.leastAge = years }

// SetBooks names the books that know what is open with a party: while anything is, its relation does not end.
func (p *People) SetBooks(b Books) { p.books = b }

func (p *People) open(ctx context.Context, handle string) ([]string, error) {
	if p.books == nil || handle == "" {
		return []string{}, nil
	}
	return p.books.Open(ctx, handle)
}

// OnChange names what is told of every change of a record, in its transaction.
func (p *People) OnChange(changed func(context.Context, *sql.Tx, kyc.Change) error) {
	p.changed = append(p.changed, changed)
}

// Keeps answers the last day on which another part must have a party's record; zero where it need not.
type Keeps func(ctx context.Context, tx *sql.Tx, party string) (calendar.Date, error)

// AlsoKeep names a part by which a record is kept longer than its own duties say. Nobody is told which part it was, nor
// until when: a purge before is refused as one is while a duty runs.
func (p *People) AlsoKeep(keeps Keeps) { p.keeps = append(p.keeps, keeps) }

// OnRelink names what knows whether a party is somebody's already: who signs in as it, or what the ledger knows of
// it. A record is not given to such a party, nor taken from it.
func (p *People) OnRelink(claimed func(ctx context.Context, tx *sql.Tx, handle string) (bool, error)) {
	p.claimed = claimed
}

func (p *People) ageRule() ageRule { return ageRule{p.leastAge, calendar.Shanghai(p.now().Unix())} }

// NewByParty opens the records of a custodian, to whom one person may come by way of several platforms:
// there it has a record for each of its parties.
func NewByParty(db *store.DB, v *vault.Vault) *People {
	p := New(db, v)
	p.byParty = true
	return p
}

// Create adds a person. One identity number is one person: a second record of it is refused, but for
// another party at a custodian. The duty to keep the record begins with it and stays open until End.
func (p *People) Create(ctx context.Context, handle string, kind party.Kind, f Fields) (Record, error) {
	switch {
	case handle != "" && !handleForm.MatchString(handle):
		return Record{}, fault.In(fault.InvalidField, "party")
	case !kind.Valid():
		return Record{}, fault.In(fault.InvalidField, "kind")
	}
	f = f.normal()
	if err := f.check(kind, p.ageRule()); err != nil {
		return Record{}, err
	}
	at := store.Time(p.now())
	r := Record{ID: random(), Party: handle, Kind: kind, Status: Active, Version: 1, CreatedAt: at, ChangedAt: at, Fields: f}
	err := p.db.Write(ctx, func(tx *sql.Tx) error {
		if err := p.checkSingle(ctx, tx, r); err != nil {
			return err
		}
		if err := p.insert(ctx, tx, r); err != nil {
			return err
		}
		return p.openDuty(ctx, tx, r.ID)
	})
	if err != nil {
		return Record{}, fmt.Errorf("create a person: %w", err)
	}
	return r, nil
}

// checkSingle refuses a number that another record has, and a party: whoever signs in as it would see both.
func (p *People) checkSingle(ctx context.Context, tx *sql.Tx, r Record) error {
	var others int
	err := tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM person WHERE party = $1 AND party <> '' AND id <> $2`, r.Party, r.ID).Scan(&others)
	if err != nil {
		return err
	}
	if others > 0 {
		return fault.In(fault.AlreadyExists, "party")
	}
	err = tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM person WHERE identity_index = $1 AND id <> $2 AND NOT $3`,
		p.vault.Index(vault.IdentityNumber, r.Fields.IdentityNumber), r.ID, p.byParty).Scan(&others)
	if err == nil && others > 0 {
		return fault.In(fault.AlreadyExists, "identity_number")
	}
	return err
}

// sealed are the values of a record's sealed columns, and then of its indexes.
func (p *People) sealed(r Record) ([]any, error) {
	var values []any
	for _, f := range fields {
		sealed, err := p.vault.SealText("person", r.ID, f.column, *f.value(&r.Fields))
		if err != nil {
			return nil, err
		}
		values = append(values, sealed)
	}
	return append(values, p.vault.Index(vault.IdentityNumber, r.Fields.IdentityNumber), p.vault.Index(vault.Phone, r.Fields.Phone)), nil
}

func (p *People) insert(ctx context.Context, tx *sql.Tx, r Record) error {
	values, err := p.sealed(r)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO person (id, party, kind, status, version, created_at, changed_at,
		name, identity_number, phone, email, address, bank_name, bank_account, identity_index, phone_index)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`,
		append([]any{r.ID, r.Party, string(r.Kind), string(r.Status), r.Version, r.CreatedAt, r.ChangedAt}, values...)...)
	return err
}

// Change is what a change of a record puts in the place of what: it names the version that the caller saw, and who
// they are. Without a party the record keeps its own.
type Change struct {
	Version int64
	By      string
	Party   string
	Fields  FieldChanges
}

// Update changes a record, if it is still the version that the caller saw, and tells its case. A record that is
// restricted is not changed, and one that has a case, or a party that is somebody's already, keeps its party.
func (p *People) Update(ctx context.Context, id string, c Change) (Record, error) {
	if c.Party != "" && !handleForm.MatchString(c.Party) {
		return Record{}, fault.In(fault.InvalidField, "party")
	}
	var after Record
	err := p.db.Write(ctx, func(tx *sql.Tx) error {
		before, err := p.find(ctx, tx, `id = $1`, id)
		if err != nil {
			return err
		}
		if err := changeable(before, c.Version); err != nil {
			return err
		}
		after = before
		after.Fields, after.Version, after.ChangedAt = c.Fields.over(before.Fields), before.Version+1, store.Time(p.now())
		if err := after.Fields.check(before.Kind, p.ageRule()); err != nil {
			return err
		}
		if c.Party != "" {
			after.Party = c.Party
		}
		return p.change(ctx, tx, before, after, c.By)
	})
	if err != nil {
		return Record{}, fmt.Errorf("change a person: %w", err)
	}
	return after, nil
}

func (p *People) change(ctx context.Context, tx *sql.Tx, before, after Record, by string) error {
	told := kyc.Change{Person: after.ID, By: by, Fields: differences(before.Fields, after.Fields)}
	if before.Party != after.Party {
		told.Fields = append(told.Fields, "party")
		if err := p.checkUnclaimed(ctx, tx, before.Party, after.Party); err != nil {
			return err
		}
	}
	if err := p.checkSingle(ctx, tx, after); err != nil {
		return err
	}
	for _, tell := range p.changed {
		if err := tell(ctx, tx, told); err != nil {
			return err
		}
	}
	return p.overwrite(ctx, tx, after)
}

// checkUnclaimed refuses parties that are somebody's.
func (p *People) checkUnclaimed(ctx context.Context, tx *sql.Tx, handles ...string) error {
	for _, handle := range handles {
		if handle == "" || p.claimed == nil {
			continue
		}
		claimed, err := p.claimed(ctx, tx, handle)
		if err != nil {
			return err
		}
		if claimed {
			return fault.In(fault.WrongStatus, "party")
		}
	}
	return nil
}

func changeable(r Record, version int64) error {
	switch {
	case r.Status != Active:
		return fault.In(fault.WrongStatus, "person")
	case r.Version != version:
		return fault.In(fault.Conflict, "version")
	}
	return nil
}

// overwrite stores a record over the one of its id. A purged one has no values and no indexes.
func (p *People) overwrite(ctx context.Context, tx *sql.Tx, r Record) error {
	values, err := p.sealed(r)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `UPDATE person SET party = $2, status = $3, version = $4, changed_at = $5, name = $6,
		identity_number = $7, phone = $8, email = $9, address = $10, bank_name = $11, bank_account = $12,
		identity_index = $13, phone_index = $14 WHERE id = $1`,
		append([]any{r.ID, r.Party, string(r.Status), r.Version, r.ChangedAt}, values...)...)
	return err
}

const selectPerson = `SELECT id, party, kind, status, version, created_at, changed_at,
	name, identity_number, phone, email, address, bank_name, bank_account FROM person WHERE `

type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// find answers the one record that a condition meets.
func (p *People) find(ctx context.Context, q querier, where string, args ...any) (Record, error) {
	found, err := p.list(ctx, q, where, args...)
	switch {
	case err != nil:
		return Record{}, err
	case len(found) == 0:
		return Record{}, fault.In(fault.NotFound, "person")
	}
	return found[0], nil
}

func (p *People) list(ctx context.Context, q querier, where string, args ...any) ([]Record, error) {
	rows, err := q.QueryContext(ctx, selectPerson+where, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var found []Record
	for rows.Next() {
		r, err := p.scan(rows)
		if err != nil {
			return nil, err
		}
		found = append(found, r)
	}
	return found, rows.Err()
}

func (p *People) scan(rows *sql.Rows) (Record, error) {
	var r Record
	into := []any{&r.ID, &r.Party, &r.Kind, &r.Status, &r.Version, &r.CreatedAt, &r.ChangedAt}
	for _, f := range fields {
		into = append(into, f.value(&r.Fields))
	}
	if err := rows.Scan(into...); err != nil {
		return Record{}, err
	}
	for _, f := range fields {
		value := f.value(&r.Fields)
		opened, err := p.vault.OpenText("person", r.ID, f.column, *value)
		if err != nil {
			return Record{}, err
		}
		*value = opened
	}
	return r, nil
}

// Find answers a record by its id.
func (p *People) Find(ctx context.Context, id string) (Record, error) {
	r, err := p.find(ctx, p.db, `id = $1`, id)
	if err != nil {
		return Record{}, fmt.Errorf("find a person: %w", err)
	}
	return r, nil
}

// FindParty answers the record of a party on the ledger.
func (p *People) FindParty(ctx context.Context, handle string) (Record, error) {
	r, err := p.find(ctx, p.db, `party = $1 AND party <> '' ORDER BY id LIMIT 1`, handle)
	if err != nil {
		return Record{}, fmt.Errorf("find a person: %w", err)
	}
	return r, nil
}

// Same finds the records of a party's customer: all with the identity number of the party's record, which is found by
// its blind index and not opened. There are none of a party without a record or a number. Only their ids and parties are
// answered, ordered by id; whether anybody has verified the numbers, the records do not know.
func (p *People) Same(ctx context.Context, handle string) ([]Named, error) {
	const query = `SELECT q.id, q.party FROM person o JOIN person q ON q.identity_index = o.identity_index
		WHERE o.party = $1 AND o.party <> '' AND o.identity_index <> '' AND q.party <> '' ORDER BY q.id`
	rows, err := p.db.QueryContext(ctx, query, handle)
	if err != nil {
		return nil, fmt.Errorf("find a customer's records: %w", err)
	}
	defer rows.Close()
	var found []Named
	for rows.Next() {
		var one Named
		if err := rows.Scan(&one.ID, &one.Party); err != nil {
			return nil, fmt.Errorf("find a customer's records: %w", err)
		}
		found = append(found, one)
	}
	return found, rows.Err()
}

// Named is a record by its ids alone.
type Named struct {
	ID    string
	Party string
}

// LookUp finds the records with an identity number or a phone, through their blind indexes.
func (p *People) LookUp(ctx context.Context, kind vault.Kind, value string) ([]Record, error) {
	column := map[vault.Kind]string{vault.IdentityNumber: "identity_index", vault.Phone: "phone_index"}[kind]
	index := p.vault.Index(kind, value)
	if column == "" || index == "" {
		return nil, fault.In(fault.InvalidField, "value")
	}
	found, err := p.list(ctx, p.db, column+` = $1 ORDER BY id`, index)
	if err != nil {
		return nil, fmt.Errorf("look up a person: %w", err)
	}
	return found, nil
}

// List answers records behind an id, at most limit.
func (p *People) List(ctx context.Context, after string, limit int) ([]Record, error) {
	found, err := p.list(ctx, p.db, `id > $1 ORDER BY id LIMIT $2`, after, limit)
	if err != nil {
		return nil, fmt.Errorf("list people: %w", err)
	}
	return found, nil
}

// Subject is what a provider is asked about; a record that is restricted is used no more.
func (p *People) Subject(ctx context.Context, id string) (kyc.Subject, error) {
	r, err := p.Find(ctx, id)
	switch {
	case err != nil:
		return kyc.Subject{}, err
	case r.Status != Active:
		return kyc.Subject{}, fault.In(fault.WrongStatus, "person")
	}
	return subjectOf(r), nil
}

func subjectOf(r Record) kyc.Subject {
	return kyc.Subject{Kind: r.Kind, Name: r.Fields.Name, IdentityNumber: r.Fields.IdentityNumber, Phone: r.Fields.Phone}
}

// Watched is a person as screening compares it. A restricted record is still screened.
func (p *People) Watched(ctx context.Context, tx *sql.Tx, id string) (screening.Subject, error) {
	var q querier = p.db
	if tx != nil {
		q = tx
	}
	r, err := p.find(ctx, q, `id = $1`, id)
	if err != nil {
		return screening.Subject{}, fmt.Errorf("find a person: %w", err)
	}
	return p.watched(r), nil
}

// watched marks what is compared by a keyed hash: whoever lacks the key reads neither name nor birth from it.
func (p *People) watched(r Record) screening.Subject {
	who := kyc.Screened(r.ID, subjectOf(r))
	mark := p.vault.Hash("screening mark")
	fmt.Fprintf(mark, "%s\n%q\n%s", r.ID, who.Name, who.Born)
	who.Mark = hex.EncodeToString(mark.Sum(nil))
	return who
}

const subjectPage = 500

// EachSubject hands everybody to a screening who is not purged: the duty to screen outlasts a restriction.
func (p *People) EachSubject(ctx context.Context, visit func(screening.Subject) error) error {
	after := ""
	for {
		page, err := p.list(ctx, p.db, `id > $1 AND status <> $2 ORDER BY id LIMIT $3`, after, string(Purged), subjectPage)
		if err != nil {
			return fmt.Errorf("list people: %w", err)
		}
		for _, r := range page {
			if err := visit(p.watched(r)); err != nil {
				return err
			}
			after = r.ID
		}
		if len(page) < subjectPage {
			return nil
		}
	}
}

// NewParty is a handle for a person's party, which nothing personal can be read from.
func NewParty() string { return random() }

// random is an id of 128 bits.
func random() string {
	var b [16]byte
	// crypto/rand never answers an error; it ends the process when the system has no randomness.
	_, _ = rand.Read(b[:])
	return hex.EncodeToString(b[:])
}
