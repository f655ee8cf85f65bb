// Package mailtest runs a real SMTP server inside a test: it speaks the protocol over TCP and TLS with a certificate
// of its own authority, signs people in, and keeps what it was given as a reader of mail would see it. What it answers
// can be chosen, so that a test meets a server that puts messages off, refuses them or hangs.
//
// The package is for tests only.
package mailtest

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"math/big"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	netmail "net/mail"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"github.com/tallystick/tallystick/gateway-app/mail"
)

// Letter is a message as it was received.
type Letter struct {
	From, To string // of the envelope
	Secured  bool   // it came over TLS
	SignedIn string
	Header   netmail.Header
	Subject  string // decoded
	Text     string
	HTML     string
}

// Server is a running server.
type Server struct {
	t        testing.TB
	inner    *smtp.Server
	listener net.Listener
	settings mail.Settings

	mu      sync.Mutex
	letters []Letter
	answer  func(n int, l Letter) error
	heard   int
}

// The one who may sign in.
const (
	User     = "harbor"
	Password = "a password of the mail server"
)

// Plain runs a server without TLS, which asks nobody to sign in.
func Plain(t testing.TB) *Server { return start(t, "") }

// StartTLS runs a server that wants STARTTLS and a sign-in.
func StartTLS(t testing.TB) *Server { return start(t, mail.StartTLS) }

// Implicit runs a server that speaks TLS from the first byte and wants a sign-in.
func Implicit(t testing.TB) *Server { return start(t, mail.Implicit) }

func start(t testing.TB, security mail.Security) *Server {
	t.Helper()
	s := &Server{t: t}
	s.inner = smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		return &session{server: s, conn: c, open: security == ""}, nil
	}))
	s.inner.Domain, s.inner.ErrorLog = "mail.test", log.New(io.Discard, "", 0)
	s.inner.ReadTimeout, s.inner.WriteTimeout = 10*time.Second, 10*time.Second
	folder := t.TempDir()
	var err error
	if s.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	s.settings = mail.Settings{
		Address: s.listener.Addr().String(), From: "港湾 Harbor <no-reply@harbor.example>", PlainOnLoopback: security == "", TimeoutSeconds: 5,
	}
	if security != "" {
		s.inner.TLSConfig = certificate(t, filepath.Join(folder, "root.pem"))
		s.settings.RootPath, s.settings.Security = filepath.Join(folder, "root.pem"), security
		s.settings.Username, s.settings.PasswordPath = User, filepath.Join(folder, "password")
		write(t, s.settings.PasswordPath, []byte(Password+"\n"))
	}
	listener := s.listener
	if security == mail.Implicit {
		listener = tls.NewListener(listener, s.inner.TLSConfig)
	}
	ended := make(chan struct{})
	go func() { defer close(ended); _ = s.inner.Serve(listener) }() // ends when it is closed
	t.Cleanup(func() { s.Stop(); <-ended })
	return s
}

// Settings are those with which the server is reached.
func (s *Server) Settings() mail.Settings { return s.settings }

// Stop ends the server: who dials it is refused.
func (s *Server) Stop() {
	_ = s.inner.Close() // it may have ended already
	_ = s.listener.Close()
}

// Answer chooses what the server says to the n-th message, from 1: nil takes it. It may wait.
func (s *Server) Answer(answer func(n int, l Letter) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = answer
}

// Refusal is an answer of the server.
func Refusal(code int) error {
	return &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCode{code / 100, 0, 0}, Message: "so it was asked for by a test"}
}

// Letters are the messages that the server took, in their order.
func (s *Server) Letters() []Letter {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Letter(nil), s.letters...)
}

// Heard is how many messages the server was given, those that it did not take among them.
func (s *Server) Heard() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.heard
}

func (s *Server) take(l Letter) error {
	s.mu.Lock()
	s.heard++
	n, answer := s.heard, s.answer
	s.mu.Unlock()
	if answer != nil {
		if err := answer(n, l); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.letters = append(s.letters, l)
	return nil
}

// session is one client's.
type session struct {
	server *Server
	conn   *smtp.Conn
	open   bool
	who    string
	letter Letter
}

// AuthMechanisms are the ways to sign in, over TLS only.
func (s *session) AuthMechanisms() []string { return []string{sasl.Plain} }

// Auth signs in.
func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, username, password string) error {
		if username != User || password != Password {
			return smtp.ErrAuthFailed
		}
		s.who = username
		return nil
	}), nil
}

// Mail begins a message.
func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if !s.open && s.who == "" {
		return smtp.ErrAuthRequired
	}
	_, secured := s.conn.TLSConnectionState()
	s.letter = Letter{From: from, Secured: secured, SignedIn: s.who}
	return nil
}

// Rcpt names the recipient; one whose name begins so does not exist.
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if strings.HasPrefix(to, "nobody") {
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such mailbox"}
	}
	s.letter.To = to
	return nil
}

// Data takes the message apart.
func (s *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	l := s.letter
	if err := l.read(raw); err != nil {
		s.server.t.Errorf("the message is none that can be read: %v\n%s", err, raw)
		return err
	}
	return s.server.take(l)
}

// Reset forgets the message in hand.
func (s *session) Reset() { s.letter = Letter{} }

// Logout ends the session.
func (s *session) Logout() error { return nil }

// read takes a message apart as a reader of mail does.
func (l *Letter) read(raw []byte) error {
	message, err := netmail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return err
	}
	l.Header = message.Header
	if l.Subject, err = new(mime.WordDecoder).DecodeHeader(message.Header.Get("Subject")); err != nil {
		return err
	}
	kind, parameters, err := mime.ParseMediaType(message.Header.Get("Content-Type"))
	if err != nil {
		return err
	}
	if !strings.HasPrefix(kind, "multipart/") {
		return l.part(kind, message.Header.Get("Content-Transfer-Encoding"), message.Body)
	}
	parts := multipart.NewReader(message.Body, parameters["boundary"])
	for {
		part, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		kind, _, err := mime.ParseMediaType(part.Header.Get("Content-Type"))
		if err != nil {
			return err
		}
		if err := l.part(kind, part.Header.Get("Content-Transfer-Encoding"), part); err != nil {
			return err
		}
	}
}

func (l *Letter) part(kind, encoding string, body io.Reader) error {
	switch strings.ToLower(encoding) {
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	}
	text, err := io.ReadAll(body)
	switch kind {
	case "text/plain":
		l.Text = string(text)
	case "text/html":
		l.HTML = string(text)
	}
	return err
}

// certificate makes an authority, writes it to a file, and answers what a server of this machine needs to be trusted by it.
func certificate(t testing.TB, path string) *tls.Config {
	t.Helper()
	authority := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority of a test"}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	authorityKey := key(t)
	root, err := x509.CreateCertificate(rand.Reader, authority, authority, authorityKey.Public(), authorityKey)
	if err != nil {
		t.Fatal(err)
	}
	write(t, path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: root}))
	own := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "mail.test"}, NotBefore: authority.NotBefore, NotAfter: authority.NotAfter,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, KeyUsage: x509.KeyUsageDigitalSignature,
	}
	ownKey := key(t)
	leaf, err := x509.CreateCertificate(rand.Reader, own, authority, ownKey.Public(), authorityKey)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{leaf}, PrivateKey: ownKey}}, MinVersion: tls.VersionTLS12}
}

func key(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func write(t testing.TB, path string, text []byte) {
	t.Helper()
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
}
