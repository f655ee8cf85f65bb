package projection

// cacheLimit is how many records are kept decoded, in each of two generations. A loan of three years is about
// 10 KB, so the cache stays within some hundreds of megabytes.
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
type cache struct {
	limit      int
	young, old map[string]version
}

func newCache(limit int) *cache {
	return &cache{limit: limit, young: map[string]version{}, old: map[string]version{}}
}

func (c *cache) get(key string) (version, bool) {
	if v, ok := c.young[key]; ok {
		return v, true
	}
	v, ok := c.old[key]
	if ok {
		c.put(key, v)
	}
	return v, ok
}

func (c *cache) put(key string, v version) {
	if len(c.young) >= c.limit {
		c.young, c.old = make(map[string]version, c.limit), c.young
	}
	c.young[key] = v
}
