package api

import (
	"container/list"
	"context"
	"sync"
	"time"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/report"
)

// What drawing files for everybody may cost: whoever asks need not sign in, and a PDF takes a tenth of a second.
const (
	renderedBytes    = 32 << 20        // kept of what was drawn
	renderingsAtOnce = 2               // others wait
	renderingWait    = 3 * time.Second // and then are sent away
)

// renderingKey says of what, and in which form, a file is. The digest is that of all that the file tells.
type renderingKey struct {
	digest   string
	format   report.Format
	language report.Language
}

// renderings keeps files that were drawn lately, the latest asked for first, and bounds how many are drawn at a time.
type renderings struct {
	mu     sync.Mutex
	files  map[renderingKey]*list.Element
	recent list.List // of rendering
	bytes  int
	places chan struct{}
	wait   time.Duration
}

type rendering struct {
	key  renderingKey
	text []byte
}

func newRenderings() *renderings {
	return &renderings{files: map[renderingKey]*list.Element{}, places: make(chan struct{}, renderingsAtOnce), wait: renderingWait}
}

// of answers the file that was drawn before, or draws it. Nobody waits for long: who does is refused and told when to ask
// again.
func (r *renderings) of(ctx context.Context, key renderingKey, draw func() ([]byte, error)) ([]byte, error) {
	if text, found := r.kept(key); found {
		return text, nil
	}
	late := time.NewTimer(r.wait)
	defer late.Stop()
	select {
	case r.places <- struct{}{}:
		defer func() { <-r.places }()
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-late.C:
		return nil, faultProblem(fault.New(fault.Busy)).retryAfter(1)
	}
	if text, found := r.kept(key); found { // somebody has drawn it meanwhile
		return text, nil
	}
	text, err := draw()
	if err == nil {
		r.keep(rendering{key, text})
	}
	return text, err
}

func (r *renderings) kept(key renderingKey) ([]byte, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	at, found := r.files[key]
	if !found {
		return nil, false
	}
	r.recent.MoveToFront(at)
	return at.Value.(rendering).text, true
}

func (r *renderings) keep(one rendering) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.files[one.key] != nil || len(one.text) > renderedBytes {
		return
	}
	r.files[one.key] = r.recent.PushFront(one)
	for r.bytes += len(one.text); r.bytes > renderedBytes; {
		oldest := r.recent.Back()
		gone := r.recent.Remove(oldest).(rendering)
		delete(r.files, gone.key)
		r.bytes -= len(gone.text)
	}
}
