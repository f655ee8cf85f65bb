package api

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/projection"
)

// linesType is the media type of a list of which each line is one item in JSON.
const linesType = "application/x-ndjson"

// Paging is the part of a list's query that says which page.
type Paging struct {
	Cursor string `query:"cursor" maxLength:"512" doc:"Where the last page said that the next begins"`
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"The most items of a page"`
	Accept string `header:"Accept" hidden:"true"`
}

func (p Paging) paging() (asked Paging, newest bool) { return p, false }

// TurnedPaging is the same of a list that can be turned around.
type TurnedPaging struct {
	Paging
	Newest bool `query:"newest" doc:"The last first"`
}

func (p TurnedPaging) paging() (asked Paging, newest bool) { return p.Paging, p.Newest }

// listOutput answers a page or all lines: which one is decided when the request is seen.
type listOutput struct{ Body func(huma.Context) }

// registerList adds an operation that answers a page of a list as JSON or, to who accepts
// application/x-ndjson, the whole list from the cursor on, a line an item.
func registerList[I interface{ paging() (Paging, bool) }, T any](
	s *Server, op operation, fetch func(context.Context, *I, projection.Page) (projection.List[T], error),
) {
	op.list = true
	forms := answersList[T](s.described.OpenAPI().Components.Schemas)
	maps.Copy(forms, op.answers)
	op.answers = forms
	register(s, op, func(ctx context.Context, input *I) (*listOutput, error) {
		asked, newest := (*input).paging()
		after, err := s.cursors.read(ctx, asked.Cursor)
		if err != nil {
			return nil, err
		}
		page := projection.Page{After: after, Limit: asked.Limit, Newest: newest}
		inLines := wantsLines(asked.Accept)
		if inLines {
			page.Limit = linesAtOnce
		}
		first, err := fetch(ctx, input, page)
		if err != nil {
			return nil, cursorError(err)
		}
		aboutAll(ctx, first.Items)
		if !inLines {
			first.Next = s.cursors.write(ctx, first.Next)
			return &listOutput{Body: writePage(first)}, nil
		}
		return &listOutput{Body: s.writeLines(func(write func(any) error) error {
			return eachPage(ctx, first, page, write, func(page projection.Page) (projection.List[T], error) {
				if err := stillStanding(ctx); err != nil { // a long list outlives a session, a role or a key
					return projection.List[T]{}, err
				}
				list, err := fetch(ctx, input, page)
				if err != nil {
					return list, err
				}
				aboutAll(ctx, list.Items)
				return list, s.recordSubjects(ctx)
			})
		})}, nil
	})
}

// wantsLines reports whether somebody accepts a whole list as lines of JSON.
func wantsLines(accept string) bool { return preferred(accept, linesType) }

// cursorError names the query's cursor where the read model speaks of where a page begins.
func cursorError(err error) error {
	if f := fault.Of(err); f.Code == fault.InvalidField && f.Field == "after" {
		return doorProblem(CodeCursor, "cursor")
	}
	return err
}

const (
	linesAtOnce = 500              // items fetched at a time for a streamed list
	lineTimeout = 30 * time.Second // how long a reader may take for what was fetched at a time
)

// answersList describes both forms of a list.
func answersList[T any](registry huma.Registry) map[string]*huma.MediaType {
	return map[string]*huma.MediaType{
		"application/json": {Schema: registry.Schema(reflect.TypeFor[projection.List[T]](), true, "")},
		linesType:          {Schema: registry.Schema(reflect.TypeFor[T](), true, "")},
	}
}

// eachPage writes what was fetched and fetches on, until the list or the caller ends.
func eachPage[T any](
	ctx context.Context, list projection.List[T], page projection.Page, write func(any) error,
	fetch func(projection.Page) (projection.List[T], error),
) error {
	for {
		for _, item := range list.Items {
			if err := write(item); err != nil {
				return err
			}
		}
		if err := write(nil); err != nil || list.Next == "" {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		page.After = list.Next
		var err error
		if list, err = fetch(page); err != nil {
			return err
		}
	}
}

// writePage writes one page.
func writePage[T any](list projection.List[T]) func(huma.Context) {
	if list.Items == nil {
		list.Items = []T{}
	}
	return func(ctx huma.Context) {
		var text bytes.Buffer
		if err := strictJSON.Marshal(&text, list); err != nil {
			panic(err) // rows that were read cannot fail to encode
		}
		ctx.SetHeader("Content-Type", "application/json")
		ctx.SetStatus(http.StatusOK)
		_, _ = ctx.BodyWriter().Write(text.Bytes()) // whoever asked has left
	}
}

// writeLines streams. What goes wrong after the first line cannot be said any more, so the connection is
// cut: a list that ends well ends with a whole response, and no other does.
func (s *Server) writeLines(run func(write func(any) error) error) func(huma.Context) {
	return func(ctx huma.Context) {
		_, w := humachi.Unwrap(ctx)
		control := http.NewResponseController(w)
		ctx.SetHeader("Content-Type", linesType)
		ctx.SetStatus(http.StatusOK)
		encoder := json.NewEncoder(ctx.BodyWriter())
		encoder.SetEscapeHTML(false)
		err := run(func(item any) error {
			if item != nil {
				return encoder.Encode(item)
			}
			_ = control.SetWriteDeadline(time.Now().Add(lineTimeout)) // not every writer has one
			return control.Flush()
		})
		if err != nil {
			s.logger.WarnContext(ctx.Context(), "a streamed list was cut", "operation", ctx.Operation().OperationID, "error", err)
			panic(http.ErrAbortHandler)
		}
	}
}
