package submission

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/disclosure"
)

// FormError is why a text has not the form of its kind, where in the text, and what to do about it. It quotes nothing of
// the text.
type FormError struct {
	*fault.Fault
	Line   int    // of a text in lines: the line as the file shows it, from 1; 0: the whole
	Column int    // where in the line, in bytes from 1; 0: the whole line
	Limit  int64  // of what is too long: the most that is taken
	Remedy string // what to do, where the code alone does not say it
}

// Error states the code, the field, the place and the remedy.
func (e *FormError) Error() string {
	if e.Remedy == "" && e.Line == 0 {
		return e.Fault.Error()
	}
	place := ""
	switch {
	case e.Line > 0 && e.Column > 0:
		place = fmt.Sprintf(", line %d, column %d", e.Line, e.Column)
	case e.Line > 0:
		place = fmt.Sprintf(", line %d", e.Line)
	case e.Item > 0:
		place = fmt.Sprintf(", item %d", e.Item)
	}
	return fmt.Sprintf("%s (%s%s): %s", e.Code, e.Field, place, cmp.Or(e.Remedy, e.Code.Remedy()))
}

// Unwrap is the refusal, which is all that a program needs.
func (e *FormError) Unwrap() error { return e.Fault }

// tooLong refuses what is longer than it may be, and says how long it may be and what to do.
func tooLong(most int64, of string) *FormError {
	return &FormError{
		Fault: fault.In(fault.BatchTooLarge, "content"), Limit: most,
		Remedy: fmt.Sprintf("a statement has at most %d %s: state every loan that was disbursed once, and nothing beside it", most, of),
	}
}

// malformed refuses a text that cannot be read, and says how it should be.
func malformed(remedy string) *FormError {
	return &FormError{Fault: fault.In(fault.MalformedRequest, "content"), Remedy: remedy}
}

// invalid refuses a field of a line.
func invalid(field, remedy string) *FormError {
	return &FormError{Fault: fault.In(fault.InvalidField, field), Remedy: remedy}
}

// item is the refusal of an item of a list, from 1.
func (e *FormError) item(n int64) *FormError {
	e.Fault = e.At(int(n) - 1)
	return e
}

// line is the refusal of a line of a text, from 1, at a column from 1.
func (e *FormError) line(n, column int) *FormError {
	e.Line, e.Column = n, column
	return e
}

// checkForm refuses what has not the form of its kind: another platform's, another period's, a line that cannot be.
func checkForm(ctx context.Context, platform, kind, period, mediaType string, content Content) (disclosure.Period, error) {
	parsed, err := disclosure.ParsePeriod(period)
	switch {
	case err != nil:
		return parsed, err
	case content.Bytes == 0:
		return parsed, fault.In(fault.MissingField, "content")
	case kind == Disclosure:
		return parsed, checkDisclosure(ctx, platform, parsed, mediaType, content)
	case kind == LoanBook:
		return parsed, checkLoanBook(ctx, platform, parsed, mediaType, content)
	}
	return parsed, fault.In(fault.InvalidField, "kind")
}

// canonicalFrom is where the canonical text of a disclosure comes from.
const canonicalFrom = "POST /v1/disclosures has the app compute and state the period, and " +
	"GET /v1/submissions/{platform}/disclosure/{period}/{version}/content answers its canonical text"

func checkDisclosure(ctx context.Context, platform string, period disclosure.Period, mediaType string, content Content) error {
	if mediaType != JSON {
		return fault.In(fault.InvalidField, "media_type")
	}
	if content.Bytes > disclosure.LongestText {
		return tooLong(disclosure.LongestText, "bytes")
	}
	text, err := content.All(ctx)
	if err != nil {
		return err
	}
	stated, err := disclosure.Parse(text)
	switch {
	case errors.Is(err, disclosure.ErrNotCanonical):
		return malformed("the content is a disclosure, but not in canonical JSON (RFC 8785, whole numbers as strings, nothing after it): " + canonicalFrom)
	case errors.Is(err, disclosure.ErrForm):
		return malformed("the content is no disclosure with every field and no other: " + canonicalFrom)
	case err != nil:
		return err
	case stated.Platform != platform:
		return invalid("content.platform", "state the platform's own disclosure")
	case stated.Period != period:
		return invalid("content.period", "name in the query the period that the disclosure is of")
	}
	return nil
}

func checkLoanBook(ctx context.Context, platform string, period disclosure.Period, mediaType string, content Content) error {
	if !period.Day() {
		return invalid("period", "name a day: a loan book is of the close of a business day")
	}
	if mediaType != JSON && mediaType != CSV {
		return fault.In(fault.InvalidField, "media_type")
	}
	for _, err := range linesOf(mediaType, platform, content.Open(ctx)) {
		if err != nil {
			return err
		}
	}
	return nil
}
