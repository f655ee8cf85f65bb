package decision

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/gowebpki/jcs"

	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/gateway-app/risk/dataset"
	"github.com/tallystick/tallystick/gateway-app/risk/rules"
)

// inputsVersion is the only form of inputs that this package reads.
const inputsVersion = 1

const (
	mostMinor   = 1<<53 - 1
	mostMonths  = 600
	leastSalt   = 16
	mostSalt    = 64
	mostNameLen = 128
)

// Inputs are all that a decision depends on, beside models and rules. Application names it, by a handle that says
// nothing of anybody. Fields are the applicant's by the models' schema, Signals what was noticed about the
// application by the rule set's variables; what is left out is not known.
type Inputs struct {
	Version     int                        `json:"version"`
	Application string                     `json:"application"`
	AmountMinor money.Minor                `json:"amount_minor,string"`
	TermMonths  int                        `json:"term_months"`
	Fields      map[string]json.RawMessage `json:"fields"`
	Signals     map[string]json.RawMessage `json:"signals,omitempty"`
}

// NewInputs are inputs of this program's version.
func NewInputs(application string, amount money.Minor, termMonths int, fields, signals map[string]json.RawMessage) Inputs {
	return Inputs{
		Version: inputsVersion, Application: application, AmountMinor: amount, TermMonths: termMonths,
		Fields: fields, Signals: signals,
	}
}

// ParseInputs reads one JSON object strictly: every name in its own spelling, and once.
func ParseInputs(text []byte) (Inputs, error) {
	var in Inputs
	if err := readStrictly(text, &in); err != nil {
		return Inputs{}, fmt.Errorf("read inputs of a decision: %w", err)
	}
	if err := in.checkSpellings(); err != nil {
		return Inputs{}, fmt.Errorf("read inputs of a decision: %w", err)
	}
	return in, nil
}

// check refuses inputs whose form is wrong, and a protected attribute under whatever field.
func (in Inputs) check(schema *dataset.Schema) error {
	switch {
	case in.Version != inputsVersion:
		return fmt.Errorf("version is %d, this program reads version %d", in.Version, inputsVersion)
	case in.Application == "" || len(in.Application) > mostNameLen:
		return fmt.Errorf("application is empty or longer than %d bytes", mostNameLen)
	case in.AmountMinor < 1 || in.AmountMinor > mostMinor:
		return fmt.Errorf("amount_minor is not from 1 to %d", int64(mostMinor))
	case in.TermMonths < 1 || in.TermMonths > mostMonths:
		return fmt.Errorf("term_months is not from 1 to %d", mostMonths)
	}
	for _, c := range schema.Columns {
		if _, sent := in.Fields[c.Name]; !sent {
			continue
		}
		if c.Protected {
			return dataset.ProtectedError{Field: c.Name}
		}
		if c.Kind == dataset.Outcome {
			return fmt.Errorf("field %s is the outcome, which a decision cannot know; leave it out", c.Name)
		}
	}
	for name := range in.Fields {
		if rules.ProtectedWord(name) != "" {
			return dataset.ProtectedError{Field: name}
		}
	}
	return nil
}

// Canonical is the inputs in RFC 8785 form.
func (in Inputs) Canonical() ([]byte, error) { return canonical(in) }

func canonical(value any) ([]byte, error) {
	text, err := json.Marshal(value)
	if err != nil {
		return nil, fmt.Errorf("write in canonical form: %w", err)
	}
	text, err = jcs.Transform(text)
	if err != nil {
		return nil, fmt.Errorf("write in canonical form: %w", err)
	}
	return text, nil
}

// Commitment is the SHA-256 of salt and canonical inputs, in hexadecimal. Whoever has neither learns nothing from it.
func Commitment(salt, canonicalInputs []byte) string {
	hash := sha256.New()
	hash.Write(salt)
	hash.Write(canonicalInputs)
	return hex.EncodeToString(hash.Sum(nil))
}

// Hash is the SHA-256 of a model's file, in hexadecimal: the name that decisions call it by.
func Hash(file []byte) string {
	sum := sha256.Sum256(file)
	return hex.EncodeToString(sum[:])
}
