package underwriting

import (
	"context"
	"database/sql"
	"encoding/json"
	"maps"
	"time"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/gateway-app/risk/rules"
)

// Signals are what fraud shows itself by. They explain, and the rule set decides: each is one of its variables,
// under the name of its JSON field. A number that is not known is -1.
type Signals struct {
	DeviceKnown      bool  `json:"device_known"`
	DeviceIdentities int64 `json:"device_identities"` // applicants on the device in ninety days, this one among them
	DeviceHour       int64 `json:"device_applications_hour"`
	DeviceDay        int64 `json:"device_applications_day"`
	DeviceWeek       int64 `json:"device_applications_week"`
	ApplicantHour    int64 `json:"applicant_applications_hour"`
	ApplicantDay     int64 `json:"applicant_applications_day"`
	ApplicantWeek    int64 `json:"applicant_applications_week"`
	AddressHour      int64 `json:"address_applications_hour"`
	AddressDay       int64 `json:"address_applications_day"`
	AddressWeek      int64 `json:"address_applications_week"`

	ContactsGiven     int64 `json:"contacts_given"`
	ContactsShared    int64 `json:"contacts_shared"`    // other applicants who named one of the contacts
	ContactsDefaulted int64 `json:"contacts_defaulted"` // of those, who have defaulted

	ProfileChangedDays   int64 `json:"profile_changed_days"`
	KeyChangedDays       int64 `json:"key_changed_days"`
	FirstDrawAfterChange bool  `json:"first_draw_after_change"`

	OpenLoans       int64 `json:"open_loans"`
	OverdueDays     int64 `json:"overdue_days"`
	WrittenOffLoans int64 `json:"written_off_loans"`
	ExposedMinor    int64 `json:"exposed_minor"`

	InstallAgeHours int64 `json:"install_age_hours"`
	FormSeconds     int64 `json:"form_seconds"`
	PastedFields    int64 `json:"pasted_fields"`
	KeyPauseMillis  int64 `json:"key_pause_millis"`
	Emulated        bool  `json:"emulated"`
}

// background is what is known of an applicant before the applications of others are counted.
type background struct {
	on       calendar.Date
	standing standing
	bad      map[string]bool // of those who share a contact, who has defaulted
}

// background reads an applicant's own standing, and that of who shares its contacts.
func (d *Desk) background(ctx context.Context, a Application, traces []trace, at time.Time) (background, error) {
	on, err := d.today(ctx, at)
	if err != nil {
		return background{}, err
	}
	own, err := d.standing(ctx, a.Party, on)
	if err != nil {
		return background{}, err
	}
	others, err := sharers(ctx, d.db, a.Party, traces, at)
	if err != nil {
		return background{}, err
	}
	b := background{on: on, standing: own, bad: map[string]bool{}}
	for _, other := range others {
		if err := d.judge(ctx, b, other); err != nil {
			return b, err
		}
	}
	return b, nil
}

func (d *Desk) judge(ctx context.Context, b background, other string) error {
	bad, err := d.defaulted(ctx, other, b.on)
	b.bad[other] = bad
	return err
}

// signals counts inside the transaction that stores the application's own traces, so that of two at the same
// time the second counts the first. The own traces are there already.
func (d *Desk) signals(ctx context.Context, tx *sql.Tx, a Application, traces []trace, b background, at time.Time) (Signals, error) {
	s := d.plain(a, b.standing)
	for _, t := range traces {
		if t.kind == contact {
			continue
		}
		c, err := count(ctx, tx, t, at)
		if err != nil {
			return s, err
		}
		switch t.kind {
		case device:
			s.DeviceKnown, s.DeviceHour, s.DeviceDay, s.DeviceWeek = true, c.Hour, c.Day, c.Week
			if s.DeviceIdentities, err = identities(ctx, tx, t, at); err != nil {
				return s, err
			}
		case address:
			s.AddressHour, s.AddressDay, s.AddressWeek = c.Hour, c.Day, c.Week
		case applicant:
			s.ApplicantHour, s.ApplicantDay, s.ApplicantWeek = c.Hour, c.Day, c.Week
		}
	}
	others, err := sharers(ctx, tx, a.Party, traces, at)
	if err != nil {
		return s, err
	}
	for _, other := range others {
		if _, judged := b.bad[other]; !judged { // applied since the background was read
			if err := d.judge(ctx, b, other); err != nil {
				return s, err
			}
		}
		s.ContactsShared++
		if b.bad[other] {
			s.ContactsDefaulted++
		}
	}
	return s, nil
}

// plain are the signals that need no counting.
func (d *Desk) plain(a Application, own standing) Signals {
	return Signals{
		ContactsGiven:      int64(len(a.Contacts)),
		ProfileChangedDays: own.profileDays, KeyChangedDays: own.keyDays, FirstDrawAfterChange: own.firstDrawOnChange,
		OpenLoans: own.openLoans, OverdueDays: own.overdueDays, WrittenOffLoans: own.writtenOff, ExposedMinor: own.exposedMinor,
		InstallAgeHours: orUnknown(a.Device.InstallAgeHours), FormSeconds: orUnknown(a.Device.FormSeconds),
		PastedFields: orUnknown(a.Device.PastedFields), KeyPauseMillis: orUnknown(a.Device.KeyPauseMillis),
		Emulated: a.Device.Emulated,
	}
}

// orUnknown is a number, or -1 where it was not told.
func orUnknown(n *int64) int64 {
	if n == nil {
		return -1
	}
	return *n
}

// values are the signals by name, as rules read them; those alone that are wanted.
func (s Signals) values(wanted map[string]rules.Type) map[string]json.RawMessage {
	text, err := json.Marshal(s)
	if err != nil {
		panic(err) // numbers and truth values cannot fail to encode
	}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(text, &all); err != nil {
		panic(err) // what was encoded is an object
	}
	maps.DeleteFunc(all, func(name string, _ json.RawMessage) bool {
		_, asked := wanted[name]
		return !asked
	})
	return all
}
