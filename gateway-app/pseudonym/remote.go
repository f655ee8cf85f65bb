package pseudonym

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/lane"
)

// The paths under which a key holder's gateway app answers its counterparts.
const (
	KeysPath     = "/v1/pseudonym/keys"
	DepositPath  = "/v1/pseudonym/deposits"
	CollectPath  = "/v1/pseudonym/collections"
	EvaluatePath = "/v1/pseudonym/evaluations"
	OpenPath     = "/v1/pseudonym/openings"
	EpochPath    = "/v1/pseudonym/epochs"
	RenewPath    = "/v1/pseudonym/renewals"
	RotatePath   = "/v1/pseudonym/rotations"

	UnreachedPath = "/v1/pseudonym/unreached"
)

// largestAnswer bounds what is read of an answer: a batch of points is a tenth of it.
const largestAnswer = 1 << 20

// Remote is another member's gateway app, over HTTP. The client carries the certificates, and the
// time-out.
type Remote struct {
	address *url.URL
	token   string
	client  *http.Client
}

// NewRemote names a gateway app by its address, and this member's API key there; a member that shows a
// client certificate has none.
func NewRemote(address, token string, client *http.Client) (*Remote, error) {
	parsed, err := url.Parse(address)
	if err != nil || parsed.Host == "" || parsed.Scheme != "https" && parsed.Scheme != "http" {
		return nil, fmt.Errorf("reach the gateway app at %q: name it by a URL such as https://host:port", address)
	}
	return &Remote{parsed, token, client}, nil
}

// Keys lists the member's epochs.
func (r *Remote) Keys(ctx context.Context) ([]PublicKey, error) {
	var out struct {
		Items []PublicKey `json:"items"`
	}
	err := r.call(ctx, http.MethodGet, KeysPath, nil, &out)
	return out.Items, err
}

// Post asks the member's gateway app for something else that it answers repeatedly without harm.
func (r *Remote) Post(ctx context.Context, path string, in, out any) error {
	return r.call(ctx, http.MethodPost, path, in, out)
}

// Deposit hands points to the regulator.
func (r *Remote) Deposit(ctx context.Context, p Points) error {
	return r.call(ctx, http.MethodPost, DepositPath, p, nil)
}

// Collect fetches evaluations from the regulator.
func (r *Remote) Collect(ctx context.Context, c Claims) (Collected, error) {
	var out Collected
	err := r.call(ctx, http.MethodPost, CollectPath, c, &out)
	return out, err
}

// Evaluate has the custodian evaluate points.
func (r *Remote) Evaluate(ctx context.Context, p Points) (Evaluation, error) {
	var out Evaluation
	err := r.call(ctx, http.MethodPost, EvaluatePath, p, &out)
	return out, err
}

// Open asks the custodian to link applications.
func (r *Remote) Open(ctx context.Context, o Openings) ([]Result, error) {
	var out struct {
		Items []Result `json:"items"`
	}
	err := r.call(ctx, http.MethodPost, OpenPath, o, &out)
	return out.Items, err
}

// Renewal asks a platform to move linked parties to an epoch.
type Renewal struct {
	Epoch      int      `json:"epoch" minimum:"1"`
	Collection string   `json:"collection"`
	Parties    []string `json:"parties" minItems:"1" maxItems:"500"`
}

// Renew has a platform renew its parties.
func (r *Remote) Renew(ctx context.Context, epoch int, collection string, handles []string) ([]Result, error) {
	var out struct {
		Items []Result `json:"items"`
	}
	err := r.call(ctx, http.MethodPost, RenewPath, Renewal{epoch, collection, handles}, &out)
	return out.Items, err
}

// Prepare has the member make the key of the next epoch.
func (r *Remote) Prepare(ctx context.Context, epoch int) (PublicKey, error) {
	var out PublicKey
	err := r.call(ctx, http.MethodPost, EpochPath, map[string]int{"epoch": epoch}, &out)
	return out, err
}

// Activate has the member make an epoch the current one.
func (r *Remote) Activate(ctx context.Context, epoch int) error {
	return r.call(ctx, http.MethodPost, fmt.Sprintf("%s/%d/activation", EpochPath, epoch), struct{}{}, nil)
}

// Retire has the member destroy a former epoch's key.
func (r *Remote) Retire(ctx context.Context, epoch int) error {
	return r.call(ctx, http.MethodPost, fmt.Sprintf("%s/%d/retirement", EpochPath, epoch), struct{}{}, nil)
}

// Rotate has the custodian bring an epoch as far as it can by itself, and answers which.
func (r *Remote) Rotate(ctx context.Context) (int, error) {
	var out struct {
		Epoch int `json:"epoch"`
	}
	err := r.call(ctx, http.MethodPost, RotatePath, struct{}{}, &out)
	return out.Epoch, err
}

// Unreached lists the custodian's linked parties that the current epoch has not reached.
func (r *Remote) Unreached(ctx context.Context) ([]Unreached, error) {
	var out struct {
		Items []Unreached `json:"items"`
	}
	err := r.call(ctx, http.MethodGet, UnreachedPath, nil, &out)
	return out.Items, err
}

// call makes one request. Every write here answers a repetition as before, so each carries a key of its
// own and none is stored. A problem comes back as its refusal.
func (r *Remote) call(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		raw, err := json.Marshal(in)
		if err != nil {
			return fmt.Errorf("%s %s: %w", method, path, err)
		}
		body = bytes.NewReader(raw)
	}
	request, err := http.NewRequestWithContext(ctx, method, r.address.JoinPath(path).String(), body)
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	if in != nil {
		request.Header.Set("Content-Type", "application/json")
		request.Header.Set("Idempotency-Key", lane.Random(16))
	}
	return r.exchange(method+" "+path, request, out)
}

// exchange sends a request and reads its answer.
func (r *Remote) exchange(what string, request *http.Request, out any) error {
	request.Header.Set("Accept", "application/json")
	if r.token != "" {
		request.Header.Set("Authorization", "Bearer "+r.token)
	}
	answer, err := r.client.Do(request)
	if err != nil {
		return fmt.Errorf("%s: %w: %w", what, fault.New(fault.Unavailable), err)
	}
	defer answer.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(answer.Body, largestAnswer))
	if err != nil {
		return fmt.Errorf("%s: %w: %w", what, fault.New(fault.Unavailable), err)
	}
	return read(what, answer, raw, out)
}

func read(what string, answer *http.Response, raw []byte, out any) error {
	if answer.StatusCode/100 == 2 {
		if out == nil || len(raw) == 0 {
			return nil
		}
		if err := json.Unmarshal(raw, out); err != nil {
			return fmt.Errorf("%s: read the answer: %w", what, err)
		}
		return nil
	}
	var problem fault.Fault
	if strings.Contains(answer.Header.Get("Content-Type"), "json") && json.Unmarshal(raw, &problem) == nil && problem.Code.Known() {
		return fmt.Errorf("%s: %w", what, &problem)
	}
	if answer.StatusCode >= 500 || answer.StatusCode == http.StatusTooManyRequests {
		return fmt.Errorf("%s: status %d: %w", what, answer.StatusCode, fault.New(fault.Unavailable))
	}
	return fmt.Errorf("%s: status %d: the gateway app refused it", what, answer.StatusCode)
}
