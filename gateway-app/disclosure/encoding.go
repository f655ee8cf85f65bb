package disclosure

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"

	"github.com/gowebpki/jcs"

	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/core/schedule"
	"github.com/tallystick/tallystick/core/wire"
)

// LongestText is the longest text that Parse reads, in bytes.
const LongestText = 1 << 20

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

// ErrNotCanonical refuses a disclosure that is written in another form than the canonical one.
var ErrNotCanonical = fmt.Errorf("%w: it is not in canonical form", ErrForm)

// Parse reads a disclosure that somebody else wrote. It takes the canonical form and no other, so that what it answers
// has the digest of what was read. Whether a figure is true, Compare finds.
func Parse(text []byte) (Disclosure, error) {
	if len(text) > LongestText {
		return Disclosure{}, fmt.Errorf("%w: %d bytes, at most %d", ErrForm, len(text), LongestText)
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
		return Disclosure{}, ErrNotCanonical
	}
	return d, nil
}

// check refuses what no disclosure says: nothing of its platform, a day out of its period, an indicator twice, and
// whatever has the room of a text where a name belongs.
func (d Disclosure) check() error {
	if d.Platform == "" || d.Regime == "" || len(d.Closings) == 0 || len(d.Indicators) == 0 || d.Period == (Period{}) {
		return fmt.Errorf("%w: platform, period, closings, regime and indicators are needed", ErrForm)
	}
	if !party.ValidID(d.Platform) || !party.ValidID(d.Regime) || d.RegimeDigest != "" && !wire.IsDigest(d.RegimeDigest) {
		return fmt.Errorf("%w: platform and regime are ids, and the regime's digest is one", ErrForm)
	}
	for i, c := range d.Closings {
		if !party.ValidID(c.Custodian) || c.On > d.Period.To || i > 0 && d.Closings[i-1].Custodian >= c.Custodian {
			return fmt.Errorf("%w: closing %d is nobody's, or after the period or out of its order", ErrForm, i+1)
		}
	}
	if d.ClosedOn() < d.Period.From {
		return fmt.Errorf("%w: no closing is in the period", ErrForm)
	}
	if err := checkIndicators(d.Indicators); err != nil {
		return err
	}
	for i, f := range d.FeeStandards {
		if !f.formed() {
			return fmt.Errorf("%w: fee standard %d is of no kind that a loan can have", ErrForm, i+1)
		}
		if i > 0 && compareCharges(d.FeeStandards[i-1].charge(), f.charge()) >= 0 {
			return fmt.Errorf("%w: fee standard %d is out of its order", ErrForm, i+1)
		}
	}
	return nil
}

// What a disclosure has room for: what the formulas of a reporting pack have, as core/regime bounds them.
const (
	mostIndicators  = 200
	mostWordsBytes  = 200
	mostSourceBytes = 500
)

// indicatorID is the form of an indicator's name, which rules of validation call it by.
var indicatorID = regexp.MustCompile(`^[a-z0-9_]{1,64}$`)

func checkIndicators(list []Indicator) error {
	if len(list) > mostIndicators {
		return fmt.Errorf("%w: %d indicators, at most %d", ErrForm, len(list), mostIndicators)
	}
	seen := map[string]bool{}
	for n, i := range list {
		if seen[i.ID] {
			return fmt.Errorf("%w: indicator %d is named like one before it", ErrForm, n+1)
		}
		if i.Failure != "" && (i.Value != nil || i.Failure != DoesNotCompile && i.Failure != DoesNotEvaluate) {
			return fmt.Errorf("%w: indicator %q says that it failed, and has a value or no reason", ErrForm, i.ID)
		}
		seen[i.ID] = true
		if !roomFor(i.ID, i.Words, i.Source) {
			return fmt.Errorf("%w: indicator %d has an id that is none, or words or a source that are too long", ErrForm, n+1)
		}
		if i.Version < 1 || i.Unit != regime.UnitMinor && i.Unit != regime.UnitCount && i.Unit != regime.UnitPPM {
			return fmt.Errorf("%w: indicator %s has no version or no unit", ErrForm, i.ID)
		}
	}
	return nil
}

// roomFor reports whether a disclosure has room for what a formula is called.
func roomFor(id string, words regime.Words, source string) bool {
	return indicatorID.MatchString(id) && max(len(words.EN), len(words.ZH)) <= mostWordsBytes && len(source) <= mostSourceBytes
}

// formed reports whether a loan can have been agreed with the charge.
func (f FeeStandard) formed() bool {
	switch f.Payee {
	case schedule.PayeePlatform, schedule.PayeeCustodian, schedule.PayeeGuarantor:
	default:
		return false
	}
	switch f.Basis {
	case schedule.BasisPrincipal, schedule.BasisInterest, schedule.BasisFlat:
	default:
		return false
	}
	return f.PPM >= 0 && f.FlatMinor >= 0 && f.Loans >= 0
}
