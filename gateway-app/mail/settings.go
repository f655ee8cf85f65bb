package mail

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	netmail "net/mail"
	"os"
	"strconv"
	"strings"
	"time"
)

// Security says how a connection is protected.
type Security string

// The ways.
const (
	StartTLS Security = "starttls" // a plain connection that becomes TLS before anything is said (port 587)
	Implicit Security = "tls"      // TLS from the first byte (RFC 8314, port 465)
)

// Settings say which server takes messages, and as whom. Paths are complete.
type Settings struct {
	Address         string   `json:"address"`                     // host:port
	Security        Security `json:"security,omitempty"`          // starttls, which is meant by nothing, or tls
	From            string   `json:"from"`                        // Harbor <no-reply@harbor.example>
	Username        string   `json:"username,omitempty"`          // none: the server knows this machine
	PasswordPath    string   `json:"password_path,omitempty"`     // a file that holds the password
	RootPath        string   `json:"root_path,omitempty"`         // issues the server's certificate; the system's authorities where nothing is said
	PlainOnLoopback bool     `json:"plain_on_loopback,omitempty"` // no TLS to a server on this machine, for tests
	TimeoutSeconds  int      `json:"timeout_seconds,omitempty"`   // of dialling, and of a message; 30 where nothing is said
}

const usualTimeout = 30 * time.Second

// Check names the first setting with which nothing can be sent.
func (s Settings) Check() error {
	_, err := s.resolve()
	return err
}

// resolved are settings that were read and understood.
type resolved struct {
	host     string
	port     int
	tls      *tls.Config // none: plain, to this machine only
	implicit bool
	from     netmail.Address
	domain   string // of the sender: that of Message-IDs
	username string
	password string
	timeout  time.Duration
}

func (s Settings) resolve() (resolved, error) {
	host, portText, err := net.SplitHostPort(s.Address)
	port, portErr := strconv.Atoi(portText)
	if err != nil || portErr != nil || host == "" || port < 1 || port > 65535 {
		return resolved{}, fmt.Errorf("smtp.address %q: write host:port, such as mail.example:587", s.Address)
	}
	from, err := netmail.ParseAddress(s.From)
	if err != nil || !deliverable(from.Address) || control(from.Name) {
		return resolved{}, fmt.Errorf("smtp.from %q: write an address, such as Harbor <no-reply@harbor.example>", s.From)
	}
	r := resolved{host: host, port: port, implicit: s.Security == Implicit, from: *from, username: s.Username, timeout: usualTimeout}
	r.domain = from.Address[strings.LastIndexByte(from.Address, '@')+1:]
	if s.TimeoutSeconds < 0 {
		return resolved{}, errors.New("smtp.timeout_seconds is negative: write seconds, or leave it out for 30")
	}
	if s.TimeoutSeconds > 0 {
		r.timeout = time.Duration(s.TimeoutSeconds) * time.Second
	}
	if s.Security != "" && s.Security != StartTLS && s.Security != Implicit {
		return resolved{}, fmt.Errorf("smtp.security %q: write %s or %s", s.Security, StartTLS, Implicit)
	}
	if r.tls, err = s.trust(host); err != nil {
		return resolved{}, err
	}
	r.password, err = s.password()
	return r, err
}

// trust is how the server's certificate is checked; none for a server on this machine that may go without.
func (s Settings) trust(host string) (*tls.Config, error) {
	if s.PlainOnLoopback {
		if !onLoopback(host) {
			return nil, fmt.Errorf("smtp.plain_on_loopback: %s is not this machine: leave it out, or name 127.0.0.1", host)
		}
		return nil, nil //nolint:nilnil // going without is the setting, and no error
	}
	config := &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	if s.RootPath == "" {
		return config, nil
	}
	text, err := os.ReadFile(s.RootPath)
	if err != nil {
		return nil, fmt.Errorf("smtp.root_path: %w: name the file of the authority that issues the server's certificate", err)
	}
	config.RootCAs = x509.NewCertPool()
	if !config.RootCAs.AppendCertsFromPEM(text) {
		return nil, errors.New("smtp.root_path: the file holds no certificate: put one in PEM into it")
	}
	return config, nil
}

func (s Settings) password() (string, error) {
	switch {
	case s.PasswordPath == "" && s.Username == "":
		return "", nil
	case s.PasswordPath == "" || s.Username == "":
		return "", errors.New("smtp.username and smtp.password_path go together: write both, or neither")
	}
	text, err := os.ReadFile(s.PasswordPath)
	if err != nil {
		return "", fmt.Errorf("smtp.password_path: %w: name the file that holds the password", err)
	}
	password := strings.TrimRight(string(text), "\r\n")
	if password == "" || control(password) {
		return "", errors.New("smtp.password_path: the file holds no password, or more than a line: put one line into it")
	}
	return password, nil
}

// onLoopback reports whether a host's name can only mean this machine; what is dialled is checked besides.
func onLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
