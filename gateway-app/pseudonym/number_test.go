package pseudonym

import (
	"errors"
	"testing"

	"github.com/tallystick/tallystick/core/fault"
)

// The first two numbers are the examples of GB 11643-1999, the codes those of well-known public bodies'
// published registrations.
func TestNumbersHaveOneForm(t *testing.T) {
	for _, c := range []struct {
		kind Kind
		text string
		want string // empty: refused
	}{
		{ResidentID, "11010519491231002X", "11010519491231002X"},
		{ResidentID, "440524188001010014", "440524188001010014"},
		{ResidentID, "１１０１０５１９４９１２３１００２ｘ", "11010519491231002X"},
		{ResidentID, " 110105-19491231-002x ", "11010519491231002X"},
		{ResidentID, "110105491231002", "11010519491231002X"},
		{ResidentID, "110105194912310021", ""},
		{ResidentID, "110105194913310025", ""},
		{ResidentID, "11010519491231002", ""},
		{ResidentID, "", ""},
		{ResidentID, "11010519700101002X", "11010519700101002X"}, // of the day to which calendar.Date is none
		{OrganisationCode, "91350100M000100Y43", "91350100M000100Y43"},
		{OrganisationCode, "91350100m000100y43", "91350100M000100Y43"},
		{OrganisationCode, "91350100M000100Y44", ""},
		{OrganisationCode, "91350100I000100Y43", ""},
		{Passport, "chn:e1234 5678", "CHN:E12345678"},
		{Passport, "E12345678", ""},
		{"library card", "1", ""},
	} {
		got, err := ParseNumber(c.kind, c.text)
		if got.text != c.want || (err == nil) == (c.want == "") {
			t.Errorf("%s %q is %q (%v), not %q", c.kind, c.text, got.text, err, c.want)
		}
		if err != nil && !errors.Is(err, fault.New(fault.InvalidField)) {
			t.Errorf("%s %q: %v", c.kind, c.text, err)
		}
	}
	if string(Number{ResidentID, "1"}.input()) == string(Number{Passport, "1"}.input()) {
		t.Error("two kinds of numbers are the same person")
	}
}
