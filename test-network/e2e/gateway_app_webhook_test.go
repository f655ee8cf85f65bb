package e2e_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/tallystick/tallystick/gateway-app/client"
)

// delivery is what a receiver of webhooks was posted.
type delivery struct {
	header http.Header
	body   []byte
}

func (d delivery) id() string { return d.header.Get("webhook-id") }

// receiver is another system's server, which takes what a gateway app posts to it.
type receiver struct {
	*httptest.Server
	secret string

	mu    sync.Mutex
	taken []delivery
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{}
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Close)
	return r
}

// ServeHTTP takes one delivery.
func (r *receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(request.Body)
	if err != nil { // its sender died in the middle of it
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.taken = append(r.taken, delivery{request.Header.Clone(), body})
	w.WriteHeader(http.StatusNoContent)
}

// hearsFrom has an operator of a gateway app name the receiver, for everything that happens from now on.
func (r *receiver) hearsFrom(t *testing.T, app *client.Client, operator string) (endpoint string) {
	t.Helper()
	made, err := client.Send[struct {
		Webhook struct{ ID string }
		Secret  string
	}](within(t, patience), app.As(operator), http.MethodPost, "/v1/webhooks", map[string]any{"url": r.URL, "label": "a test's receiver"})
	if err != nil {
		t.Fatalf("name a receiver of webhooks: %v", err)
	}
	r.secret = made.Secret
	return made.Webhook.ID
}

func (r *receiver) deliveries() []delivery {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.taken)
}

// signed waits until a delivery was taken that a condition holds for, and answers all there are. Each of them
// bears a signature that the published library of Standard Webhooks finds good, and that is good for no
// other body.
func (r *receiver) signed(t *testing.T, until func(d delivery) bool) []delivery {
	t.Helper()
	ctx := within(t, patience)
	for !slices.ContainsFunc(r.deliveries(), until) {
		if !pause(ctx, 50*time.Millisecond) {
			t.Fatalf("what was waited for is not among %d deliveries", len(r.deliveries()))
		}
	}
	verifier, err := standardwebhooks.NewWebhook(r.secret)
	if err != nil {
		t.Fatal(err)
	}
	all := r.deliveries()
	for _, d := range all {
		if err := verifier.Verify(d.body, d.header); err != nil {
			t.Errorf("the delivery %s: %v", d.body, err)
		}
		if verifier.Verify(append([]byte(" "), d.body...), d.header) == nil {
			t.Errorf("the signature of %s is good for another body", d.body)
		}
	}
	return all
}

// searchDeliveries fails the test for each secret in what was posted.
func (r *register) searchDeliveries(t *testing.T, all []delivery) {
	t.Helper()
	index, size := r.needles(), 0
	for _, d := range all {
		text := slices.Clone(d.body)
		for name, values := range d.header {
			for _, value := range values {
				text = append(text, (" " + name + ": " + value)...)
			}
		}
		size += len(text)
		for _, n := range find(text, index) {
			t.Errorf("a delivery gives away what %s wants kept: %q", n.what+", "+n.encoding, n.text)
		}
	}
	t.Logf("%d secrets, none of them in %d bytes of %d deliveries", len(r.planted), size, len(all))
}
