package bound

import (
	"testing"

	"pgregory.net/rapid"
)

// A maximum flow is a minimum cut: in graphs small enough, every cut can be tried.
func TestTheFlowIsTheLeastCut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		nodes := rapid.IntRange(2, 7).Draw(t, "nodes")
		g := newGraph(16)
		for range nodes {
			g.node()
		}
		capacity := make([][]int64, nodes)
		for i := range capacity {
			capacity[i] = make([]int64, nodes)
		}
		for range rapid.IntRange(0, 16).Draw(t, "arcs") {
			from, to := rapid.IntRange(0, nodes-1).Draw(t, "from"), rapid.IntRange(0, nodes-1).Draw(t, "to")
			c := rapid.Int64Range(0, 20).Draw(t, "capacity")
			if from != to {
				g.arc(int32(from), int32(to), c)
				capacity[from][to] += c
			}
		}
		if flow, cut := g.mostFlow(0, 1), leastCut(capacity); flow != cut {
			t.Fatalf("flow %d, least cut %d", flow, cut)
		}
	})
}

// leastCut tries every set of nodes with the source, node 0, and without the sink, node 1.
func leastCut(capacity [][]int64) int64 {
	least := int64(1 << 62)
	for set := range 1 << len(capacity) {
		if set&1 == 0 || set&2 != 0 {
			continue
		}
		var cut int64
		for from := range capacity {
			for to, c := range capacity[from] {
				if set>>from&1 == 1 && set>>to&1 == 0 {
					cut += c
				}
			}
		}
		least = min(least, cut)
	}
	return least
}
