package e2e_test

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"encoding/json"
	"io"
	"net/http"
	"testing"

	"github.com/tallystick/tallystick/gateway-app/access"
	"github.com/tallystick/tallystick/gateway-app/client"
	"github.com/tallystick/tallystick/gateway-app/ledger"
)

// gatewayOf says where a member's app answers, to a caller who has not signed in.
func (c *consortium) gatewayOf(t testing.TB, member string) client.Settings {
	t.Helper()
	profile, err := ledger.LoadProfile(c.net.ProfilePath(member))
	if err != nil {
		t.Fatal(err)
	}
	if profile.Gateway == nil {
		t.Fatalf("the profile of %s names no gateway app", member)
	}
	return client.Settings{URL: profile.Gateway.URL, ServerName: profile.Gateway.ServerName, CAPath: profile.Gateway.TLSCACertPath}
}

func (c *consortium) nobodyAt(t testing.TB, member string) *client.Client {
	t.Helper()
	return callerWith(t, c.gatewayOf(t, member))
}

// machineAt calls with the certificate of the member's machine.
func (c *consortium) machineAt(t testing.TB, member string) *client.Client {
	t.Helper()
	settings, files := c.gatewayOf(t, member), c.machineFiles(t, member)
	settings.CertificatePath, settings.KeyPath = files.CertPath, files.KeyPath
	return callerWith(t, settings)
}

func (c *consortium) machineFiles(t testing.TB, member string) ledger.IdentityFiles {
	t.Helper()
	profile, err := c.profile(member)
	if err != nil {
		t.Fatal(err)
	}
	return profile.Identities["machine"]
}

func callerWith(t testing.TB, settings client.Settings) *client.Client {
	t.Helper()
	caller, err := client.New(settings)
	if err != nil {
		t.Fatal(err)
	}
	return caller
}

// signIn answers the token of a new session.
func (c *consortium) signIn(t testing.TB, member, name, password string) string {
	t.Helper()
	given, err := client.Send[struct {
		Token string `json:"token"`
	}](within(t, patience), c.nobodyAt(t, member), http.MethodPost, "/v1/sessions", map[string]string{"name": name, "password": password})
	if err != nil {
		t.Fatalf("sign %s in at %s: %v", name, member, err)
	}
	return given.Token
}

// administratorAt is the token of the first administrator of a member's app.
func (c *consortium) administratorAt(t testing.TB, member string) string {
	t.Helper()
	first, err := c.net.GatewayCredentials(member)
	if err != nil {
		t.Fatal(err)
	}
	return c.signIn(t, member, first.User, first.Password)
}

// staffAt has an administrator make a user of a member's app who has one role, and answers the token of
// their session.
func (c *consortium) staffAt(t testing.TB, member, administrator string, role access.Role) string {
	t.Helper()
	name := string(role) + "-" + client.NewKey()[:8]
	made, err := client.Send[struct {
		User     access.User `json:"user"`
		Password string      `json:"password"`
	}](within(t, patience), c.nobodyAt(t, member).As(administrator), http.MethodPost, "/v1/users",
		map[string]any{"name": name, "roles": []access.Role{role}})
	if err != nil {
		t.Fatalf("make %s at %s: %v", name, member, err)
	}
	if _, signs := role.OnLedger(); signs && role != access.Machine {
		enrolments := "/v1/users/" + made.User.ID + "/enrolments"
		if _, err := client.Send[access.User](within(t, patience), c.nobodyAt(t, member).As(administrator), http.MethodPost, enrolments, nil); err != nil {
			t.Fatalf("enrol %s at %s: %v", name, member, err)
		}
	}
	own := client.NewKey()
	if _, err := c.nobodyAt(t, member).SignInFirst(within(t, patience), name, made.Password, own); err != nil {
		t.Fatalf("sign %s in at %s for the first time: %v", name, member, err)
	}
	return c.signIn(t, member, name, own)
}

// asked is one request as it goes over the wire.
type asked struct {
	method, path string
	token        string // none: nobody is signed in, but for a machine
	key          string // the Idempotency-Key of a write
	media        string // of the body; JSON if none
	body         []byte
}

// asJSON is a body.
func asJSON(t testing.TB, value any) []byte {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// answered is what came back.
type answered struct {
	status int
	header http.Header
	body   []byte
}

// problem is the refusal that an answer should be.
func (a answered) problem(t testing.TB) client.Problem {
	t.Helper()
	var p client.Problem
	if media := a.header.Get("Content-Type"); media != "application/problem+json" {
		t.Errorf("%d came as %q, want application/problem+json", a.status, media)
	}
	if err := json.Unmarshal(a.body, &p); err != nil || p.Code == "" || p.RequestID == "" || p.Detail == "" {
		t.Errorf("%d is not a whole problem: %v: %s", a.status, err, a.body)
	}
	return p
}

// line sends each request once, where the typed client would try again: these tests look at every answer,
// and at there being none.
type line struct {
	base string
	http *http.Client
}

// lineTo is a line to a member's app, with the certificate of the member's machine or with none.
func (c *consortium) lineTo(t testing.TB, member string, asMachine bool) line {
	t.Helper()
	settings := c.gatewayOf(t, member)
	config := &tls.Config{MinVersion: tls.VersionTLS13, ServerName: settings.ServerName, RootCAs: rootsOf(t, settings.CAPath)}
	if asMachine {
		files := c.machineFiles(t, member)
		pair, err := tls.LoadX509KeyPair(files.CertPath, files.KeyPath)
		if err != nil {
			t.Fatal(err)
		}
		config.Certificates = []tls.Certificate{pair}
	}
	transport := &http.Transport{TLSClientConfig: config, ForceAttemptHTTP2: true}
	t.Cleanup(transport.CloseIdleConnections)
	return line{settings.URL, &http.Client{Transport: transport}}
}

func (l line) send(ctx context.Context, a asked) (answered, error) {
	request, err := http.NewRequestWithContext(ctx, a.method, l.base+a.path, bytes.NewReader(a.body))
	if err != nil {
		return answered{}, err
	}
	if a.token != "" {
		request.Header.Set("Authorization", "Bearer "+a.token)
	}
	if a.key != "" {
		request.Header.Set("Idempotency-Key", a.key)
	}
	if len(a.body) > 0 {
		request.Header.Set("Content-Type", cmp.Or(a.media, "application/json"))
	}
	response, err := l.http.Do(request)
	if err != nil {
		return answered{}, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return answered{response.StatusCode, response.Header, text}, err
}

// must is send, of what has to be answered.
func (l line) must(t testing.TB, a asked) answered {
	t.Helper()
	got, err := l.send(within(t, patience), a)
	if err != nil {
		t.Fatalf("%s %s: %v", a.method, a.path, err)
	}
	return got
}
