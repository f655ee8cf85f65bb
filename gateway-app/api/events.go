package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"

	"github.com/tallystick/tallystick/gateway-app/projection"
)

const (
	eventsPath      = "/v1/events"
	streamPath      = "/v1/events/stream"
	eventStreamType = "text/event-stream"

	eventsAtOnce = 500
	eventsEvery  = time.Second      // how often the feed is looked at unasked: another process may fold it
	aliveEvery   = 15 * time.Second // how often a quiet stream says that it still stands

	standingEvery = 5 * time.Second // how often a stream asks whether its reader may still read
)

// registerEvents adds the feed of what happened on the ledger, as pages and as server-sent events.
func (s *Server) registerEvents() {
	if s.parts.Books == nil || s.parts.Folding == nil {
		return
	}
	const tag = "Events"
	registerList(s, operation{
		id: "event.list", method: http.MethodGet, books: true, path: eventsPath, tag: tag,
		summary: "List events in the order of the ledger; who accepts text/event-stream gets the stream", answers: s.answersStream(),
	}, s.listEvents)
	register(s, operation{
		id: "event.stream", method: http.MethodGet, books: true, path: streamPath, tag: tag, stream: true,
		summary: "Follow events as they happen, from Last-Event-ID on",
		answers: s.answersStream(),
	}, s.streamEvents)
}

// answersStream describes the events of the ledger as a stream: each is in one line of data.
func (s *Server) answersStream() map[string]*huma.MediaType {
	schema := s.described.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[projection.Entry](), true, "")
	return map[string]*huma.MediaType{eventStreamType: {Schema: schema}}
}

// EventFilter narrows the feed.
type EventFilter struct {
	Type       []string `query:"type" maxItems:"20" doc:"Only these types, such as loan.active"`
	Kind       []string `query:"kind" maxItems:"20" doc:"Only these kinds: what stands before the dot of a type"`
	Subject    string   `query:"subject" maxLength:"200" doc:"Only about this loan's id, handle or member"`
	Collection string   `query:"collection" maxLength:"128"`
}

// feed refuses a kind that the feed never has: whoever misspells one would wait for ever.
func (f EventFilter) feed() (projection.FeedFilter, error) {
	if field := unknownIn(f.Kind, f.Type, projection.Kinds()); field != "" {
		return projection.FeedFilter{}, unknownKind(field, projection.Kinds())
	}
	return projection.FeedFilter{Types: f.Type, Kinds: f.Kind, Subject: f.Subject, Collection: f.Collection}, nil
}

type eventsInput struct {
	Paging
	EventFilter
	After int64 `query:"after" minimum:"0" doc:"The sequence of the last event that is known; the feed's beginning when not given"`
}

// placeOf is the number after which a page of a feed begins, and the field that named it.
func placeOf(page projection.Page, after int64) (int64, string, error) {
	if page.After == "" {
		return after, "after", nil
	}
	after, err := strconv.ParseInt(page.After, 10, 64)
	if err != nil || after < 0 {
		return 0, "", doorProblem(CodeCursor, "cursor")
	}
	return after, "cursor", nil
}

// listEvents pages by the events' own numbers, so a cursor and the id of the last event are the same thing.
func (s *Server) listEvents(ctx context.Context, input *eventsInput, page projection.Page) (projection.List[projection.Entry], error) {
	var list projection.List[projection.Entry]
	filter, err := input.feed()
	if err != nil {
		return list, err
	}
	after, field, err := placeOf(page, input.After)
	if err != nil {
		return list, err
	}
	if err := s.knownEvent(ctx, after, field); err != nil {
		return list, err
	}
	events, err := s.parts.Books.Feed(ctx, after, page.Limit, filter)
	if err != nil {
		return list, err
	}
	list.Items = events
	if len(events) == page.Limit {
		list.Next = strconv.FormatInt(events[len(events)-1].Sequence, 10)
	}
	return list, nil
}

// StreamPlace is where a stream begins.
type StreamPlace struct {
	LastEventID string `header:"Last-Event-ID" maxLength:"20" pattern:"^[0-9]+$" doc:"The id of the last event that is known"`
	After       int64  `query:"after" minimum:"0" doc:"The same, for who cannot set the header"`
}

// place answers the number of the last event that is known, and the field that named it.
func (p StreamPlace) place() (int64, string, error) {
	if p.LastEventID == "" {
		return p.After, "after", nil
	}
	after, err := strconv.ParseInt(p.LastEventID, 10, 64)
	if err != nil {
		return 0, "", doorProblem(CodeRangeUnsatisfiable, "Last-Event-ID")
	}
	return after, "Last-Event-ID", nil
}

type streamInput struct {
	EventFilter
	StreamPlace
}

type streamOutput struct{ Body func(huma.Context) }

// knownEvent refuses the number of an event that there is not yet: whoever waited for what comes after it would miss
// what comes before. Events are never dropped, so none is too old.
func (s *Server) knownEvent(ctx context.Context, after int64, field string) error {
	return withinFeed(ctx, after, field, s.parts.Books.FeedEnd)
}

func withinFeed(ctx context.Context, after int64, field string, last func(context.Context) (int64, error)) error {
	if after == 0 {
		return nil
	}
	end, err := last(ctx)
	if err == nil && after > end {
		err = doorProblem(CodeRangeUnsatisfiable, field)
	}
	return err
}

func (s *Server) streamEvents(ctx context.Context, input *streamInput) (*streamOutput, error) {
	filter, err := input.feed()
	if err != nil {
		return nil, err
	}
	after, field, err := input.place()
	if err != nil {
		return nil, err
	}
	if err := s.knownEvent(ctx, after, field); err != nil {
		return nil, err
	}
	return stream(s, after, followed[projection.Entry]{
		moved: s.parts.Folding.Moved,
		next: func(ctx context.Context, after int64) ([]projection.Entry, error) {
			return s.parts.Books.Feed(ctx, after, eventsAtOnce, filter)
		},
		name: func(e projection.Entry) (int64, string) { return e.Sequence, e.Type },
	}), nil
}

// followed is a feed as a stream reads it.
type followed[T any] struct {
	moved func() <-chan struct{}
	next  func(ctx context.Context, after int64) ([]T, error) // at most eventsAtOnce
	name  func(T) (sequence int64, kind string)
}

// stream answers a feed from a place on as server-sent events.
func stream[T any](s *Server, after int64, feed followed[T]) *streamOutput {
	return &streamOutput{Body: func(ctx huma.Context) {
		_, w := humachi.Unwrap(ctx)
		ctx.SetHeader("Content-Type", eventStreamType)
		ctx.SetHeader("X-Accel-Buffering", "no")
		ctx.SetStatus(http.StatusOK)
		to := eventStream{w: w, control: http.NewResponseController(w)}
		if err := follow(ctx.Context(), s, &to, after, feed); err != nil && ctx.Context().Err() == nil {
			s.logger.WarnContext(ctx.Context(), "an event stream ended", "error", err)
		}
	}}
}

// follow writes what happened and then what happens, until the reader leaves, may no longer read or the
// server ends. A reader that comes back names the last event that it has.
func follow[T any](ctx context.Context, s *Server, to *eventStream, after int64, feed followed[T]) error {
	if err := to.comment("following"); err != nil {
		return err
	}
	tick := time.NewTicker(eventsEvery)
	defer tick.Stop()
	asked := time.Now()
	for said := time.Now(); ; {
		if time.Since(asked) >= standingEvery {
			if err := stillStanding(ctx); err != nil {
				return err
			}
			asked = time.Now()
		}
		moved := feed.moved() // asked for before looking, so that nothing in between is missed
		events, err := feed.next(ctx, after)
		if err != nil {
			return err
		}
		aboutAll(ctx, events)
		if err := s.recordSubjects(ctx); err != nil {
			return err
		}
		if len(events) > 0 || time.Since(said) >= aliveEvery {
			if err := write(to, events, feed.name); err != nil {
				return err
			}
			said = time.Now()
		}
		if len(events) > 0 {
			after, _ = feed.name(events[len(events)-1])
		}
		if len(events) == eventsAtOnce {
			continue
		}
		select {
		case <-ctx.Done():
			return nil
		case <-s.stopped:
			return nil
		case <-moved:
		case <-tick.C:
		}
	}
}

// eventStream writes server-sent events as the HTML standard has them.
type eventStream struct {
	w       http.ResponseWriter
	control *http.ResponseController
}

// write writes events, or where there are none that the stream still stands.
func write[T any](e *eventStream, events []T, name func(T) (int64, string)) error {
	if len(events) == 0 {
		return e.comment("still here")
	}
	for _, event := range events {
		text, err := json.Marshal(event) // in one line: JSON's line breaks are escaped
		if err != nil {
			return err
		}
		sequence, kind := name(event)
		if _, err = fmt.Fprintf(e.w, "id: %d\nevent: %s\ndata: %s\n\n", sequence, kind, text); err != nil {
			return err
		}
	}
	return e.flush()
}

func (e *eventStream) comment(text string) error {
	if _, err := fmt.Fprintf(e.w, ": %s\n\n", text); err != nil {
		return err
	}
	return e.flush()
}

func (e *eventStream) flush() error {
	_ = e.control.SetWriteDeadline(time.Now().Add(lineTimeout)) // not every writer has one
	return e.control.Flush()
}
