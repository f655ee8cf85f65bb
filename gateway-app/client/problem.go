package client

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/tallystick/tallystick/core/fault"
)

// Problem is a refusal as the API writes it (RFC 9457).
type Problem struct {
	Type      string    `json:"type"`
	Title     string    `json:"title"`
	Status    int       `json:"status"`
	Detail    string    `json:"detail"`
	Code      string    `json:"code"`
	Field     string    `json:"field,omitempty"`
	Item      int       `json:"item,omitempty"` // position in the batch, from 1
	RequestID string    `json:"request_id"`
	Errors    []Finding `json:"errors,omitempty"`
	Refused   []Refusal `json:"refused,omitempty"`

	// Location is where to go on, where the problem names a place: an approval to be given.
	Location   string `json:"-"`
	retryAfter time.Duration
}

// Finding is one fault of the input.
type Finding struct {
	Code   string `json:"code"`
	Field  string `json:"field"`
	Item   int    `json:"item,omitempty"`
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`
	Detail string `json:"detail"`
}

// Refusal says why one item of a batch was not applied.
type Refusal struct {
	Item   int    `json:"item,omitempty"`
	Code   string `json:"code"`
	Field  string `json:"field,omitempty"`
	Remedy string `json:"remedy"`
}

// Fault is the refusal in core's form.
func (r Refusal) Fault() *fault.Fault {
	return &fault.Fault{Code: fault.Code(r.Code), Field: r.Field, Item: r.Item}
}

// Error states the code, what it speaks of, the remedy, and how to find it in the app's log.
func (p *Problem) Error() string {
	about := ""
	if p.Field != "" {
		about = " (" + p.Field + ")"
	}
	return fmt.Sprintf("%s%s: %s [status %d, request %s]", p.Code, about, p.Detail, p.Status, p.RequestID)
}

// Unwrap is the refusal in core's form, where core has its code.
func (p *Problem) Unwrap() error {
	if !fault.Code(p.Code).Known() {
		return nil
	}
	return &fault.Fault{Code: fault.Code(p.Code), Field: p.Field, Item: p.Item}
}

// waits are refusals of what is only not possible yet.
var waits = []string{"idempotency_key_in_flight", "rate_limited"}

// passing reports whether the same request may be answered otherwise in a while.
func (p *Problem) passing() bool {
	return p.Status >= http.StatusInternalServerError || p.Status == http.StatusTooManyRequests || slices.Contains(waits, p.Code)
}

// problemOf reads a refusal. What is none, from whatever stands in between, is made one.
func problemOf(response *http.Response, body []byte) *Problem {
	var p Problem
	if json.Unmarshal(body, &p) != nil || p.Code == "" {
		p = Problem{
			Status: response.StatusCode, Code: "no_problem", Title: http.StatusText(response.StatusCode),
			Detail: "the answer came from something that is no gateway app: check the address",
		}
	}
	p.Status, p.Location, p.retryAfter = response.StatusCode, response.Header.Get("Location"), secondsOf(response.Header)
	return &p
}

// Unfinished reports whether the app died half way through a request that it does not do twice, so that nobody knows
// whether it took effect. Who can see that goes on with a new key.
func Unfinished(err error) bool {
	var problem *Problem
	return errors.As(err, &problem) && problem.Code == "idempotency_key_unfinished"
}
