package credit

import (
	"context"

	"github.com/tallystick/tallystick/gateway-app/pseudonym"
)

// The paths under which the regulator's gateway app answers platforms.
const (
	SummaryPath = "/v1/credit/summaries"
	ListPath    = "/v1/credit/enquiry-lists"
)

// Remote is the regulator's registry, over HTTP.
type Remote struct{ app *pseudonym.Remote }

// NewRemote reaches the registry through the regulator's gateway app.
func NewRemote(app *pseudonym.Remote) Remote { return Remote{app} }

// Enquire asks about a party of this member's.
func (r Remote) Enquire(ctx context.Context, e Enquiry) (Summary, error) {
	var out Summary
	err := r.app.Post(ctx, SummaryPath, e, &out)
	return out, err
}

// Enquiries passes a borrower's request on.
func (r Remote) Enquiries(ctx context.Context, q Asking) ([]Entry, error) {
	var out struct {
		Items []Entry `json:"items"`
	}
	err := r.app.Post(ctx, ListPath, q, &out)
	return out.Items, err
}
