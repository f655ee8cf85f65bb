package mail_test

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tallystick/tallystick/gateway-app/mail"
	"github.com/tallystick/tallystick/gateway-app/mail/mailtest"
)

func letter() mail.Message {
	return mail.Message{
		Key: "one", To: "zhang@example.org", Subject: "还款提醒：第 3 期，请按时还款 — due soon", Language: "zh",
		Text: "您好：\n\n第 3 期将于 2026-04-01 到期。\n.\n一行只有一个点。\n", HTML: "<p>您好：<b>第 3 期</b></p>\n",
		Unsubscribe: "https://harbor.example/reminders/opt-out/abc", At: time.Date(2026, 3, 29, 9, 0, 0, 0, time.UTC),
	}
}

func sender(t *testing.T, s mail.Settings) *mail.Sender {
	t.Helper()
	made, err := mail.New(s)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// What a real server was given is what was meant, whichever way the connection is protected.
func TestAMessageArrivesAsItWasMeant(t *testing.T) {
	for name, start := range map[string]func(testing.TB) *mailtest.Server{
		"plain to this machine": mailtest.Plain, "STARTTLS": mailtest.StartTLS, "TLS": mailtest.Implicit,
	} {
		t.Run(name, func(t *testing.T) {
			server, sent := start(t), letter()
			if err := sender(t, server.Settings()).Send(t.Context(), sent); err != nil {
				t.Fatal(err)
			}
			letters := server.Letters()
			if len(letters) != 1 {
				t.Fatalf("the server has %d messages", len(letters))
			}
			got, plain := letters[0], name == "plain to this machine"
			if got.Secured == plain || (got.SignedIn == mailtest.User) == plain {
				t.Errorf("secured %v, signed in as %q", got.Secured, got.SignedIn)
			}
			if got.From != "no-reply@harbor.example" || got.To != sent.To {
				t.Errorf("the envelope is from %s to %s", got.From, got.To)
			}
			if got.Subject != sent.Subject || unix(got.Text) != sent.Text || unix(got.HTML) != sent.HTML {
				t.Errorf("subject %q\ntext %q\nHTML %q", got.Subject, got.Text, got.HTML)
			}
			for header, want := range map[string]string{
				"To": "<zhang@example.org>", "Content-Language": "zh", "Auto-Submitted": "auto-generated", "Mime-Version": "1.0",
				"List-Unsubscribe":      "<https://harbor.example/reminders/opt-out/abc>",
				"List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
				"Date":                  "Sun, 29 Mar 2026 09:00:00 +0000",
			} {
				if got.Header.Get(header) != want {
					t.Errorf("%s is %q, want %q", header, got.Header.Get(header), want)
				}
			}
			from, err := got.Header.AddressList("From")
			if err != nil || len(from) != 1 || from[0].Name != "港湾 Harbor" {
				t.Errorf("From is %v, %v", from, err)
			}
		})
	}
}

func unix(text string) string { return strings.ReplaceAll(text, "\r\n", "\n") }

// A message that is sent again is the same one to who receives both; another message is another.
func TestTheMessageIDIsTheKeys(t *testing.T) {
	server := mailtest.Plain(t)
	s := sender(t, server.Settings())
	session, err := s.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close() //nolint:errcheck // what was sent is looked at
	other := letter()
	other.Key = "two"
	for _, m := range []mail.Message{letter(), letter(), other} {
		if err := session.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	letters := server.Letters()
	id := func(n int) string { return letters[n].Header.Get("Message-Id") }
	if id(0) != id(1) || id(0) == id(2) || !strings.HasSuffix(id(0), "@harbor.example>") {
		t.Errorf("the ids are %s, %s and %s", id(0), id(1), id(2))
	}
}

// Nobody writes headers of their own, and what is refused was never told to a server.
func TestHeadersCannotBeInjected(t *testing.T) {
	server := mailtest.Plain(t)
	s := sender(t, server.Settings())
	for name, change := range map[string]func(*mail.Message){
		"line end in the subject":   func(m *mail.Message) { m.Subject = "hello\r\nBcc: all@example.org" },
		"bare newline":              func(m *mail.Message) { m.Subject = "hello\nX: y" },
		"separator of lines":        func(m *mail.Message) { m.Subject = "hello\u2028X: y" },
		"no text at all in UTF-8":   func(m *mail.Message) { m.Subject = "\xff" },
		"line end in the address":   func(m *mail.Message) { m.To = "a@example.org\r\nBcc: all@example.org" },
		"two addresses":             func(m *mail.Message) { m.To = "a@example.org, b@example.org" },
		"name in the address":       func(m *mail.Message) { m.To = "A <a@example.org>" },
		"address beyond ASCII":      func(m *mail.Message) { m.To = "张@example.org" },
		"no address":                func(m *mail.Message) { m.To = "nobody" },
		"quoted line end":           func(m *mail.Message) { m.To = "\"a\r\nb\"@example.org" },
		"header in the language":    func(m *mail.Message) { m.Language = "en\r\nX: y" },
		"line end in the link":      func(m *mail.Message) { m.Unsubscribe = "https://a.example/\r\nX: y" },
		"bracket in the link":       func(m *mail.Message) { m.Unsubscribe = "https://a.example/>,<mailto:x@example.org" },
		"link without TLS":          func(m *mail.Message) { m.Unsubscribe = "http://a.example/" },
		"no key, so no Message-ID":  func(m *mail.Message) { m.Key = "" },
		"subject that is too long":  func(m *mail.Message) { m.Subject = strings.Repeat("长", 201) },
		"text that is not in UTF-8": func(m *mail.Message) { m.Text = "\xff" },
	} {
		m := letter()
		change(&m)
		if err := s.Send(t.Context(), m); mail.KindOf(err) != mail.Permanent || err == nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if server.Heard() != 0 {
		t.Errorf("the server heard %d messages", server.Heard())
	}
}

// Whether trying again may help is told apart, and no failure repeats an address.
func TestFailuresAreToldApart(t *testing.T) {
	server := mailtest.StartTLS(t)
	s := sender(t, server.Settings())
	expect := func(name string, kind mail.Kind, code int, m mail.Message, by *mail.Sender) {
		t.Helper()
		err := by.Send(t.Context(), m)
		var f *mail.Failure
		if !as(err, &f) || f.Kind != kind || f.Code != code {
			t.Errorf("%s: %v (%+v)", name, err, f)
		}
		if err != nil && strings.Contains(err.Error(), "@") {
			t.Errorf("%s: the error repeats an address: %v", name, err)
		}
	}
	for code, kind := range map[int]mail.Kind{421: mail.Temporary, 451: mail.Temporary, 552: mail.Permanent, 554: mail.Permanent} {
		server.Answer(func(int, mailtest.Letter) error { return mailtest.Refusal(code) })
		expect("the message", kind, code, letter(), s)
	}
	server.Answer(nil)
	nobody := letter()
	nobody.To = "nobody@example.org"
	expect("a recipient who does not exist", mail.Permanent, 550, nobody, s)

	wrong := server.Settings()
	wrong.PasswordPath = filepath.Join(t.TempDir(), "password")
	put(t, wrong.PasswordPath, "another one")
	expect("a wrong password", mail.Unavailable, 535, letter(), sender(t, wrong))

	stranger := server.Settings()
	stranger.RootPath = mailtest.StartTLS(t).Settings().RootPath
	expect("a certificate of another authority", mail.Unavailable, 0, letter(), sender(t, stranger))

	open := mailtest.Plain(t).Settings()
	open.PlainOnLoopback, open.RootPath = false, server.Settings().RootPath
	expect("a server without STARTTLS", mail.Unavailable, 0, letter(), sender(t, open))

	server.Stop()
	expect("a server that is down", mail.Unavailable, 0, letter(), s)
}

func as(err error, f **mail.Failure) bool {
	found, ok := err.(*mail.Failure) //nolint:errorlint // the package answers it as it is
	*f = found
	return ok
}

// After a message that was refused the session takes the next one.
func TestASessionOutlastsARefusedMessage(t *testing.T) {
	server := mailtest.Implicit(t)
	server.Answer(func(n int, _ mailtest.Letter) error {
		if n == 1 {
			return mailtest.Refusal(451)
		}
		return nil
	})
	session, err := sender(t, server.Settings()).Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := session.Send(t.Context(), letter()); mail.KindOf(err) != mail.Temporary || err == nil {
		t.Errorf("the first: %v", err)
	}
	if err := session.Send(t.Context(), letter()); err != nil {
		t.Errorf("the second: %v", err)
	}
	if err := session.Close(); err != nil {
		t.Error(err)
	}
}

// A server that takes the message and then says nothing holds nobody for longer than the time-out, or the caller's patience.
func TestAServerThatHangsHoldsNobody(t *testing.T) {
	server := mailtest.Plain(t)
	release := make(chan struct{})
	t.Cleanup(func() { close(release) })
	server.Answer(func(int, mailtest.Letter) error { <-release; return mailtest.Refusal(451) })
	settings := server.Settings()
	settings.TimeoutSeconds = 1
	begun := time.Now()
	if err := sender(t, settings).Send(t.Context(), letter()); mail.KindOf(err) != mail.Temporary || err == nil {
		t.Errorf("it is not known whether the server took it, and yet: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	settings.TimeoutSeconds = 60
	if err := sender(t, settings).Send(ctx, letter()); err == nil {
		t.Error("there was no answer, and yet no error")
	}
	if took := time.Since(begun); took > 8*time.Second {
		t.Errorf("it took %s", took)
	}
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close() //nolint:errcheck // it took nothing
	settings.Address, settings.TimeoutSeconds = silent.Addr().String(), 1
	if err := sender(t, settings).Send(t.Context(), letter()); mail.KindOf(err) != mail.Unavailable {
		t.Errorf("a server that never greets: %v", err)
	}
}

// Settings with which nothing could be sent, or which would send in the clear, are refused at the start and say what to mend.
func TestSettingsAreRefusedAtTheStart(t *testing.T) {
	good := mailtest.StartTLS(t).Settings()
	if err := good.Check(); err != nil {
		t.Fatal(err)
	}
	empty := filepath.Join(t.TempDir(), "empty")
	put(t, empty, "\n")
	for want, change := range map[string]func(*mail.Settings){
		"smtp.address":           func(s *mail.Settings) { s.Address = "mail.example" },
		"smtp.from":              func(s *mail.Settings) { s.From = "Harbor" },
		"smtp.security":          func(s *mail.Settings) { s.Security = "none" },
		"smtp.plain_on_loopback": func(s *mail.Settings) { s.PlainOnLoopback, s.Address = true, "mail.example:25" },
		"smtp.root_path":         func(s *mail.Settings) { s.RootPath = empty },
		"smtp.password_path":     func(s *mail.Settings) { s.PasswordPath = empty },
		"go together":            func(s *mail.Settings) { s.Username = "" },
		"smtp.timeout_seconds":   func(s *mail.Settings) { s.TimeoutSeconds = -1 },
	} {
		s := good
		change(&s)
		if err := s.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
