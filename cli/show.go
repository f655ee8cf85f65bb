package main

import (
	"fmt"
	"strings"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/money"
)

// The folders of keys, as core/wire names them.
const (
	regimes      = "regime/"
	days         = "day/"
	parties      = "party/"
	mandates     = "mandate/"
	terms        = "terms/"
	fundings     = "funding/"
	loans        = "loan/"
	instructions = "instruction/"
	accounts     = "account/"
	suspended    = "suspense/"
	evidenceLogs = "evidence/"
)

// percent writes parts per million a year as people read them.
func percent(rate money.PPM) string {
	text := strings.TrimRight(fmt.Sprintf("%d.%04d", rate/10_000, rate%10_000), "0")
	return strings.TrimSuffix(text, ".") + " %"
}

// yuan writes an amount of the books' currency; nothing for nothing.
func yuan(amount money.Minor) string { return money.CNY.Format(amount) }

// some writes an amount, and nothing for nothing.
func some(amount money.Minor) string {
	if amount == 0 {
		return ""
	}
	return yuan(amount)
}

func date(d calendar.Date) string {
	if d.IsZero() {
		return ""
	}
	return d.String()
}

// handle is the last part of a key.
func handle(key string) string { return key[strings.LastIndexByte(key, '/')+1:] }

// short is enough of a long id to find it again.
func short(id string) string { return id[:min(12, len(id))] }

// businessDate is the latest date that any custodian has opened: what is due is decided by it.
func (r *replayed) businessDate() calendar.Date {
	var latest calendar.Date
	for _, at := range r.under(days) {
		if day, err := record[custody.Day, custody.DayEvent](r, at); err == nil {
			latest = max(latest, day.State.Date)
		}
	}
	return latest
}

// handleOf is the part of a place that people name it by.
func (p place) handle() string { return handle(p.key) }
