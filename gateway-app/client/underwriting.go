package client

import (
	"context"
	"encoding/json"
	"iter"
	"net/http"
	"net/url"
)

// Application is what somebody applies with: amounts in minor units, features by the models' schema.
type Application struct {
	Party       string         `json:"party"`
	AmountMinor int64          `json:"amount_minor"`
	TermMonths  int            `json:"term_months"`
	Purpose     string         `json:"purpose,omitempty"`
	Features    map[string]any `json:"features,omitempty"`
	Device      Device         `json:"device"`
	Contacts    []string       `json:"contacts,omitempty"` // SHA-256 of each contact's normalised number
}

// Device is what the applicant's device and its use looked like. What is nil was not noticed.
type Device struct {
	ID              string `json:"id,omitempty"`      // SHA-256 of the fingerprint
	Address         string `json:"address,omitempty"` // SHA-256 of the network address
	InstallAgeHours *int64 `json:"install_age_hours,omitempty"`
	FormSeconds     *int64 `json:"form_seconds,omitempty"`
	PastedFields    *int64 `json:"pasted_fields,omitempty"`
	KeyPauseMillis  *int64 `json:"key_pause_millis,omitempty"`
	Emulated        bool   `json:"emulated,omitempty"`
}

// DecisionReason says in both languages what counted.
type DecisionReason struct {
	Code   string   `json:"code"`
	From   string   `json:"from"`
	Fields []string `json:"fields,omitempty"`
	ZH     string   `json:"zh"`
	EN     string   `json:"en"`
}

// DecisionTerms are on what terms money is lent at most.
type DecisionTerms struct {
	RiskLevel   string `json:"risk_level"`
	Grade       string `json:"grade"`
	ProductRisk int    `json:"product_risk"`
	LimitMinor  int64  `json:"limit_minor"`
	RateFromPPM int64  `json:"rate_from_ppm"`
	RateToPPM   int64  `json:"rate_to_ppm"`
}

// Decision is how an application was decided. Application is the handle that the terms of its loan name as their
// project. Full is the whole record, for staff.
type Decision struct {
	ID          string           `json:"id"`
	Application string           `json:"application"`
	Party       string           `json:"party"`
	At          string           `json:"at"`
	Outcome     string           `json:"outcome"` // approve, refer or refuse: what the program said
	Status      string           `json:"status"`  // approved, referred, refused or contested: what holds now
	AmountMinor int64            `json:"amount_minor"`
	TermMonths  int              `json:"term_months"`
	Terms       *DecisionTerms   `json:"terms,omitempty"`
	Reasons     []DecisionReason `json:"reasons"`
	Full        json.RawMessage  `json:"full,omitempty"`
}

// Apply hands over applications, at most a hundred, and answers a decision for each, under a key that the caller
// keeps: asked again under it, the app answers the same decisions.
func (c *Client) Apply(ctx context.Context, key string, applications []Application) ([]Decision, error) {
	body := struct {
		Items []Application `json:"items"`
	}{applications}
	answer, err := SendAs[struct {
		Items []Decision `json:"items"`
	}](ctx, c, http.MethodPost, "/v1/applications", key, body)
	return answer.Items, err
}

// ReviewDecision approves or refuses an application in person.
func (c *Client) ReviewDecision(ctx context.Context, id, outcome, words string) (Decision, error) {
	body := struct {
		Outcome string `json:"outcome"`
		Words   string `json:"words"`
	}{outcome, words}
	return Send[Decision](ctx, c, http.MethodPost, "/v1/decisions/"+url.PathEscape(id)+"/review", body)
}

// ExportDecisions streams every decision with its inputs and salt, as tally risk replay reads them: a line each.
func (c *Client) ExportDecisions(ctx context.Context) iter.Seq2[json.RawMessage, error] {
	return List[json.RawMessage](ctx, c, "/v1/decisions", nil)
}

// RiskModel is an entry of the registry of models.
type RiskModel struct {
	Hash     string `json:"hash"`
	Kind     string `json:"kind"`   // scorecard or forest
	Status   string `json:"status"` // champion, challenger or retired
	InUse    bool   `json:"in_use"`
	Training string `json:"training"`
}

// RiskModels lists the models.
func (c *Client) RiskModels(ctx context.Context) ([]RiskModel, error) {
	answer, err := Get[struct {
		Items []RiskModel `json:"items"`
	}](ctx, c, "/v1/risk/models", nil)
	return answer.Items, err
}

// RiskModelFile reads a model's file: the very bytes whose SHA-256 is its name.
func (c *Client) RiskModelFile(ctx context.Context, hash string) ([]byte, error) {
	answer, err := c.persist(ctx, request{method: http.MethodGet, path: "/v1/risk/models/" + url.PathEscape(hash) + "/file"})
	return answer.body, err
}

// RiskRules reads a version of the rules by its hash or name; "current" is the one in force.
func (c *Client) RiskRules(ctx context.Context, version string) (json.RawMessage, error) {
	answer, err := Get[struct {
		Rules json.RawMessage `json:"rules"`
	}](ctx, c, "/v1/risk/rules/"+url.PathEscape(version), nil)
	return answer.Rules, err
}
