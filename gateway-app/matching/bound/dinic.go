package bound

// graph is a network of arcs with capacities, each arc beside its reverse: arc a's is a^1.
type graph struct {
	first []int32 // the last arc added at each node, -1 for none
	next  []int32
	to    []int32
	left  []int64 // capacity not yet used
}

func newGraph(arcs int) *graph {
	return &graph{next: make([]int32, 0, 2*arcs), to: make([]int32, 0, 2*arcs), left: make([]int64, 0, 2*arcs)}
}

func (g *graph) node() int32 {
	g.first = append(g.first, -1)
	return int32(len(g.first) - 1)
}

func (g *graph) arc(from, to int32, capacity int64) {
	for _, a := range [2]struct {
		from, to int32
		capacity int64
	}{{from, to, capacity}, {to, from, 0}} {
		g.to, g.left, g.next = append(g.to, a.to), append(g.left, a.capacity), append(g.next, g.first[a.from])
		g.first[a.from] = int32(len(g.to) - 1)
	}
}

// mostFlow is the maximum flow by Dinic's algorithm (1970): levels by breadth, then a blocking flow
// along them, until the sink is out of reach.
func (g *graph) mostFlow(source, sink int32) int64 {
	level, current := make([]int32, len(g.first)), make([]int32, len(g.first))
	var total int64
	for g.levels(source, sink, level) {
		copy(current, g.first)
		total += g.push(source, sink, 1<<62, level, current)
	}
	return total
}

func (g *graph) levels(source, sink int32, level []int32) bool {
	for i := range level {
		level[i] = -1
	}
	level[source] = 0
	for queue := []int32{source}; len(queue) > 0; queue = queue[1:] {
		for a := g.first[queue[0]]; a >= 0; a = g.next[a] {
			if to := g.to[a]; g.left[a] > 0 && level[to] < 0 {
				level[to] = level[queue[0]] + 1
				queue = append(queue, to)
			}
		}
	}
	return level[sink] >= 0
}

// push sends what it can of an amount from a node towards the sink.
func (g *graph) push(node, sink int32, amount int64, level, current []int32) int64 {
	if node == sink {
		return amount
	}
	rest := amount
	for ; current[node] >= 0; current[node] = g.next[current[node]] {
		a := current[node]
		to := g.to[a]
		if g.left[a] == 0 || level[to] != level[node]+1 {
			continue
		}
		sent := g.push(to, sink, min(rest, g.left[a]), level, current)
		g.left[a] -= sent
		g.left[a^1] += sent
		if rest -= sent; rest == 0 {
			return amount
		}
	}
	return amount - rest
}
