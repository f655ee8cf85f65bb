package client

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Event is something that happened on the ledger, with nothing about a person.
type Event struct {
	Sequence   int64           `json:"sequence"`
	Type       string          `json:"type"` // "loan.active"
	Kind       string          `json:"kind"` // what stands before the dot
	Collection string          `json:"collection,omitempty"`
	Platform   string          `json:"platform,omitempty"`
	Subject    string          `json:"subject"`
	Block      uint64          `json:"block"`
	TxID       string          `json:"tx_id"`
	At         time.Time       `json:"at"`
	Payload    json.RawMessage `json:"payload"`
}

// Events follows what happens after an event that is known, 0 for all from the beginning, until ctx ends.
// A broken stream is taken up again where it broke, so no event is missed and none comes twice. The query
// narrows it by "type", "kind", "subject" and "collection".
func (c *Client) Events(ctx context.Context, after int64, query url.Values) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		for try := 0; ; try++ {
			for event, err := range c.stream(ctx, after, query) {
				if err != nil {
					var p *Problem
					if ctx.Err() != nil || hopeless(err) || errors.As(err, &p) && !p.passing() {
						yield(Event{}, orEnd(ctx, err))
						return
					}
					break
				}
				after, try = event.Sequence, 0
				if !yield(event, nil) {
					return
				}
			}
			if err := rest(ctx, try, 0); err != nil {
				yield(Event{}, err)
				return
			}
		}
	}
}

// orEnd is the end of ctx where that is what ended a stream.
func orEnd(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// quiet is how long a stream may say nothing, not even that it still stands.
const quiet = time.Minute

// stream reads one stream until it ends.
func (c *Client) stream(ctx context.Context, after int64, query url.Values) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		silence := time.AfterFunc(quiet, cancel)
		defer silence.Stop()
		path := "/v1/events"
		if len(query) > 0 {
			path += "?" + query.Encode()
		}
		response, err := c.once(ctx, request{
			method: http.MethodGet, path: path, accept: "text/event-stream",
			extra: http.Header{"Last-Event-Id": {strconv.FormatInt(after, 10)}},
		})
		if err != nil {
			yield(Event{}, err)
			return
		}
		defer response.Body.Close()
		if response.StatusCode != http.StatusOK {
			body, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
			yield(Event{}, errors.Join(problemOf(response, body), err))
			return
		}
		lines := bufio.NewScanner(response.Body)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			silence.Reset(quiet)
			data, isData := strings.CutPrefix(lines.Text(), "data: ")
			if !isData {
				continue
			}
			var event Event
			if err := json.Unmarshal([]byte(data), &event); err != nil {
				yield(Event{}, fmt.Errorf("read an event: %w", err))
				return
			}
			if !yield(event, nil) {
				return
			}
		}
		if err := lines.Err(); err != nil {
			yield(Event{}, fmt.Errorf("follow events: %w", err))
		}
	}
}
