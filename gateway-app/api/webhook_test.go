package api_test

import (
	"context"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/api"
	"github.com/tallystick/tallystick/gateway-app/notice"
	"github.com/tallystick/tallystick/gateway-app/projection"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/vault"
	"github.com/tallystick/tallystick/gateway-app/webhook"
)

// withWebhooks is a scene whose member tells other systems what happens.
func withWebhooks(t *testing.T) *scene {
	t.Helper()
	return newScene(t, func(p *api.Parts) {
		path := filepath.Join(t.TempDir(), "master.pem")
		if err := vault.Create(path); err != nil {
			t.Fatal(err)
		}
		master, err := vault.Load(path)
		if err != nil {
			t.Fatal(err)
		}
		v, err := vault.New(t.Context(), p.Store, master, vault.AESGCM)
		if err != nil {
			t.Fatal(err)
		}
		p.Webhooks = webhook.New(p.Store, v, p.Books.(*books), notice.New(p.Store), webhook.Settings{
			Hosts: []string{"books.example", "new.example"}, AllowLoopback: true, Poll: 10 * time.Millisecond, FirstPause: time.Millisecond, LongestPause: 5 * time.Millisecond,
			GiveUpAfter: time.Millisecond,
		})
	})
}

// deliver runs the deliveries until the test ends.
func (s *scene) deliver() {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); _ = s.parts.Webhooks.Run(ctx) }()
	s.t.Cleanup(func() { cancel(); <-ended })
}

// deliveries waits for that many deliveries of a status.
func (s *scene) deliveries(path, status string, count int) []webhook.Delivery {
	s.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		list := want[projection.List[webhook.Delivery]](s.t, s.get(path+"/deliveries?status="+status), 200)
		if len(list.Items) == count {
			return list.Items
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("%d deliveries are %s, not %d", len(list.Items), status, count)
		}
	}
}

// A webhook over its life: made, told, failing until its letters are dead, replayed, rotated, ended.
func TestAWebhookOverTheAPI(t *testing.T) {
	s := withWebhooks(t)
	var failing atomic.Bool
	checked := make(chan error, 100)
	var secret atomic.Value
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if failing.Load() {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		text, _ := io.ReadAll(r.Body)
		checker, err := standardwebhooks.NewWebhook(secret.Load().(string))
		if err == nil {
			err = checker.Verify(text, r.Header)
		}
		checked <- err
	}))
	defer receiver.Close()

	made := want[api.NewWebhook](t, s.post("/v1/webhooks", inJSON(t, map[string]any{"url": receiver.URL, "label": "books", "types": []string{"loan"}})), 200)
	secret.Store(made.Secret)
	if made.Webhook.CreatedBy != "olga" || made.Webhook.Position != 3 || !strings.HasPrefix(made.Secret, "whsec_") {
		t.Errorf("made %+v", made)
	}
	path := "/v1/webhooks/" + made.Webhook.ID
	if w := s.get(path); strings.Contains(w.Body.String(), made.Secret) || want[webhook.Endpoint](t, w, 200).Label != "books" {
		t.Errorf("read %s", w.Body)
	}
	s.deliver()
	s.books.happen("loan.active", "party.attested")
	s.deliveries(path, "delivered", 1)
	failing.Store(true)
	s.books.happen("loan.repaid")
	dead := s.deliveries(path, "dead", 1)
	failing.Store(false)
	replay := map[string]any{"after": dead[0].Sequence - 1, "through": dead[0].Sequence, "dead_only": true}
	if got := want[api.Replayed](t, s.post(path+"/replays", inJSON(t, replay)), 200); got.Count != 1 {
		t.Errorf("%d were replayed", got.Count)
	}
	s.deliveries(path, "delivered", 2)
	rotated := want[api.NewWebhook](t, s.post(path+"/secrets", `{"overlap_hours":0}`), 200)
	secret.Store(rotated.Secret)
	if got := want[api.Replayed](t, s.post(path+"/replays", `{"after":3,"through":100}`), 200); got.Count != 2 || rotated.Secret == made.Secret {
		t.Errorf("%d were replayed", got.Count)
	}
	for range 4 {
		if err := <-checked; err != nil {
			t.Error(err)
		}
	}
	if w := s.do(s.request(http.MethodDelete, path, "")); w.Code != http.StatusNoContent {
		t.Errorf("deleted: %d %s", w.Code, w.Body)
	}
	refusedAs(t, s.get(path), 404, string(fault.NotFound), "webhook")
}

func TestAWebhookIsChangedAndStopped(t *testing.T) {
	s := withWebhooks(t)
	body := inJSON(t, map[string]any{"url": "https://books.example/", "label": "books", "after": 0})
	made := want[api.NewWebhook](t, s.post("/v1/webhooks", body), 200).Webhook
	path := "/v1/webhooks/" + made.ID
	change := func(version int) *httptest.ResponseRecorder {
		wish := map[string]any{"url": "https://new.example/", "label": "new", "types": []string{"repayment"}, "collection": "harbor-meridian", "version": version}
		return s.do(s.request(http.MethodPut, path, inJSON(t, wish)))
	}
	if got := want[webhook.Endpoint](t, change(1), 200); got.URL != "https://new.example/" || !slices.Equal(got.Types, []string{"repayment"}) || made.Position != 0 {
		t.Errorf("changed to %+v", got)
	}
	refusedAs(t, change(1), 409, string(fault.WrongStatus), "version")
	if got := want[webhook.Endpoint](t, s.post(path+"/disablements", ""), 200); got.Status != webhook.Disabled {
		t.Errorf("disabled: %+v", got)
	}
	if got := want[webhook.Endpoint](t, s.post(path+"/enablements", ""), 200); got.Status != webhook.Active {
		t.Errorf("enabled: %+v", got)
	}
	for _, url := range []string{"https://10.0.0.1/", "http://books.example/", "https://169.254.169.254/"} {
		refusedAs(t, s.post("/v1/webhooks", inJSON(t, map[string]any{"url": url, "label": "x"})), 400, string(fault.InvalidField), "url")
	}
	refusedAs(t, s.post(path+"/replays", `{"after":5,"through":5}`), 400, string(fault.InvalidField), "through")
	s.door.denied["webhook.create"] = true
	refusedAs(t, s.post("/v1/webhooks", body), 403, api.CodeNotAllowed, "")
}

// The walk over the document, for the operations on webhooks alone.
func TestNothingThatIsSentAboutWebhooksMakesTheServerFail(t *testing.T) {
	s := withWebhooks(t)
	f := &fuzzer{pool: &harvest{}, scene: s, document: s.document(), random: rand.New(rand.NewPCG(3, 4)), answered: map[string]int{}}
	f.document.operations(func(method, path string, op describedItem) {
		if strings.HasPrefix(op.OperationID, "webhook.") {
			for range requestsEach {
				f.try(method, path, op)
			}
			f.total++
		}
	})
	if f.total != 10 {
		t.Errorf("%d operations", f.total)
	}
	if _, err := s.parts.Webhooks.Prune(t.Context(), store.Time(time.Now())); err != nil {
		t.Error(err)
	}
}
