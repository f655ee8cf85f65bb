package kyc

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/gateway-app/vault"
)

// Subject is whom a provider is asked about.
type Subject struct {
	Kind           party.Kind `json:"kind"` // a natural person has a resident's number, others have a credit code
	Name           string     `json:"name"`
	IdentityNumber string     `json:"identity_number"`
	Phone          string     `json:"phone,omitempty"`
}

// Provider checks whether name and number belong together. The reference is the caller's: asked twice
// with the same one, a provider may answer as before. An error means that nothing was found out, and that
// it may be asked again.
type Provider interface {
	Check(ctx context.Context, reference string, who Subject) (Report, error)
}

// ErrNoAnswer is a provider that cannot be reached, or answers what cannot be used.
var ErrNoAnswer = fmt.Errorf("the provider of identity checks gives no answer: %w", fault.New(fault.Unavailable))

// Local checks what can be checked without anybody's records: the number's form, check character,
// province and date of birth (GB 11643), or an organisation's credit code (GB 32100), and the phone's form. It answers
// the same for the same input.
type Local struct {
	Today func() calendar.Date
}

var phoneForm = regexp.MustCompile(`^1[3-9]\d{9}$`)

// oldestYears is an age beyond which a date of birth is taken for a slip.
const oldestYears = 130

// Check never fails: it needs nobody.
func (l Local) Check(_ context.Context, reference string, who Subject) (Report, error) {
	r := Report{Provider: "local", Reference: reference, Outcome: Match}
	refuse := func(reason string) {
		r.Outcome, r.Reasons = Mismatch, append(r.Reasons, reason)
	}
	if who.Name == "" {
		refuse("name_missing")
	}
	if reason := who.wrongNumber(l.Today()); reason != "" {
		refuse(reason)
	}
	if phone := vault.Phone.Normal(who.Phone); phone != "" && !phoneForm.MatchString(phone) {
		refuse("phone_form")
	}
	return r, nil
}

// wrongNumber is why a number cannot be the subject's; nothing where it can.
func (who Subject) wrongNumber(today calendar.Date) string {
	var born Birthday
	var err error
	if who.Kind == party.Natural {
		var number Number
		number, err = ParseNumber(who.IdentityNumber)
		born = number.Born
	} else {
		err = CheckCreditCode(who.IdentityNumber)
	}
	switch {
	case errors.Is(err, ErrNumberCheck):
		return "number_check_digit"
	case errors.Is(err, ErrNumberBorn):
		return "number_birth_date"
	case errors.Is(err, ErrNumberPlace):
		return "number_province"
	case err != nil:
		return "number_form"
	case who.Kind == party.Natural && (born.Age(today) < 0 || born.Age(today) >= oldestYears):
		return "number_birth_date"
	}
	return ""
}

// HTTP asks a provider's service: POST of a Subject as JSON, with the reference as Idempotency-Key, and
// a Report without its provider as the answer.
type HTTP struct {
	name, url, token string
	client           *http.Client
}

const (
	longestAnswer   = 64 << 10
	longestReasons  = 20
	defaultPatience = 10 * time.Second
)

// NewHTTP speaks to the service at a URL, with a bearer token where it needs one. An answer that takes
// longer than the patience (0: ten seconds) is an error. Redirections are not followed: a person's data
// goes where the setting says, or nowhere.
func NewHTTP(name, url, token string, patience time.Duration) *HTTP {
	if patience == 0 {
		patience = defaultPatience
	}
	client := &http.Client{
		Timeout:       patience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return &HTTP{name: name, url: url, token: token, client: client}
}

// Check asks once. Its errors carry neither the subject nor the service's answer.
func (h *HTTP) Check(ctx context.Context, reference string, who Subject) (Report, error) {
	body, err := json.Marshal(who)
	if err != nil {
		return Report{}, fmt.Errorf("ask %s: %w", h.name, err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, h.url, bytes.NewReader(body))
	if err != nil {
		return Report{}, fmt.Errorf("ask %s: %w: correct the provider's URL", h.name, err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Idempotency-Key", reference)
	if h.token != "" {
		request.Header.Set("Authorization", "Bearer "+h.token)
	}
	response, err := h.client.Do(request)
	if err != nil {
		return Report{}, fmt.Errorf("ask %s: %w: %w", h.name, ErrNoAnswer, err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return Report{}, fmt.Errorf("ask %s: %w: it answered with status %d", h.name, ErrNoAnswer, response.StatusCode)
	}
	return h.read(response.Body, who)
}

// read takes an answer that is of the agreed form and quotes nothing of the subject: it is kept as it is.
func (h *HTTP) read(body io.Reader, who Subject) (Report, error) {
	var r Report
	if err := json.NewDecoder(io.LimitReader(body, longestAnswer)).Decode(&r); err != nil {
		// The cause may quote the answer, which may quote the subject.
		return Report{}, fmt.Errorf("ask %s: %w: its answer cannot be read", h.name, ErrNoAnswer)
	}
	r.Provider = h.name
	if (r.Outcome != Match && r.Outcome != Mismatch) || len(r.Reference) > 128 || len(r.Reasons) > longestReasons {
		return Report{}, fmt.Errorf("ask %s: %w: its answer is not of the agreed form", h.name, ErrNoAnswer)
	}
	for _, reason := range r.Reasons {
		if !vault.IsCode(reason) {
			return Report{}, fmt.Errorf("ask %s: %w: a reason in its answer is no code", h.name, ErrNoAnswer)
		}
	}
	if who.quotedIn(r.Reference) {
		return Report{}, fmt.Errorf("ask %s: %w: the reference in its answer says whom it is about", h.name, ErrNoAnswer)
	}
	return r, nil
}

// quotedIn reports whether a text has something of the subject in it.
func (who Subject) quotedIn(text string) bool {
	return slices.ContainsFunc([]string{who.Name, who.IdentityNumber, who.Phone}, func(value string) bool {
		return value != "" && strings.Contains(strings.ToUpper(text), strings.ToUpper(value))
	})
}
