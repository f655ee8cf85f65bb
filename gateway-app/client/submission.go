package client

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
)

// Submission is a version of what a platform states, and what the regulator says of it.
type Submission struct {
	Platform string  `json:"platform"`
	Kind     string  `json:"kind"`   // disclosure or loan_book
	Period   string  `json:"period"` // a month or a day
	Version  int64   `json:"version"`
	Digest   string  `json:"digest"`
	Former   string  `json:"former,omitempty"`
	Reason   string  `json:"reason,omitempty"`
	State    string  `json:"state"`            // stated, received, acknowledged, rejected or superseded
	Judged   string  `json:"judged,omitempty"` // acknowledged or rejected, also once it is superseded
	Verdict  Verdict `json:"verdict"`
}

// Verdict is what the regulator found, and by which rules.
type Verdict struct {
	Pack     string              `json:"pack,omitempty"`
	Compared int64               `json:"compared"`
	Found    int64               `json:"found"`
	Findings []SubmissionFinding `json:"findings,omitempty"`
}

// SubmissionFinding is one reason why a statement was rejected.
type SubmissionFinding struct {
	Rule      string `json:"rule"`
	Version   int    `json:"version,omitempty"`
	Indicator string `json:"indicator,omitempty"`
	Line      int64  `json:"line,omitempty"`
	Loan      string `json:"loan,omitempty"`
	Field     string `json:"field,omitempty"`
	Stated    string `json:"stated,omitempty"`
	Computed  string `json:"computed,omitempty"`
}

// PublishDisclosure has a platform's app compute the disclosure of a period, publish it and hand it in. The reason is
// needed where a version that says something else was published before.
func (c *Client) PublishDisclosure(ctx context.Context, period, reason string) (Submission, error) {
	return Send[Submission](ctx, c, http.MethodPost, "/v1/disclosures", struct {
		Period string `json:"period"`
		Reason string `json:"reason,omitempty"`
	}{period, reason})
}

// packedFrom is the length from which a statement is sent packed.
const packedFrom = 64 << 10

// HandIn hands in what the platform's own systems say of a period, as the very bytes that they wrote; a long text goes
// packed.
func (c *Client) HandIn(ctx context.Context, kind, period, reason, mediaType string, content []byte) (Submission, error) {
	query := url.Values{"kind": {kind}, "period": {period}}
	if reason != "" {
		query.Set("reason", reason)
	}
	header := http.Header{"Content-Type": {mediaType}}
	if len(content) > packedFrom {
		var packed bytes.Buffer
		zipped := gzip.NewWriter(&packed)
		_, err := zipped.Write(content)
		if err = errors.Join(err, zipped.Close()); err != nil {
			return Submission{}, fmt.Errorf("pack a statement of %s: %w", period, err)
		}
		content = packed.Bytes()
		header.Set("Content-Encoding", "gzip")
	}
	return decoded[Submission](c.persist(ctx, request{
		method: http.MethodPost, path: "/v1/submissions?" + query.Encode(), body: content, key: NewKey(), extra: header,
	}))
}

// Again reads what has become of a statement since.
func (c *Client) Again(ctx context.Context, s Submission) (Submission, error) {
	path := "/v1/submissions/" + s.Platform + "/" + s.Kind + "/" + s.Period + "/" + strconv.FormatInt(s.Version, 10)
	return Get[Submission](ctx, c, path, nil)
}

// StatedText reads the very bytes that were stated.
func (c *Client) StatedText(ctx context.Context, s Submission) ([]byte, error) {
	return c.File(ctx, "/v1/submissions/"+s.Platform+"/"+s.Kind+"/"+s.Period+"/"+strconv.FormatInt(s.Version, 10)+"/content")
}

// DisclosureReport reads, as a report in JSON, what a member's own read model gives of a platform for a period.
func (c *Client) DisclosureReport(ctx context.Context, platform, period string) ([]byte, error) {
	query := url.Values{"platform": {platform}, "period": {period}, "format": {"json"}}
	return c.File(ctx, "/v1/reports/disclosure?"+query.Encode())
}
