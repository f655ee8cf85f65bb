package report

import (
	"fmt"

	"github.com/signintech/gopdf"
)

// A page's measures, in points.
const (
	pageMargin   = 45.0
	footerHeight = 22.0
	columnGap    = 12.0
)

// colour is a shade of the page.
type colour struct{ red, green, blue uint8 }

var (
	ink    = colour{0x1F, 0x29, 0x33}
	muted  = colour{0x66, 0x72, 0x7F}
	accent = colour{0x0B, 0x5C, 0x6B}
	shade  = colour{0xEE, 0xF3, 0xF5}
	rule   = colour{0xD3, 0xDB, 0xE1}
)

// style is how a text looks.
type style struct {
	weight string
	size   float64
	colour colour
}

// leading is the height of a line of text.
func (s style) leading() float64 { return s.size * 1.42 }

// paper is a PDF while it is drawn: y is how far down the present page it has come.
type paper struct {
	pdf           *gopdf.GoPdf
	document      Document
	language      Language
	metrics       metrics
	width, height float64
	y             float64
	failed        error // the first error; what is drawn after it is lost
}

// pdf draws the document on A4, lying where a table needs the width.
func (d Document) pdf(l Language, fonts *Fonts) ([]byte, error) {
	container, err := fonts.container()
	if err != nil {
		return nil, err
	}
	p, err := newPaper(d, l, container)
	if err != nil {
		return nil, err
	}
	p.lay()
	p.addPage()
	p.heading()
	p.facts()
	for _, t := range d.Tables {
		p.table(t)
	}
	p.notes()
	p.footers()
	if p.failed != nil {
		return nil, fmt.Errorf("draw: %w", p.failed)
	}
	return p.pdf.GetBytesPdfReturnErr()
}

func newPaper(d Document, l Language, fonts *gopdf.FontContainer) (*paper, error) {
	pdf := &gopdf.GoPdf{}
	pdf.Start(gopdf.Config{PageSize: *gopdf.PageSizeA4})
	pdf.SetInfo(gopdf.PdfInfo{
		Title: printable(l.of(d.Title)), Author: "Tallystick", Subject: d.ID, Producer: "Tallystick", CreationDate: written,
	})
	for _, weight := range []string{regular, bold} {
		if err := pdf.AddTTFFontFromFontContainer(weight, fonts); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrFont, err)
		}
	}
	p := &paper{pdf: pdf, document: d, language: l, width: gopdf.PageSizeA4.W, height: gopdf.PageSizeA4.H}
	p.metrics = metrics{pdf: pdf, known: map[glyph]float64{}}
	return p, nil
}

// lay turns the page where a table would be cramped upright.
func (p *paper) lay() {
	for _, t := range p.document.Tables {
		if p.comfort(t) > p.inner() {
			p.width, p.height = p.height, p.width
			return
		}
	}
}

func (p *paper) inner() float64  { return p.width - 2*pageMargin }
func (p *paper) bottom() float64 { return p.height - pageMargin - footerHeight }

func (p *paper) addPage() {
	p.pdf.AddPageWithOption(gopdf.PageOption{PageSize: &gopdf.Rect{W: p.width, H: p.height}})
	p.y = pageMargin
}

// need begins a page where the present one has not so much room left.
func (p *paper) need(height float64) {
	if p.y+height > p.bottom() {
		p.addPage()
	}
}

// text draws one line, its box's upper left corner given.
func (p *paper) text(x, y float64, s style, text string) {
	if text == "" {
		return
	}
	p.keep(p.pdf.SetFont(s.weight, "", s.size))
	p.pdf.SetTextColor(s.colour.red, s.colour.green, s.colour.blue)
	p.pdf.SetXY(x, y+s.leading()*0.76) // the baseline
	p.keep(p.pdf.Text(text))
}

// textRight draws one line that ends at x.
func (p *paper) textRight(x, y float64, s style, text string) {
	p.text(x-p.metrics.width(s, text), y, s, text)
}

// fill paints a rectangle.
func (p *paper) fill(x, y, width, height float64, c colour) {
	p.pdf.SetFillColor(c.red, c.green, c.blue)
	p.pdf.RectFromUpperLeftWithStyle(x, y, width, height, "F")
}

// line draws a horizontal rule from margin to margin.
func (p *paper) line(y, thickness float64, c colour) { p.fill(pageMargin, y, p.inner(), thickness, c) }

func (p *paper) keep(err error) {
	if p.failed == nil {
		p.failed = err
	}
}

// footers come last, when the number of pages is known.
func (p *paper) footers() {
	s := style{weight: regular, size: 7.5, colour: muted}
	y := p.height - pageMargin - 6
	for n, pages := 1, p.pdf.GetNumberOfPages(); n <= pages; n++ {
		p.keep(p.pdf.SetPage(n))
		p.line(y-5, 0.4, rule)
		p.text(pageMargin, y, s, p.metrics.fit(s, "Tallystick · "+printable(p.language.of(p.document.Title)), p.inner()-80))
		p.textRight(p.width-pageMargin, y, s, fmt.Sprintf("%d / %d", n, pages))
	}
}
