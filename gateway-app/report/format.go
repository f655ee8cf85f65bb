package report

import (
	"errors"
	"fmt"
	"slices"
)

// Format is how a report is written.
type Format string

// The formats; every report has every one.
const (
	JSON Format = "json"
	CSV  Format = "csv"
	XLSX Format = "xlsx"
	PDF  Format = "pdf"
)

// Formats are all of them.
var Formats = []Format{JSON, CSV, XLSX, PDF}

// ContentType is the format's media type.
func (f Format) ContentType() string {
	switch f {
	case CSV:
		return "text/csv; charset=utf-8"
	case XLSX:
		return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	case PDF:
		return "application/pdf"
	}
	return "application/json"
}

// Language is a reader's.
type Language string

// The languages.
const (
	EN Language = "en"
	ZH Language = "zh"
)

// Languages are all of them.
var Languages = []Language{EN, ZH}

func (l Language) of(w Words) string {
	if l == ZH {
		return w.ZH
	}
	return w.EN
}

// ErrFormat refuses a format or language that there is none of.
var ErrFormat = errors.New("no such format or language")

// Renderer writes documents. The zero Renderer writes every format but PDF, for which it has no font. It may be used
// by many at once.
type Renderer struct {
	fonts *Fonts
}

// NewRenderer makes a renderer that draws with fonts; nil where there are none.
func NewRenderer(fonts *Fonts) *Renderer { return &Renderer{fonts: fonts} }

// Render writes a document. JSON holds both languages, whichever is asked for. It answers ErrFont for PDF where there
// is no font.
func (r *Renderer) Render(d Document, f Format, l Language) ([]byte, error) {
	if !slices.Contains(Formats, f) || !slices.Contains(Languages, l) {
		return nil, fmt.Errorf("render %s as %q in %q: %w", d.ID, f, l, ErrFormat)
	}
	if err := d.Validate(); err != nil {
		return nil, err
	}
	var content []byte
	var err error
	switch f {
	case JSON:
		content, err = d.json()
	case CSV:
		content, err = d.csv(l)
	case XLSX:
		content, err = d.xlsx(l)
	case PDF:
		content, err = d.pdf(l, r.fonts)
	}
	if err != nil {
		return nil, fmt.Errorf("render %s as %s: %w", d.ID, f, err)
	}
	return content, nil
}
