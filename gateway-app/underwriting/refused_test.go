package underwriting_test

import (
	"strings"
	"testing"

	"github.com/tallystick/tallystick/core/fault"
)

// refusedIn checks a refusal's field and place.
func refusedIn(t *testing.T, err error, field string, item int) {
	t.Helper()
	f := fault.Of(err)
	if err == nil || f.Code == fault.Internal || f.Field != field || f.Item != item {
		t.Errorf("refused as %v, want field %s of item %d", err, field, item)
	}
}

func contains(text, part string) bool { return strings.Contains(text, part) }
