// Package bound says how much of a book any matching could place at most, as a maximum flow from
// lenders' purses through their mandates into loans.
//
// The bound leaves out what flows cannot say: tickets, seats, whole yuan, loans that want all or
// nothing, one mandate a lender and loan, and, where a mandate limits several dimensions, all but the
// first. So no run is above it, and a good run is close below it. It asks Unusable and Misfit about
// every pair and shares none of the matcher's sets.
//
// The package never proposes an allocation.
package bound

import (
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/gateway-app/matching"
)

// Of is the most that could be lent in a book.
func Of(book matching.Book) money.Minor {
	n := newNetwork(book)
	for _, m := range book.Mandates {
		if l := n.lenders[m.Lender]; matching.Unusable(l, m, book.On) == "" {
			n.connect(l, m)
		}
	}
	return money.Minor(n.graph.mostFlow(n.source, n.sink))
}

// network is a book as a graph.
type network struct {
	graph        *graph
	source, sink int32
	book         matching.Book
	lenders      map[string]matching.Lender
	purses       map[string]int32
	loans        []int32                        // a node a request, for what lenders may bring
	serving      map[string]map[int]money.Minor // by institution's mandate and request: what it brings
}

func newNetwork(book matching.Book) *network {
	n := &network{
		graph: newGraph(1 << 16), book: book, lenders: map[string]matching.Lender{}, purses: map[string]int32{},
		serving: map[string]map[int]money.Minor{},
	}
	n.source, n.sink = n.graph.node(), n.graph.node()
	for _, l := range book.Lenders {
		n.lenders[l.ID], n.purses[l.ID] = l, n.graph.node()
		n.graph.arc(n.source, n.purses[l.ID], int64(book.Policy.Spendable(l)))
	}
	programmes := map[string]matching.Programme{}
	for _, p := range book.Programmes {
		programmes[p.ID] = p
		for _, c := range p.Contributions {
			n.serving[c.Mandate] = map[int]money.Minor{}
		}
	}
	for i, r := range book.Requests {
		lenders := r.PrincipalMinor
		if p, in := programmes[r.Programme]; in {
			var institutions []money.Minor
			institutions, lenders = p.Divide(r.PrincipalMinor)
			for k, c := range p.Contributions {
				n.serving[c.Mandate][i] = institutions[k]
			}
		}
		n.loans = append(n.loans, n.graph.node())
		n.graph.arc(n.loans[i], n.sink, int64(lenders))
	}
	return n
}

// connect adds a mandate with an arc to every loan that it fits.
func (n *network) connect(l matching.Lender, m matching.Mandate) {
	node := n.graph.node()
	n.graph.arc(n.purses[l.ID], node, int64(m.RemainingMinor()))
	contributions, serves := n.serving[m.ID]
	layer := newLayer(n.graph, node, m)
	for i, r := range n.book.Requests {
		contribution := contributions[i]
		if serves && contribution == 0 || matching.Misfit(l, m, r, n.book.On) != "" {
			continue
		}
		if most := m.MostIn(r.PrincipalMinor); serves && contribution <= most {
			n.graph.arc(node, n.sink, int64(contribution))
		} else if !serves {
			n.graph.arc(layer.through(r), n.loans[i], int64(most))
		}
	}
}

// layer is the nodes between a mandate and its loans that hold one dimension's concentration limits.
type layer struct {
	graph   *graph
	node    int32
	mandate matching.Mandate
	by      matching.Dimension
	values  map[string]int32
}

func newLayer(g *graph, node int32, m matching.Mandate) *layer {
	l := &layer{graph: g, node: node, mandate: m, values: map[string]int32{}}
	if len(m.Limits) > 0 {
		l.by = m.Limits[0].By
	}
	return l
}

// through is the node from which money for a request leaves.
func (l *layer) through(r matching.Request) int32 {
	if l.by == "" {
		return l.node
	}
	value := valueOf(l.by, matching.Lent{Borrower: r.Borrower, Grade: r.Grade, Platform: r.Platform, Industry: r.Industry})
	node, known := l.values[value]
	if !known {
		node = l.graph.node()
		l.graph.arc(l.node, node, int64(l.most(value)))
		l.values[value] = node
	}
	return node
}

// most is what the limits leave for a value.
func (l *layer) most(value string) money.Minor {
	var out money.Minor
	for _, lent := range l.mandate.Lent {
		if valueOf(l.by, lent) == value {
			out += lent.AmountMinor
		}
	}
	most := money.Minor(1 << 62)
	for _, limit := range l.mandate.Limits {
		if limit.By == l.by && (limit.Value == "" || limit.Value == value) {
			most = min(most, max(0, limit.MostMinor-out))
		}
	}
	return most
}

func valueOf(by matching.Dimension, lent matching.Lent) string {
	switch by {
	case matching.ByBorrower:
		return lent.Borrower
	case matching.ByGrade:
		return lent.Grade
	case matching.ByIndustry:
		return lent.Industry
	}
	return lent.Platform
}
