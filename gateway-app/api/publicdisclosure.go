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
	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/gateway-app/disclosure"
	"github.com/tallystick/tallystick/gateway-app/report"
	"github.com/tallystick/tallystick/gateway-app/report/wording"
	"github.com/tallystick/tallystick/gateway-app/submission"
)

// The pages of what is public. They load nothing from anywhere, and run nothing.
//
//go:embed publicdisclosure.html
var disclosurePages string

var disclosurePage = template.Must(template.New("").Parse(disclosurePages))

// pagePolicy lets a page be styled by itself, and nothing else.
const pagePolicy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// publicCaching lets everybody between keep what is final for a while: a correction shows after as long.
const publicCaching = "public, max-age=300"

// registerPublications adds what anybody may read without signing in.
func (s *Server) registerPublications() {
	const tag = "Disclosure"
	computed := s.parts.Submissions.Regulator != nil // a platform's index lists what it stated, whatever its books hold
	html := &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString}}
	binary := &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}
	register(s, operation{
		id: "disclosure.index", method: http.MethodGet, path: "/disclosure", tag: tag, single: true, public: true, open: true, books: computed,
		summary: "Read, without signing in, which platforms' disclosures there are, as a page", answers: map[string]*huma.MediaType{"text/html": html},
	}, s.disclosureIndex)
	register(s, operation{
		id: "disclosure.read", method: http.MethodGet, path: "/disclosure/{platform}/{period}", tag: tag, single: true, public: true, open: true, books: true,
		summary: "Read, without signing in, a platform's disclosure: as it stated it or, at the regulator, as the regulator computes it",
		answers: map[string]*huma.MediaType{
			"text/html": html, mediaType(report.CSV): html, mediaType(report.XLSX): binary, mediaType(report.PDF): binary,
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
	Caching     string `header:"Cache-Control"`
	Name        string `header:"Content-Disposition"`
	Body        []byte
}

// PageLanguage is the language of a page.
type PageLanguage struct {
	Language string `query:"language" enum:"zh,en" default:"zh"`
}

func (p PageLanguage) language() report.Language {
	if p.Language == string(report.EN) {
		return report.EN
	}
	return report.ZH
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
	found, err := s.parts.Submissions.statements().Public(ctx, in.Platform, in.Period)
	if err != nil {
		return nil, err
	}
	if in.Format == "html" {
		return s.disclosureHTML(in, found)
	}
	text, err := json.Marshal(found)
	if err != nil || in.Format == "json" {
		return &pageOutput{ContentType: "application/json", Policy: pagePolicy, Caching: publicCaching, Body: text}, err
	}
	format, language := report.Format(in.Format), report.Language(in.Language)
	shown, err := json.Marshal(found.Shown)
	if err != nil {
		return nil, err
	}
	document := found.Document()
	file, err := s.renderings.of(ctx, renderingKey{digestOf(string(text), string(shown)), format, language}, func() ([]byte, error) {
		renderer := s.parts.Renderer
		if renderer == nil {
			renderer = report.NewRenderer(nil)
		}
		return renderer.Render(document, format, language)
	})
	if errors.Is(err, report.ErrFont) {
		return nil, fault.In(fault.InvalidField, "format") // a member without a font draws none
	}
	if err != nil {
		return nil, err
	}
	name := report.Disposition(document, format, language)
	return &pageOutput{ContentType: format.ContentType(), Policy: pagePolicy, Caching: publicCaching, Name: name, Body: file}, nil
}

// indicatorRow is an indicator as a page shows it.
type indicatorRow struct {
	Name, Value, Unit, Formula string
	Version                    int // of the formula
	Source                     string
}

// feeRow is a charge as a page shows it.
type feeRow struct {
	Payee, Basis          string
	PPM, FlatMinor, Loans int64
}

// unitWords say what an indicator's figure counts.
var unitWords = map[string]regime.Words{
	regime.UnitMinor: {EN: "amount of money", ZH: "金额"},
	regime.UnitCount: {EN: "number", ZH: "数量"},
	regime.UnitPPM:   {EN: "share", ZH: "比率"},
}

// differenceRow is a difference as a page shows it.
type differenceRow struct{ Name, Stated, Computed string }

func (s *Server) disclosureHTML(in *disclosureInput, found submission.Publication) (*pageOutput, error) {
	var rows []indicatorRow
	for _, i := range found.Shown.Indicators {
		rows = append(rows, indicatorRow{in.words(i.Words), valueText(i), in.words(unitWords[i.Unit]), i.ID, i.Version, in.words(regime.SourceWords(i.Source))})
	}
	var fees []feeRow
	for _, f := range found.Disclosure.FeeStandards {
		payee, basis := wording.Payee(f.Payee), wording.Basis(f.Basis)
		fees = append(fees, feeRow{payee.In(in.language()), basis.In(in.language()), f.PPM, f.FlatMinor, f.Loans})
	}
	var differences []differenceRow
	for _, d := range found.Differences {
		name := in.words(submission.DifferenceWords(d))
		differences = append(differences, differenceRow{name, submission.FigureText(d.Unit, d.Stated), submission.FigureText(d.Unit, d.Computed)})
	}
	var notes []string
	if found.Withheld != "" {
		notes = append(notes, in.words(found.WhyWithheld()))
	}
	if found.Unknown > 0 {
		notes = append(notes, in.words(found.WhyUnknown()))
	}
	return writePublic("disclosure", map[string]any{
		"ZH": in.Language != string(report.EN), "Found": found, "Rows": rows, "Differences": differences, "Notes": notes,
		"Fees": fees, "Language": string(in.language()), "PDF": s.parts.Renderer != nil,
		"Period": found.Disclosure.Period.String(), "ClosedOn": found.Disclosure.ClosedOn().String(),
	})
}

// valueText writes a figure for people; what cannot be known is a dash.
func valueText(i disclosure.Indicator) string {
	if i.Value == nil {
		return "—"
	}
	return submission.FigureText(i.Unit, strconv.FormatInt(*i.Value, 10))
}

func writePublic(name string, data any) (*pageOutput, error) {
	var page bytes.Buffer
	if err := disclosurePage.ExecuteTemplate(&page, name, data); err != nil {
		return nil, err
	}
	return &pageOutput{ContentType: "text/html; charset=utf-8", Policy: pagePolicy, Caching: publicCaching, Body: page.Bytes()}, nil
}
