package mail

import (
	"crypto/sha256"
	"encoding/hex"
	netmail "net/mail"
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	gomail "github.com/wneessen/go-mail"
)

// Message is a text to one recipient, and the same as HTML for whoever prefers it.
type Message struct {
	Key         string // names the message among the member's: equal keys are one message
	To          string // an address without a name
	Subject     string
	Language    string // of the texts, as en or zh
	Text        string
	HTML        string // optional
	Unsubscribe string // https URL that ends such messages by one POST (RFC 8058); optional
	At          time.Time
}

const (
	longestSubject = 200     // characters
	longestBody    = 1 << 20 // bytes
)

// MessageID is the Message-ID of a key at a sender's domain, without its brackets.
func messageID(key, domain string) string {
	sum := sha256.Sum256([]byte("tallystick mail\x00" + key))
	return hex.EncodeToString(sum[:16]) + "@" + domain
}

// check refuses what could become other headers than those that are meant.
func (m Message) check() error {
	switch {
	case m.Key == "":
		return unsendable("it has no key")
	case !deliverable(m.To):
		return unsendable("the recipient's address is none that can be written in a header")
	case m.Subject == "" || control(m.Subject) || utf8.RuneCountInString(m.Subject) > longestSubject:
		return unsendable("the subject is empty, too long or not one line")
	case control(m.Language):
		return unsendable("the language is none")
	case m.Text == "" || len(m.Text)+len(m.HTML) > longestBody || !utf8.ValidString(m.Text) || !utf8.ValidString(m.HTML):
		return unsendable("the text is empty, too long or not in UTF-8")
	case m.Unsubscribe != "" && !plainURL(m.Unsubscribe):
		return unsendable("the address that ends such messages is no https URL")
	}
	return nil
}

// deliverable reports whether a text is one address and nothing else, in ASCII.
func deliverable(address string) bool {
	parsed, err := netmail.ParseAddress(address)
	if err != nil || parsed.Name != "" || parsed.Address != address || control(address) {
		return false
	}
	return !strings.ContainsFunc(address, func(r rune) bool { return r > unicode.MaxASCII || r == ' ' })
}

// control reports whether a text has a line end or another character that no header may have.
func control(text string) bool {
	return !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool {
		return unicode.IsControl(r) || r == '\u2028' || r == '\u2029'
	})
}

func plainURL(text string) bool {
	parsed, err := url.Parse(text)
	return err == nil && parsed.Scheme == "https" && parsed.Host != "" && parsed.User == nil &&
		!control(text) && !strings.ContainsAny(text, "<> ,") && len(text) <= 900
}

// write makes the message in the form in which it is sent.
func (m Message) write(from netmail.Address, domain string) (*gomail.Msg, error) {
	if err := m.check(); err != nil {
		return nil, err
	}
	letter := gomail.NewMsg(gomail.WithCharset(gomail.CharsetUTF8), gomail.WithEncoding(gomail.EncodingB64), gomail.WithNoDefaultUserAgent())
	letter.FromMailAddress(&from)
	if err := letter.To(m.To); err != nil {
		return nil, unsendable("the recipient's address is none that can be written in a header")
	}
	letter.Subject(m.Subject)
	letter.SetMessageIDWithValue(messageID(m.Key, domain))
	letter.SetDateWithValue(m.At)
	letter.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: nobody's absence answers it
	if m.Language != "" {
		letter.SetGenHeader(gomail.HeaderContentLang, m.Language)
	}
	if m.Unsubscribe != "" {
		letter.SetGenHeaderPreformatted(gomail.HeaderListUnsubscribe, "<"+m.Unsubscribe+">")
		letter.SetGenHeader(gomail.HeaderListUnsubscribePost, "List-Unsubscribe=One-Click")
	}
	letter.SetBodyString(gomail.TypeTextPlain, m.Text)
	if m.HTML != "" {
		letter.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	}
	return letter, nil
}
