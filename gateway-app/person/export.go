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

// Export is everything that is kept about a person, in the clear, for the person. What screening and the provider found
// is left out, and so is who of the staff did what. Members of staff get the record with its case whole, masked as they
// get the record, and without the parts, which they read where these are kept.
type Export struct {
	ExportedAt string               `json:"exported_at" mask:"-"`
	Person     Record               `json:"person" mask:"-"`
	Duties     []Duty               `json:"duties" mask:"-"`
	Case       *ExportedCase        `json:"case,omitempty" mask:"-"`
	History    []kyc.Recorded       `json:"history" mask:"-"`
	Documents  []documents.Document `json:"documents" mask:"-"`
	Parts      []Part               `json:"parts" mask:"-"`
}

// ExportedCase is a case, in which a list's hit is told to the staff alone: to anybody else it is not even told that
// there is none.
type ExportedCase struct {
	kyc.State
	Flagged *bool `json:"flagged,omitempty" doc:"For staff only"`
}

// Part is what another part keeps about a person.
type Part struct {
	Name    string          `json:"name" mask:"plain,internal"`
	Content json.RawMessage `json:"content" mask:"-"`
}

// Tell answers what another part keeps about a party, as the person may read it; nil where it keeps nothing.
type Tell func(ctx context.Context, party string) (any, error)

// telling is one part's share of an export.
type telling struct {
	name string
	tell Tell
}

// AlsoExport lets an export have what another part keeps. It is for who puts the parts together.
func (r *Rights) AlsoExport(name string, tell Tell) {
	r.tellings = append(r.tellings, telling{name, tell})
}

// Export collects what is kept about a person, for the person. A restricted record is exported too; a purged one has
// nothing left to export.
func (r *Rights) Export(ctx context.Context, person string) (Export, error) {
	e, err := r.StaffExport(ctx, person)
	if err != nil {
		return Export{}, err
	}
	for i := range e.Documents {
		e.Documents[i].UploadedBy, e.Documents[i].Address = "", ""
	}
	e.Case, e.History = ownCase(e.Case), ownHistory(e.History)
	for _, each := range r.tellings {
		content, err := each.tell(ctx, e.Person.Party)
		if err != nil {
			return Export{}, fmt.Errorf("export %s: %w", each.name, err)
		}
		if content == nil {
			continue
		}
		text, err := json.Marshal(content)
		if err != nil {
			return Export{}, fmt.Errorf("export %s: %w", each.name, err)
		}
		e.Parts = append(e.Parts, Part{each.name, text})
	}
	return e, nil
}

// StaffExport collects the record, its papers and its case whole, for members of staff.
func (r *Rights) StaffExport(ctx context.Context, person string) (Export, error) {
	record, err := r.people.Find(ctx, person)
	if err != nil {
		return Export{}, err
	}
	if record.Status == Purged {
		return Export{}, fault.In(fault.WrongStatus, "person")
	}
	e := Export{ExportedAt: store.Time(r.people.now()), Person: record, History: []kyc.Recorded{}, Parts: []Part{}}
	if e.Duties, err = r.people.Duties(ctx, person); err != nil {
		return Export{}, err
	}
	held, err := r.documents.List(ctx, person)
	if err != nil {
		return Export{}, err
	}
	e.Documents = append([]documents.Document{}, held...) // a list, also where there is none
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
	e.Case = &ExportedCase{found.State, &found.Flagged}
	e.History, err = r.cases.History(ctx, e.Person.ID)
	return err
}

// ownCase is a case without what its person is not told.
func ownCase(c *ExportedCase) *ExportedCase {
	if c == nil {
		return nil
	}
	state := c.State
	state.SubmittedBy, state.DecidedBy, state.ChangedBy, state.Report, state.Flagged = "", "", nil, nil, false
	return &ExportedCase{State: state}
}

func ownHistory(history []kyc.Recorded) []kyc.Recorded {
	own := []kyc.Recorded{}
	for _, h := range history {
		if h.Kind == kyc.ActFlag || h.Kind == kyc.ActClear {
			continue
		}
		h.By, h.Report = "", nil
		own = append(own, h)
	}
	return own
}

// JSON writes the export, indented for a person to read.
func (e Export) JSON() ([]byte, error) {
	text, err := json.MarshalIndent(e, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write an export: %w", err)
	}
	return append(text, '\n'), nil
}
