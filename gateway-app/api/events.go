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

	"github.com/tallystick/tallystick/core/fault"
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
		summary: "List events in the order of the ledger; who accepts text/event-stream gets the stream",
	}, s.listEvents)
	register(s, operation{
		id: "event.stream", method: http.MethodGet, books: true, path: streamPath, tag: tag, stream: true,
		summary: "Follow events as they happen, from Last-Event-ID on",
		answers: map[string]*huma.MediaType{eventStreamType: {
			Schema: s.described.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[projection.Entry](), true, ""),
		}},
	}, s.streamEvents)
}

// EventFilter narrows the feed.
type EventFilter struct {
	Type       []string `query:"type" maxItems:"20" doc:"Only these types, such as loan.active"`
	Kind       []string `query:"kind" maxItems:"20" doc:"Only these kinds: what stands before the dot of a type"`
	Subject    string   `query:"subject" maxLength:"200" doc:"Only about this loan's id, handle or member"`
	Collection string   `query:"collection" maxLength:"128"`
}

func (f EventFilter) feed() projection.FeedFilter {
	return projection.FeedFilter{Types: f.Type, Kinds: f.Kind, Subject: f.Subject, Collection: f.Collection}
}

type eventsInput struct {
	Paging
	EventFilter
	After int64 `query:"after" minimum:"0" doc:"The sequence of the last event that is known; the feed's beginning when not given"`
}

// listEvents pages by the events' own numbers, so a cursor and the id of the last event are the same thing.
func (s *Server) listEvents(ctx context.Context, input *eventsInput, page projection.Page) (projection.List[projection.Entry], error) {
	var list projection.List[projection.Entry]
	if page.Newest {
		return list, fault.In(fault.InvalidField, "newest") // a feed is followed forwards
	}
	after, field := input.After, "after"
	if page.After != "" {
		var err error
		field = "cursor"
		if after, err = strconv.ParseInt(page.After, 10, 64); err != nil || after < 0 {
			return list, doorProblem(CodeCursor, "cursor")
		}
	}
	if err := s.knownEvent(ctx, after, field); err != nil {
		return list, err
	}
	events, err := s.parts.Books.Feed(ctx, after, page.Limit, input.feed())
	if err != nil {
		return list, err
	}
	list.Items = events
	if len(events) == page.Limit {
		list.Next = strconv.FormatInt(events[len(events)-1].Sequence, 10)
	}
	return list, nil
}

type streamInput struct {
	EventFilter
	LastEventID string `header:"Last-Event-ID" maxLength:"20" pattern:"^[0-9]+$" doc:"The id of the last event that is known"`
	After       int64  `query:"after" minimum:"0" doc:"The same, for who cannot set the header"`
}

type streamOutput struct{ Body func(huma.Context) }

// knownEvent refuses the number of an event that there is not yet: whoever waited for what comes after it would miss
// what comes before. Events are never dropped, so none is too old.
func (s *Server) knownEvent(ctx context.Context, after int64, field string) error {
	if after == 0 {
		return nil
	}
	end, err := s.parts.Books.FeedEnd(ctx)
	if err == nil && after > end {
		err = doorProblem(CodeRangeUnsatisfiable, field)
	}
	return err
}

func (s *Server) streamEvents(ctx context.Context, input *streamInput) (*streamOutput, error) {
	after, field := input.After, "after"
	if input.LastEventID != "" {
		var err error
		field = "Last-Event-ID"
		if after, err = strconv.ParseInt(input.LastEventID, 10, 64); err != nil {
			return nil, doorProblem(CodeRangeUnsatisfiable, field)
		}
	}
	if err := s.knownEvent(ctx, after, field); err != nil {
		return nil, err
	}
	return &streamOutput{Body: func(ctx huma.Context) {
		_, w := humachi.Unwrap(ctx)
		ctx.SetHeader("Content-Type", eventStreamType)
		ctx.SetHeader("X-Accel-Buffering", "no")
		ctx.SetStatus(http.StatusOK)
		stream := eventStream{w: w, control: http.NewResponseController(w)}
		if err := s.follow(ctx.Context(), &stream, after, input.feed()); err != nil && ctx.Context().Err() == nil {
			s.logger.WarnContext(ctx.Context(), "an event stream ended", "error", err)
		}
	}}, nil
}

// follow writes what happened and then what happens, until the reader leaves, may no longer read or the
// server ends. A reader that comes back names the last event that it has.
func (s *Server) follow(ctx context.Context, stream *eventStream, after int64, filter projection.FeedFilter) error {
	if err := stream.comment("following"); err != nil {
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
		moved := s.parts.Folding.Moved() // asked for before looking, so that nothing in between is missed
		events, err := s.parts.Books.Feed(ctx, after, eventsAtOnce, filter)
		if err != nil {
			return err
		}
		aboutAll(ctx, events)
		if err := s.recordSubjects(ctx); err != nil {
			return err
		}
		if len(events) > 0 || time.Since(said) >= aliveEvery {
			if err := stream.events(events); err != nil {
				return err
			}
			said = time.Now()
		}
		if len(events) > 0 {
			after = events[len(events)-1].Sequence
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

// events writes events, or where there are none that the stream still stands.
func (e *eventStream) events(events []projection.Entry) error {
	if len(events) == 0 {
		return e.comment("still here")
	}
	for _, event := range events {
		text, err := json.Marshal(event) // in one line: JSON's line breaks are escaped
		if err != nil {
			return err
		}
		if _, err = fmt.Fprintf(e.w, "id: %d\nevent: %s\ndata: %s\n\n", event.Sequence, event.Type, text); err != nil {
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
