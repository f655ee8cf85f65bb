package access_test

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/tallystick/tallystick/gateway-app/access"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
)

// provider is a small OpenID provider: discovery, keys, authorisation with PKCE, and tokens signed with
// RS256. Its fields let a test make it lie.
type provider struct {
	*httptest.Server
	t        *testing.T
	key      *rsa.PrivateKey // signs
	shown    *rsa.PrivateKey // is published
	subject  string
	audience string
	age      time.Duration
	nonce    func(string) string
	issuer   func() string
	codes    map[string]url.Values // what a code was given for
	now      func() time.Time
}

const clientID, clientSecret = "gateway-app", "client-secret"

func newProvider(t *testing.T, now func() time.Time) *provider {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	p := &provider{t: t, key: key, shown: key, subject: "00u1", audience: clientID, codes: map[string]url.Values{}, now: now}
	p.nonce = func(nonce string) string { return nonce }
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", p.configuration)
	mux.HandleFunc("GET /keys", p.keys)
	mux.HandleFunc("GET /authorize", p.authorise)
	mux.HandleFunc("POST /token", p.token)
	p.Server = httptest.NewServer(mux)
	p.issuer = func() string { return p.URL }
	t.Cleanup(p.Close)
	return p
}

func answer(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value)
}

func (p *provider) configuration(w http.ResponseWriter, _ *http.Request) {
	answer(w, 200, map[string]any{
		"issuer": p.URL, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token", "jwks_uri": p.URL + "/keys",
		"response_types_supported": []string{"code"}, "subject_types_supported": []string{"public"},
		"id_token_signing_alg_values_supported": []string{"RS256"},
	})
}

func (p *provider) keys(w http.ResponseWriter, _ *http.Request) {
	encode := base64.RawURLEncoding.EncodeToString
	answer(w, 200, map[string]any{"keys": []map[string]string{{
		"kty": "RSA", "kid": "one", "alg": "RS256", "use": "sig",
		"n": encode(p.shown.N.Bytes()), "e": encode(big.NewInt(int64(p.shown.E)).Bytes()),
	}}})
}

// authorise signs everybody in as the subject, and remembers what the code is for.
func (p *provider) authorise(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	for _, needed := range []string{"state", "nonce", "code_challenge"} {
		if query.Get(needed) == "" {
			p.t.Errorf("the browser comes without %s", needed)
		}
	}
	if query.Get("client_id") != clientID || query.Get("code_challenge_method") != "S256" || query.Get("response_type") != "code" {
		p.t.Errorf("the browser asks for %v", query)
	}
	code := rand.Text()
	p.codes[code] = query
	back := query.Get("redirect_uri") + "?" + url.Values{"code": {code}, "state": {query.Get("state")}}.Encode()
	http.Redirect(w, r, back, http.StatusFound)
}

// token redeems a code once, for the client that proves itself and holds the verifier.
func (p *provider) token(w http.ResponseWriter, r *http.Request) {
	id, secret, _ := r.BasicAuth()
	given, known := p.codes[r.FormValue("code")]
	delete(p.codes, r.FormValue("code"))
	sum := sha256.Sum256([]byte(r.FormValue("code_verifier")))
	challenged := base64.RawURLEncoding.EncodeToString(sum[:]) == given.Get("code_challenge")
	if id != clientID || secret != clientSecret || !known || !challenged {
		answer(w, 400, map[string]string{"error": "invalid_grant"})
		return
	}
	at := p.now().Add(-p.age)
	answer(w, 200, map[string]any{"access_token": "opaque", "token_type": "Bearer", "id_token": p.sign(map[string]any{
		"iss": p.issuer(), "sub": p.subject, "aud": p.audience, "nonce": p.nonce(given.Get("nonce")),
		"iat": at.Unix(), "exp": at.Add(5 * time.Minute).Unix(),
	})})
}

func (p *provider) sign(claims map[string]any) string {
	encode := base64.RawURLEncoding.EncodeToString
	body, err := json.Marshal(claims)
	if err != nil {
		p.t.Error(err)
	}
	signed := encode([]byte(`{"alg":"RS256","kid":"one"}`)) + "." + encode(body)
	digest := sha256.Sum256([]byte(signed))
	signature, err := rsa.SignPKCS1v15(rand.Reader, p.key, crypto.SHA256, digest[:])
	if err != nil {
		p.t.Error(err)
	}
	return signed + "." + encode(signature)
}

// visit is a browser that goes to the provider and comes back with state and code.
func (p *provider) visit(address string) (state, code string) {
	p.t.Helper()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Get(address)
	if err != nil {
		p.t.Fatal(err)
	}
	defer response.Body.Close()
	back, err := response.Location()
	if err != nil {
		p.t.Fatal(err)
	}
	return back.Query().Get("state"), back.Query().Get("code")
}

// staffed is a directory whose staff sign on at a provider, and one of them.
func staffed(t *testing.T, db *store.DB) (*office, *provider, access.User) {
	t.Helper()
	at := &clock{time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)}
	p := newProvider(t, at.now)
	o := open(t, db, func(s *access.Settings) {
		s.Clock = at.now
		s.CodeRoles = []access.Role{access.RiskOfficer}
		s.Provider = &access.Provider{Issuer: p.URL, ClientID: clientID, ClientSecret: clientSecret, RedirectURL: "https://harbor.example/v1/sign-on/return"}
	})
	o.clock = at
	u := o.user("lin", access.RiskOfficer)
	if _, err := o.LinkSubject(context.Background(), u.ID, "00u1"); err != nil {
		t.Fatal(err)
	}
	return o, p, u
}

func TestStaffSignOnAtTheirProvider(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		o, p, u := staffed(t, db)
		begun, err := o.StartSignOn(ctx)
		if err != nil || strings.Contains(begun.URL, begun.Binding) {
			t.Fatal(begun, err)
		}
		state, code := p.visit(begun.URL)
		token, caller, err := o.FinishSignOn(ctx, state, code, begun.Binding)
		if err != nil || caller.ID != u.ID || caller.CodeDue {
			t.Fatalf("got %+v, %v", caller, err)
		}
		if back, err := o.Authenticate(ctx, token); err != nil || back.ID != u.ID || back.CodeDue {
			t.Errorf("got %+v, %v", back, err)
		}
		if _, _, err := o.FinishSignOn(ctx, state, code, begun.Binding); !errors.Is(err, access.ErrCredentials) {
			t.Errorf("a state was good twice: %v", err)
		}
		if _, err := o.Disable(ctx, u.ID); err != nil {
			t.Fatal(err)
		}
		wantSignedOut(t, o, token)
		begun, _ = o.StartSignOn(ctx)
		state, code = p.visit(begun.URL)
		if _, _, err := o.FinishSignOn(ctx, state, code, begun.Binding); !errors.Is(err, access.ErrCredentials) {
			t.Errorf("a dismissed user signs on: %v", err)
		}
	})
}

func TestASignOnThatIsNotWhatWasBegunIsRefused(t *testing.T) {
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	type visit struct{ state, code, binding string }
	for name, spoil := range map[string]func(o *office, p *provider, v *visit){
		"another browser":         func(_ *office, _ *provider, v *visit) { v.binding = "another" },
		"no cookie":               func(_ *office, _ *provider, v *visit) { v.binding = "" },
		"an unknown state":        func(_ *office, _ *provider, v *visit) { v.state = "another" },
		"an unknown code":         func(_ *office, _ *provider, v *visit) { v.code = "another" },
		"too late":                func(o *office, _ *provider, _ *visit) { o.clock.pass(11 * time.Minute) },
		"another signer":          func(_ *office, p *provider, _ *visit) { p.key = other },
		"for another client":      func(_ *office, p *provider, _ *visit) { p.audience = "another" },
		"by another issuer":       func(_ *office, p *provider, _ *visit) { p.issuer = func() string { return "https://another.example" } },
		"an old token":            func(_ *office, p *provider, _ *visit) { p.age = time.Hour },
		"a token of another time": func(_ *office, p *provider, _ *visit) { p.nonce = func(string) string { return "another" } },
		"somebody unknown":        func(_ *office, p *provider, _ *visit) { p.subject = "00u2" },
		"a stolen code": func(o *office, p *provider, v *visit) { // of another sign-on: the verifier does not fit
			stolen, err := o.StartSignOn(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			_, v.code = p.visit(stolen.URL)
		},
	} {
		t.Run(name, func(t *testing.T) {
			ctx := context.Background()
			o, p, _ := staffed(t, storetest.SQLite(t))
			begun, err := o.StartSignOn(ctx)
			if err != nil {
				t.Fatal(err)
			}
			v := visit{binding: begun.Binding}
			v.state, v.code = p.visit(begun.URL)
			spoil(o, p, &v)
			if token, _, err := o.FinishSignOn(ctx, v.state, v.code, v.binding); !errors.Is(err, access.ErrCredentials) || token != "" {
				t.Errorf("got %q, %v", token, err)
			}
		})
	}
}
