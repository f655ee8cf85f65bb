package api

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/projection"
	"github.com/tallystick/tallystick/gateway-app/submission"
)

// Submissions is what a platform states of itself, or what a regulator received. What the member does not do is nil.
type Submissions struct {
	Platform  *submission.Platform
	Regulator *submission.Regulator
}

// statements is what both sides can be asked for.
type statements interface {
	Read(ctx context.Context, n submission.Name) (submission.Record, error)
	Open(ctx context.Context, n submission.Name) (submission.Record, submission.Content, error)
	List(ctx context.Context, f submission.Filter, after int64, limit int, newest bool) ([]submission.Record, int64, error)
	Shelves(ctx context.Context) ([]submission.Shelf, error)
	Public(ctx context.Context, platform, period string) (submission.Publication, error)
}

func (s *Submissions) statements() statements {
	if s.Platform != nil {
		return s.Platform
	}
	return s.Regulator
}

const (
	submissionTag  = "Submission"
	submissionPath = "/v1/submissions"
)

// registerSubmissions adds what a platform states and a regulator receives.
func (s *Server) registerSubmissions() {
	part := s.parts.Submissions
	if part == nil {
		return
	}
	if part.Platform != nil {
		register(s, operation{
			id: "disclosure.publish", method: http.MethodPost, path: "/v1/disclosures", tag: submissionTag, repeatable: true, books: true,
			summary: "Compute the disclosure of a month or a day, publish it and hand it in",
		}, s.publishDisclosure)
		register(s, operation{
			id: "submission.make", method: http.MethodPost, path: submissionPath, tag: submissionTag, repeatable: true,
			statement: true, bodyBytes: submission.LongestContent, summary: "Hand in what the platform's own systems say: a loan book, or a disclosure",
		}, s.makeSubmission)
	}
	if part.Regulator != nil {
		register(s, operation{
			id: "submission.receive", method: http.MethodPost, path: submission.ReceivePath, tag: submissionTag, repeatable: true,
			statement: true, bodyBytes: submission.LongestContent, summary: "Take a platform's statement, and hold it against the own read model",
		}, s.receiveSubmission)
		register(s, operation{
			id: "submission.due", method: http.MethodGet, path: submissionPath + "/due", tag: submissionTag,
			summary: "List the months that platforms must state: in time, late, missing or due",
		}, s.listDuties)
	}
	registerList(s, operation{
		id: "submission.list", method: http.MethodGet, path: submissionPath, tag: submissionTag, summary: "List statements, by platform, kind, period and state",
	}, s.listSubmissions)
	const one = submissionPath + "/{platform}/{kind}/{period}/{version}"
	register(s, operation{
		id: "submission.read", method: http.MethodGet, path: one, tag: submissionTag, single: true,
		summary: "Read a statement's state, and every reason for which it was rejected",
	}, s.readSubmission)
	register(s, operation{
		id: "submission.content", method: http.MethodGet, path: one + "/content", tag: submissionTag,
		summary: "Read the very bytes that were stated",
		answers: map[string]*huma.MediaType{
			submission.JSON: {Schema: &huma.Schema{}}, submission.CSV: {Schema: &huma.Schema{Type: huma.TypeString}},
		},
	}, s.submissionContent)
	s.registerPublications()
}

// DisclosureOrder asks for the disclosure of a period.
type DisclosureOrder struct {
	Period string `json:"period" maxLength:"10" doc:"a month such as 2016-01 or a day such as 2016-01-29"`
	Reason string `json:"reason,omitempty" enum:"figure_wrong,late_receipt,formula_misread,other_system,month_went_on" doc:"why it is published again; needed where a version differs from the one before"`
}

func (s *Server) publishDisclosure(ctx context.Context, in *bodyInput[DisclosureOrder]) (*bodyOutput[submission.Record], error) {
	return answerBody(s.parts.Submissions.Platform.Publish(ctx, in.Body.Period, callerOf(ctx).ID, in.Body.Reason))
}

// StatementQuery says what a body is. It is exported because huma reads no embedded struct that is not.
type StatementQuery struct {
	Kind   string `query:"kind" required:"true" enum:"disclosure,loan_book"`
	Period string `query:"period" required:"true" maxLength:"10" doc:"a month such as 2016-01 or a day such as 2016-01-29; of a loan book a day"`
	Reason string `query:"reason" enum:"figure_wrong,late_receipt,formula_misread,other_system,month_went_on" doc:"why another version is stated"`
}

type statementInput struct {
	StatementQuery
	ContentType string `header:"Content-Type" hidden:"true"`
}

// SentQuery says which version of what a body is. It is exported because huma reads no embedded struct that is not.
type SentQuery struct {
	StatementQuery
	Version int64  `query:"version" required:"true" minimum:"1"`
	Digest  string `query:"digest" required:"true" pattern:"^[0-9a-f]{64}$" doc:"SHA-256 of the unpacked body; without a body this asks what became of the version"`
	Former  string `query:"former" maxLength:"64" doc:"the digest of the version before"`
}

type sentInput struct {
	SentQuery
	ContentType string `header:"Content-Type" hidden:"true"`
}

func (s *Server) makeSubmission(ctx context.Context, in *statementInput) (*bodyOutput[submission.Record], error) {
	made, err := s.parts.Submissions.Platform.State(ctx, submission.Statement{
		Kind: in.Kind, Period: in.Period, MediaType: mediaTypeOf(in.ContentType), Content: exchangeOf(ctx).content,
		Reason: in.Reason, By: callerOf(ctx).ID,
	})
	if err != nil {
		return nil, statementProblem(err)
	}
	aboutFindings(ctx, made)
	return answerBody(made, nil)
}

// mediaTypeOf is a Content-Type without its parameters.
func mediaTypeOf(header string) string {
	media, _, _ := strings.Cut(header, ";")
	return strings.TrimSpace(media)
}

// statementProblem says what is wrong with a statement, and where in it.
func statementProblem(err error) error {
	var form *submission.FormError
	switch {
	case errors.As(err, &form):
		return formProblem(form)
	case fault.Of(err).Field == "media_type":
		return doorProblem(CodeMediaType, "Content-Type")
	}
	return err
}

func (s *Server) receiveSubmission(ctx context.Context, in *sentInput) (*bodyOutput[submission.Record], error) {
	platform, err := s.counterpart(ctx)
	if err != nil {
		return nil, err
	}
	sent := submission.Sent{
		Kind: in.Kind, Period: in.Period, Version: in.Version, Former: in.Former, Reason: in.Reason, MediaType: mediaTypeOf(in.ContentType),
		Content: exchangeOf(ctx).content,
	}
	switch {
	case sent.Content.Bytes == 0:
		sent.Content = submission.Content{Digest: in.Digest}
	case sent.Content.Digest != in.Digest:
		return nil, fault.In(fault.InvalidField, "digest")
	}
	received, err := s.parts.Submissions.Regulator.Receive(ctx, platform, sent)
	if errors.Is(err, fault.New(fault.Busy)) {
		return nil, doorProblem(CodeRateLimited, "").retryAfter(secondsToRoom)
	}
	if err != nil {
		return nil, statementProblem(err)
	}
	aboutFindings(ctx, received)
	return answerBody(received, nil)
}

// secondsToRoom is when a platform that has handed in as much as it may should try again.
const secondsToRoom = 60

// aboutFindings notes whose loans a verdict names.
func aboutFindings(ctx context.Context, r submission.Record) {
	for _, f := range r.Verdict.Findings {
		if f.Loan != "" {
			about(ctx, f.Loan)
		}
	}
}

type submissionsInput struct {
	TurnedPaging
	Platform string `query:"platform" maxLength:"64"`
	Kind     string `query:"kind" enum:"disclosure,loan_book"`
	Period   string `query:"period" maxLength:"10"`
	State    string `query:"state" enum:"stated,received,acknowledged,rejected,superseded"`
}

type dutiesInput struct {
	Platform string `query:"platform" maxLength:"64"`
	Standing string `query:"standing" enum:"in_time,late,missing,due"`
}

// listDuties lists the months that platforms must state, by how they stand.
func (s *Server) listDuties(ctx context.Context, in *dutiesInput) (*someOutput[submission.Duty], error) {
	found, err := s.parts.Submissions.Regulator.Duties(ctx, in.Platform)
	if in.Standing != "" {
		found = slices.DeleteFunc(found, func(d submission.Duty) bool { return string(d.Standing) != in.Standing })
	}
	return answerSome(found, err)
}

// listSubmissions lists statements with how much was found, and without what: that is asked for one by one.
func (s *Server) listSubmissions(ctx context.Context, in *submissionsInput, page projection.Page) (projection.List[submission.Record], error) {
	var list projection.List[submission.Record]
	after, err := numberAfter(page.After)
	if err != nil {
		return list, err
	}
	limit := page.Limit
	if limit == 0 {
		limit = 100
	}
	f := submission.Filter{Platform: in.Platform, Kind: in.Kind, Period: in.Period, State: submission.State(in.State)}
	items, next, err := s.parts.Submissions.statements().List(ctx, f, after, limit, page.Newest)
	if err != nil {
		return list, err
	}
	for i := range items {
		items[i].Verdict.Findings = nil
	}
	list.Items = items
	if len(items) == limit {
		list.Next = strconv.FormatInt(next, 10)
	}
	return list, nil
}

// numberAfter reads the place after which a page begins.
func numberAfter(after string) (int64, error) {
	if after == "" {
		return 0, nil
	}
	place, err := strconv.ParseInt(after, 10, 64)
	if err != nil || place < 1 {
		return 0, fault.In(fault.InvalidField, "after")
	}
	return place, nil
}

// SubmissionPath names a version of a statement.
type SubmissionPath struct {
	Platform string `path:"platform" maxLength:"64"`
	Kind     string `path:"kind" enum:"disclosure,loan_book"`
	Period   string `path:"period" maxLength:"10"`
	Version  int64  `path:"version" minimum:"1"`
}

func (p SubmissionPath) name() submission.Name {
	return submission.Name{Platform: p.Platform, Kind: p.Kind, Period: p.Period, Version: p.Version}
}

func (s *Server) readSubmission(ctx context.Context, in *SubmissionPath) (*bodyOutput[submission.Record], error) {
	found, err := s.parts.Submissions.statements().Read(ctx, in.name())
	if err != nil {
		return nil, missing(err, "version")
	}
	aboutFindings(ctx, found)
	return answerBody(found, nil)
}
