package pseudonym

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/gateway-app/store"
)

// The statuses of an epoch's key at its holder. Next and current keys answer; a former one is kept until
// nobody needs it, a retired one is destroyed. A pinned key is another member's.
const (
	Next    = "next"
	Current = "current"
	Former  = "former"
	Retired = "retired"
	Pinned  = "pinned"
)

// Limits bound what a key holder answers. They hold for each caller by itself.
type Limits struct {
	DayPoints int // points a day
	Tries     int // points, and openings that fail, an application and epoch
}

// DefaultLimits let a platform bring some thousand customers a day, and mistype each of them twice.
func DefaultLimits() Limits { return Limits{DayPoints: 20_000, Tries: 3} }

// Parties is where a key holder looks up what the ledger says of a party; *Ledger is one.
type Parties interface {
	Party(ctx context.Context, collection, handle string) (party.State, bool, error)
}

// Holder is what regulator and custodian have in common: keys, and the book of what they were used for.
type Holder struct {
	member  string
	db      *store.DB
	keys    *Keyring
	parties Parties
	limits  Limits
	now     func() time.Time
}

// NewHolder opens a member's half, and makes the key of the first epoch where there is none.
func NewHolder(ctx context.Context, member string, db *store.DB, keys *Keyring, parties Parties, limits Limits) (*Holder, error) {
	h := &Holder{member, db, keys, parties, limits, time.Now}
	known, err := h.Keys(ctx)
	if err != nil || len(known) > 0 {
		return h, err
	}
	if _, err := h.Prepare(ctx, 1); err != nil {
		return h, err
	}
	return h, h.Activate(ctx, 1)
}

// Keys lists the member's own keys, by epoch.
func (h *Holder) Keys(ctx context.Context) ([]PublicKey, error) { return readKeys(ctx, h.db, h.member) }

func readKeys(ctx context.Context, db *store.DB, holder string) ([]PublicKey, error) {
	const query = `SELECT epoch, key_id, public_key, status FROM pseudonym_epoch WHERE holder = $1 ORDER BY epoch`
	rows, err := db.QueryContext(ctx, query, holder)
	if err != nil {
		return nil, fmt.Errorf("list the pseudonym keys of %s: %w", holder, err)
	}
	defer rows.Close()
	var list []PublicKey
	for rows.Next() {
		k := PublicKey{Holder: holder}
		if err := rows.Scan(&k.Epoch, &k.KeyID, &k.Point, &k.Status); err != nil {
			return nil, fmt.Errorf("list the pseudonym keys of %s: %w", holder, err)
		}
		list = append(list, k)
	}
	return list, rows.Err()
}

// Check reads the file of every key that is next or current, and holds it against what was announced.
func (h *Holder) Check(ctx context.Context) error {
	known, err := h.Keys(ctx)
	if err != nil {
		return err
	}
	for _, each := range known {
		if each.Status != Next && each.Status != Current {
			continue
		}
		if _, _, err := h.usable(ctx, each.Epoch); err != nil {
			return err
		}
	}
	return nil
}

// Prepare makes the key of the next epoch, or answers it when it was made before. Epochs have no gaps.
func (h *Holder) Prepare(ctx context.Context, epoch int) (PublicKey, error) {
	known, err := h.Keys(ctx)
	switch {
	case err != nil:
		return PublicKey{}, err
	case epoch >= 1 && epoch <= len(known):
		return known[epoch-1], nil
	case epoch != len(known)+1:
		return PublicKey{}, fault.In(fault.InvalidField, "epoch")
	}
	k, err := h.keys.make(epoch)
	if err != nil {
		return PublicKey{}, err
	}
	public := PublicKey{h.member, epoch, k.id, hex.EncodeToString(k.point), Next}
	err = h.db.Write(ctx, func(tx *sql.Tx) error { return insertKey(ctx, tx, public, h.now()) })
	return public, err
}

func insertKey(ctx context.Context, tx *sql.Tx, k PublicKey, at time.Time) error {
	const query = `INSERT INTO pseudonym_epoch (holder, epoch, key_id, public_key, status, changed_at)
		VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (holder, epoch) DO NOTHING`
	_, err := tx.ExecContext(ctx, query, k.Holder, k.Epoch, k.KeyID, k.Point, k.Status, store.Time(at))
	return err
}

// Activate makes an epoch the current one; the one before it answers no more.
func (h *Holder) Activate(ctx context.Context, epoch int) error {
	return h.db.Write(ctx, func(tx *sql.Tx) error {
		const former = `UPDATE pseudonym_epoch SET status = 'former', changed_at = $3
			WHERE holder = $1 AND epoch < $2 AND status = 'current'`
		if _, err := tx.ExecContext(ctx, former, h.member, epoch, store.Time(h.now())); err != nil {
			return err
		}
		const current = `UPDATE pseudonym_epoch SET status = 'current', changed_at = $3
			WHERE holder = $1 AND epoch = $2 AND status IN ('next', 'current')`
		done, err := tx.ExecContext(ctx, current, h.member, epoch, store.Time(h.now()))
		return changedOne(done, err, "epoch")
	})
}

// Retire destroys the key of a former epoch. It is for good: what was linked under it stays linked, and
// nobody can compute its pseudonyms any more.
func (h *Holder) Retire(ctx context.Context, epoch int) error {
	err := h.db.Write(ctx, func(tx *sql.Tx) error {
		const query = `UPDATE pseudonym_epoch SET status = 'retired', changed_at = $3
			WHERE holder = $1 AND epoch = $2 AND status IN ('former', 'retired')`
		done, err := tx.ExecContext(ctx, query, h.member, epoch, store.Time(h.now()))
		return changedOne(done, err, "epoch")
	})
	if err != nil {
		return err
	}
	return h.keys.destroy(epoch)
}

func changedOne(done sql.Result, err error, field string) error {
	if err != nil {
		return err
	}
	changed, err := done.RowsAffected()
	if err == nil && changed != 1 {
		return fault.In(fault.WrongStatus, field)
	}
	return err
}

// usable answers the key of an epoch that is next or current.
func (h *Holder) usable(ctx context.Context, epoch int) (*key, string, error) {
	known, err := h.Keys(ctx)
	switch {
	case err != nil:
		return nil, "", err
	case epoch < 1 || epoch > len(known):
		return nil, "", fault.In(fault.NotFound, "epoch")
	}
	status := known[epoch-1].Status
	if status != Next && status != Current {
		return nil, "", fault.In(fault.WrongStatus, "epoch")
	}
	k, err := h.keys.key(epoch)
	if err == nil && k.id != known[epoch-1].KeyID {
		return nil, "", fmt.Errorf("the key file of epoch %d is not the key that was announced: restore it from its backup", epoch)
	}
	return k, status, err
}

// admit refuses an application that is not the caller's, or that the custodian has not verified.
func (h *Holder) admit(ctx context.Context, caller, collection, handle string) (party.State, error) {
	state, found, err := h.parties.Party(ctx, collection, handle)
	switch {
	case err != nil:
		return state, err
	case !found:
		return state, fault.In(fault.PartyUnknown, "party")
	case state.Platform != caller && state.Custodian != caller:
		return state, fault.In(fault.WrongMember, "party")
	case state.CustodianAttested.IsZero():
		return state, fault.In(fault.AttestationMissing, "party")
	}
	return state, nil
}

// receive keeps a platform's points: for each application at most as many tries as the limits allow, and
// for each try one point, which may come again.
func (h *Holder) receive(ctx context.Context, caller string, p Points) error {
	if err := h.admitAll(ctx, caller, p); err != nil {
		return err
	}
	allowed, err := h.meter(ctx, caller, "points", len(p.Points))
	if err != nil {
		return err
	}
	if !allowed {
		return fault.New(fault.Busy)
	}
	return h.db.Write(ctx, func(tx *sql.Tx) error {
		for i, point := range p.Points {
			if err := h.insertPoint(ctx, tx, caller, p, point); err != nil {
				if refusal := new(fault.Fault); errors.As(err, &refusal) {
					return refusal.At(i)
				}
				return err
			}
		}
		return nil
	})
}

func (h *Holder) admitAll(ctx context.Context, caller string, p Points) error {
	if err := size(len(p.Points)); err != nil {
		return err
	}
	seen := map[string]bool{}
	raw := make([][]byte, len(p.Points))
	for i, point := range p.Points {
		if err := distinct(seen, point.Party, i); err != nil {
			return err
		}
		seen[point.Party], raw[i] = true, point.Element
		state, err := h.admit(ctx, caller, p.Collection, point.Party)
		if err == nil && state.Platform != caller {
			err = fault.In(fault.WrongMember, "party")
		}
		if refusal := new(fault.Fault); errors.As(err, &refusal) {
			return refusal.At(i)
		}
		if err != nil {
			return err
		}
	}
	_, err := decode(raw)
	return err
}

func (h *Holder) insertPoint(ctx context.Context, tx *sql.Tx, caller string, p Points, point Point) error {
	kept, found, err := h.point(ctx, tx, p.Epoch, p.Collection, Claim{point.Party, point.Attempt})
	switch {
	case err != nil:
		return err
	case found && kept == hex.EncodeToString(point.Element):
		return nil
	case found:
		return fault.In(fault.AlreadyExists, "attempt")
	case point.Attempt < 1 || point.Attempt > h.limits.Tries:
		return fault.In(fault.InvalidField, "attempt")
	}
	const query = `INSERT INTO pseudonym_element (epoch, collection, party, attempt, caller, element, received_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7)`
	_, err = tx.ExecContext(ctx, query, p.Epoch, p.Collection, point.Party, point.Attempt, caller,
		hex.EncodeToString(point.Element), store.Time(h.now()))
	return err
}

func (h *Holder) point(ctx context.Context, tx *sql.Tx, epoch int, collection string, c Claim) (string, bool, error) {
	var element string
	const query = `SELECT element FROM pseudonym_element WHERE epoch = $1 AND collection = $2 AND party = $3 AND attempt = $4`
	err := tx.QueryRowContext(ctx, query, epoch, collection, c.Party, c.Attempt).Scan(&element)
	if errors.Is(err, sql.ErrNoRows) {
		return "", false, nil
	}
	return element, err == nil, err
}
