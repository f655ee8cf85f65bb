package webhook

import (
	"crypto/rand"
	"encoding/hex"
	"net/http"
	"time"

	"github.com/tallystick/tallystick/gateway-app/notice"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/vault"
)

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
	feeds    feeds
	settings Settings
	plain    *http.Client // to this machine alone
	secure   *http.Client
}

// New makes the webhooks of a member, over the ledger's feed and its own.
func New(db *store.DB, seal Sealer, ledger Ledger, notices *notice.Feed, settings Settings) *Webhooks {
	w := &Webhooks{db: db, seal: seal, feeds: feeds{ledger, notices, notices.Alerts()}, settings: settings.completed()}
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
