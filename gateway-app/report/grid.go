package report

import "math"

const (
	cellPadding = 4.0
	tableSize   = 8.5 // of letters, where the page is wide enough
	leastSize   = 6.0
)

// grid is a table with its columns measured.
type grid struct {
	table  Table
	cells  [][]string // every line's texts
	header []string
	widths []float64
	body   style
	bold   style
}

func (k Kind) rightAligned() bool { return k != KindText && k != KindDate }

// left is the room before a column's text: more behind a number, which ends where its own column does.
func (g grid) left(column int) float64 {
	if column > 0 && g.table.Columns[column-1].Kind.rightAligned() && !g.table.Columns[column].Kind.rightAligned() {
		return 3 * cellPadding
	}
	return cellPadding
}

// comfort is how wide a table wants to be: its numbers whole, its texts with room for some words.
func (p *paper) comfort(t Table) float64 {
	const words = 105
	g := p.gridOf(t, tableSize)
	sum := 0.0
	for i := range t.Columns {
		least, natural := p.bounds(g, i)
		sum += min(natural, max(least, words))
	}
	return sum
}

func (p *paper) gridOf(t Table, size float64) grid {
	g := grid{
		table: t,
		body:  style{weight: regular, size: size, colour: ink},
		bold:  style{weight: bold, size: size, colour: ink},
	}
	for _, c := range t.Columns {
		g.header = append(g.header, printable(p.language.of(c.Words)))
	}
	for r, row := range t.lines() {
		texts := make([]string, len(row))
		for i, v := range row {
			texts[i] = printable(v.shown(p.document.Currency, p.language))
			if v.kind == "" && r >= len(t.Rows) {
				texts[i] = "" // a total has nothing to say there
			}
		}
		g.cells = append(g.cells, texts)
	}
	return g
}

// bounds are the least width in which a column can be read, and the width at which nothing of it wraps.
func (p *paper) bounds(g grid, column int) (least, natural float64) {
	const longWord = 90
	least = p.metrics.widestPiece(g.bold, g.header[column])
	natural = p.metrics.width(g.bold, g.header[column])
	for i, row := range g.cells {
		s := g.body
		if i >= len(g.table.Rows) {
			s = g.bold
		}
		width := p.metrics.width(s, row[column])
		natural = max(natural, width)
		if g.table.Columns[column].Kind != KindText {
			least = max(least, width)
			continue
		}
		least = max(least, min(p.metrics.widestPiece(s, row[column]), longWord))
	}
	padding := g.left(column) + cellPadding
	return least + padding, natural + padding
}

// measure gives each column its width, with smaller letters where even the least widths do not fit.
func (p *paper) measure(t Table) grid {
	size := tableSize
	for ; size > leastSize; size -= 0.5 {
		if g := p.gridOf(t, size); p.spread(&g) {
			return g
		}
	}
	g := p.gridOf(t, leastSize)
	p.spread(&g)
	return g
}

// spread divides the page's width among the columns and says whether each got its least.
func (p *paper) spread(g *grid) bool {
	least, natural := make([]float64, len(g.header)), make([]float64, len(g.header))
	leastSum, naturalSum := 0.0, 0.0
	for i := range g.header {
		least[i], natural[i] = p.bounds(*g, i)
		leastSum, naturalSum = leastSum+least[i], naturalSum+natural[i]
	}
	g.widths = make([]float64, len(g.header))
	room := p.inner()
	for i := range g.widths {
		switch {
		case naturalSum <= room:
			g.widths[i] = natural[i] + (room-naturalSum)/float64(len(g.widths))
		case leastSum <= room:
			g.widths[i] = least[i] + (natural[i]-least[i])*(room-leastSum)/(naturalSum-leastSum)
		default:
			g.widths[i] = room * least[i] / leastSum
		}
	}
	return leastSum <= room+1e-6
}

// table draws a table: its title, its header again on every page, its rows, its total.
func (p *paper) table(t Table) {
	title := style{weight: bold, size: 12, colour: ink}
	g := p.measure(t)
	header := p.wrapRow(g, g.bold, g.header)
	p.need(title.leading() + 6 + rowHeight(header, g.bold) + 3*(g.body.leading()+2*cellPadding))
	p.text(pageMargin, p.y, title, p.metrics.fit(title, printable(p.language.of(t.Title)), p.inner()))
	p.y += title.leading() + 6
	if len(g.cells) == 0 {
		empty := style{weight: regular, size: tableSize, colour: muted}
		p.text(pageMargin, p.y, empty, p.language.of(wordEmpty))
		p.y += empty.leading() + 18
		return
	}
	p.headerRow(g, header)
	for i, texts := range g.cells {
		s := g.body
		if i == len(t.Rows) {
			s = g.bold
		}
		p.row(g, s, header, p.wrapRow(g, s, texts))
	}
	p.y += 18
}

func (p *paper) wrapRow(g grid, s style, texts []string) [][]string {
	wrapped := make([][]string, len(texts))
	for i, text := range texts {
		wrapped[i] = p.metrics.wrap(s, text, g.widths[i]-g.left(i)-cellPadding+1e-6)
	}
	return wrapped
}

func linesOf(cells [][]string) int {
	most := 1
	for _, lines := range cells {
		most = max(most, len(lines))
	}
	return most
}

func rowHeight(cells [][]string, s style) float64 {
	return float64(linesOf(cells))*s.leading() + 2*cellPadding
}

func (p *paper) headerRow(g grid, cells [][]string) {
	height := rowHeight(cells, g.bold)
	p.fill(pageMargin, p.y, p.inner(), height, shade)
	p.cells(g, g.bold, cells, 0, linesOf(cells))
	p.line(p.y+height, 0.8, accent)
	p.y += height + 0.8
}

// row draws a row, on the next page where it does not fit; one that is taller than a page is divided.
func (p *paper) row(g grid, s style, header, cells [][]string) {
	if s.weight == bold { // the total stands under a stronger rule
		p.line(p.y-0.5, 0.8, ink)
	}
	lines := linesOf(cells)
	page := p.bottom() - pageMargin - rowHeight(header, g.bold)
	if height := rowHeight(cells, s); p.y+height > p.bottom() && height <= page {
		p.addPage()
		p.headerRow(g, header)
	}
	for from := 0; from < lines; {
		room := int(math.Floor((p.bottom() - p.y - 2*cellPadding) / s.leading()))
		if room < 1 {
			p.addPage()
			p.headerRow(g, header)
			room = max(1, int(math.Floor((p.bottom()-p.y-2*cellPadding)/s.leading())))
		}
		to := min(lines, from+room)
		p.cells(g, s, cells, from, to)
		p.y += float64(to-from)*s.leading() + 2*cellPadding
		p.line(p.y, 0.4, rule)
		from = to
	}
}

// cells draws some lines of each cell of a row.
func (p *paper) cells(g grid, s style, cells [][]string, from, to int) {
	x := pageMargin
	for i, lines := range cells {
		for j := from; j < min(to, len(lines)); j++ {
			y := p.y + cellPadding + float64(j-from)*s.leading()
			if g.table.Columns[i].Kind.rightAligned() {
				p.textRight(x+g.widths[i]-cellPadding, y, s, lines[j])
			} else {
				p.text(x+g.left(i), y, s, lines[j])
			}
		}
		x += g.widths[i]
	}
}
