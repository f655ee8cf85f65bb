package api

import (
	"context"
	"net/http"
	"net/url"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tallystick/tallystick/gateway-app/report"
	"github.com/tallystick/tallystick/gateway-app/reporting"
)

const reportTag = "Reports"

// registerReports adds the reports of the member's catalogue: the list of them, and an operation for each, so that
// policies can allow one and not another.
func (s *Server) registerReports() {
	if s.parts.Reports == nil {
		return
	}
	register(s, operation{
		id: "report.list", method: http.MethodGet, path: "/v1/reports", tag: reportTag, single: true,
		summary: "List the reports that this app makes and the caller may have, with their parameters",
	}, s.listReports)
	for _, r := range s.parts.Reports.Reports() {
		register(s, operation{
			id: "report." + r.ID, method: http.MethodGet, path: "/v1/reports/" + r.ID, tag: reportTag, single: true, books: true,
			summary: r.Words.EN, parameters: describeParameters(r), answers: reportAnswers(),
		}, func(ctx context.Context, in *reportInput) (*contentOutput, error) {
			own, err := reader(ctx, r)
			if err != nil {
				return nil, err
			}
			d, err := r.Run(ctx, in.asked, own)
			if err != nil {
				return nil, err
			}
			aboutReport(ctx, r, in.asked, own)
			return s.answerReport(d, in.ReportForm)
		})
	}
}

// reportInput is a report's query. Its parameters are data, so the catalogue reads them and not a Go type.
type reportInput struct {
	ReportForm
	asked url.Values
}

// Resolve keeps what the report is asked by.
func (in *reportInput) Resolve(ctx huma.Context) []error {
	address := ctx.URL()
	in.asked = address.Query()
	in.asked.Del("format")
	in.asked.Del("language")
	return nil
}

// describeParameters is what the OpenAPI document says of a report's parameters.
func describeParameters(r reporting.Report) []*huma.Param {
	described := make([]*huma.Param, len(r.Parameters))
	for i, p := range r.Parameters {
		described[i] = &huma.Param{
			Name: p.Name, In: "query", Required: p.Required, Description: p.Words.EN, Schema: schemaOf(p),
		}
	}
	return described
}

// Patterns of parameters that have no format of their own.
const (
	monthPattern    = `^[0-9]{4}-[0-9]{2}$`
	periodPattern   = `^[0-9]{4}-[0-9]{2}(-[0-9]{2})?$`
	handlePattern   = `^[0-9a-f]{32}$`
	platformPattern = `^[0-9A-Za-z._:-]{1,64}$`
)

func schemaOf(p reporting.Parameter) *huma.Schema {
	schema := &huma.Schema{Type: huma.TypeString}
	switch p.Kind {
	case reporting.KindDate:
		schema.Format = "date"
	case reporting.KindMonth:
		schema.Pattern = monthPattern
	case reporting.KindPeriod:
		schema.Pattern = periodPattern
	case reporting.KindPlatform:
		schema.Pattern = platformPattern
	case reporting.KindParty:
		schema.Pattern = handlePattern
	case reporting.KindNumber:
		least, most := 1.0, float64(p.Most)
		schema.Type, schema.Minimum, schema.Maximum = huma.TypeInteger, &least, &most
	}
	if p.Default != "" && p.Kind != reporting.KindNumber {
		schema.Default = p.Default
	}
	return schema
}

// OfferedReport is an entry of the catalogue.
type OfferedReport struct {
	ID         string             `json:"id"`
	Words      report.Words       `json:"words"`
	Path       string             `json:"path"`
	Formats    []report.Format    `json:"formats"`
	Languages  []report.Language  `json:"languages"`
	Parameters []OfferedParameter `json:"parameters"`
}

// OfferedParameter is one thing that a report can be asked by.
type OfferedParameter struct {
	Name     string       `json:"name"`
	Words    report.Words `json:"words"`
	Kind     string       `json:"kind" enum:"date,month,period,platform,party,loan,number,choices,text"`
	Required bool         `json:"required"`
	Default  string       `json:"default,omitempty"`
	Choices  []string     `json:"choices,omitempty"`
}

func (s *Server) listReports(ctx context.Context, _ *struct{}) (*someOutput[OfferedReport], error) {
	offered := []OfferedReport{}
	for _, r := range s.parts.Reports.Reports() {
		if allowed, err := s.may(ctx, "report."+r.ID); err != nil {
			return nil, err
		} else if !allowed {
			continue
		}
		o := OfferedReport{
			ID: r.ID, Words: r.Words, Path: "/v1/reports/" + r.ID, Formats: report.Formats, Languages: report.Languages,
			Parameters: []OfferedParameter{},
		}
		for _, p := range r.Parameters {
			o.Parameters = append(o.Parameters, OfferedParameter{
				Name: p.Name, Words: p.Words, Kind: string(p.Kind), Required: p.Required, Default: p.Default, Choices: p.Choices,
			})
		}
		offered = append(offered, o)
	}
	return answerSome(offered, ctx.Err())
}
