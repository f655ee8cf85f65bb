package projection

// SetCacheLimit makes a projection forget records early, so that it reads them from SQL again.
func (p *Projection) SetCacheLimit(limit int) { p.cacheLimit = limit }

// Columns lists every column that the package knows of, as table.column.
func Columns() []string {
	var all []string
	for _, t := range tables() {
		for _, column := range t.columns {
			all = append(all, t.name+"."+column)
		}
	}
	return append(all, "rm_checkpoint.id", "rm_checkpoint.block", "rm_checkpoint.hash", "rm_checkpoint.seq", "rm_checkpoint.feed", "rm_checkpoint.reached")
}
