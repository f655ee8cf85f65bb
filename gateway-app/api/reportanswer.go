package api

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tallystick/tallystick/gateway-app/report"
)

// ReportForm says how a report is written. An operation that answers one embeds it, and gives its description
// reportAnswers.
type ReportForm struct {
	Format         string `query:"format" enum:"json,csv,xlsx,pdf" doc:"How the report is written; without it, what Accept prefers, else json"`
	Language       string `query:"language" enum:"zh,en" doc:"In which language; without it, what Accept-Language prefers, else en. JSON holds both"`
	Accept         string `header:"Accept" hidden:"true"`
	AcceptLanguage string `header:"Accept-Language" hidden:"true"`
}

// reportAnswers describes a report in every format.
func reportAnswers() map[string]*huma.MediaType {
	answers := map[string]*huma.MediaType{
		"application/json":    {Schema: &huma.Schema{Type: huma.TypeObject, Description: "The report, as docs/formats.md describes it"}},
		mediaType(report.CSV): {Schema: &huma.Schema{Type: huma.TypeString}},
	}
	for _, f := range []report.Format{report.XLSX, report.PDF} {
		answers[mediaType(f)] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}
	}
	return answers
}

// mediaType is a format's media type without its parameters.
func mediaType(f report.Format) string {
	plain, _, _ := strings.Cut(f.ContentType(), ";")
	return plain
}

// answerReport writes a report as it was asked for: in the format and the language that the query names, else in those
// that the headers prefer.
func (s *Server) answerReport(d report.Document, form ReportForm) (*contentOutput, error) {
	format := report.Format(form.Format)
	if format == "" {
		var ok bool
		if format, ok = acceptedFormat(form.Accept); !ok {
			return nil, doorProblem(CodeReportFormat, "Accept")
		}
	}
	language := report.Language(form.Language)
	if language == "" {
		language = acceptedLanguage(form.AcceptLanguage)
	}
	text, err := s.renderer().Render(d, format, language)
	if errors.Is(err, report.ErrFont) {
		return nil, doorProblem(CodeReportFont, "format")
	}
	if err != nil {
		return nil, err
	}
	return &contentOutput{Body: func(answer huma.Context) {
		answer.SetHeader("Content-Type", format.ContentType())
		answer.SetHeader("Content-Disposition", report.Disposition(d, format, language))
		answer.SetHeader("Content-Length", strconv.Itoa(len(text)))
		if format != report.JSON {
			answer.SetHeader("Content-Language", string(language))
		}
		answer.SetHeader("Vary", "Accept, Accept-Language")
		answer.SetStatus(http.StatusOK)
		_, _ = answer.BodyWriter().Write(text) // what fails is that whoever asked has left
	}}, nil
}

// renderer writes reports; without one that has fonts, all formats but PDF.
func (s *Server) renderer() *report.Renderer {
	if s.parts.Renderer != nil {
		return s.parts.Renderer
	}
	return report.NewRenderer(nil)
}

// acceptedFormat is the format that an Accept header prefers; false where it takes none of them.
func acceptedFormat(accept string) (report.Format, bool) {
	if strings.TrimSpace(accept) == "" {
		return report.JSON, true
	}
	for _, asked := range byPreference(accept) {
		for _, f := range report.Formats {
			kind, _, _ := strings.Cut(mediaType(f), "/")
			if asked == mediaType(f) || asked == kind+"/*" || asked == "*/*" {
				return f, true
			}
		}
	}
	return "", false
}

// acceptedLanguage is the language that an Accept-Language header prefers, of a region or not; English where it names
// none of them.
func acceptedLanguage(accept string) report.Language {
	for _, asked := range byPreference(accept) {
		primary, _, _ := strings.Cut(asked, "-")
		if language := report.Language(primary); slices.Contains(report.Languages, language) {
			return language
		}
	}
	return report.EN
}

// byPreference lists what a header accepts, the most wanted first and what is not wanted at all left out.
func byPreference(accept string) []string {
	type wish struct {
		value  string
		weight float64
	}
	var wishes []wish
	for part := range strings.SplitSeq(accept, ",") {
		value, rest, _ := strings.Cut(part, ";")
		w := wish{strings.ToLower(strings.TrimSpace(value)), 1}
		for parameter := range strings.SplitSeq(rest, ";") {
			name, text, _ := strings.Cut(strings.TrimSpace(parameter), "=")
			if weight, err := strconv.ParseFloat(text, 64); strings.EqualFold(name, "q") && err == nil {
				w.weight = weight
			}
		}
		if w.value != "" && w.weight > 0 {
			wishes = append(wishes, w)
		}
	}
	slices.SortStableFunc(wishes, func(a, b wish) int {
		switch {
		case a.weight > b.weight:
			return -1
		case a.weight < b.weight:
			return 1
		}
		return 0
	})
	values := make([]string, len(wishes))
	for i, w := range wishes {
		values[i] = w.value
	}
	return values
}
