package reporting

import (
	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/report"
)

// platformParameter narrows a report to one platform.
var platformParameter = Parameter{
	Name: "platform", Kind: KindPlatform,
	Words: report.Both("Of this platform alone; without it, of all that the member sees", "平台，缺省为可见的全部平台"),
}

// spanParameters ask a report for a span of months.
var spanParameters = []Parameter{
	{Name: "from", Words: report.Both("The first month; without it, from the beginning", "起始月份，缺省自始"), Kind: KindMonth},
	{Name: "to", Words: report.Both("The last month; without it, to the end", "截止月份，缺省至今"), Kind: KindMonth},
}

// span is the first and the last day of the months that were asked for; zero where that end is open.
func (q Query) span() (first, last calendar.Date, err error) {
	first, _ = q.Month("from")
	_, last = q.Month("to")
	if !last.IsZero() && first > last {
		return 0, 0, fault.In(fault.InvalidField, "to")
	}
	return first, last, nil
}

// spanFacts say of which platform and months a report is, as far as it was asked for some.
func spanFacts(platform string, q Query) []report.Fact {
	var facts []report.Fact
	for _, f := range []report.Fact{
		report.NewFact("platform", "Platform", "平台", report.Text(platform)),
		report.NewFact("from", "From", "起", report.Text(q.Text("from"))),
		report.NewFact("to", "To", "止", report.Text(q.Text("to"))),
	} {
		if f.Value.In(report.EN) != "" {
			facts = append(facts, f)
		}
	}
	return facts
}

// document begins a report, of a platform or of all that the member sees, in the currency and as of the day of the basis.
func (b basis) document(m Member, platform, id string, title report.Words, facts []report.Fact) report.Document {
	return report.Document{
		ID: id, Version: 1, Title: title, Currency: b.currency, AsOf: b.latest, Of: m.of(platform), Facts: facts,
	}
}
