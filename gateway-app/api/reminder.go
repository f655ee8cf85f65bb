package api

import (
	"context"
	"errors"
	"net/http"
	"reflect"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/projection"
	"github.com/tallystick/tallystick/gateway-app/reminder"
)

const (
	reminderTag         = "Reminders"
	reminderPreferences = "/v1/reminder-preferences/{party}"
	optOutPath          = reminder.LinkPath + "{token}"
)

// registerReminders adds what a platform reminded its borrowers of, and what they chose about it.
func (s *Server) registerReminders() {
	if s.parts.Reminders == nil {
		return
	}
	registerList(s, operation{
		id: "reminder.list", method: http.MethodGet, path: "/v1/reminders", tag: reminderTag,
		summary: "List reminders of instalments and what became of them",
	}, s.listReminders)
	register(s, operation{
		id: "reminder_preference.read", method: http.MethodGet, path: reminderPreferences, tag: reminderTag, single: true,
		summary: "Read what a borrower chose about reminders",
	}, s.readPreferences)
	register(s, operation{
		id: "reminder_preference.set", method: http.MethodPut, path: reminderPreferences, tag: reminderTag, repeatable: true,
		summary: "Choose the language of reminders, and opt out of early ones by channel or in again",
	}, s.setPreferences)
	page := map[string]*huma.MediaType{"text/html": {Schema: s.described.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[string](), true, "")}}
	register(s, operation{
		id: "reminder.opt_out_page", method: http.MethodGet, path: optOutPath, tag: reminderTag, public: true, open: true, answers: page,
		summary: "The page that the link in a reminder opens: it asks, and changes nothing",
	}, s.optOutPage)
	register(s, operation{
		id: "reminder.opt_out", method: http.MethodPost, path: optOutPath, tag: reminderTag, public: true, open: true, answers: page,
		summary: "Opt out of early reminders by the link in one: one POST, whatever its body, as RFC 8058 has it",
	}, s.optOut)
}

type remindersInput struct {
	TurnedPaging
	Loan    string           `query:"loan" maxLength:"200" doc:"A loan's id"`
	Party   string           `query:"party" pattern:"^[0-9a-f]{32}$" doc:"The borrower's handle"`
	Channel reminder.Channel `query:"channel" enum:"email,webhook"`
	Status  reminder.Status  `query:"status" enum:"pending,sent,skipped,failed"`
	DueOn   string           `query:"due_on" format:"date" doc:"When the instalment falls due"`
}

type reminderList = projection.List[reminder.Reminder]

func (s *Server) listReminders(ctx context.Context, in *remindersInput, page projection.Page) (reminderList, error) {
	filter := reminder.Filter{Loan: in.Loan, Party: in.Party, Channel: in.Channel, Status: in.Status}
	var err error
	if in.DueOn != "" {
		if filter.DueOn, err = calendar.Parse(in.DueOn); err != nil {
			return reminderList{}, fault.In(fault.InvalidField, "due_on")
		}
	}
	if own, narrowed := callerOf(ctx).Own(); narrowed {
		if own == "" || in.Party != "" && in.Party != own {
			return reminderList{}, nil
		}
		filter.Party = own
	}
	after, ok := sequenceCursor(page.After)
	if !ok {
		return reminderList{}, fault.In(fault.InvalidField, "after")
	}
	list, err := s.parts.Reminders.List(ctx, filter, after, page.Limit, page.Newest)
	for _, one := range list {
		about(ctx, one.Party, one.Loan)
	}
	return pageOf(list, page.Limit, func(r reminder.Reminder) string { return strconv.FormatInt(r.Sequence, 10) }), err
}

// BorrowerPath names a borrower.
type BorrowerPath struct {
	Party string `path:"party" pattern:"^[0-9a-f]{32}$" doc:"The borrower's handle"`
}

// ownReminders keeps a customer to what is their own, and notes whose it is.
func ownReminders(ctx context.Context, party string) error {
	if own, narrowed := callerOf(ctx).Own(); narrowed && own != party {
		return fault.In(fault.NotFound, "party")
	}
	about(ctx, party)
	return nil
}

func (s *Server) readPreferences(ctx context.Context, in *BorrowerPath) (*bodyOutput[reminder.Preferences], error) {
	if err := ownReminders(ctx, in.Party); err != nil {
		return nil, err
	}
	return answerBody(s.parts.Reminders.Preferences(ctx, in.Party))
}

type preferencesInput struct {
	BorrowerPath
	Body reminder.Wish
}

func (s *Server) setPreferences(ctx context.Context, in *preferencesInput) (*bodyOutput[reminder.Preferences], error) {
	if err := ownReminders(ctx, in.Party); err != nil {
		return nil, err
	}
	return answerBody(s.parts.Reminders.Choose(ctx, in.Party, in.Body, callerOf(ctx).ID))
}

// OptOutPath is the sealed word of a link.
type OptOutPath struct {
	Token string `path:"token" maxLength:"256" pattern:"^[A-Za-z0-9_-]+$" doc:"As the link has it"`
}

func (s *Server) optOutPage(ctx context.Context, in *OptOutPath) (*listOutput, error) {
	language, err := s.parts.Reminders.Language(ctx, in.Token)
	if err != nil {
		return nil, err
	}
	return s.showOptOut(language, false)
}

func (s *Server) optOut(ctx context.Context, in *OptOutPath) (*listOutput, error) {
	language, err := s.parts.Reminders.Language(ctx, in.Token)
	if err != nil {
		return nil, err
	}
	party, err := s.parts.Reminders.OptOut(ctx, in.Token)
	if err != nil {
		return nil, err
	}
	if err := s.recordOptOut(ctx, party); err != nil {
		return nil, err
	}
	return s.showOptOut(language, true)
}

// recordOptOut writes into the log that somebody followed a party's link: who, nobody knows.
func (s *Server) recordOptOut(ctx context.Context, party string) error {
	if s.parts.Door == nil {
		return nil
	}
	return s.parts.Door.Record(ctx, Entry{
		At: s.now(), Actor: "link", Operation: "reminder.opt_out", Allowed: true, Subject: party, RequestID: exchangeOf(ctx).requestID,
		Subjects: []string{party},
	})
}

// optOutPolicy lets the page do nothing but ask: its form goes back to where it came from.
const optOutPolicy = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

func (s *Server) showOptOut(language reminder.Language, done bool) (*listOutput, error) {
	page, err := s.parts.Reminders.Page(language, done)
	if err != nil {
		return nil, errors.Join(errors.New("show the page that opts out"), err)
	}
	return &listOutput{Body: func(answer huma.Context) {
		answer.SetHeader("Content-Type", "text/html; charset=utf-8")
		answer.SetHeader("Content-Security-Policy", optOutPolicy)
		answer.SetHeader("Referrer-Policy", "no-referrer")
		answer.SetHeader("X-Content-Type-Options", "nosniff")
		answer.SetHeader("Cache-Control", "no-store")
		answer.SetStatus(http.StatusOK)
		_, _ = answer.BodyWriter().Write([]byte(page)) // whoever asked has left
	}}, nil
}
