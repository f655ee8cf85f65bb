package api

import (
	"context"
	"net/http"
	"reflect"
	"slices"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/notice"
	"github.com/tallystick/tallystick/gateway-app/projection"
)

const (
	noticesPath      = "/v1/notices"
	noticeStreamPath = "/v1/notices/stream"
)

// registerNotices adds the member's own feed, as pages and as server-sent events.
func (s *Server) registerNotices() {
	if s.parts.Notices == nil {
		return
	}
	const tag = "Notices"
	registerList(s, operation{
		id: "notice.list", method: http.MethodGet, path: noticesPath, tag: tag,
		summary: "List the member's own notices, which are not on the ledger, in their order",
	}, s.listNotices)
	register(s, operation{
		id: "notice.stream", method: http.MethodGet, path: noticeStreamPath, tag: tag, stream: true,
		summary: "Follow notices as they are given, from Last-Event-ID on",
		answers: map[string]*huma.MediaType{eventStreamType: {
			Schema: s.described.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[notice.Entry](), true, ""),
		}},
	}, s.streamNotices)
}

// NoticeFilter narrows the member's feed.
type NoticeFilter struct {
	Type    []string `query:"type" maxItems:"20" doc:"Only these types, such as alert.raised"`
	Kind    []string `query:"kind" maxItems:"20" doc:"Only these kinds: what stands before the dot of a type"`
	Subject string   `query:"subject" maxLength:"200" doc:"Only about this id or handle"`
}

// noticesFor narrows a filter to the kinds that the caller may see: of alerts is told who may read alerts, and
// nobody else. It answers false where nothing is left.
func (s *Server) noticesFor(ctx context.Context, asked NoticeFilter) (notice.Filter, bool, error) {
	filter := notice.Filter{Types: asked.Type, Kinds: asked.Kind, Subject: asked.Subject}
	if s.parts.Door == nil {
		return filter, true, nil
	}
	decision, err := s.parts.Door.Decide(ctx, exchangeOf(ctx).caller, Question{Operation: "alert.list"})
	if err != nil || decision.Allowed {
		return filter, true, err
	}
	alerts := func(text string) bool { return notice.KindOf(text) == notice.Alert }
	if len(filter.Types)+len(filter.Kinds) == 0 {
		filter.Kinds = notice.Kinds()
	}
	filter.Types = slices.DeleteFunc(slices.Clone(filter.Types), alerts)
	filter.Kinds = slices.DeleteFunc(slices.Clone(filter.Kinds), alerts)
	return filter, len(filter.Types)+len(filter.Kinds) > 0, nil
}

// noticesAfter reads on for one caller, whose rights are looked at each time.
func (s *Server) noticesAfter(ctx context.Context, after int64, limit int, asked NoticeFilter) ([]notice.Entry, error) {
	filter, some, err := s.noticesFor(ctx, asked)
	if err != nil || !some {
		return nil, err
	}
	return s.parts.Notices.List(ctx, after, limit, filter)
}

type noticesInput struct {
	Paging
	NoticeFilter
	After int64 `query:"after" minimum:"0" doc:"The sequence of the last notice that is known; the feed's beginning when not given"`
}

func (s *Server) listNotices(ctx context.Context, in *noticesInput, page projection.Page) (projection.List[notice.Entry], error) {
	var list projection.List[notice.Entry]
	if page.Newest {
		return list, fault.In(fault.InvalidField, "newest") // a feed is followed forwards
	}
	after, field, err := placeOf(page, in.After)
	if err != nil {
		return list, err
	}
	if err := withinFeed(ctx, after, field, s.parts.Notices.End); err != nil {
		return list, err
	}
	found, err := s.noticesAfter(ctx, after, page.Limit, in.NoticeFilter)
	return pageOf(found, page.Limit, func(e notice.Entry) string { return strconv.FormatInt(e.Sequence, 10) }), err
}

type noticeStreamInput struct {
	NoticeFilter
	StreamPlace
}

func (s *Server) streamNotices(ctx context.Context, in *noticeStreamInput) (*streamOutput, error) {
	after, field, err := in.place()
	if err != nil {
		return nil, err
	}
	if err := withinFeed(ctx, after, field, s.parts.Notices.End); err != nil {
		return nil, err
	}
	return stream(s, after, followed[notice.Entry]{
		moved: s.parts.Notices.Moved,
		next: func(ctx context.Context, after int64) ([]notice.Entry, error) {
			return s.noticesAfter(ctx, after, eventsAtOnce, in.NoticeFilter)
		},
		name: func(e notice.Entry) (int64, string) { return e.Sequence, e.Type },
	}), nil
}
