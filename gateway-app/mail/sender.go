package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"slices"
	"time"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"
)

// Sender hands messages to one server. It is safe for use by many goroutines.
type Sender struct{ resolved }

// New reads the settings with the files that they name. It dials nobody.
func New(s Settings) (*Sender, error) {
	r, err := s.resolve()
	if err != nil {
		return nil, err
	}
	return &Sender{r}, nil
}

// Session is a connection over which messages are sent one after the other. It is for one goroutine.
type Session struct {
	sender *Sender
	client *gomail.Client
	smtp   *smtp.Client
	conn   net.Conn
}

// Open connects and signs in. Whatever fails is Unavailable.
func (s *Sender) Open(ctx context.Context) (*Session, error) {
	session := &Session{sender: s}
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := s.dial(ctx, network, address)
		session.conn = conn
		return conn, err
	}
	options := []gomail.Option{
		gomail.WithPort(s.port), gomail.WithTimeout(s.timeout), gomail.WithDialContextFunc(dial), gomail.WithTLSPolicy(gomail.NoTLS),
	}
	if s.tls != nil && !s.implicit {
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory), gomail.WithTLSConfig(s.tls.Clone()))
	}
	if s.username != "" {
		options = append(options, gomail.WithSMTPAuthCustom(&login{sender: s}))
	}
	client, err := gomail.NewClient(s.host, options...)
	if err != nil {
		return nil, fmt.Errorf("prepare a connection to the mail server: %w", err)
	}
	session.client = client
	if session.smtp, err = client.DialToSMTPClientWithContext(ctx); err != nil {
		if session.conn != nil {
			_ = session.conn.Close() // what failed is told already
		}
		return nil, unavailable("connect to the mail server", err)
	}
	return session, nil
}

// dial connects; every later word is held to the connection's deadline, which each message sets anew.
func (s *Sender) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := (&net.Dialer{Timeout: s.timeout}).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	if err := conn.SetDeadline(time.Now().Add(s.timeout)); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	if s.tls == nil {
		if at, ok := conn.RemoteAddr().(*net.TCPAddr); !ok || !at.IP.IsLoopback() {
			return nil, errors.Join(errors.New("the server is not on this machine, and the connection would be plain"), conn.Close())
		}
		return conn, nil
	}
	if !s.implicit {
		return conn, nil
	}
	secured := tls.Client(conn, s.tls.Clone())
	if err := secured.HandshakeContext(ctx); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return secured, nil
}

// Send hands one message over. Without an error the server has it. Its failures are of type *Failure.
func (s *Session) Send(ctx context.Context, m Message) error {
	letter, err := m.write(s.sender.from, s.sender.domain)
	if err != nil {
		return err
	}
	// A server that answers nothing must not outlast the caller.
	stop := context.AfterFunc(ctx, func() { _ = s.conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	err = s.client.SendWithSMTPClient(s.smtp, letter)
	if err == nil || letter.IsDelivered() { // it has the message, whatever it said of the next one
		return nil
	}
	return failed(err)
}

// Close says goodbye.
func (s *Session) Close() error {
	if err := s.client.CloseWithSMTPClient(s.smtp); err != nil {
		return errors.Join(fmt.Errorf("leave the mail server: %w", err), s.conn.Close())
	}
	return nil
}

// Send connects, hands one message over and leaves.
func (s *Sender) Send(ctx context.Context, m Message) error {
	if err := m.check(); err != nil {
		return err
	}
	session, err := s.Open(ctx)
	if err != nil {
		return err
	}
	defer session.Close() //nolint:errcheck // the message is with the server, or its failure is told
	return session.Send(ctx, m)
}

// login signs in by the strongest way that the server offers and that this package knows. The password never goes over
// a plain connection but to this machine.
type login struct {
	sender *Sender
	chosen smtp.Auth
}

// Start chooses.
func (l *login) Start(server *smtp.ServerInfo) (string, []byte, error) {
	s := l.sender
	plain := s.tls == nil
	ways := []struct {
		name string
		auth func() smtp.Auth
	}{
		{"SCRAM-SHA-256", func() smtp.Auth { return smtp.ScramSHA256Auth(s.username, s.password) }},
		{"PLAIN", func() smtp.Auth { return smtp.PlainAuth("", s.username, s.password, s.host, plain) }},
		{"LOGIN", func() smtp.Auth { return smtp.LoginAuth(s.username, s.password, s.host, plain) }},
	}
	for _, way := range ways {
		if slices.Contains(server.Auth, way.name) {
			l.chosen = way.auth()
			return l.chosen.Start(server)
		}
	}
	return "", nil, errors.New("the server offers no way to sign in that is known here: SCRAM-SHA-256, PLAIN or LOGIN")
}

// Next answers what the server asks.
func (l *login) Next(fromServer []byte, more bool) ([]byte, error) {
	return l.chosen.Next(fromServer, more)
}
