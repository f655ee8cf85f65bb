package client

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

// Settings say where a gateway app is and who calls.
type Settings struct {
	URL             string // "https://127.0.0.1:8443"
	ServerName      string // the name in its certificate, where the URL has another
	CAPath          string // PEM: who issues its certificate; none: the system's authorities
	Token           string // a session's token or an API key
	CertificatePath string // PEM: a client certificate, with KeyPath
	KeyPath         string
	Try             time.Duration // how long one try may take; 90 s when not set
}

// Client is one caller at one gateway app. It is safe for use by many goroutines.
type Client struct {
	base  string
	token string
	http  *http.Client
	try   time.Duration
}

// usualTry is longer than the app waits for a command, so that a try ends with an answer.
const usualTry = 90 * time.Second

// New prepares a client. It connects when it is first used.
func New(s Settings) (*Client, error) {
	base, err := url.Parse(s.URL)
	if err != nil || base.Scheme != "https" && base.Scheme != "http" || base.Host == "" {
		return nil, fmt.Errorf("prepare a client: %q is no address: give one like https://host:port", s.URL)
	}
	config, err := s.tls()
	if err != nil {
		return nil, fmt.Errorf("prepare a client of %s: %w", s.URL, err)
	}
	if s.Try == 0 {
		s.Try = usualTry
	}
	transport := http.DefaultTransport.(*http.Transport).Clone() // the standard library's own is one
	transport.TLSClientConfig = config
	transport.MaxIdleConnsPerHost = 64
	return &Client{base: strings.TrimSuffix(s.URL, "/"), token: s.Token, http: &http.Client{Transport: transport}, try: s.Try}, nil
}

func (s Settings) tls() (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS13, ServerName: s.ServerName}
	if s.CAPath != "" {
		text, err := os.ReadFile(s.CAPath)
		if err != nil {
			return nil, fmt.Errorf("read the authority's certificate: %w", err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("read the authority's certificate: %s holds none in PEM", s.CAPath)
		}
	}
	if s.CertificatePath != "" {
		pair, err := tls.LoadX509KeyPair(s.CertificatePath, s.KeyPath)
		if err != nil {
			return nil, fmt.Errorf("read the client certificate: %w", err)
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return config, nil
}

// As is the same app for another caller: a session's token or an API key.
func (c *Client) As(token string) *Client {
	other := *c
	other.token = token
	return &other
}

// SignIn signs somebody in and answers the client that calls as them. The one-time code may be empty.
func (c *Client) SignIn(ctx context.Context, name, password, code string) (*Client, error) {
	asked := struct {
		Name     string `json:"name"`
		Password string `json:"password"`
		Code     string `json:"code,omitempty"`
	}{name, password, code}
	given, err := Send[struct {
		Token string `json:"token"`
	}](ctx, c.As(""), http.MethodPost, "/v1/sessions", asked)
	if err != nil {
		return nil, fmt.Errorf("sign in: %w", err)
	}
	return c.As(given.Token), nil
}

// triesOfFirst is how often a first sign-in begins anew with an app that dies again and again.
const triesOfFirst = 10

// SignInFirst signs somebody in whose password somebody else made: it is changed to their own before, as the app
// demands. It goes on where an earlier try was cut off half way. An app that died while it changed the password cannot
// tell whether it did: whichever of the two signs them in shows it.
func (c *Client) SignInFirst(ctx context.Context, name, given, own string) (*Client, error) {
	var err error
	for range triesOfFirst {
		switch err = c.changeFirst(ctx, name, given, own); {
		case Unfinished(err):
			continue
		case err == nil:
			return c.SignIn(ctx, name, own, "")
		}
		signedIn, refused := c.SignIn(ctx, name, own, "")
		if refused != nil {
			return nil, errors.Join(err, refused)
		}
		return signedIn, nil
	}
	return nil, err
}

// changeFirst signs somebody in with the password that they were given, to make it their own.
func (c *Client) changeFirst(ctx context.Context, name, given, own string) error {
	first, err := c.SignIn(ctx, name, given, "")
	if err != nil {
		return err
	}
	_, err = Send[struct{}](ctx, first, http.MethodPost, "/v1/password", map[string]string{"former": given, "password": own})
	return err
}

// request is one thing to ask, in a form that can be sent again.
type request struct {
	method string
	path   string // with the query
	body   []byte
	key    string
	accept string
	extra  http.Header
}

// NewKey makes an Idempotency-Key.
func NewKey() string {
	var raw [16]byte
	_, _ = rand.Read(raw[:]) // never fails: it ends the process instead
	return hex.EncodeToString(raw[:])
}

// once sends a request one time. Its response is to be closed.
func (c *Client) once(ctx context.Context, r request) (*http.Response, error) {
	outgoing, err := http.NewRequestWithContext(ctx, r.method, c.base+r.path, bytes.NewReader(r.body))
	if err != nil {
		return nil, err
	}
	for name, values := range r.extra {
		outgoing.Header[name] = values
	}
	if c.token != "" {
		outgoing.Header.Set("Authorization", "Bearer "+c.token)
	}
	if r.accept != "" {
		outgoing.Header.Set("Accept", r.accept)
	}
	if r.body != nil && outgoing.Header.Get("Content-Type") == "" {
		outgoing.Header.Set("Content-Type", "application/json")
	}
	if r.key != "" {
		outgoing.Header.Set("Idempotency-Key", r.key)
	}
	return c.http.Do(outgoing)
}

// Get reads one resource.
func Get[T any](ctx context.Context, c *Client, path string, query url.Values) (T, error) {
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	return decoded[T](c.persist(ctx, request{method: http.MethodGet, path: path}))
}

// File reads one resource as the very bytes that it is, of which somebody may know the digest.
func (c *Client) File(ctx context.Context, path string) ([]byte, error) {
	response, err := c.persist(ctx, request{method: http.MethodGet, path: path})
	return response.body, err
}

// Send writes: it posts, puts or deletes under a key of its own. A nil body sends none.
func Send[T any](ctx context.Context, c *Client, method, path string, body any) (T, error) {
	return SendAs[T](ctx, c, method, path, NewKey(), body)
}

// SendAs writes under a key that the caller keeps, so that it can ask again after a crash of its own.
func SendAs[T any](ctx context.Context, c *Client, method, path, key string, body any) (T, error) {
	r := request{method: method, path: path, key: key}
	if body != nil {
		var err error
		if r.body, err = json.Marshal(body); err != nil {
			var none T
			return none, fmt.Errorf("write the body of %s %s: %w", method, path, err)
		}
	}
	return decoded[T](c.persist(ctx, r))
}

// longestAnswer bounds an answer that is read whole.
const longestAnswer = 64 << 20

func decoded[T any](response reply, err error) (T, error) {
	var value T
	if err != nil {
		return value, err
	}
	if len(response.body) == 0 {
		return value, nil
	}
	if err := json.Unmarshal(response.body, &value); err != nil {
		return value, fmt.Errorf("read the answer of %s: %w", response.path, err)
	}
	return value, nil
}

// read takes a response whole.
func read(response *http.Response) (body []byte, err error) {
	defer func() { err = errors.Join(err, response.Body.Close()) }()
	body, err = io.ReadAll(io.LimitReader(response.Body, longestAnswer+1))
	if err == nil && len(body) > longestAnswer {
		err = errTooLong
	}
	return body, err
}

var errTooLong = errors.New("the answer is longer than any answer: is this a gateway app")
