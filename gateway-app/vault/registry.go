package vault

import (
	"errors"
	"fmt"
	"slices"
)

// Form says how a sealed value stands where it is kept.
type Form int

// The forms.
const (
	Text  Form = iota // base64 in a TEXT column; empty is no value
	Bytes             // as it is in a BYTEA column; NULL is no value
	File              // in a file of the data folder, which its own package seals anew
)

// Column is a place where sealed values are kept, and the column that names its rows. The names are the
// program's own, never a caller's input.
type Column struct {
	Table string
	Key   string // the column whose value is the row in the associated data; empty for a file
	Name  string
	Form  Form
}

// columns are all places where the vault seals. Seal and Open refuse any other, so that no value can be
// sealed which a rotation would forget; a test holds the list against the migrations.
var columns = []Column{
	{"person", "id", "name", Text},
	{"person", "id", "identity_number", Text},
	{"person", "id", "phone", Text},
	{"person", "id", "email", Text},
	{"person", "id", "address", Text},
	{"person", "id", "bank_name", Text},
	{"person", "id", "bank_account", Text},
	{"person_duty", "id", "reference", Text},
	{"person_hold", "id", "reference", Text},
	{"programme", "id", "name", Text},
	{"suspicion", "id", "narrative", Text},
	{"document", "id", "name", Text},
	{"document_content", "address", "sealed_key", Text},
	{"webhook_endpoint", "id", "url", Text},
	{"webhook_endpoint", "id", "label", Text},
	{"webhook_endpoint", "id", "secret", Text},
	{"webhook_endpoint", "id", "former_secret", Text},
	{"access_user", "id", "name_sealed", Bytes},
	{"access_user", "id", "code_secret", Bytes},
	{"access_key", "id", "label", Text},
	{"access_certificate", "fingerprint", "label", Text},
	{"access_secret", "name", "sealed", Bytes},
	{"access_approval", "id", "body_sealed", Bytes},
	{"access_oidc_attempt", "state_hash", "verifier", Bytes},
	{"enrolment", "name", "secret", Bytes},
	{"enrolment", "name", "key_sealed", Bytes},
	{"underwriting_application", "id", "submission", Text},
	{"underwriting_application", "id", "salt", Text},
	{"underwriting_decision", "id", "inputs", Text},
	{"underwriting_decision", "id", "salt", Text},
	{"underwriting_decision", "id", "decision", Text},
	{"underwriting_review", "id", "words", Text},
	{"suitability", "id", "answers", Bytes},
	{"matching_run", "run", "inputs", Bytes},
	{"matching_run", "run", "outcome", Bytes},
	{"pseudonym_key", "", "key", File},
}

// Columns lists every place where the vault seals.
func Columns() []Column { return slices.Clone(columns) }

// ColumnsOf lists the sealed columns of a table.
func ColumnsOf(table string) []Column {
	return slices.DeleteFunc(Columns(), func(c Column) bool { return c.Table != table })
}

// ErrUnregistered is a place that the list of sealed columns lacks.
var ErrUnregistered = errors.New("no sealed column of this name: add it to the vault's list, or rotations forget it")

func registered(table, name string) error {
	if slices.ContainsFunc(columns, func(c Column) bool { return c.Table == table && c.Name == name }) {
		return nil
	}
	return fmt.Errorf("%s.%s: %w", table, name, ErrUnregistered)
}
