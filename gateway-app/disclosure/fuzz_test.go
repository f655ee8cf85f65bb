package disclosure_test

import (
	"bytes"
	"testing"

	"github.com/tallystick/tallystick/gateway-app/disclosure"
)

// Whatever is read has the digest of what was read, and whatever is compared with itself agrees.
func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"closings":[{"custodian":"meridian","on":"2016-03-31"}],"fee_standards":[],"indicators":[{"id":"balance","source":"s","unit":"minor","value":"1","version":"1","words":{"en":"e","zh":"z"}}],"period":"2016-03","platform":"harbor","regime":"reports","regime_digest":"","version":"1"}`))
	f.Add([]byte(`{"version":"1"}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		d, err := disclosure.Parse(raw)
		if err != nil {
			return
		}
		again, err := d.Canonical()
		if err != nil || !bytes.Equal(again, raw) {
			t.Errorf("%q was read, and is written %q, %v", raw, again, err)
		}
		if found := disclosure.Compare(d, d); len(found) > 0 {
			t.Errorf("%q differs from itself in %v", raw, found)
		}
	})
}
