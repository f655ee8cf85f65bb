package reporting

import (
	"context"
	"slices"

	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/gateway-app/report"
)

// Kind is what a parameter's value is.
type Kind string

// The kinds of parameters.
const (
	KindDate     Kind = "date"     // "2024-03-29"
	KindMonth    Kind = "month"    // "2024-03"
	KindPeriod   Kind = "period"   // a month, or one day
	KindPlatform Kind = "platform" // a member's id
	KindParty    Kind = "party"    // a handle
	KindLoan     Kind = "loan"     // a loan's full id
	KindNumber   Kind = "number"   // whole, from 1 to Most
	KindChoices  Kind = "choices"  // some of Choices, with commas between
	KindText     Kind = "text"     // at most longestText bytes
)

// Parameter is one thing that a report can be asked by.
type Parameter struct {
	Name     string
	Words    report.Words
	Kind     Kind
	Required bool
	Default  string   // what is taken where nothing was asked for; empty: everything
	Choices  []string // of KindChoices
	Most     int      // of KindNumber
}

// Report is one report of the catalogue.
type Report struct {
	ID         string // "cap_usage": its operation is report.cap_usage
	Words      report.Words
	Parameters []Parameter
	Members    []party.MemberKind // whose apps make it
	Personal   bool               // rows stand for single customers, if only by a handle
	Make       func(ctx context.Context, q Query) (report.Document, error)
}

// Fits reports whether a kind of member makes the report.
func (r Report) Fits(kind party.MemberKind) bool { return slices.Contains(r.Members, kind) }

func (r Report) parameter(name string) (Parameter, bool) {
	for _, p := range r.Parameters {
		if p.Name == name {
			return p, true
		}
	}
	return Parameter{}, false
}
