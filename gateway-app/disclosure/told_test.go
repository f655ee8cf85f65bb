package disclosure_test

import (
	"slices"
	"testing"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/gateway-app/disclosure"
	"github.com/tallystick/tallystick/gateway-app/report"
)

// A charge is told in words of both languages, and read back from the report by its codes.
func TestChargesAreToldInWords(t *testing.T) {
	period, err := disclosure.ParsePeriod("2016-01")
	if err != nil {
		t.Fatal(err)
	}
	d := disclosure.Disclosure{
		Platform: "harbor", Period: period, Closings: []disclosure.Closing{{Custodian: "meridian", On: calendar.NewDate(2016, 1, 29)}},
		FeeStandards: []disclosure.FeeStandard{{Payee: "platform", Basis: "principal", PPM: 5000, Loans: 3}},
	}
	fees := d.Document().Tables[1]
	if row := fees.Rows[0]; row[0].In(report.ZH) != "平台" || row[1].In(report.ZH) != "当期应还本金" || row[1].Code() != "principal" {
		t.Errorf("the charge is told as %v", row)
	}
	text, err := report.NewRenderer(nil).Render(d.Document(), report.JSON, report.ZH)
	if err != nil {
		t.Fatal(err)
	}
	told, err := disclosure.Told(text, d)
	if err != nil || !slices.Equal(told.FeeStandards, d.FeeStandards) {
		t.Errorf("the charge is read back as %+v, %v", told.FeeStandards, err)
	}
}
