package api

import (
	"context"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

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
	registerFeed(s, s.parts.Notices, "Notices", operation{
		id: "notice.list", path: noticesPath, summary: "List the member's own notices, which are not on the ledger, in their order",
	}, operation{
		id: "notice.stream", path: noticeStreamPath, summary: "Follow notices as they are given, from Last-Event-ID on",
	})
}

// registerAlertNotices adds the feed of alerts beside it: operations of its own, so that policies say who may know.
func (s *Server) registerAlertNotices(tag string) {
	if s.parts.Notices == nil {
		return
	}
	registerFeed(s, s.parts.Notices.Alerts(), tag, operation{
		id: "alert.notices", path: alertsPath + "/notices", summary: "List the notices of alerts, which are a feed of their own, in their order",
	}, operation{
		id: "alert.stream", path: alertsPath + "/notices/stream", summary: "Follow notices of alerts as they are given, from Last-Event-ID on",
	})
}

func registerFeed(s *Server, feed *notice.Feed, tag string, list, follow operation) {
	list.method, list.tag = http.MethodGet, tag
	registerList(s, list, func(ctx context.Context, in *noticesInput, page projection.Page) (projection.List[notice.Entry], error) {
		return listNotices(ctx, feed, in, page)
	})
	follow.method, follow.tag, follow.stream = http.MethodGet, tag, true
	follow.answers = map[string]*huma.MediaType{eventStreamType: {
		Schema: s.described.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[notice.Entry](), true, ""),
	}}
	register(s, follow, func(ctx context.Context, in *noticeStreamInput) (*streamOutput, error) {
		return s.streamNotices(ctx, feed, in)
	})
}

// NoticeFilter narrows the member's feed.
type NoticeFilter struct {
	Type    []string `query:"type" maxItems:"20" doc:"Only these types, such as alert.raised"`
	Kind    []string `query:"kind" maxItems:"20" doc:"Only these kinds: what stands before the dot of a type"`
	Subject string   `query:"subject" maxLength:"200" doc:"Only about this id or handle"`
}

// filter refuses a kind that the feed never has: whoever misspells one would wait for ever. It names the kinds that
// there are, and of the staff's feed none of alerts.
func (f NoticeFilter) filter(feed *notice.Feed) (notice.Filter, error) {
	if field := unknownIn(f.Kind, f.Type, feed.Kinds()); field != "" {
		return notice.Filter{}, unknownKind(field, feed.Kinds())
	}
	return notice.Filter{Types: f.Type, Kinds: f.Kind, Subject: f.Subject}, nil
}

// unknownIn names the first kind, or type of a kind, that is not among the known; nothing where all are.
func unknownIn(kinds, types, known []string) string {
	for at, kind := range kinds {
		if !slices.Contains(known, kind) {
			return fmt.Sprintf("kind[%d]", at)
		}
	}
	for at, one := range types {
		if !slices.Contains(known, notice.KindOf(one)) {
			return fmt.Sprintf("type[%d]", at)
		}
	}
	return ""
}

func unknownKind(field string, kinds []string) *Problem {
	p := faultProblem(fault.In(fault.InvalidField, field))
	p.Detail += ": the kinds of this feed are " + strings.Join(kinds, ", ")
	return p
}

type noticesInput struct {
	Paging
	NoticeFilter
	After int64 `query:"after" minimum:"0" doc:"The sequence of the last notice that is known; the feed's beginning when not given"`
}

func listNotices(ctx context.Context, feed *notice.Feed, in *noticesInput, page projection.Page) (projection.List[notice.Entry], error) {
	var list projection.List[notice.Entry]
	filter, err := in.filter(feed)
	if err != nil {
		return list, err
	}
	after, field, err := placeOf(page, in.After)
	if err != nil {
		return list, err
	}
	if err := withinFeed(ctx, after, field, feed.End); err != nil {
		return list, err
	}
	found, err := feed.List(ctx, after, page.Limit, filter)
	return pageOf(found, page.Limit, func(e notice.Entry) string { return strconv.FormatInt(e.Sequence, 10) }), err
}

type noticeStreamInput struct {
	NoticeFilter
	StreamPlace
}

func (s *Server) streamNotices(ctx context.Context, feed *notice.Feed, in *noticeStreamInput) (*streamOutput, error) {
	filter, err := in.filter(feed)
	if err != nil {
		return nil, err
	}
	after, field, err := in.place()
	if err != nil {
		return nil, err
	}
	if err := withinFeed(ctx, after, field, feed.End); err != nil {
		return nil, err
	}
	return stream(s, after, followed[notice.Entry]{
		moved: feed.Moved,
		next: func(ctx context.Context, after int64) ([]notice.Entry, error) {
			return feed.List(ctx, after, eventsAtOnce, filter)
		},
		name: func(e notice.Entry) (int64, string) { return e.Sequence, e.Type },
	}), nil
}
