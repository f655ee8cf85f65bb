package person

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/documents"
	"github.com/tallystick/tallystick/gateway-app/kyc"
	"github.com/tallystick/tallystick/gateway-app/store"
)

// Export is everything that is kept about a person, in the clear, for the person. What screening found is
// left out, and so is who of the staff did what. Members of staff get it masked, as they get the record.
type Export struct {
	ExportedAt string               `json:"exported_at" mask:"-"`
	Person     Record               `json:"person" mask:"-"`
	Duties     []Duty               `json:"duties" mask:"-"`
	Case       *kyc.State           `json:"case,omitempty" mask:"-"`
	History    []kyc.Recorded       `json:"history" mask:"-"`
	Documents  []documents.Document `json:"documents" mask:"-"`
}

// Export collects what is kept about a person. A restricted record is exported too; a purged one has
// nothing left to export.
func (r *Rights) Export(ctx context.Context, person string) (Export, error) {
	record, err := r.people.Find(ctx, person)
	if err != nil {
		return Export{}, err
	}
	if record.Status == Purged {
		return Export{}, fault.In(fault.WrongStatus, "person")
	}
	e := Export{ExportedAt: store.Time(r.people.now()), Person: record, History: []kyc.Recorded{}}
	if e.Duties, err = r.people.Duties(ctx, person); err != nil {
		return Export{}, err
	}
	if e.Documents, err = r.documents.List(ctx, person); err != nil {
		return Export{}, err
	}
	if e.Documents == nil {
		e.Documents = []documents.Document{}
	}
	for i := range e.Documents {
		e.Documents[i].UploadedBy, e.Documents[i].Address = "", ""
	}
	return e, r.addCase(ctx, &e)
}

func (r *Rights) addCase(ctx context.Context, e *Export) error {
	found, err := r.cases.Find(ctx, e.Person.ID)
	if errors.Is(err, fault.New(fault.NotFound)) {
		return nil
	}
	if err != nil {
		return err
	}
	found.SubmittedBy, found.DecidedBy, found.ChangedBy, found.Flagged = "", "", nil, false
	e.Case = &found.State
	history, err := r.cases.History(ctx, e.Person.ID)
	for _, h := range history {
		if h.By = ""; h.Kind != kyc.ActFlag && h.Kind != kyc.ActClear {
			e.History = append(e.History, h)
		}
	}
	return err
}

// JSON writes the export, indented for a person to read.
func (e Export) JSON() ([]byte, error) {
	text, err := json.MarshalIndent(e, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write an export: %w", err)
	}
	return append(text, '\n'), nil
}
