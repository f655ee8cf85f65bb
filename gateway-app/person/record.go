package person

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/gateway-app/kyc"
	"github.com/tallystick/tallystick/gateway-app/vault"
)

// Status says what may be done with a record.
type Status string

// The statuses.
const (
	Active     Status = "active"
	Restricted Status = "restricted" // erasure was asked for: kept, and not used
	Purged     Status = "purged"
)

// Fields are the personal values, each sealed on its own. Where a person has none, it is empty.
type Fields struct {
	Name           string `json:"name,omitempty" mask:"name,secret"`
	IdentityNumber string `json:"identity_number,omitempty" mask:"identity_number,top secret"`
	Phone          string `json:"phone,omitempty" mask:"phone,secret"`
	Email          string `json:"email,omitempty" mask:"email,secret"`
	Address        string `json:"address,omitempty" mask:"address,secret"`
	BankName       string `json:"bank_name,omitempty" mask:"plain,secret"`
	BankAccount    string `json:"bank_account,omitempty" mask:"bank_account,top secret"`
}

// Record is a person. Masking shows each reader its part: see package masking.
type Record struct {
	ID        string     `json:"id" mask:"plain,public"`
	Party     string     `json:"party" mask:"plain,internal"` // the handle on the ledger
	Kind      party.Kind `json:"kind" mask:"plain,internal"`
	Status    Status     `json:"status" mask:"plain,internal"`
	Version   int64      `json:"version" mask:"plain,public"` // counts changes, for ETags
	CreatedAt string     `json:"created_at" mask:"plain,internal"`
	ChangedAt string     `json:"changed_at" mask:"plain,internal"`
	Fields    Fields     `json:"fields" mask:"-"`
}

// field is one sealed column and where its value is.
type field struct {
	column string
	value  func(*Fields) *string
}

// fields are the sealed columns of the table person, in its order.
var fields = []field{
	{"name", func(f *Fields) *string { return &f.Name }},
	{"identity_number", func(f *Fields) *string { return &f.IdentityNumber }},
	{"phone", func(f *Fields) *string { return &f.Phone }},
	{"email", func(f *Fields) *string { return &f.Email }},
	{"address", func(f *Fields) *string { return &f.Address }},
	{"bank_name", func(f *Fields) *string { return &f.BankName }},
	{"bank_account", func(f *Fields) *string { return &f.BankAccount }},
}

// IsField reports whether a refusal's field is one of Fields, by its name there.
func IsField(name string) bool {
	return slices.ContainsFunc(fields, func(f field) bool { return f.column == name })
}

// Columns are the sealed columns of the package, for rotation.
func Columns() []vault.Column { return vault.ColumnsOf("person") }

const longestValue = 200 // characters

// ageRule is how old natural persons are on a day, at least.
type ageRule struct {
	years int
	on    calendar.Date
}

// admits accepts the number of a resident who is of age, and the credit code of an organisation.
func (r ageRule) admits(kind party.Kind, text string) bool {
	if kind != party.Natural {
		return kyc.CheckCreditCode(text) == nil
	}
	number, err := kyc.ParseNumber(text)
	return err == nil && number.Born.Age(r.on) >= r.years
}

var (
	handleForm  = regexp.MustCompile(`^[0-9a-f]{32}$`)
	phoneForm   = regexp.MustCompile(`^1[3-9]\d{9}$`)
	emailForm   = regexp.MustCompile(`^[^@\s]+@[^@\s]+\.[^@\s]+$`)
	accountForm = regexp.MustCompile(`^\d{8,30}$`)
)

// FieldChanges are the fields that a change puts other values into; an empty value takes one away, and what is not
// named stays.
type FieldChanges struct {
	Name           *string `json:"name,omitempty"`
	IdentityNumber *string `json:"identity_number,omitempty"`
	Phone          *string `json:"phone,omitempty"`
	Email          *string `json:"email,omitempty"`
	Address        *string `json:"address,omitempty"`
	BankName       *string `json:"bank_name,omitempty"`
	BankAccount    *string `json:"bank_account,omitempty"`
}

// over answers the fields with the changes in them.
func (c FieldChanges) over(f Fields) Fields {
	for i, value := range []*string{c.Name, c.IdentityNumber, c.Phone, c.Email, c.Address, c.BankName, c.BankAccount} {
		if value != nil {
			*fields[i].value(&f) = *value
		}
	}
	return f.normal()
}

// differences names the fields in which two differ.
func differences(a, b Fields) []string {
	var names []string
	for _, each := range fields {
		if *each.value(&a) != *each.value(&b) {
			names = append(names, each.column)
		}
	}
	return names
}

// normal is the fields in the form in which they are kept.
func (f Fields) normal() Fields {
	for _, each := range fields {
		v := each.value(&f)
		*v = strings.TrimSpace(*v)
	}
	f.IdentityNumber = vault.IdentityNumber.Normal(f.IdentityNumber)
	f.Phone = vault.Phone.Normal(f.Phone)
	f.BankAccount = vault.BankAccount.Normal(f.BankAccount)
	return f
}

// maskMarks stand in a value that was masked, in either width, and in no value of a person's.
const maskMarks = "*＊"

// check refuses fields that cannot be a person's, and names which. A value that was read masked and sent back is
// none: it would take the place of the one that it hides.
func (f Fields) check(kind party.Kind, rule ageRule) error {
	for _, each := range fields {
		v := *each.value(&f)
		if utf8.RuneCountInString(v) > longestValue || !utf8.ValidString(v) || strings.ContainsAny(v, maskMarks) {
			return fault.In(fault.InvalidField, each.column)
		}
	}
	if f.Name == "" {
		return fault.In(fault.MissingField, "name")
	}
	if f.IdentityNumber == "" {
		return fault.In(fault.MissingField, "identity_number")
	}
	if !rule.admits(kind, f.IdentityNumber) {
		return fault.In(fault.InvalidField, "identity_number")
	}
	for _, c := range []struct {
		column, value string
		form          *regexp.Regexp
	}{{"phone", f.Phone, phoneForm}, {"email", f.Email, emailForm}, {"bank_account", f.BankAccount, accountForm}} {
		if c.value != "" && !c.form.MatchString(c.value) {
			return fault.In(fault.InvalidField, c.column)
		}
	}
	return nil
}
