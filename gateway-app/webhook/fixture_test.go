package webhook_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tallystick/tallystick/gateway-app/notice"
	"github.com/tallystick/tallystick/gateway-app/projection"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/vault"
	"github.com/tallystick/tallystick/gateway-app/webhook"
)

// feed is the real feed over rows that a test has written.
type feed struct {
	*projection.Model
	db    *store.DB
	mu    sync.Mutex
	moved chan struct{}
	end   int64
}

func newFeed(db *store.DB) *feed {
	return &feed{Model: projection.NewModel(db), db: db, moved: make(chan struct{})}
}

func (f *feed) Moved() <-chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.moved
}

// happen appends events of a collection; each is "type subject".
func (f *feed) happen(t *testing.T, collection string, events ...string) {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	end := f.end
	err := f.db.Write(context.Background(), func(tx *sql.Tx) error {
		f.end = end
		for _, e := range events {
			f.end++
			kind, subject, _ := strings.Cut(e, " ")
			noun, _, _ := strings.Cut(kind, ".")
			_, err := tx.Exec(`INSERT INTO rm_feed (seq, block, tx_id, at, type, kind, collection, platform, subject, payload)
				VALUES ($1, $1, $2, $3, $4, $5, $6, 'harbor', $7, $8)`, f.end, fmt.Sprintf("tx%d", f.end),
				store.Time(time.Unix(f.end, 0)), kind, noun, collection, subject, fmt.Sprintf(`{"loan":%q,"sequence":%d}`, subject, f.end))
			if err != nil {
				return err
			}
		}
		_, err := tx.Exec(`INSERT INTO rm_checkpoint (id, block, hash, seq, feed) VALUES (1, $1, '', $1, $1)
			ON CONFLICT (id) DO UPDATE SET feed = excluded.feed`, f.end)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	close(f.moved)
	f.moved = make(chan struct{})
}

// post is a request that a receiver got.
type post struct {
	id      string
	header  http.Header
	body    []byte
	message webhook.Message
}

// receiver is another system's server. Its answers are the test's to choose: a status, or a negative number
// for none.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	posts  []post
	answer func(n int, p post) int
}

func newReceiver(t *testing.T, answer func(n int, p post) int) *receiver {
	t.Helper()
	r := &receiver{answer: answer}
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	text, _ := io.ReadAll(request.Body)
	p := post{id: request.Header.Get("webhook-id"), header: request.Header, body: text}
	_ = json.Unmarshal(text, &p.message) // what is no message shows in the comparison
	r.mu.Lock()
	r.posts = append(r.posts, p)
	n, answer := len(r.posts), r.answer
	r.mu.Unlock()
	status := http.StatusNoContent
	if answer != nil {
		status = answer(n, p)
	}
	if status < 0 {
		<-request.Context().Done()
		return
	}
	if status >= 300 && status < 400 {
		w.Header().Set("Location", "/elsewhere")
	}
	w.WriteHeader(status)
}

func (r *receiver) seen() []post {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]post(nil), r.posts...)
}

func (r *receiver) say(answer func(n int, p post) int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = answer
}

func always(status int) func(int, post) int { return func(int, post) int { return status } }

// office is a member with webhooks.
type office struct {
	*webhook.Webhooks
	t       *testing.T
	db      *store.DB
	feed    *feed
	notices *notice.Feed
	vault   *vault.Vault
	key     string // path of the vault's master key
}

// brisk are settings under which a day passes in no time.
func brisk(name string) webhook.Settings {
	return webhook.Settings{
		Process: name, Hosts: []string{"books.example", "risk.example", "new.example", "a.example"}, AllowLoopback: true,
		Timeout: 2 * time.Second, FirstPause: 5 * time.Millisecond, LongestPause: 40 * time.Millisecond,
		GiveUpAfter: time.Hour, Poll: 20 * time.Millisecond, Lease: 3 * time.Second,
	}
}

func newOffice(t *testing.T, db *store.DB, change ...func(*webhook.Settings)) *office {
	t.Helper()
	o := &office{t: t, db: db, feed: newFeed(db), notices: notice.New(db), key: filepath.Join(t.TempDir(), "master.pem")}
	if err := vault.Create(o.key); err != nil {
		t.Fatal(err)
	}
	o.vault = openVault(t, db, o.key)
	settings := brisk("first")
	for _, c := range change {
		c(&settings)
	}
	o.Webhooks = webhook.New(db, o.vault, o.feed, o.notices, settings)
	return o
}

func openVault(t *testing.T, db *store.DB, path string) *vault.Vault {
	t.Helper()
	master, err := vault.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	v, err := vault.New(context.Background(), db, master, vault.AESGCM)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// run delivers until the test, or the function that it answers, ends it.
func (o *office) run() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); _ = o.Run(ctx) }()
	stop = func() { cancel(); <-ended }
	o.t.Cleanup(stop)
	return stop
}

// endpoint makes one from the beginning of the feed.
func (o *office) endpoint(url string, types ...string) (webhook.Endpoint, string) {
	o.t.Helper()
	var beginning int64
	made, secret, err := o.Create(o.t.Context(), webhook.Wish{URL: url, Label: "books", Types: types}, &beginning, "olga")
	if err != nil {
		o.t.Fatal(err)
	}
	return made, secret
}

func (o *office) deliveries(id string, status webhook.DeliveryStatus) []webhook.Delivery {
	o.t.Helper()
	list, err := o.Deliveries(context.Background(), id, status, 0, 1000)
	if err != nil {
		o.t.Fatal(err)
	}
	return list
}

// until waits for something to be so.
func until(t *testing.T, what string, so func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !so(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("after 20 s it is not so that %s", what)
		}
	}
}
