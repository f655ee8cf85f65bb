package disclosure

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/gowebpki/jcs"

	"github.com/tallystick/tallystick/core/wire"
)

// mostBytes bounds what Parse reads.
const mostBytes = 1 << 20

// Canonical is the one form of a disclosure that is published, hashed and anchored: RFC 8785, integers as strings.
func (d Disclosure) Canonical() ([]byte, error) {
	text, err := json.Marshal(d)
	if err == nil {
		text, err = jcs.Transform(text)
	}
	if err != nil {
		return nil, fmt.Errorf("write the disclosure of %s for %s: %w", d.Platform, d.Period, err)
	}
	return text, nil
}

// Digest is the SHA-256 of the canonical form, in hexadecimal.
func (d Disclosure) Digest() (string, error) {
	text, err := d.Canonical()
	if err != nil {
		return "", err
	}
	return wire.Digest(text), nil
}

// ErrForm refuses what is not a disclosure.
var ErrForm = errors.New("not a disclosure: send the canonical JSON of one, as docs/formats.md describes it")

// Parse reads a disclosure that somebody else wrote. It takes the canonical form and no other, so that what it answers
// has the digest of what was read. Whether a figure is true, Compare finds.
func Parse(text []byte) (Disclosure, error) {
	if len(text) > mostBytes {
		return Disclosure{}, fmt.Errorf("%w: %d bytes, at most %d", ErrForm, len(text), mostBytes)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	var d Disclosure
	if err := decoder.Decode(&d); err != nil {
		return Disclosure{}, fmt.Errorf("%w: %w", ErrForm, err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return Disclosure{}, fmt.Errorf("%w: something follows it", ErrForm)
	}
	if d.Version != formVersion {
		return Disclosure{}, fmt.Errorf("%w: its form is version %d, this program reads %d", ErrForm, d.Version, formVersion)
	}
	if err := d.check(); err != nil {
		return Disclosure{}, err
	}
	canonical, err := d.Canonical()
	if err != nil {
		return Disclosure{}, err
	}
	if !bytes.Equal(canonical, text) {
		return Disclosure{}, fmt.Errorf("%w: it is not in canonical form", ErrForm)
	}
	return d, nil
}

// check refuses what no disclosure says: nothing of its platform, a day out of its period, an indicator twice.
func (d Disclosure) check() error {
	if d.Platform == "" || d.Regime == "" || len(d.Closings) == 0 || len(d.Indicators) == 0 || d.Period == (Period{}) {
		return fmt.Errorf("%w: platform, period, closings, regime and indicators are needed", ErrForm)
	}
	for i, c := range d.Closings {
		if !d.Period.Holds(c.On) || i > 0 && d.Closings[i-1].Custodian >= c.Custodian {
			return fmt.Errorf("%w: closing %d is out of the period or of its order", ErrForm, i+1)
		}
	}
	seen := map[string]bool{}
	for _, i := range d.Indicators {
		if i.ID == "" || seen[i.ID] {
			return fmt.Errorf("%w: indicator %q is named twice or not at all", ErrForm, i.ID)
		}
		seen[i.ID] = true
	}
	for i, f := range d.FeeStandards {
		if i > 0 && compareCharges(d.FeeStandards[i-1].charge(), f.charge()) >= 0 {
			return fmt.Errorf("%w: fee standard %d is out of its order", ErrForm, i+1)
		}
	}
	return nil
}
