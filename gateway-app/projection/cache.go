package projection

import "github.com/tallystick/tallystick/gateway-app/portfolio"

// cacheLimit is how many records are kept decoded, in each of two generations. A loan of three years is about
// 10 KB and its position 1 KB, so the caches stay within some hundreds of megabytes.
const cacheLimit = 20_000

// version is a record as it was last folded.
type version struct {
	seq      int64 // the row's number
	sequence int64 // of the record
	salt     string
	state    any
}

// cache keeps what is committed, so that folding does not read from SQL what it has just written. What was
// not used for a generation is forgotten, and read again when it is needed.
type cache[V any] struct {
	limit      int
	young, old map[string]V
}

func newCache[V any](limit int) *cache[V] {
	return &cache[V]{limit: limit, young: map[string]V{}, old: map[string]V{}}
}

func (c *cache[V]) get(key string) (V, bool) {
	if v, ok := c.young[key]; ok {
		return v, true
	}
	v, ok := c.old[key]
	if ok {
		c.put(key, v)
	}
	return v, ok
}

func (c *cache[V]) put(key string, v V) {
	if len(c.young) >= c.limit {
		c.young, c.old = make(map[string]V, c.limit), c.young
	}
	c.young[key] = v
}

// caches are what one process keeps between batches: records, and the positions of loans.
type caches struct {
	records   *cache[version]
	positions *cache[portfolio.Position]
}

func newCaches(limit int) caches {
	return caches{newCache[version](limit), newCache[portfolio.Position](limit)}
}
