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
	raw     json.RawMessage // the item that was read last
	read    int64
}

const howJSON = "send one JSON list of objects with the fields loan, status, principal_minor, outstanding_minor and overdue_days"

func newJSONLines(content io.Reader) *jsonLines {
	bounded := &boundedLines{from: coming{from: content}}
	return &jsonLines{bounded: bounded, decoder: json.NewDecoder(bounded)}
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
		return j.item()
	}
	if end, err := j.decoder.Token(); err != nil || end != json.Delim(']') {
		return Row{}, j.refused(err)
	}
	if _, err := j.decoder.Token(); !errors.Is(err, io.EOF) {
		return Row{}, j.refused(err)
	}
	return Row{}, io.EOF
}

// item reads the next item of the list.
func (j *jsonLines) item() (Row, error) {
	row := Row{At: j.read}
	j.raw = j.raw[:0]
	if err := j.decoder.Decode(&j.raw); err != nil {
		return row, j.refused(err)
	}
	if wrong := checkFields(j.raw); wrong != nil {
		return row, j.place(wrong)
	}
	if err := json.Unmarshal(j.raw, &row.Line); err != nil {
		return row, j.refused(err)
	}
	return row, nil
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
