package reporting

import (
	"cmp"

	"github.com/tallystick/tallystick/gateway-app/report"
)

// named says, for the name of its file, how a document was asked for: of which platform and span, unless whoever made it
// said so better, and every further choice that was not the usual one.
func (r Report) named(d report.Document, q Query) report.Document {
	for _, p := range r.Parameters {
		given := q.Text(p.Name)
		switch p.Kind {
		case KindPlatform:
			if len(d.Of) == 0 && given != "" {
				d.Of = []string{given}
			}
		case KindChoices, KindNumber, KindText:
			if given != "" && given != p.Default {
				d.Asked = append(d.Asked, p.Name+"-"+given)
			}
		}
	}
	if d.Span == "" {
		d.Span = q.months(d)
	}
	return d
}

// months is the span of months that was asked for: "2024-01--2024-06". Whatever has no end was asked for up to the day
// of which the document speaks. It is empty where no span was asked for.
func (q Query) months(d report.Document) string {
	from, to := q.Text("from"), q.Text("to")
	if from == "" && to == "" {
		return ""
	}
	return cmp.Or(from, "start") + "--" + cmp.Or(to, d.AsOf.String(), "end")
}

// of is whom a report is of: a platform, or all that the member sees.
func (m Member) of(platform string) []string { return []string{cmp.Or(platform, m.ID)} }
