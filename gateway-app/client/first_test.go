package client_test

import (
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/tallystick/tallystick/gateway-app/client"
)

const (
	givenPassword = "given by the administrator"
	ownPassword   = "known to nobody else"
)

// dying is an app with one user that dies in the middle of so many changes of the password, before or after each has
// taken effect.
type dying struct {
	mu       sync.Mutex
	password string
	deaths   []bool // whether the change had taken effect
}

func (d *dying) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var asked struct{ Name, Password, Former string }
	if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
		refuse(w, http.StatusBadRequest, "malformed_request")
		return
	}
	switch {
	case r.URL.Path == "/v1/sessions" && asked.Password == d.password:
		_, _ = w.Write([]byte(`{"token":"t"}`))
	case r.URL.Path == "/v1/sessions" || asked.Former != d.password:
		refuse(w, http.StatusUnauthorized, "credentials_refused")
	case len(d.deaths) > 0:
		if d.deaths[0] {
			d.password = asked.Password
		}
		d.deaths = d.deaths[1:]
		refuse(w, http.StatusConflict, "idempotency_key_unfinished")
	default:
		d.password = asked.Password
		_, _ = w.Write([]byte(`{}`))
	}
}

func refuse(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(client.Problem{Status: status, Code: code})
}

func (d *dying) client(t *testing.T) *client.Client {
	t.Helper()
	server := httptest.NewTLSServer(d)
	t.Cleanup(server.Close)
	path := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := client.New(client.Settings{URL: server.URL, ServerName: "example.com", CAPath: path})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Whoever signs in for the first time gets in with a password of their own, however often the app dies meanwhile, and
// whatever it had done by then.
func TestAFirstSignInOutlivesAnAppThatDies(t *testing.T) {
	for _, c := range []struct {
		name   string
		deaths []bool
	}{
		{"it lives", nil},
		{"before the change", []bool{false}},
		{"after the change", []bool{true}},
		{"again and again", []bool{false, false, false, true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			app := &dying{password: givenPassword, deaths: c.deaths}
			if _, err := app.client(t).SignInFirst(t.Context(), "eve", givenPassword, ownPassword); err != nil {
				t.Fatal(err)
			}
			if app.password != ownPassword {
				t.Errorf("the password is %q", app.password)
			}
		})
	}
	t.Run("with a wrong password", func(t *testing.T) {
		app := &dying{password: "another"}
		if _, err := app.client(t).SignInFirst(t.Context(), "eve", givenPassword, ownPassword); err == nil {
			t.Error("signed in")
		}
	})
}
