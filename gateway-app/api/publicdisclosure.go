package api

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"html/template"
	"net/http"
	"reflect"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/gateway-app/disclosure"
	"github.com/tallystick/tallystick/gateway-app/report"
	"github.com/tallystick/tallystick/gateway-app/submission"
)

// The pages of what is public. They load nothing from anywhere, and run nothing.
//
//go:embed publicdisclosure.html
var disclosurePages string

var disclosurePage = template.Must(template.New("").Parse(disclosurePages))

// pagePolicy lets a page be styled by itself, and nothing else.
const pagePolicy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// registerPublications adds what anybody may read without signing in.
func (s *Server) registerPublications() {
	const tag = "Disclosure"
	html := &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString}}
	binary := &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}
	register(s, operation{
		id: "disclosure.index", method: http.MethodGet, path: "/disclosure", tag: tag, single: true, public: true, open: true,
		summary: "Read, without signing in, which platforms' disclosures there are, as a page", answers: map[string]*huma.MediaType{"text/html": html},
	}, s.disclosureIndex)
	register(s, operation{
		id: "disclosure.read", method: http.MethodGet, path: "/disclosure/{platform}/{period}", tag: tag, single: true, public: true, open: true,
		summary: "Read, without signing in, a platform's disclosure: as it stated it or, at the regulator, as the regulator computes it",
		answers: map[string]*huma.MediaType{
			"text/html": html, report.CSV.ContentType(): html, report.XLSX.ContentType(): binary, report.PDF.ContentType(): binary,
			"application/json": {
				Schema: s.described.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[submission.Publication](), true, ""),
			},
		},
	}, s.readDisclosure)
}

// pageOutput is a file for everybody.
type pageOutput struct {
	ContentType string `header:"Content-Type"`
	Policy      string `header:"Content-Security-Policy"`
	Name        string `header:"Content-Disposition"`
	Body        []byte
}

// PageLanguage is the language of a page.
type PageLanguage struct {
	Language string `query:"language" enum:"zh,en" default:"zh"`
}

func (p PageLanguage) words(w regime.Words) string {
	if p.Language == string(report.EN) {
		return w.EN
	}
	return w.ZH
}

func (s *Server) disclosureIndex(ctx context.Context, in *PageLanguage) (*pageOutput, error) {
	shelves, err := s.parts.Submissions.statements().Shelves(ctx)
	if err != nil {
		return nil, err
	}
	return writePublic("index", map[string]any{"Member": s.parts.Member, "Shelves": shelves, "ZH": in.Language != string(report.EN)})
}

type disclosureInput struct {
	PageLanguage
	Platform string `path:"platform" maxLength:"64"`
	Period   string `path:"period" maxLength:"10" doc:"a month such as 2016-01 or a day such as 2016-01-29"`
	Format   string `query:"format" enum:"html,json,csv,xlsx,pdf" default:"html"`
}

func (s *Server) readDisclosure(ctx context.Context, in *disclosureInput) (*pageOutput, error) {
	period, err := disclosure.ParsePeriod(in.Period)
	if err != nil {
		return nil, err
	}
	found, err := s.parts.Submissions.statements().Publication(ctx, in.Platform, period.String())
	if err != nil {
		return nil, err
	}
	switch in.Format {
	case "html":
		return s.disclosureHTML(in, found)
	case "json":
		text, err := json.Marshal(found)
		return &pageOutput{ContentType: "application/json", Policy: pagePolicy, Body: text}, err
	}
	format, language := report.Format(in.Format), report.Language(in.Language)
	document := found.Document()
	renderer := s.parts.Renderer
	if renderer == nil {
		renderer = report.NewRenderer(nil)
	}
	text, err := renderer.Render(document, format, language)
	if errors.Is(err, report.ErrFont) {
		return nil, fault.In(fault.InvalidField, "format") // a member without a font draws none
	}
	name := `attachment; filename="` + report.Filename(document, format, language) + `"`
	return &pageOutput{ContentType: format.ContentType(), Policy: pagePolicy, Name: name, Body: text}, err
}

// indicatorRow is an indicator as a page shows it.
type indicatorRow struct{ Name, Value, Formula, Source string }

func (s *Server) disclosureHTML(in *disclosureInput, found submission.Publication) (*pageOutput, error) {
	var rows []indicatorRow
	for _, i := range found.Disclosure.Indicators {
		rows = append(rows, indicatorRow{in.words(i.Words), valueText(i), i.ID, i.Source})
	}
	return writePublic("disclosure", map[string]any{
		"ZH": in.Language != string(report.EN), "Found": found, "Rows": rows, "Period": found.Disclosure.Period.String(),
		"ClosedOn": found.Disclosure.ClosedOn().String(),
	})
}

// valueText writes a figure for people; what cannot be known is a dash.
func valueText(i disclosure.Indicator) string {
	if i.Value == nil {
		return "—"
	}
	switch i.Unit {
	case regime.UnitMinor:
		return "CNY " + money.CNY.Format(money.Minor(*i.Value))
	case regime.UnitPPM:
		return strconv.FormatFloat(float64(*i.Value)/10_000, 'f', 4, 64) + " %"
	}
	return strconv.FormatInt(*i.Value, 10)
}

func writePublic(name string, data any) (*pageOutput, error) {
	var page bytes.Buffer
	if err := disclosurePage.ExecuteTemplate(&page, name, data); err != nil {
		return nil, err
	}
	return &pageOutput{ContentType: "text/html; charset=utf-8", Policy: pagePolicy, Body: page.Bytes()}, nil
}
