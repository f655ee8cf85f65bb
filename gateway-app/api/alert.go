package api

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/alert"
	"github.com/tallystick/tallystick/gateway-app/projection"
)

const (
	alertsPath     = "/v1/alerts"
	alertPath      = alertsPath + "/{id}"
	suspicionsPath = "/v1/suspicions"
	suspicionPath  = suspicionsPath + "/{id}"
)

// registerAlerts adds the alerts of customers' money, for the officers who decide on them.
func (s *Server) registerAlerts() {
	if s.parts.Alerts == nil {
		return
	}
	const tag = "Alerts"
	s.registerAlertNotices(tag)
	registerList(s, operation{
		id: "alert.list", method: http.MethodGet, path: alertsPath, tag: tag, summary: "List alerts in the order in which they were raised",
	}, s.listAlerts)
	register(s, operation{
		id: "alert.read", method: http.MethodGet, path: alertPath, tag: tag, single: true,
		summary: "Read an alert, the movements that led to it and what was done about it",
	}, s.readAlert)
	register(s, operation{
		id: "alert.reasons", method: http.MethodGet, path: alertsPath + "/reasons", tag: tag, single: true,
		summary: "List the reasons that an outcome may have, with their meaning in both languages",
	}, listAlertReasons)
	register(s, operation{
		id: "alert.assign", method: http.MethodPost, path: alertPath + "/assignment", tag: tag, repeatable: true,
		summary: "Give an alert to an officer",
	}, s.assignAlert)
	register(s, operation{
		id: "alert.decide", method: http.MethodPost, path: alertPath + "/outcome", tag: tag,
		summary: "Dismiss, escalate or report an alert; one of high severity is dismissed by two",
	}, s.decideAlert)
	registerList(s, operation{
		id: "suspicion.list", method: http.MethodGet, path: suspicionsPath, tag: tag, summary: "List suspicious-transaction reports, without their words",
	}, s.listSuspicions)
	register(s, operation{
		id: "suspicion.read", method: http.MethodGet, path: suspicionPath, tag: tag, summary: "Read a suspicious-transaction report with its words",
	}, s.readSuspicion)
	register(s, operation{
		id: "suspicion.export", method: http.MethodGet, path: suspicionPath + "/document", tag: tag, answers: reportAnswers(),
		summary: "Write a suspicious-transaction report as the form for the authority, which names the customer to an officer of compliance",
	}, s.exportSuspicion)
}

// AlertPath names an alert or a report.
type AlertPath struct {
	ID string `path:"id" pattern:"^[0-9a-f]{32}$"`
}

type alertsInput struct {
	TurnedPaging
	Status     string        `query:"status" enum:"open,escalated,dismissed,reported"`
	Rule       string        `query:"rule" maxLength:"64" doc:"Only of this rule"`
	Severity   string        `query:"severity" enum:"low,medium,high"`
	Party      string        `query:"party" maxLength:"128" doc:"Only of this party's handle"`
	Owner      string        `query:"owner" maxLength:"128" doc:"Only those that this user looks after"`
	Unassigned bool          `query:"unassigned" doc:"Only those that nobody looks after"`
	DueBefore  calendar.Date `query:"due_before" format:"date" doc:"Only open ones whose last day for a report is before this one"`
}

func (in alertsInput) filter() alert.Filter {
	return alert.Filter{
		Status: alert.Status(in.Status), Rule: in.Rule, Severity: in.Severity, Party: in.Party, Owner: in.Owner,
		Unassigned: in.Unassigned, DueBefore: in.DueBefore,
	}
}

func (s *Server) listAlerts(ctx context.Context, in *alertsInput, page projection.Page) (projection.List[alert.Alert], error) {
	after, ok := sequenceCursor(page.After)
	if !ok {
		return projection.List[alert.Alert]{}, fault.In(fault.InvalidField, "cursor")
	}
	found, err := s.parts.Alerts.List(ctx, in.filter(), alert.Page{After: after, Limit: page.Limit, Newest: page.Newest})
	return pageOf(found, page.Limit, func(a alert.Alert) string { return strconv.FormatInt(a.Number, 10) }), err
}

func (s *Server) readAlert(ctx context.Context, in *AlertPath) (*bodyOutput[alert.Dossier], error) {
	return answerBody(s.parts.Alerts.Find(ctx, in.ID))
}

type assignmentInput struct {
	AlertPath
	Body struct {
		Owner string `json:"owner" minLength:"1" maxLength:"128" doc:"The user who is to look after it"`
	}
}

func (s *Server) assignAlert(ctx context.Context, in *assignmentInput) (*bodyOutput[alert.Alert], error) {
	changed, err := s.parts.Alerts.Assign(ctx, in.ID, in.Body.Owner, callerOf(ctx).ID)
	return answerBody(changed, judged(err, "owner"))
}

// AlertOutcome is what an officer makes of an alert.
type AlertOutcome struct {
	Outcome   string `json:"outcome" enum:"dismissed,escalated,reported"`
	Reason    string `json:"reason,omitempty" maxLength:"64" doc:"One of the outcome's codes, as /v1/alerts/reasons lists them; of a report, if it is to name the offence that is suspected"`
	Narrative string `json:"narrative,omitempty" maxLength:"16384" doc:"Of a report: why the transactions are suspicious; sealed, and never shown to anybody else"`
}

type outcomeInput struct {
	AlertPath
	Body AlertOutcome
}

func listAlertReasons(context.Context, *struct{}) (*someOutput[alert.Reason], error) {
	return answerSome(alert.Reasons(), nil)
}

func (s *Server) decideAlert(ctx context.Context, in *outcomeInput) (*bodyOutput[alert.Alert], error) {
	changed, err := s.parts.Alerts.Decide(ctx, in.ID, alert.Outcome{
		Status: alert.Status(in.Body.Outcome), Reason: in.Body.Reason, Narrative: in.Body.Narrative, By: callerOf(ctx).ID,
	})
	err = judged(err, "")
	if f := new(fault.Fault); errors.As(err, &f) && f.Field == "reason" {
		p := faultProblem(f)
		p.Detail += ": " + reasonsFor(alert.Status(in.Body.Outcome))
		err = p
	}
	return answerBody(changed, err)
}

// judged has a refusal of somebody as the judge of an alert say what to do.
func judged(err error, field string) error {
	if errors.Is(err, alert.ErrOwnMovement) {
		return doorProblem(CodeOwnMovement, field)
	}
	if errors.Is(err, alert.ErrOtherReason) {
		return doorProblem(CodeOtherReason, "reason")
	}
	return err
}

// reasonsFor names the codes of an outcome.
func reasonsFor(outcome alert.Status) string {
	var codes []string
	for _, r := range alert.Reasons() {
		if r.Outcome == outcome {
			codes = append(codes, r.Code)
		}
	}
	return "of " + string(outcome) + " they are " + strings.Join(codes, ", ")
}

func (s *Server) listSuspicions(ctx context.Context, _ *listInput, page projection.Page) (projection.List[alert.Suspicion], error) {
	none := projection.List[alert.Suspicion]{}
	after, ok := sequenceCursor(page.After)
	if !ok {
		return none, fault.In(fault.InvalidField, "cursor")
	}
	found, err := s.parts.Alerts.Suspicions(ctx, after, page.Limit)
	return pageOf(found, page.Limit, func(one alert.Suspicion) string { return strconv.FormatInt(one.Number, 10) }), err
}

func (s *Server) readSuspicion(ctx context.Context, in *AlertPath) (*bodyOutput[alert.SuspicionReport], error) {
	return answerBody(s.parts.Alerts.Suspicion(ctx, in.ID))
}
