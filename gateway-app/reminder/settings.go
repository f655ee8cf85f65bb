package reminder

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/tallystick/tallystick/gateway-app/mail"
	"github.com/tallystick/tallystick/gateway-app/projection"
)

// Settings say when borrowers are reminded, and how. What is left out is as the constants below have it.
type Settings struct {
	BeforeDays          []int          `json:"before_days,omitempty"` // before the due date; 3 and 1 where nothing is said
	AfterDays           []int          `json:"after_days,omitempty"`  // after it, while unpaid; 1, 7, 15 and 30 where nothing is said
	QuietFrom           string         `json:"quiet_from,omitempty"`  // a time of day, as 21:00, which is meant by nothing
	QuietUntil          string         `json:"quiet_until,omitempty"` // 08:00; equal to the other: no quiet hours
	Zone                string         `json:"zone,omitempty"`        // of the quiet hours: Asia/Shanghai
	Language            Language       `json:"language,omitempty"`    // of who has chosen none: zh
	Name                string         `json:"name,omitempty"`        // of the platform in its messages; the member's id where nothing is said
	PublicURL           string         `json:"public_url,omitempty"`  // where customers reach the API, for the link that opts out; wanted with smtp
	OptOutCoversOverdue bool           `json:"opt_out_covers_overdue,omitempty"`
	SMTP                *mail.Settings `json:"smtp,omitempty"` // none: no e-mail
}

// The usual figures.
const (
	usualQuietFrom  = "21:00"
	usualQuietUntil = "08:00"
	usualZone       = "Asia/Shanghai"
	mostDays        = 365
)

var (
	usualBefore = []int{3, 1}
	usualAfter  = []int{1, 7, 15, 30}
)

// withDefaults fills in what was left out.
func (s Settings) withDefaults(member string) Settings {
	if s.BeforeDays == nil {
		s.BeforeDays = usualBefore
	}
	if s.AfterDays == nil {
		s.AfterDays = usualAfter
	}
	for _, each := range []struct {
		at    *string
		usual string
	}{{&s.QuietFrom, usualQuietFrom}, {&s.QuietUntil, usualQuietUntil}, {&s.Zone, usualZone}, {&s.Name, member}} {
		if *each.at == "" {
			*each.at = each.usual
		}
	}
	if s.Language == "" {
		s.Language = Chinese
	}
	return s
}

// Check names the first setting that cannot be.
func (s Settings) Check() error {
	if _, err := s.withDefaults("").resolve(); err != nil {
		return fmt.Errorf("reminders.%w", err)
	}
	return nil
}

// resolve reads settings that are complete.
func (s Settings) resolve() (resolved, error) {
	r := resolved{Settings: s}
	if err := s.days(&r); err != nil {
		return r, err
	}
	var err error
	if r.quiet, err = quietHours(s.QuietFrom, s.QuietUntil, s.Zone); err != nil {
		return r, err
	}
	if !s.Language.Valid() {
		return r, fmt.Errorf("language %q: write %s or %s", s.Language, Chinese, English)
	}
	if strings.ContainsFunc(s.Name, func(c rune) bool { return c < ' ' }) {
		return r, errors.New("name: it has more than one line")
	}
	if s.SMTP == nil {
		return r, nil
	}
	at, err := url.Parse(s.PublicURL)
	if err != nil || at.Scheme != "https" || at.Host == "" || at.User != nil || at.RawQuery != "" || at.Fragment != "" {
		return r, fmt.Errorf("public_url %q: write where customers reach the API, such as https://harbor.example: messages link to it", s.PublicURL)
	}
	r.PublicURL = strings.TrimRight(s.PublicURL, "/")
	if r.sender, err = mail.New(*s.SMTP); err != nil {
		return r, err
	}
	return r, nil
}

// days puts the two lists together, before negative, in order.
func (s Settings) days(r *resolved) error {
	for _, list := range []struct {
		name string
		days []int
		sign int
	}{{"before_days", s.BeforeDays, -1}, {"after_days", s.AfterDays, 1}} {
		for _, days := range list.days {
			if days < 1 || days > mostDays || slices.Contains(r.offsets, list.sign*days) {
				return fmt.Errorf("%s: %d is written twice or is not from 1 to %d days", list.name, days, mostDays)
			}
			r.offsets = append(r.offsets, list.sign*days)
		}
	}
	slices.Sort(r.offsets)
	return nil
}

// resolved are settings that were read and understood.
type resolved struct {
	Settings
	offsets []int // days after the due date, before it negative, in order
	quiet   quiet
	sender  *mail.Sender // none: no e-mail
}

// Conduct says how the work is done; what is zero is as the constants below have it.
type Conduct struct {
	Member     string
	Process    string // names the holder of the lease
	Pairs      []projection.Pair
	Poll       time.Duration // the longest time between two looks
	Lease      time.Duration
	FirstPause time.Duration // after a failed attempt; doubles
	MostPause  time.Duration
	GiveUp     time.Duration // since the reminder was made
	Now        func() time.Time
	Logger     *slog.Logger
}

func (c Conduct) withDefaults() Conduct {
	for _, each := range []struct {
		at    *time.Duration
		usual time.Duration
	}{
		{&c.Poll, time.Second}, {&c.Lease, 10 * time.Second}, {&c.FirstPause, time.Minute}, {&c.MostPause, time.Hour}, {&c.GiveUp, 24 * time.Hour},
	} {
		if *each.at <= 0 {
			*each.at = each.usual
		}
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}
