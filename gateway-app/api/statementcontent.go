package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"

	"github.com/tallystick/tallystick/gateway-app/submission"
)

// subjectsAtOnce is how many loans are written into the journal at a time before the lines that show them are sent.
const subjectsAtOnce = 2_000

// submissionContent answers the bytes that the digest is of, as they are read. Who reads a loan book sees every loan in it:
// before a part is sent the journal has all loans of that part.
func (s *Server) submissionContent(ctx context.Context, in *SubmissionPath) (*listOutput, error) {
	found, content, err := s.parts.Submissions.statements().Open(ctx, in.name())
	if err != nil {
		return nil, missing(err, "version")
	}
	return &listOutput{Body: func(answer huma.Context) {
		answer.SetHeader("Content-Type", found.MediaType)
		answer.SetStatus(http.StatusOK)
		if err := s.sendContent(ctx, answer, found, content); err != nil {
			s.logger.WarnContext(ctx, "a statement was cut while it was read", "submission", found.Name.String(), "error", err)
			panic(http.ErrAbortHandler) // half a book is not taken for a whole one
		}
	}}, nil
}

func (s *Server) sendContent(ctx context.Context, answer huma.Context, found submission.Record, content submission.Content) error {
	w := answer.BodyWriter()
	if found.Kind != submission.LoanBook {
		_, err := io.Copy(w, content.Open(ctx))
		return err
	}
	_, raw := humachi.Unwrap(answer)
	control := http.NewResponseController(raw)
	shown := &shownBook{to: w}
	noted := 0
	for row, err := range submission.Lines(found.MediaType, io.TeeReader(content.Open(ctx), shown)) {
		if err != nil {
			return fmt.Errorf("read a loan book that was taken: %w", err)
		}
		about(ctx, row.Loan)
		if noted++; noted%subjectsAtOnce != 0 {
			continue
		}
		if err := errors.Join(stillStanding(ctx), s.recordSubjects(ctx)); err != nil {
			return err
		}
		_ = control.SetWriteDeadline(time.Now().Add(lineTimeout)) // not every writer has one
		if err := shown.send(submission.ReadAhead); err != nil {
			return err
		}
	}
	if err := s.recordSubjects(ctx); err != nil {
		return err
	}
	return shown.send(0)
}

// shownBook holds back what was read of a book until it is known whose loans it shows.
type shownBook struct {
	to   io.Writer
	held bytes.Buffer
}

// Write holds a part back.
func (b *shownBook) Write(part []byte) (int, error) { return b.held.Write(part) }

// send sends what is held, but the last bytes, which were read and whose lines nobody has seen.
func (b *shownBook) send(but int) error {
	if _, err := b.to.Write(b.held.Next(max(0, b.held.Len()-but))); err != nil {
		return fmt.Errorf("send a loan book: %w", err)
	}
	return nil
}
