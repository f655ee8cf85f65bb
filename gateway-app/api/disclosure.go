package api

import (
	"context"
	"maps"
	"net/http"
	"reflect"
	"slices"

	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/mandate"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/access"
	"github.com/tallystick/tallystick/gateway-app/alert"
	"github.com/tallystick/tallystick/gateway-app/person"
	"github.com/tallystick/tallystick/gateway-app/projection"
	"github.com/tallystick/tallystick/gateway-app/screening"
	"github.com/tallystick/tallystick/gateway-app/underwriting"
	"github.com/tallystick/tallystick/gateway-app/warning"
)

// about notes that this exchange shows or writes something of these parties, records or loans. What is no handle,
// and no id of a loan, is nobody's.
func about(ctx context.Context, ids ...string) {
	x := exchangeOf(ctx)
	if !x.signedIn {
		return
	}
	for _, id := range ids {
		if handle := handleOf(id); handle != "" {
			if x.subjects == nil {
				x.subjects = map[string]bool{}
			}
			x.subjects[handle] = true
		}
	}
}

// handleOf is a handle, or the one with which a loan's id ends.
func handleOf(id string) string {
	if _, _, handle, isLoan := wire.SplitLoanID(id); isLoan {
		return handle
	}
	if wire.IsHandle(id) {
		return id
	}
	return ""
}

// aboutAll notes whom the items of a list are about.
func aboutAll[T any](ctx context.Context, items []T) {
	for _, item := range items {
		about(ctx, subjectsOf(item)...)
	}
}

// aboutAnswer notes whom an answer's body is about, or the items of one that is a short list.
func aboutAnswer(ctx context.Context, output any) {
	value := reflect.Indirect(reflect.ValueOf(output))
	if value.Kind() != reflect.Struct {
		return
	}
	body := value.FieldByName("Body")
	if !body.IsValid() || body.Kind() != reflect.Struct {
		return
	}
	about(ctx, subjectsOf(body.Interface())...)
	items := body.FieldByName("Items")
	if !items.IsValid() || items.Kind() != reflect.Slice {
		return
	}
	for i := range items.Len() {
		about(ctx, subjectsOf(items.Index(i).Interface())...)
	}
}

// subjectsOf is the one place that says whom a thing is about. A loan stands for its borrower and lenders: who
// looks for a party looks for its loans as well.
func subjectsOf(thing any) []string {
	switch t := thing.(type) {
	case projection.Loan:
		return []string{t.Terms.ID}
	case Schedule:
		return []string{t.Loan}
	case projection.Held[party.State]:
		return []string{t.State.Handle}
	case projection.Held[mandate.State]:
		return []string{t.State.Party}
	case projection.Held[custody.Instruction]:
		return []string{t.State.Party, t.State.Loan}
	case projection.Held[custody.Account]:
		return []string{t.State.Party}
	case projection.Held[custody.Suspense]:
		return []string{t.State.PlacedWith}
	case projection.Entry:
		return []string{t.Subject, t.Payload.Party, t.Payload.Loan}
	case person.Record:
		return []string{t.Party, t.ID}
	case person.Export:
		return []string{t.Person.Party, t.Person.ID}
	case Case:
		return []string{t.Party, t.Person}
	case screening.Hit:
		return []string{t.Subject}
	case alert.Alert:
		return []string{t.Party, t.ID}
	case alert.Dossier:
		return append(slices.Clone(t.Parties), t.ID)
	case alert.Suspicion:
		return []string{t.Party, t.ID}
	case alert.SuspicionReport:
		return append(slices.Clone(t.Dossier.Parties), t.ID)
	case warning.Warning:
		return []string{t.Borrower, t.Loan}
	case warning.Loan:
		return []string{t.Borrower, t.Loan}
	case warning.Watched:
		return []string{t.Borrower, t.Loan.Loan}
	case Judged:
		return []string{t.Party}
	case underwriting.Told:
		return []string{t.Party}
	case underwriting.Application:
		return []string{t.Party}
	case access.User:
		return []string{t.Party, t.ID}
	case NewUser:
		return []string{t.User.Party, t.User.ID}
	}
	return nil
}

// recordSubjects writes into the journal whose data is about to be shown, or was written, and has not been told
// yet. Of a read of personal data there is an entry also where it shows nobody's: it says that somebody looked.
func (s *Server) recordSubjects(ctx context.Context) error {
	x := exchangeOf(ctx)
	looks := !x.operation.writes() && x.operation.personal() && !x.recorded
	if s.parts.Door == nil || !x.signedIn || len(x.subjects) == 0 && !looks {
		return nil
	}
	entry := Entry{
		At: s.now(), Actor: x.caller.ID, Operation: x.operation.id, Allowed: true, Policy: x.policy, Subject: x.subject,
		RequestID: x.requestID, Subjects: slices.Sorted(maps.Keys(x.subjects)), Further: x.recorded || x.operation.writes(),
	}
	if err := s.parts.Door.Record(ctx, entry); err != nil {
		return err
	}
	x.recorded, x.subjects = true, nil
	return nil
}

// filters are the parameters by which a list is narrowed to somebody.
var filters = []string{"party", "borrower", "lender", "loan", "subject"}

// filteredBy is the handle that a list is narrowed to, if it is.
func filteredBy(r *http.Request) string {
	query := r.URL.Query()
	for _, name := range filters {
		if handle := handleOf(query.Get(name)); handle != "" {
			return handle
		}
	}
	return ""
}
