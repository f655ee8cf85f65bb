package submission

import "context"

// turns let one statement be judged at a time, and platforms in turn: of each platform one statement waits for the judge,
// whoever has waited longest is next, and the platform's others wait behind it.
type turns struct {
	judge     chan struct{}
	platforms map[string]chan struct{}
}

func newTurns(platforms []string) turns {
	t := turns{make(chan struct{}, 1), map[string]chan struct{}{}}
	for _, name := range platforms {
		t.platforms[name] = make(chan struct{}, 1)
	}
	return t
}

// take waits for the turn of one of a platform's statements; done ends it.
func (t turns) take(ctx context.Context, platform string) (done func(), err error) {
	line := t.platforms[platform]
	if line == nil { // a platform of the past, of which nobody holds loans any more
		line = make(chan struct{}, 1)
	}
	select {
	case line <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	select {
	case t.judge <- struct{}{}:
		return func() { <-t.judge; <-line }, nil
	case <-ctx.Done():
		<-line
		return nil, ctx.Err()
	}
}

// inTurn puts the statements of several platforms in the order in which they are judged: the first of each, then the
// second of each.
func inTurn(lines [][]Record) []Record {
	var order []Record
	for i := 0; ; i++ {
		before := len(order)
		for _, line := range lines {
			if i < len(line) {
				order = append(order, line[i])
			}
		}
		if len(order) == before {
			return order
		}
	}
}
