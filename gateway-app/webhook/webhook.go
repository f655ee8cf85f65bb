package webhook

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"net/http"
	"time"

	"github.com/tallystick/tallystick/gateway-app/projection"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/vault"
)

// Source is the feed; *projection.Projection is one.
type Source interface {
	Feed(ctx context.Context, after int64, limit int, f projection.FeedFilter) ([]projection.Entry, error)
	FeedEnd(ctx context.Context) (int64, error)
	Moved() <-chan struct{}
}

// Sealer encrypts the secrets that sign; *vault.Vault is one.
type Sealer interface {
	SealText(table, row, column, plain string) (string, error)
	OpenText(table, row, column, sealed string) (string, error)
}

// Columns are the sealed columns of the package, for rotation.
func Columns() []vault.Column { return vault.ColumnsOf(table) }

const (
	table        = "webhook_endpoint"
	secretColumn = "secret"
	formerColumn = "former_secret"
	urlColumn    = "url"
	labelColumn  = "label"
)

// Webhooks keeps the endpoints and, while it runs, delivers to them. Its methods may be called by many at
// once, and by several processes on one database. What a caller got wrong is a *fault.Fault.
type Webhooks struct {
	db       *store.DB
	seal     Sealer
	source   Source
	settings Settings
	plain    *http.Client // to this machine alone
	secure   *http.Client
}

// New makes the webhooks of a member.
func New(db *store.DB, seal Sealer, source Source, settings Settings) *Webhooks {
	w := &Webhooks{db: db, seal: seal, source: source, settings: settings.completed()}
	w.plain = w.settings.client(w.settings.permitsPlain)
	w.secure = w.settings.client(w.settings.permits)
	return w
}

func (w *Webhooks) now() time.Time { return w.settings.Now() }

func newID() string {
	id := make([]byte, 16)
	_, _ = rand.Read(id) // never fails
	return hex.EncodeToString(id)
}
