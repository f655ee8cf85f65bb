package credit

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/tallystick/tallystick/gateway-app/pseudonym"
)

// ErrNoRecord is a bureau's word that it knows nothing of a person.
var ErrNoRecord = errors.New("the bureau has no record")

// Subject is whom a bureau is asked about, and under which consent.
type Subject struct {
	Number  pseudonym.Number
	Consent string // the consent's reference: the party's handle and the consent's place
}

// Bureau is a licensed credit bureau. Report answers within its context's deadline, or fails; ErrNoRecord is
// an answer too.
type Bureau interface {
	Name() string
	Report(ctx context.Context, s Subject) (Bands, error)
}

// LocalBureau is a bureau for networks that have none: it makes up the same bands for the same person every
// time. What it says is true of nobody.
type LocalBureau struct {
	name   string
	secret []byte
}

// NewLocalBureau names a bureau that makes its answers from a secret.
func NewLocalBureau(name string, secret []byte) *LocalBureau { return &LocalBureau{name, secret} }

// Name is how reports name the bureau.
func (b *LocalBureau) Name() string { return b.name }

// Report answers bands that follow from the secret and the number; one person in sixteen has no record.
func (b *LocalBureau) Report(ctx context.Context, s Subject) (Bands, error) {
	if err := ctx.Err(); err != nil {
		return Bands{}, err
	}
	mac := hmac.New(sha256.New, b.secret)
	mac.Write([]byte(s.Number.Reveal()))
	sum := mac.Sum(nil)
	pick := func(i int, names []Band) Band {
		return names[binary.BigEndian.Uint32(sum[4*i:])%uint32(len(names))]
	}
	if sum[31]%16 == 0 {
		return Bands{}, ErrNoRecord
	}
	sums := known(amounts, aboveAmounts)
	return Bands{
		Exposure: pick(0, sums), Arrears: pick(1, sums),
		Delinquency: pick(2, known(delays, aboveDelays, writtenOff)), Enquiries: pick(3, known(counts, aboveCounts)),
	}, nil
}

// RemoteBureau is a bureau over HTTP: it is sent a person's number and the reference of the consent, and
// answers bands.
type RemoteBureau struct {
	name    string
	address *url.URL
	token   string
	client  *http.Client
}

// NewRemoteBureau names a bureau by its address and the member's key there. The client carries the
// certificates.
func NewRemoteBureau(name, address, token string, client *http.Client) (*RemoteBureau, error) {
	parsed, err := url.Parse(address)
	if err != nil || parsed.Host == "" || parsed.Scheme != "https" && parsed.Scheme != "http" {
		return nil, fmt.Errorf("reach the bureau %s at %q: name it by a URL such as https://host/reports", name, address)
	}
	return &RemoteBureau{name, parsed, token, client}, nil
}

// Name is how reports name the bureau.
func (b *RemoteBureau) Name() string { return b.name }

// longestReport bounds what is read of a bureau's answer.
const longestReport = 64 << 10

// Report asks the bureau. Its answer counts only if every band is one that this package knows. Errors never
// hold what was sent.
func (b *RemoteBureau) Report(ctx context.Context, s Subject) (Bands, error) {
	body, err := json.Marshal(map[string]string{"number": s.Number.Reveal(), "kind": string(s.Number.Kind()), "consent": s.Consent})
	if err != nil {
		return Bands{}, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, b.address.String(), bytes.NewReader(body))
	if err != nil {
		return Bands{}, fmt.Errorf("ask the bureau %s: %w", b.name, err)
	}
	request.Header.Set("Content-Type", "application/json")
	if b.token != "" {
		request.Header.Set("Authorization", "Bearer "+b.token)
	}
	answer, err := b.client.Do(request)
	if err != nil {
		return Bands{}, fmt.Errorf("ask the bureau %s: %w", b.name, err)
	}
	defer answer.Body.Close()
	switch {
	case answer.StatusCode == http.StatusNotFound:
		return Bands{}, ErrNoRecord
	case answer.StatusCode != http.StatusOK:
		return Bands{}, fmt.Errorf("ask the bureau %s: status %d", b.name, answer.StatusCode)
	}
	var bands Bands
	if err := json.NewDecoder(io.LimitReader(answer.Body, longestReport)).Decode(&bands); err != nil {
		return Bands{}, fmt.Errorf("ask the bureau %s: read its answer: %w", b.name, err)
	}
	if !bands.valid() {
		return Bands{}, fmt.Errorf("ask the bureau %s: its answer has a band that is none", b.name)
	}
	return bands, nil
}
