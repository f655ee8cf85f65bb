package webhook

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// letter is a delivery that is due.
type letter struct {
	sequence int64
	subject  string
	body     string
	attempts int
	since    time.Time
}

// verdict is what came of an attempt. An answer has a status, and one that was no success a reason.
type verdict struct {
	letter
	url     string
	answer  int
	reason  Reason
	wait    time.Duration // what the receiver asked for
	dropped bool          // ended by this process, not by the receiver: it counts for nothing
}

// send posts a letter once.
func (w *Webhooks) send(ctx context.Context, r row, signers []*standardwebhooks.Webhook, l letter) verdict {
	attempt, cancel := context.WithTimeout(ctx, w.settings.Timeout)
	defer cancel()
	v := verdict{letter: l, url: r.URL}
	request, err := w.request(attempt, r, signers, l)
	if err != nil {
		v.reason = ReasonUnreachable
		return v
	}
	if !w.settings.names(request.URL.Hostname()) { // the settings have changed since
		v.reason = reasonOf(errAddressRefused)
		return v
	}
	client := w.secure
	if request.URL.Scheme == "http" {
		client = w.plain
	}
	response, err := client.Do(request)
	if err != nil {
		v.dropped = ctx.Err() != nil
		v.reason = reasonOf(err)
		return v
	}
	_ = response.Body.Close() // nothing of it is read
	v.answer = response.StatusCode
	switch status := response.StatusCode; {
	case status >= 200 && status < 300:
	case status == http.StatusGone:
		v.reason = ReasonGone
	case status >= 300 && status < 400:
		v.reason = ReasonRedirect
	default:
		v.reason = ReasonStatus
		v.wait = asksFor(response.Header.Get("Retry-After"))
	}
	return v
}

func (w *Webhooks) request(ctx context.Context, r row, signers []*standardwebhooks.Webhook, l letter) (*http.Request, error) {
	id, at := webhookID(r.ID, l.sequence), w.now()
	signed, err := signature(signers, id, at, l.body)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, r.URL, strings.NewReader(l.body))
	if err != nil {
		return nil, err
	}
	request.GetBody = nil // the transport must not send it again by itself
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "tallystick-webhooks/1")
	request.Header.Set(standardwebhooks.HeaderWebhookID, id)
	request.Header.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(at.Unix(), 10))
	request.Header.Set(standardwebhooks.HeaderWebhookSignature, signed)
	return request, nil
}

// reasonOf names a failure without its text, which the receiver may have had a part in.
func reasonOf(err error) Reason {
	var timeout *url.Error
	var certificate *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	switch {
	case errors.Is(err, errAddressRefused):
		return ReasonAddressRefused
	case errors.As(err, &certificate), errors.As(err, &record):
		return ReasonTLS
	case errors.As(err, &timeout) && timeout.Timeout():
		return ReasonTimeout
	}
	return ReasonUnreachable
}

// asksFor reads a Retry-After in seconds, within bounds.
func asksFor(text string) time.Duration {
	seconds, err := strconv.Atoi(text)
	if err != nil || seconds < 0 {
		return 0
	}
	return min(time.Duration(min(seconds, 86_400))*time.Second, longestAsked)
}
