package submission

import (
	"encoding/json"
	"errors"
	"io"
	"slices"
)

// jsonLines reads a JSON list, one line at a time.
type jsonLines struct {
	bounded *boundedLines
	decoder *json.Decoder
	read    int64
}

const howJSON = "send one JSON list of objects with the fields loan, status, principal_minor, outstanding_minor and overdue_days"

func newJSONLines(content io.Reader) *jsonLines {
	bounded := &boundedLines{from: coming{from: content}}
	decoder := json.NewDecoder(bounded)
	decoder.DisallowUnknownFields()
	return &jsonLines{bounded: bounded, decoder: decoder}
}

// next reads an item.
func (j *jsonLines) next() (Row, error) {
	j.bounded.begin()
	if j.read == 0 {
		if start, err := j.decoder.Token(); err != nil || start != json.Delim('[') {
			return Row{}, j.refused(err)
		}
	}
	j.read++
	if j.decoder.More() {
		row := Row{At: j.read}
		if err := j.decoder.Decode(&row.Line); err != nil {
			return row, j.refused(err)
		}
		return row, nil
	}
	if end, err := j.decoder.Token(); err != nil || end != json.Delim(']') {
		return Row{}, j.refused(err)
	}
	if _, err := j.decoder.Token(); !errors.Is(err, io.EOF) {
		return Row{}, j.refused(err)
	}
	return Row{}, io.EOF
}

// place names the item that was read last.
func (j *jsonLines) place(e *FormError) *FormError {
	if j.read == 0 {
		return e
	}
	return e.item(j.read)
}

// refused names the item that could not be read, and its field where the decoder knows it.
func (j *jsonLines) refused(err error) error {
	var typed *json.UnmarshalTypeError
	if errors.As(err, &typed) && slices.Contains(lineColumns, typed.Field) {
		return j.place(invalid(typed.Field, "write numbers as whole JSON numbers, and texts as strings"))
	}
	form, failed := j.bounded.refused(howJSON)
	if form == nil {
		return failed
	}
	return j.place(form)
}
