package api

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/report"
)

func keyOf(digest string) renderingKey { return renderingKey{digest, report.PDF, report.ZH} }

// What was drawn once is not drawn again, in another form it is, and what failed is tried again.
func TestAFileIsDrawnOnce(t *testing.T) {
	r, drawn := newRenderings(), 0
	draw := func() ([]byte, error) { drawn++; return []byte{byte(drawn)}, nil }
	for _, key := range []renderingKey{keyOf("a"), keyOf("a"), {"a", report.PDF, report.EN}, keyOf("b"), keyOf("a")} {
		if _, err := r.of(t.Context(), key, draw); err != nil {
			t.Fatal(err)
		}
	}
	if text, err := r.of(t.Context(), keyOf("a"), draw); err != nil || drawn != 3 || text[0] != 1 {
		t.Errorf("%d files were drawn, the first is %v, %v", drawn, text, err)
	}
	broken := errors.New("no pen")
	if _, err := r.of(t.Context(), keyOf("c"), func() ([]byte, error) { return nil, broken }); !errors.Is(err, broken) {
		t.Errorf("what failed: %v", err)
	}
	if _, err := r.of(t.Context(), keyOf("c"), draw); err != nil || drawn != 4 {
		t.Errorf("what failed was kept: %v", err)
	}
}

// What is kept is bounded, and what nobody has asked for goes first.
func TestFilesAreKeptWithinABound(t *testing.T) {
	r := newRenderings()
	text := func() ([]byte, error) { return bytes.Repeat([]byte("x"), renderedBytes/4), nil }
	for _, digest := range []string{"a", "b", "c", "d", "a", "e"} {
		if _, err := r.of(t.Context(), keyOf(digest), text); err != nil {
			t.Fatal(err)
		}
	}
	for digest, want := range map[string]bool{"a": true, "b": false, "c": true, "d": true, "e": true} {
		if _, found := r.kept(keyOf(digest)); found != want {
			t.Errorf("%s is kept: %v", digest, found)
		}
	}
	if r.bytes > renderedBytes || r.recent.Len() != len(r.files) {
		t.Errorf("%d bytes are kept in %d files, %d listed", r.bytes, len(r.files), r.recent.Len())
	}
}

// While as many files are drawn as may be, others are sent away with when to ask again, and what is kept is answered.
func TestFewFilesAreDrawnAtOnce(t *testing.T) {
	r := newRenderings()
	r.wait = 10 * time.Millisecond
	at := func(digest string) error {
		_, err := r.of(t.Context(), keyOf(digest), func() ([]byte, error) { return []byte("x"), nil })
		return err
	}
	if err := at("kept"); err != nil {
		t.Fatal(err)
	}
	for range renderingsAtOnce {
		r.places <- struct{}{}
	}
	var p *Problem
	if err := at("new"); !errors.As(err, &p) || p.Status != 503 || p.Code != string(fault.Busy) || p.headers.Get("Retry-After") != "1" {
		t.Errorf("one more: %v", err)
	}
	if err := at("kept"); err != nil {
		t.Errorf("what is kept: %v", err)
	}
	<-r.places
	if err := at("new"); err != nil {
		t.Errorf("when one is done: %v", err)
	}
}
