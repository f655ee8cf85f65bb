package underwriting

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"

	"github.com/gowebpki/jcs"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/money"
)

// Application is what a platform's front end sends in for somebody who asks for money. The features are those of
// the models' schema, under its names; amount and term are told once, here, and become features by themselves.
type Application struct {
	Party       string                     `json:"party" pattern:"^[0-9a-f]{32}$" doc:"The applicant's handle"`
	AmountMinor money.Minor                `json:"amount_minor" minimum:"1" maximum:"9007199254740991"`
	Currency    money.Currency             `json:"currency,omitempty" enum:"CNY" default:"CNY"`
	TermMonths  int                        `json:"term_months" minimum:"1" maximum:"360"`
	Purpose     string                     `json:"purpose,omitempty" pattern:"^([a-z][a-z0-9_]{0,63})?$" doc:"A code, such as education"`
	Features    map[string]json.RawMessage `json:"features,omitempty" doc:"By the models' schema; what is left out is not known"`
	Device      Device                     `json:"device,omitempty"`
	Contacts    []string                   `json:"contacts,omitempty" maxItems:"50" doc:"SHA-256 of each contact's normalised number, in hexadecimal"`
}

// Device is what the applicant's device and its use looked like. Id and address come as digests that the front
// end makes; what is kept of them here is a keyed hash of those.
type Device struct {
	ID              string `json:"id,omitempty" pattern:"^([0-9a-f]{64})?$" doc:"SHA-256 of the device's fingerprint"`
	Address         string `json:"address,omitempty" pattern:"^([0-9a-f]{64})?$" doc:"SHA-256 of the network address"`
	InstallAgeHours *int64 `json:"install_age_hours,omitempty" minimum:"0" maximum:"1000000"`
	FormSeconds     *int64 `json:"form_seconds,omitempty" minimum:"0" maximum:"10000000" doc:"From opening the form to sending it"`
	PastedFields    *int64 `json:"pasted_fields,omitempty" minimum:"0" maximum:"1000" doc:"Fields that were pasted instead of typed"`
	KeyPauseMillis  *int64 `json:"key_pause_millis,omitempty" minimum:"0" maximum:"100000" doc:"The median pause between two keys"`
	Emulated        bool   `json:"emulated,omitempty" doc:"The front end found an emulator or a changed system"`
}

// MostAtOnce is how many applications one call may bring.
const MostAtOnce = 100

const (
	mostMinor    = 1<<53 - 1 // what a number in canonical JSON holds exactly
	mostMonths   = 360
	mostContacts = 50
	mostFeatures = 200
)

var (
	handleForm  = regexp.MustCompile(`^[0-9a-f]{32}$`)
	digestForm  = regexp.MustCompile(`^[0-9a-f]{64}$`)
	purposeForm = regexp.MustCompile(`^[a-z][a-z0-9_]{0,63}$`)
)

// check refuses an application whose form is wrong, and names the field.
func (a Application) check() error {
	switch {
	case !handleForm.MatchString(a.Party):
		return fault.In(fault.InvalidField, "party")
	case a.AmountMinor < 1 || a.AmountMinor > mostMinor:
		return fault.In(fault.InvalidField, "amount_minor")
	case a.Currency != money.CNY:
		return fault.In(fault.CurrencyMismatch, "currency")
	case a.TermMonths < 1 || a.TermMonths > mostMonths:
		return fault.In(fault.InvalidField, "term_months")
	case a.Purpose != "" && !purposeForm.MatchString(a.Purpose):
		return fault.In(fault.InvalidField, "purpose")
	case len(a.Features) > mostFeatures:
		return fault.In(fault.InvalidField, "features")
	case len(a.Contacts) > mostContacts:
		return fault.In(fault.InvalidField, "contacts")
	}
	if i := slices.IndexFunc(a.Contacts, func(c string) bool { return !digestForm.MatchString(c) }); i >= 0 {
		return fault.In(fault.InvalidField, fmt.Sprintf("contacts[%d]", i))
	}
	return a.Device.check()
}

func (d Device) check() error {
	for _, f := range []struct{ name, value string }{{"device.id", d.ID}, {"device.address", d.Address}} {
		if f.value != "" && !digestForm.MatchString(f.value) {
			return fault.In(fault.InvalidField, f.name)
		}
	}
	for _, f := range []struct {
		name  string
		value *int64
	}{
		{"device.install_age_hours", d.InstallAgeHours},
		{"device.form_seconds", d.FormSeconds},
		{"device.pasted_fields", d.PastedFields},
		{"device.key_pause_millis", d.KeyPauseMillis},
	} {
		if f.value != nil && *f.value < 0 {
			return fault.In(fault.InvalidField, f.name)
		}
	}
	return nil
}

// canonical writes a value as RFC 8785 has it, so that equal values have equal digests.
func canonical(value any) ([]byte, error) {
	raw, err := json.Marshal(value)
	if err == nil {
		raw, err = jcs.Transform(raw)
	}
	if err != nil {
		return nil, fmt.Errorf("write in canonical form: %w", err)
	}
	return raw, nil
}

// digestOf is SHA-256 over all parts, one behind the other, in hexadecimal.
func digestOf(parts ...[]byte) string {
	sum := sha256.New()
	for _, part := range parts {
		sum.Write(part)
	}
	return hex.EncodeToString(sum.Sum(nil))
}
