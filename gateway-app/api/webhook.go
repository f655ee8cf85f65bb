package api

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/access"
	"github.com/tallystick/tallystick/gateway-app/projection"
	"github.com/tallystick/tallystick/gateway-app/webhook"
)

const (
	webhooksPath = "/v1/webhooks"
	webhookPath  = webhooksPath + "/{id}"
	webhookTag   = "Webhooks"
)

// registerWebhooks adds the endpoints that are told of loans, custody and repayments, or of the member's own notices.
func (s *Server) registerWebhooks() {
	if s.parts.Webhooks == nil {
		return
	}
	registerList(s, operation{
		id: "webhook.list", method: http.MethodGet, path: webhooksPath, tag: webhookTag, summary: "List webhooks",
	}, s.listWebhooks)
	register(s, operation{
		id: "webhook.read", method: http.MethodGet, path: webhookPath, tag: webhookTag, single: true, summary: "Read a webhook",
	}, s.readWebhook)
	register(s, operation{
		id: "webhook.create", method: http.MethodPost, path: webhooksPath, tag: webhookTag,
		summary: "Have events posted to an address, signed as Standard Webhooks describes; the secret is answered once",
	}, s.createWebhook)
	register(s, operation{
		id: "webhook.change", method: http.MethodPut, path: webhookPath, tag: webhookTag,
		summary: "Give a webhook another address, label and choice of events",
	}, s.changeWebhook)
	register(s, operation{
		id: "webhook.rotate", method: http.MethodPost, path: webhookPath + "/secrets", tag: webhookTag,
		summary: "Give a webhook a new secret, answered once; for a while both sign",
	}, s.rotateWebhook)
	register(s, operation{
		id: "webhook.delete", method: http.MethodDelete, path: webhookPath, tag: webhookTag, summary: "End a webhook, with its deliveries",
	}, s.deleteWebhook)
	s.registerWebhookStanding()
	s.registerDeliveries()
}

// registerWebhookStanding adds what stops and resumes deliveries.
func (s *Server) registerWebhookStanding() {
	step := func(id, path, summary string, do func(context.Context, string) (webhook.Endpoint, error)) {
		register(s, operation{
			id: id, method: http.MethodPost, path: webhookPath + "/" + path, tag: webhookTag, repeatable: true, summary: summary,
		}, func(ctx context.Context, in *WebhookPath) (*bodyOutput[webhook.Endpoint], error) {
			if _, err := s.webhookFor(ctx, in.ID); err != nil {
				return nil, err
			}
			return answerBody(do(ctx, in.ID))
		})
	}
	step("webhook.disable", "disablements", "Stop deliveries; what is pending waits", s.parts.Webhooks.Disable)
	step("webhook.enable", "enablements", "Go on with deliveries where they stopped", s.parts.Webhooks.Enable)
}

func (s *Server) registerDeliveries() {
	registerList(s, operation{
		id: "webhook.deliveries", method: http.MethodGet, path: webhookPath + "/deliveries", tag: webhookTag,
		summary: "List deliveries in the order of events; those of status dead are the dead letters",
	}, s.listDeliveries)
	register(s, operation{
		id: "webhook.replay", method: http.MethodPost, path: webhookPath + "/replays", tag: webhookTag, repeatable: true,
		summary: "Deliver a range of events again under the same ids, or only the dead letters in it",
	}, s.replayWebhook)
}

// WebhookPath names a webhook.
type WebhookPath struct {
	ID string `path:"id" pattern:"^[0-9a-f]{32}$" doc:"The webhook's id"`
}

// WebhookWish is what is chosen of a webhook.
type WebhookWish struct {
	URL        string   `json:"url" minLength:"1" maxLength:"2048" doc:"https, and not of a private network"`
	Label      string   `json:"label" minLength:"1" maxLength:"128"`
	Source     string   `json:"source,omitempty" enum:"ledger,member,alerts" doc:"The feed: what happens on the ledger, which is meant by nothing, the member's own notices, or, for who may read them, alerts; it stays"`
	Types      []string `json:"types,omitempty" maxItems:"50" doc:"Kinds or types of events, such as repayment or loan.active, of the member's own such as warning; none: all of the source"`
	Collection string   `json:"collection,omitempty" maxLength:"128" doc:"Only events of this collection; of the ledger's alone"`
}

func (w WebhookWish) wish() webhook.Wish {
	return webhook.Wish{URL: w.URL, Label: w.Label, Source: webhook.Source(w.Source), Types: w.Types, Collection: w.Collection}
}

// NewWebhook is a webhook whose secret has just been made.
type NewWebhook struct {
	Webhook webhook.Endpoint `json:"webhook"`
	Secret  string           `json:"secret" doc:"Answered once: whsec_ and the key in base64, with which the receiver checks signatures"`
}

func (s *Server) listWebhooks(ctx context.Context, _ *listInput, page projection.Page) (projection.List[webhook.Endpoint], error) {
	sources, err := s.webhookSources(ctx)
	if err != nil {
		return projection.List[webhook.Endpoint]{}, err
	}
	list, err := s.parts.Webhooks.List(ctx, page.After, page.Limit, sources...)
	return pageOf(list, page.Limit, func(e webhook.Endpoint) string { return e.ID }), err
}

func (s *Server) readWebhook(ctx context.Context, in *WebhookPath) (*bodyOutput[webhook.Endpoint], error) {
	return answerBody(s.webhookFor(ctx, in.ID))
}

// webhookSources are the sources with whose webhooks the caller may have to do: with those of alerts who may read alerts,
// and with the others nobody who has this operation as an officer of compliance alone.
func (s *Server) webhookSources(ctx context.Context) ([]webhook.Source, error) {
	alerts, err := s.seesAlerts(ctx)
	if err != nil {
		return nil, err
	}
	others, err := s.runsBusiness(ctx)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(webhook.Sources(), func(of webhook.Source) bool {
		return of.Confidential() && !alerts || !of.Confidential() && !others
	}), nil
}

// runsBusiness reports whether the caller could do what they are doing without the role of compliance.
func (s *Server) runsBusiness(ctx context.Context) (bool, error) {
	caller := callerOf(ctx)
	if s.parts.Door == nil || !caller.Has(access.Compliance) {
		return true, nil
	}
	caller.Roles = slices.DeleteFunc(slices.Clone(caller.Roles), func(r access.Role) bool { return r == access.Compliance })
	decision, err := s.parts.Door.Decide(ctx, caller, Question{Operation: exchangeOf(ctx).operation.id})
	return decision.Allowed, err
}

// webhookFor answers a webhook to a caller who may have to do with it: for anybody else there is none.
func (s *Server) webhookFor(ctx context.Context, id string) (webhook.Endpoint, error) {
	found, err := s.parts.Webhooks.Find(ctx, id)
	if err != nil {
		return webhook.Endpoint{}, err
	}
	sources, err := s.webhookSources(ctx)
	if err == nil && !slices.Contains(sources, found.Source) {
		err = fault.In(fault.NotFound, "webhook")
	}
	if err != nil {
		return webhook.Endpoint{}, err
	}
	return found, nil
}

// WebhookBeginning is a wish and where in the feed it begins.
type WebhookBeginning struct {
	WebhookWish
	After *int64 `json:"after,omitempty" minimum:"0" doc:"Begin after this event; at the present end of the feed when not given"`
}

func (s *Server) createWebhook(ctx context.Context, in *bodyInput[WebhookBeginning]) (*bodyOutput[NewWebhook], error) {
	source := webhook.Source(cmp.Or(in.Body.Source, string(webhook.FromLedger)))
	if sources, err := s.webhookSources(ctx); err != nil {
		return nil, err
	} else if !slices.Contains(sources, source) {
		return nil, doorProblem(CodeNotAllowed, "source")
	}
	made, secret, err := s.parts.Webhooks.Create(ctx, in.Body.wish(), in.Body.After, callerOf(ctx).ID)
	return answerBody(NewWebhook{made, secret}, hostProblem(err))
}

// hostProblem says of a host that the settings do not name what would have to be done about it.
func hostProblem(err error) error {
	if !errors.Is(err, webhook.ErrHostNotNamed) {
		return err
	}
	p := faultProblem(fault.In(fault.InvalidField, "url"))
	p.Detail = "name a host that the setting webhook_hosts has, or have who runs the app add this one to it: see docs/operations.md"
	return p
}

// WebhookChange is a wish about a webhook that the caller has seen.
type WebhookChange struct {
	WebhookWish
	Version int64 `json:"version" minimum:"1" doc:"The version that was read"`
}

type webhookChangeInput struct {
	WebhookPath
	Body WebhookChange
}

func (s *Server) changeWebhook(ctx context.Context, in *webhookChangeInput) (*bodyOutput[webhook.Endpoint], error) {
	if _, err := s.webhookFor(ctx, in.ID); err != nil {
		return nil, err
	}
	changed, err := s.parts.Webhooks.Change(ctx, in.ID, in.Body.Version, in.Body.wish())
	return answerBody(changed, hostProblem(err))
}

// usualOverlapHours is for how long a former secret signs when nothing is said.
const usualOverlapHours = 24

type rotationInput struct {
	WebhookPath
	Body struct {
		OverlapHours *int `json:"overlap_hours,omitempty" minimum:"0" maximum:"168" doc:"For how long the former secret signs too: 24 when not given; 0 after a leak"`
	}
}

func (s *Server) rotateWebhook(ctx context.Context, in *rotationInput) (*bodyOutput[NewWebhook], error) {
	hours := usualOverlapHours
	if in.Body.OverlapHours != nil {
		hours = *in.Body.OverlapHours
	}
	if _, err := s.webhookFor(ctx, in.ID); err != nil {
		return nil, err
	}
	changed, secret, err := s.parts.Webhooks.Rotate(ctx, in.ID, time.Duration(hours)*time.Hour)
	if fault.Of(err) != nil && fault.Of(err).Code == fault.WrongStatus {
		p := faultProblem(fault.In(fault.WrongStatus, "overlap_hours"))
		p.Detail = "wait until former_secret_until, or say overlap_hours 0 to end both secrets before the new one at once"
		return nil, p
	}
	return answerBody(NewWebhook{changed, secret}, err)
}

func (s *Server) deleteWebhook(ctx context.Context, in *WebhookPath) (*struct{}, error) {
	if _, err := s.webhookFor(ctx, in.ID); err != nil {
		return nil, err
	}
	return nil, s.parts.Webhooks.Delete(ctx, in.ID)
}

type deliveriesInput struct {
	WebhookPath
	Paging
	Status webhook.DeliveryStatus `query:"status" enum:"pending,delivered,dead" doc:"Only those of this status"`
}

func (s *Server) listDeliveries(ctx context.Context, in *deliveriesInput, page projection.Page) (projection.List[webhook.Delivery], error) {
	none := projection.List[webhook.Delivery]{}
	var after int64
	if page.After != "" {
		var err error
		if after, err = strconv.ParseInt(page.After, 10, 64); err != nil {
			return none, fault.In(fault.InvalidField, "cursor")
		}
	}
	if _, err := s.webhookFor(ctx, in.ID); err != nil {
		return none, err
	}
	list, err := s.parts.Webhooks.Deliveries(ctx, in.ID, in.Status, after, page.Limit)
	return pageOf(list, page.Limit, func(d webhook.Delivery) string { return strconv.FormatInt(d.Sequence, 10) }), err
}

type replayInput struct {
	WebhookPath
	Body struct {
		After    int64 `json:"after" minimum:"0" doc:"Replay begins with the event after this one"`
		Through  int64 `json:"through" minimum:"1" doc:"and ends with this one, at most 10,000 further on"`
		DeadOnly bool  `json:"dead_only,omitempty" doc:"Only the dead letters"`
	}
}

// Replayed is how many deliveries a replay made pending.
type Replayed struct {
	Count int `json:"count"`
}

func (s *Server) replayWebhook(ctx context.Context, in *replayInput) (*bodyOutput[Replayed], error) {
	if _, err := s.webhookFor(ctx, in.ID); err != nil {
		return nil, err
	}
	replay := s.parts.Webhooks.Replay
	if in.Body.DeadOnly {
		replay = s.parts.Webhooks.ReplayDead
	}
	count, err := replay(ctx, in.ID, webhook.Range{After: in.Body.After, Through: in.Body.Through})
	return answerBody(Replayed{count}, err)
}
