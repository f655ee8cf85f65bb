package reporting

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/disclosure"
)

// longestText bounds a parameter of KindText.
const longestText = 128

// Query is what was asked for, read: every value is of its parameter's kind, and none is missing that is required.
type Query struct {
	// Own is the party that asks, when it is a customer: nothing of anybody else's is in the answer. Empty for staff.
	Own string

	values map[string]string
}

// Read reads the parameters of a request. What is wrong is refused with the name of its parameter.
func (r Report) Read(given url.Values) (Query, error) {
	q := Query{values: map[string]string{}}
	for name, values := range given {
		p, known := r.parameter(name)
		if !known || len(values) != 1 || !p.takes(values[0]) {
			return Query{}, fault.In(fault.InvalidField, name)
		}
		q.values[name] = values[0]
	}
	for _, p := range r.Parameters {
		switch _, known := q.values[p.Name]; {
		case known:
		case p.Required:
			return Query{}, fault.In(fault.MissingField, p.Name)
		case p.Default != "":
			q.values[p.Name] = p.Default
		}
	}
	return q, nil
}

// takes reports whether a text is a value of the parameter.
func (p Parameter) takes(text string) bool {
	switch p.Kind {
	case KindDate:
		_, err := calendar.Parse(text)
		return err == nil
	case KindMonth:
		_, err := calendar.Parse(text + "-01")
		return err == nil
	case KindPeriod:
		_, err := disclosure.ParsePeriod(text)
		return err == nil
	case KindPlatform:
		return party.ValidID(text)
	case KindParty:
		return wire.IsHandle(text)
	case KindLoan:
		_, _, _, ok := wire.SplitLoanID(text)
		return ok
	case KindNumber:
		n, err := strconv.Atoi(text)
		return err == nil && n >= 1 && n <= p.Most
	case KindChoices:
		chosen := strings.Split(text, ",")
		for i, c := range chosen {
			if !slices.Contains(p.Choices, c) || slices.Contains(chosen[:i], c) {
				return false
			}
		}
		return true
	}
	return text != "" && len(text) <= longestText
}

// Text is a parameter's value; empty where nothing was asked for.
func (q Query) Text(name string) string { return q.values[name] }

// Number is the value of a parameter of KindNumber; 0 where nothing was asked for.
func (q Query) Number(name string) int {
	n, _ := strconv.Atoi(q.values[name]) // takes has read it
	return n
}

// Choices is the value of a parameter of KindChoices.
func (q Query) Choices(name string) []string {
	if q.values[name] == "" {
		return nil
	}
	return strings.Split(q.values[name], ",")
}

// Date is the value of a parameter of KindDate; zero where nothing was asked for.
func (q Query) Date(name string) calendar.Date {
	date, _ := calendar.Parse(q.values[name]) // takes has read it
	return date
}

// Month is the first and last day of a parameter of KindMonth; zero where nothing was asked for.
func (q Query) Month(name string) (first, last calendar.Date) {
	first, err := calendar.Parse(q.values[name] + "-01")
	if err != nil {
		return 0, 0
	}
	return first, first.MonthEnd()
}

// Period is the value of a parameter of KindPeriod; false where nothing was asked for.
func (q Query) Period(name string) (disclosure.Period, bool) {
	p, err := disclosure.ParsePeriod(q.values[name])
	return p, err == nil
}
