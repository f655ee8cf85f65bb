package webhook

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/store"
)

// Status is how an endpoint stands.
type Status string

// How an endpoint may stand. Only an active one gets anything.
const (
	Active   Status = "active"
	Disabled Status = "disabled" // by the member's staff
	Gone     Status = "gone"     // by the receiver, which answered 410
)

// Endpoint is where events go.
type Endpoint struct {
	ID          string   `json:"id"`
	URL         string   `json:"url"`
	Label       string   `json:"label"`
	Source      Source   `json:"source" enum:"ledger,member,alerts" doc:"The feed: what happens on the ledger, the member's own notices, or alerts"`
	Types       []string `json:"types" doc:"Kinds or types of events, such as repayment or loan.active; none: all"`
	Collection  string   `json:"collection,omitempty" doc:"Only events of this collection"`
	Status      Status   `json:"status" enum:"active,disabled,gone" doc:"gone: the receiver answered 410"`
	Position    int64    `json:"position" doc:"Events up to this one were looked at"`
	Version     int64    `json:"version" doc:"Grows with every change"`
	FormerUntil string   `json:"former_secret_until,omitempty" doc:"Until then the secret before the last rotation signs too"`
	CreatedBy   string   `json:"created_by"`
	CreatedAt   string   `json:"created_at"`
	ChangedAt   string   `json:"changed_at"`
}

// Wish is what somebody wants of an endpoint.
type Wish struct {
	URL        string
	Label      string
	Source     Source // the ledger where nothing is said
	Types      []string
	Collection string // of the ledger's feed alone
}

func (w Wish) source() Source { return cmp.Or(w.Source, FromLedger) }

const (
	longestLabel = 128
	mostTypes    = 50
)

var (
	idForm         = regexp.MustCompile(`^[0-9a-f]{32}$`)
	typeForm       = regexp.MustCompile(`^[a-z_]{1,40}(\.[a-z_]{1,40})?$`)
	collectionForm = regexp.MustCompile(`^[A-Za-z0-9_-]{0,128}$`)
)

func (s Settings) check(wish Wish) error {
	if err := s.checkURL(wish.URL); err != nil {
		return err
	}
	if wish.Label == "" || len(wish.Label) > longestLabel || !utf8.ValidString(wish.Label) || strings.ContainsFunc(wish.Label, unicode.IsControl) {
		return fault.In(fault.InvalidField, "label")
	}
	if wish.source().Kinds() == nil {
		return fault.In(fault.InvalidField, "source")
	}
	if !collectionForm.MatchString(wish.Collection) || wish.Collection != "" && wish.source() != FromLedger {
		return fault.In(fault.InvalidField, "collection")
	}
	if len(wish.Types) > mostTypes {
		return fault.In(fault.InvalidField, "types")
	}
	for i, t := range wish.Types {
		if kind, _, _ := strings.Cut(t, "."); !typeForm.MatchString(t) || !slices.Contains(wish.source().Kinds(), kind) {
			return fault.In(fault.InvalidField, fmt.Sprintf("types[%d]", i))
		}
	}
	return nil
}

func (e *Endpoint) apply(wish Wish) {
	e.URL, e.Label, e.Source, e.Collection = wish.URL, wish.Label, wish.source(), wish.Collection
	e.Types = slices.Compact(slices.Sorted(slices.Values(wish.Types)))
	if e.Types == nil {
		e.Types = []string{}
	}
}

// row is an endpoint as it is stored.
type row struct {
	Endpoint
	secret, former string // sealed
}

const columns = `id, url, label, source, types, collection, status, position, version, secret, former_secret, former_until,
	created_by, created_at, changed_at`

func (w *Webhooks) scanRow(scan func(...any) error) (r row, err error) {
	var types string
	err = scan(&r.ID, &r.URL, &r.Label, &r.Source, &types, &r.Collection, &r.Status, &r.Position, &r.Version, &r.secret, &r.former,
		&r.FormerUntil, &r.CreatedBy, &r.CreatedAt, &r.ChangedAt)
	if errors.Is(err, sql.ErrNoRows) {
		return r, fault.In(fault.NotFound, "webhook")
	}
	if err == nil {
		err = errors.Join(w.open(&r), json.Unmarshal([]byte(types), &r.Types))
	}
	if err != nil {
		return r, fmt.Errorf("read a webhook: %w", err)
	}
	return r, nil
}

// open reads what a row keeps sealed: an address may carry a receiver's token, and a label whatever an operator writes.
func (w *Webhooks) open(r *row) (err error) {
	if r.URL, err = w.seal.OpenText(table, r.ID, urlColumn, r.URL); err != nil {
		return err
	}
	r.Label, err = w.seal.OpenText(table, r.ID, labelColumn, r.Label)
	return err
}

func (w *Webhooks) sealed(r row) (url, label string, err error) {
	if url, err = w.seal.SealText(table, r.ID, urlColumn, r.URL); err != nil {
		return "", "", err
	}
	label, err = w.seal.SealText(table, r.ID, labelColumn, r.Label)
	return url, label, err
}

// asker is a database or a transaction.
type asker interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func (w *Webhooks) find(ctx context.Context, from asker, id string) (row, error) {
	return w.scanRow(from.QueryRowContext(ctx, `SELECT `+columns+` FROM webhook_endpoint WHERE id = $1`, id).Scan)
}

// put writes an endpoint, new or changed.
func (w *Webhooks) put(ctx context.Context, tx *sql.Tx, r row) error {
	url, label, err := w.sealed(r)
	if err != nil {
		return err
	}
	types, err := json.Marshal(r.Types)
	if err != nil {
		return err
	}
	const query = `INSERT INTO webhook_endpoint (` + columns + `)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
		ON CONFLICT (id) DO UPDATE SET url = excluded.url, label = excluded.label, types = excluded.types,
			collection = excluded.collection, status = excluded.status, position = excluded.position, version = excluded.version,
			secret = excluded.secret, former_secret = excluded.former_secret, former_until = excluded.former_until,
			changed_at = excluded.changed_at`
	_, err = tx.ExecContext(ctx, query, r.ID, url, label, r.Source, string(types), r.Collection, r.Status, r.Position, r.Version,
		r.secret, r.former, r.FormerUntil, r.CreatedBy, r.CreatedAt, r.ChangedAt)
	if err != nil {
		return fmt.Errorf("store webhook %s: %w", r.ID, err)
	}
	return nil
}

// change reads an endpoint, changes it and writes it, in one transaction that may run several times.
func (w *Webhooks) change(ctx context.Context, id string, change func(tx *sql.Tx, r *row) error) (Endpoint, error) {
	var changed Endpoint
	err := w.db.Write(ctx, func(tx *sql.Tx) error {
		r, err := w.find(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := change(tx, &r); err != nil {
			return err
		}
		r.Version++
		r.ChangedAt = store.Time(w.now())
		changed = r.Endpoint
		return w.put(ctx, tx, r)
	})
	return changed, err
}
