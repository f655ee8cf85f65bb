package report

import "fmt"

// heading draws the title, and below it which report this is, of what day and in which currency.
func (p *paper) heading() {
	d := p.document
	title := style{weight: bold, size: 20, colour: ink}
	p.fill(pageMargin, p.y, 34, 3, accent)
	p.y += 11
	for _, line := range p.metrics.wrap(title, printable(p.language.of(d.Title)), p.inner()) {
		p.text(pageMargin, p.y, title, line)
		p.y += title.leading()
	}
	under := fmt.Sprintf("%s v%d", d.ID, d.Version)
	if !d.AsOf.IsZero() {
		under += " · " + p.language.of(wordAsOf) + " " + d.AsOf.String()
	}
	under += " · " + p.language.of(wordAmountsIn) + string(d.Currency)
	small := style{weight: regular, size: 8.5, colour: muted}
	p.text(pageMargin, p.y, small, under)
	p.y += small.leading() + 12
}

// facts draws the facts as cards side by side, the label above its value.
func (p *paper) facts() {
	facts := p.document.Facts
	if len(facts) == 0 {
		return
	}
	columns := 3
	if p.width > p.height {
		columns = 4
	}
	label := style{weight: regular, size: 7.5, colour: muted}
	value := style{weight: bold, size: 10.5, colour: ink}
	width := (p.inner() - columnGap*float64(columns-1)) / float64(columns)
	for start := 0; start < len(facts); start += columns {
		row := facts[start:min(start+columns, len(facts))]
		labels, values := make([][]string, len(row)), make([][]string, len(row))
		most := 0.0
		for i, f := range row {
			labels[i] = p.metrics.wrap(label, printable(p.language.of(f.Words)), width)
			values[i] = p.metrics.wrap(value, printable(f.Value.shown(p.document.Currency, p.language)), width)
			most = max(most, float64(len(labels[i]))*label.leading()+float64(len(values[i]))*value.leading())
		}
		p.need(most + 14)
		p.line(p.y, 0.5, rule)
		for i := range row {
			x, y := pageMargin+float64(i)*(width+columnGap), p.y+6
			for _, text := range labels[i] {
				p.text(x, y, label, text)
				y += label.leading()
			}
			for _, text := range values[i] {
				p.text(x, y, value, text)
				y += value.leading()
			}
		}
		p.y += most + 14
	}
	p.line(p.y, 0.5, rule)
	p.y += 18
}

// notes draws what a reader should know, numbered.
func (p *paper) notes() {
	if len(p.document.Notes) == 0 {
		return
	}
	heading, small := style{weight: bold, size: 9.5, colour: ink}, style{weight: regular, size: 8, colour: muted}
	p.need(heading.leading() + 3*small.leading())
	p.text(pageMargin, p.y, heading, p.language.of(wordNotes))
	p.y += heading.leading() + 3
	const indent = 15
	for i, n := range p.document.Notes {
		lines := p.metrics.wrap(small, printable(p.language.of(n)), p.inner()-indent)
		for j, line := range lines {
			p.need(small.leading())
			if j == 0 {
				p.text(pageMargin, p.y, small, fmt.Sprintf("%d.", i+1))
			}
			p.text(pageMargin+indent, p.y, small, line)
			p.y += small.leading()
		}
		p.y += 2
	}
}
