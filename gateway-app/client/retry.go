package client

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"
)

const (
	firstPause   = 50 * time.Millisecond
	longestPause = 2 * time.Second
	// mostDefects is how often a request is sent again that the app calls its own defect: a restart may
	// look like one, and a true one must not be asked about for ever.
	mostDefects = 8
)

// reply is a whole answer with a status of success.
type reply struct {
	status int
	header http.Header
	body   []byte
	path   string
}

// persist sends a request until it is answered or ctx ends: again after a broken connection, while the
// app is away or overloaded, and while the first try under the same key is still being served.
func (c *Client) persist(ctx context.Context, r request) (reply, error) {
	var last error
	for try, defects := 0, 0; ; try++ {
		answer, err := c.attempt(ctx, r)
		if err == nil {
			return answer, nil
		}
		var p *Problem
		isProblem := errors.As(err, &p)
		if isProblem && p.Status == http.StatusInternalServerError {
			defects++
		}
		if hopeless(err) || isProblem && !p.passing() || defects > mostDefects {
			return reply{}, err
		}
		if ctx.Err() == nil {
			last = err
		}
		var pause time.Duration
		if isProblem {
			pause = p.retryAfter
		}
		if err := rest(ctx, try, pause); err != nil {
			return reply{}, fmt.Errorf("%s %s: %w: the last try: %w", r.method, r.path, err, orThis(last, err))
		}
	}
}

func orThis(last, otherwise error) error {
	if last != nil {
		return last
	}
	return otherwise
}

// attempt sends a request once and reads the answer whole.
func (c *Client) attempt(ctx context.Context, r request) (reply, error) {
	ctx, cancel := context.WithTimeout(ctx, c.try)
	defer cancel()
	response, err := c.once(ctx, r) //nolint:bodyclose // read closes it
	if err != nil {
		return reply{}, err
	}
	body, err := read(response)
	if err != nil {
		return reply{}, fmt.Errorf("%s %s: read the answer: %w", r.method, r.path, err)
	}
	if response.StatusCode >= http.StatusMultipleChoices {
		return reply{}, problemOf(response, body)
	}
	return reply{status: response.StatusCode, header: response.Header, body: body, path: r.path}, nil
}

// hopeless reports an error that another try cannot mend.
func hopeless(err error) bool {
	var unverified *tls.CertificateVerificationError
	var unknown x509.UnknownAuthorityError
	var named x509.HostnameError
	return errors.As(err, &unverified) || errors.As(err, &unknown) || errors.As(err, &named) || errors.Is(err, errTooLong)
}

// rest waits before the next try: as long as the app asked for, or a growing while with some chance in it.
func rest(ctx context.Context, try int, asked time.Duration) error {
	pause := min(firstPause<<min(try, 10), longestPause)
	pause = pause/2 + rand.N(pause/2+1)
	if asked > 0 {
		pause = asked
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(pause):
		return nil
	}
}

// secondsOf reads a Retry-After in seconds; anything else asks for nothing.
func secondsOf(header http.Header) time.Duration {
	seconds, err := strconv.Atoi(header.Get("Retry-After"))
	if err != nil || seconds < 0 {
		return 0
	}
	return min(time.Duration(seconds)*time.Second, time.Minute)
}
