package api_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/api"
	"github.com/tallystick/tallystick/gateway-app/client"
	"github.com/tallystick/tallystick/gateway-app/outbox"
	"github.com/tallystick/tallystick/gateway-app/projection"
)

// site is a real HTTPS server at one address, behind which one server of the API can follow another.
type site struct {
	t       *testing.T
	address string
	running *httptest.Server
	folder  string
	ca      *x509.CertPool
}

// open serves a handler over TLS at the site's address.
func (s *site) open(handler http.Handler) {
	s.t.Helper()
	var listener net.Listener
	for range 100 {
		var err error
		if listener, err = net.Listen("tcp", s.address); err == nil {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if listener == nil {
		s.t.Fatalf("nobody can listen on %s", s.address)
	}
	s.address = listener.Addr().String()
	s.running = httptest.NewUnstartedServer(handler)
	if err := s.running.Listener.Close(); err != nil {
		s.t.Fatal(err)
	}
	s.running.Listener = listener
	s.running.Config.ErrorLog = nil
	s.running.TLS = &tls.Config{ClientAuth: tls.VerifyClientCertIfGiven, ClientCAs: s.ca, MinVersion: tls.VersionTLS13}
	s.running.StartTLS()
}

// crash cuts every connection and stops listening.
func (s *site) crash() {
	s.running.CloseClientConnections()
	_ = s.running.Listener.Close() // closed already where a test crashed it itself
	go s.running.Close()
}

func newSite(t *testing.T, handler http.Handler) *site {
	t.Helper()
	s := &site{t: t, address: "127.0.0.1:0", folder: t.TempDir(), ca: x509.NewCertPool()}
	certificate, key := selfSigned(t, machineToken)
	s.ca.AppendCertsFromPEM(certificate)
	s.keep("client.pem", certificate)
	s.keep("client.key", key)
	s.open(handler)
	t.Cleanup(func() { s.crash() })
	s.keep("ca.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.running.Certificate().Raw}))
	return s
}

func (s *site) keep(name string, text []byte) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.folder, name), text, 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// client is a client of the site that calls as the operator.
func (s *site) client(change ...func(*client.Settings)) *client.Client {
	s.t.Helper()
	settings := client.Settings{URL: "https://" + s.address, CAPath: filepath.Join(s.folder, "ca.pem"), Token: operatorToken}
	for _, c := range change {
		c(&settings)
	}
	made, err := client.New(settings)
	if err != nil {
		s.t.Fatal(err)
	}
	return made
}

// selfSigned makes a certificate whose name is the fake door's token of its holder.
func selfSigned(t *testing.T, name string) (certificate, key []byte) {
	t.Helper()
	secret, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageDigitalSignature, IsCA: true, BasicConstraintsValid: true,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &secret.PublicKey, secret)
	if err != nil {
		t.Fatal(err)
	}
	text, err := x509.MarshalPKCS8PrivateKey(secret)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: text})
}

func patience(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func freeze(ctx context.Context, c *client.Client, loans ...int) (client.Answer, error) {
	items := make([]wire.OrderLoan, len(loans))
	for i, n := range loans {
		items[i] = wire.OrderLoan{Loan: loanID(n), Order: "A-1"}
	}
	return client.Command(ctx, c, "Loan:Freeze", "harbor-meridian", wire.Each, items)
}

func TestTheClientKnowsThePathOfEveryCommand(t *testing.T) {
	s := newScene(t)
	c := newSite(t, s.server).client()
	for _, function := range wire.Functions() {
		if function.ReadOnly {
			continue
		}
		_, err := c.Submit(patience(t), client.Order{Function: function.Name, Items: []json.RawMessage{[]byte(`{"nothing":1}`)}})
		var p *client.Problem
		if !errors.As(err, &p) || p.Status != 400 || len(p.Errors) == 0 || p.Errors[0].Item != 1 && p.Field != "collection" {
			t.Errorf("%s: %v", function.Name, err)
		}
	}
	if _, err := c.Submit(patience(t), client.Order{Function: "Loan:Forgive"}); !errors.Is(err, fault.New(fault.UnknownFunction)) {
		t.Errorf("%v", err)
	}
}

func TestACommandThroughTheClient(t *testing.T) {
	s := newScene(t)
	c := newSite(t, s.server).client()
	answer, err := freeze(patience(t), c, 1, 2)
	if err != nil || answer.Applied != 2 || answer.Block != 1 || answer.TxID == "" {
		t.Fatalf("%+v, %v", answer, err)
	}
	found, err := c.CommandStatus(patience(t), answer.RequestID)
	if err != nil || found.Status != "committed" || !reflect.DeepEqual(found.Answer, answer) {
		t.Errorf("%+v, %v", found, err)
	}
	s.ledger.decide = func(c outbox.Command) outbox.Outcome {
		refused := []*fault.Fault{fault.In(fault.WrongStatus, "loan").At(0), fault.New(fault.NotFound).At(1)}
		return outbox.Outcome{ID: c.ID, Status: outbox.Refused, Answer: wire.Answer{Refused: refused}, Fault: refused[0]}
	}
	_, err = freeze(patience(t), c, 1, 2)
	var f *fault.Fault
	var p *client.Problem
	if !errors.As(err, &f) || f.Code != fault.WrongStatus || f.Item != 1 || f.Field != "loan" {
		t.Errorf("refused with %v", err)
	}
	if !errors.As(err, &p) || len(p.Refused) != 2 || p.Refused[1].Code != "not_found" || p.RequestID == "" {
		t.Errorf("problem %+v", p)
	}
	if err := c.Reach(patience(t), 3); err != nil {
		t.Error(err)
	}
}

func TestTheClientWaitsForASlowCommand(t *testing.T) {
	s := newScene(t)
	s.ledger.hold = make(chan struct{})
	impatient := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Header.Set("Prefer", "wait=0")
		s.server.ServeHTTP(w, r)
	})
	c := newSite(t, impatient).client()
	time.AfterFunc(200*time.Millisecond, func() { close(s.ledger.hold) })
	if answer, err := freeze(patience(t), c, 1); err != nil || answer.Applied != 1 || s.ledger.ran() != 1 {
		t.Errorf("%+v, %v, %d runs", answer, err, s.ledger.ran())
	}
}

// The app dies after it has stored the command and before it answers; another process takes over. The
// client sees one answer, and the ledger one command.
func TestACommandSurvivesTheAppsDeath(t *testing.T) {
	s := newScene(t)
	s.ledger.hold = make(chan struct{})
	place := newSite(t, s.server)
	c := place.client()
	type result struct {
		answer client.Answer
		err    error
	}
	done := make(chan result, 1)
	go func() {
		answer, err := freeze(patience(t), c, 7)
		done <- result{answer, err}
	}()
	for s.keyState("running") == 0 {
		time.Sleep(time.Millisecond)
	}
	place.crash()
	time.Sleep(300 * time.Millisecond) // connection refused, some times
	close(s.ledger.hold)
	s.restart()
	place.open(s.server)
	r := <-done
	if r.err != nil || r.answer.Applied != 1 || s.ledger.ran() != 1 || r.answer.RequestID != s.ledger.only().ID {
		t.Errorf("%+v, %v, %d runs", r.answer, r.err, s.ledger.ran())
	}
}

// The answer is lost on its way, again and again.
func TestALostAnswerIsAskedForAgain(t *testing.T) {
	s := newScene(t)
	var tries atomic.Int32
	leaky := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if tries.Add(1) <= 3 {
			s.server.ServeHTTP(httptest.NewRecorder(), r)
			panic(http.ErrAbortHandler)
		}
		s.server.ServeHTTP(w, r)
	})
	answer, err := freeze(patience(t), newSite(t, leaky).client(), 7)
	if err != nil || answer.Applied != 1 || s.ledger.ran() != 1 || tries.Load() != 4 {
		t.Errorf("%+v, %v, %d runs, %d tries", answer, err, s.ledger.ran(), tries.Load())
	}
}

func TestTheClientGivesUpWhenItIsTold(t *testing.T) {
	s := newScene(t)
	place := newSite(t, s.server)
	c := place.client()
	place.crash()
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	_, err := freeze(ctx, c, 1)
	var refused *net.OpError
	if !errors.Is(err, context.DeadlineExceeded) || !errors.As(err, &refused) {
		t.Errorf("the error says neither that time is up nor why: %v", err)
	}
	place.open(s.server)
	if _, err := freeze(patience(t), place.client(func(s *client.Settings) { s.CAPath = "" }), 1); err == nil {
		t.Error("a stranger's certificate was believed")
	}
	if _, err := freeze(patience(t), c.As("nobody"), 1); err == nil {
		t.Error("nobody was let in")
	}
	for _, bad := range []client.Settings{{URL: "localhost"}, {URL: "https://x", CAPath: "missing.pem"}, {URL: "https://x", CertificatePath: "missing.pem"}} {
		if _, err := client.New(bad); err == nil {
			t.Errorf("%+v was accepted", bad)
		}
	}
}

func TestAMachineComesWithItsCertificate(t *testing.T) {
	s := newScene(t)
	place := newSite(t, s.server)
	c := place.client(func(set *client.Settings) {
		set.Token, set.CertificatePath, set.KeyPath = "", filepath.Join(place.folder, "client.pem"), filepath.Join(place.folder, "client.key")
	})
	if _, err := freeze(patience(t), c, 1); err != nil {
		t.Fatal(err)
	}
	if entries := s.door.recorded(); len(entries) != 1 || entries[0].Actor != "machine-1" {
		t.Errorf("journal %+v", entries)
	}
}

// The client's types and the books' are two: neither may have a field that the other lacks.
func TestTheClientReadsWhatTheBooksHold(t *testing.T) {
	for _, pair := range [][2]reflect.Type{
		{reflect.TypeFor[projection.Loan](), reflect.TypeFor[client.Loan]()},
		{reflect.TypeFor[projection.Step](), reflect.TypeFor[client.Step]()},
		{reflect.TypeFor[projection.Member](), reflect.TypeFor[client.Member]()},
		{reflect.TypeFor[projection.Regime](), reflect.TypeFor[client.Regime]()},
		{reflect.TypeFor[projection.Entry](), reflect.TypeFor[client.Event]()},
		{reflect.TypeFor[api.Schedule](), reflect.TypeFor[client.Schedule]()},
		{reflect.TypeFor[api.Refusal](), reflect.TypeFor[client.Refusal]()},
		{reflect.TypeFor[api.Finding](), reflect.TypeFor[client.Finding]()},
	} {
		if one, other := members(pair[0]), members(pair[1]); !reflect.DeepEqual(one, other) {
			t.Errorf("%s has %v, %s has %v", pair[0], one, pair[1], other)
		}
	}
	s := newScene(t)
	c := newSite(t, s.server).client()
	n := 0
	for l, err := range c.Loans(patience(t), nil) {
		if err != nil {
			t.Fatal(err)
		}
		if n++; l.Terms.PrincipalMinor != 1_200_000 || l.State.Plan == nil {
			t.Fatalf("%+v", l)
		}
	}
	if n != 1203 {
		t.Errorf("%d loans", n)
	}
	if l, err := c.Loan(patience(t), loanID(3)); err != nil || l.ID != handle(3) {
		t.Errorf("%+v, %v", l, err)
	}
	if _, err := c.Loan(patience(t), handle(9999)); !errors.Is(err, fault.New(fault.NotFound)) {
		t.Errorf("%v", err)
	}
	if got, err := c.Schedule(patience(t), handle(1), day(2026, 3, 20)); err != nil || got.OverdueDays == 0 || got.PayoffMinor == 0 {
		t.Errorf("%+v, %v", got, err)
	}
	if d, err := c.Day(patience(t), "meridian"); err != nil || d.State.Date != day(2026, 3, 2) {
		t.Errorf("%+v, %v", d, err)
	}
	if ready, err := c.Ready(patience(t)); err != nil || !ready.Ready {
		t.Errorf("%+v, %v", ready, err)
	}
}

// members are the JSON names of a struct, with those of what it embeds.
func members(t reflect.Type) map[string]bool {
	names := map[string]bool{}
	for i := range t.NumField() {
		field := t.Field(i)
		switch {
		case field.Anonymous:
			for name := range members(field.Type) {
				names[name] = true
			}
		case field.IsExported():
			names[field.Tag.Get("json")] = true
		}
	}
	return names
}

func TestEventsAreTakenUpWhereTheStreamBroke(t *testing.T) {
	s := newScene(t)
	place := newSite(t, s.server)
	c := place.client()
	ctx, cancel := context.WithCancel(patience(t))
	defer cancel()
	var seen []int64
	for event, err := range c.Events(ctx, 1, nil) {
		if err != nil {
			if !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
			break
		}
		seen = append(seen, event.Sequence)
		switch event.Sequence {
		case 3:
			place.crash()
			s.books.happen("loan.funded", "loan.active")
			s.restart()
			place.open(s.server)
		case 5:
			cancel()
		}
	}
	if !reflect.DeepEqual(seen, []int64{2, 3, 4, 5}) {
		t.Errorf("events %v", seen)
	}
}
