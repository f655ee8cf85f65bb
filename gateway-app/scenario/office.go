package scenario

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/gateway-app/client"
	"github.com/tallystick/tallystick/gateway-app/ledger"
)

// gatewayDoor leads through the member's gateway app. What needs a second user's approval gets it from the
// approver, as the colleague at the next desk would give it.
type gatewayDoor struct {
	caller   *client.Client
	approver *client.Client // nil where the caller does nothing that needs one
}

func (d gatewayDoor) Reach(ctx context.Context, block uint64) error {
	return d.caller.Reach(ctx, block)
}

func (d gatewayDoor) Submit(ctx context.Context, o Order) (Done, error) {
	order := client.Order{Function: o.Function, Collection: o.Collection, Mode: o.Mode, Items: o.Items, Key: client.NewKey()}
	answer, err := d.caller.Submit(ctx, order)
	if approval := approvalIn(err); approval != "" && d.approver != nil {
		_, refused := client.Send[json.RawMessage](ctx, d.approver, http.MethodPost, approval+"/approve", nil)
		if refused != nil && !client.Unfinished(refused) {
			return Done{}, fmt.Errorf("approve %s: %w", o.Function, refused)
		}
		answer, err = d.caller.Submit(ctx, order)
	}
	if err == nil {
		return Done{Block: answer.Block, Refused: answer.Refused}, nil
	}
	if refused := allRefused(err); len(refused) == len(o.Items) {
		return Done{Refused: refused}, nil
	}
	return Done{}, err
}

// approvalIn is the path of the approval that a refusal asks for, or nothing.
func approvalIn(err error) string {
	var problem *client.Problem
	if errors.As(err, &problem) && strings.HasPrefix(problem.Location, "/v1/approvals/") {
		return problem.Location
	}
	return ""
}

// allRefused lists the refusals of a batch of which nothing was applied.
func allRefused(err error) []*fault.Fault {
	var problem *client.Problem
	if !errors.As(err, &problem) {
		return nil
	}
	list := make([]*fault.Fault, len(problem.Refused))
	for i, refusal := range problem.Refused {
		list[i] = refusal.Fault()
	}
	return list
}

// office is a member's gateway app with the people who work at it.
type office struct {
	machine     *client.Client
	supervisors [2]*client.Client
	riskOfficer *client.Client // of a platform
}

// openOffice comes to a member's gateway app with the member's machine certificate, and has its first
// administrator make two supervisors, each with a certificate of their own on the ledger, and at a platform an
// officer of risk, who signs nothing there. Their names are new in each run: nobody keeps their passwords.
func openOffice(ctx context.Context, profile ledger.Profile, run string) (*office, error) {
	if profile.Gateway == nil {
		return nil, fmt.Errorf("the profile of %s names no gateway app: start the network with make up", profile.Member)
	}
	settings := client.Settings{URL: profile.Gateway.URL, ServerName: profile.Gateway.ServerName, CAPath: profile.Gateway.TLSCACertPath}
	public, err := client.New(settings)
	if err != nil {
		return nil, err
	}
	if _, err := public.Ready(ctx); err != nil {
		return nil, fmt.Errorf("wait for the gateway app of %s: %w", profile.Member, err)
	}
	files := profile.Identities["machine"]
	settings.CertificatePath, settings.KeyPath = files.CertPath, files.KeyPath
	o := &office{}
	if o.machine, err = client.New(settings); err != nil {
		return nil, err
	}
	administrator, err := firstAdministrator(ctx, public, profile.Gateway.FirstCredentialsPath)
	if err != nil {
		return nil, fmt.Errorf("sign in at %s: %w", profile.Member, err)
	}
	desk := desk{public, administrator}
	for i := range o.supervisors {
		name := fmt.Sprintf("supervisor-%s-%d", run, i+1)
		if o.supervisors[i], err = desk.staff(ctx, name, "supervisor", true); err != nil {
			return nil, fmt.Errorf("make %s at %s: %w", name, profile.Member, err)
		}
	}
	if profile.Kind == party.Platform {
		name := "risk-officer-" + run
		if o.riskOfficer, err = desk.staff(ctx, name, "risk_officer", false); err != nil {
			return nil, fmt.Errorf("make %s at %s: %w", name, profile.Member, err)
		}
	}
	return o, nil
}

func firstAdministrator(ctx context.Context, public *client.Client, path string) (*client.Client, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the first credentials: %w", err)
	}
	var first struct{ User, Password string }
	if err := json.Unmarshal(text, &first); err != nil {
		return nil, fmt.Errorf("read the first credentials: %w", err)
	}
	return public.SignIn(ctx, first.User, first.Password, "")
}

// desk is where a member's administrator makes users.
type desk struct{ public, administrator *client.Client }

// staff makes a user with a role, has the member's authority certify them where they sign on the ledger, and
// signs them in. An app that died while it made the user cannot tell whether it did, nor repeat a password that
// it keeps nowhere: another user is made then, under another name.
func (d desk) staff(ctx context.Context, name, role string, certified bool) (*client.Client, error) {
	type user struct {
		ID string `json:"id"`
	}
	made, err := client.Send[struct {
		User     user   `json:"user"`
		Password string `json:"password"`
	}](ctx, d.administrator, http.MethodPost, "/v1/users", map[string]any{"name": name, "roles": []string{role}})
	if client.Unfinished(err) {
		return d.staff(ctx, name+"-again", role, certified)
	}
	if err != nil {
		return nil, err
	}
	if certified {
		if _, err := client.Send[user](ctx, d.administrator, http.MethodPost, "/v1/users/"+made.User.ID+"/enrolments", nil); err != nil {
			return nil, err
		}
	}
	return d.public.SignInFirst(ctx, name, made.Password, client.NewKey())
}
