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
)

const (
	eventsPath      = "/v1/events"
	streamPath      = "/v1/events/stream"
	eventStreamType = "text/event-stream"

	eventsAtOnce = 500
	eventsEvery  = 500 * time.Millisecond // how often the feed is looked at for more
	aliveEvery   = 15 * time.Second       // how often a quiet stream says that it still stands
)

// registerEvents adds the feed of what happened on the ledger, as pages and as server-sent events.
func (s *Server) registerEvents() {
	if s.parts.Books == nil {
		return
	}
	const tag = "Events"
	registerList(s, operation{
		id: "event.list", method: http.MethodGet, path: eventsPath, tag: tag,
		summary: "List events in the order of the ledger; who accepts text/event-stream gets the stream",
	}, s.listEvents)
	register(s, operation{
		id: "event.stream", method: http.MethodGet, path: streamPath, tag: tag,
		summary: "Follow events as they happen, from Last-Event-ID on",
		answers: map[string]*huma.MediaType{eventStreamType: {
			Schema: s.described.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[Event](), true, ""),
		}},
	}, s.streamEvents)
}

type eventsInput struct {
	Paging
	After int64 `query:"after" minimum:"0" doc:"The id of the last event that is known; the feed's beginning when not given"`
}

// listEvents pages by the events' own numbers, so a cursor and the id of the last event are the same thing.
func (s *Server) listEvents(ctx context.Context, input *eventsInput, page Page) ([]Event, string, error) {
	after := input.After
	if page.After != "" {
		var err error
		if after, err = strconv.ParseInt(page.After, 10, 64); err != nil || after < 0 {
			return nil, "", fault.In(fault.InvalidField, "cursor")
		}
	}
	events, err := s.parts.Books.Feed(ctx, after, page.Limit)
	if err != nil {
		return nil, "", err
	}
	next := ""
	if len(events) == page.Limit {
		next = strconv.FormatInt(events[len(events)-1].ID, 10)
	}
	return events, next, nil
}

type streamInput struct {
	LastEventID string `header:"Last-Event-ID" maxLength:"20" pattern:"^[0-9]+$" doc:"The id of the last event that is known"`
	After       int64  `query:"after" minimum:"0" doc:"The same, for who cannot set the header"`
}

type streamOutput struct{ Body func(huma.Context) }

func (s *Server) streamEvents(_ context.Context, input *streamInput) (*streamOutput, error) {
	after := input.After
	if input.LastEventID != "" {
		var err error
		if after, err = strconv.ParseInt(input.LastEventID, 10, 64); err != nil {
			return nil, fault.In(fault.InvalidField, "Last-Event-ID")
		}
	}
	return &streamOutput{Body: func(ctx huma.Context) {
		_, w := humachi.Unwrap(ctx)
		ctx.SetHeader("Content-Type", eventStreamType)
		ctx.SetHeader("X-Accel-Buffering", "no")
		ctx.SetStatus(http.StatusOK)
		stream := eventStream{w: w, control: http.NewResponseController(w)}
		if err := s.follow(ctx.Context(), &stream, after); err != nil && ctx.Context().Err() == nil {
			s.logger.WarnContext(ctx.Context(), "an event stream ended", "error", err)
		}
	}}, nil
}

// follow writes what happened and then what happens, until the reader leaves, the reader's sign-in is no
// longer good, or the server ends. A reader that comes back names the last event that it has.
func (s *Server) follow(ctx context.Context, stream *eventStream, after int64) error {
	if err := stream.comment("following"); err != nil {
		return err
	}
	tick := time.NewTicker(eventsEvery)
	defer tick.Stop()
	for said := time.Now(); ; {
		events, err := s.parts.Books.Feed(ctx, after, eventsAtOnce)
		if err != nil {
			return err
		}
		for _, event := range events {
			if err := stream.event(event); err != nil {
				return err
			}
			after = event.ID
		}
		switch {
		case len(events) > 0:
			said = time.Now()
			if err := stream.flush(); err != nil || len(events) == eventsAtOnce && ctx.Err() == nil {
				if err != nil {
					return err
				}
				continue
			}
		case time.Since(said) >= aliveEvery:
			said = time.Now()
			if err := stream.comment("still here"); err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-s.stopped:
			return nil
		case <-tick.C:
		}
	}
}

// eventStream writes server-sent events as the HTML standard has them.
type eventStream struct {
	w       http.ResponseWriter
	control *http.ResponseController
}

func (e *eventStream) event(event Event) error {
	text, err := json.Marshal(event) // in one line: JSON's line breaks are escaped
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(e.w, "id: %d\nevent: %s\ndata: %s\n\n", event.ID, event.Type, text)
	return err
}

func (e *eventStream) comment(text string) error {
	if _, err := fmt.Fprintf(e.w, ": %s\n\n", text); err != nil {
		return err
	}
	return e.flush()
}

func (e *eventStream) flush() error {
	_ = e.control.SetWriteDeadline(time.Now().Add(lineTimeout)) //nolint:errcheck // not every writer has one
	return e.control.Flush()
}
