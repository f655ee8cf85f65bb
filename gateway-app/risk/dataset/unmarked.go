package dataset

import (
	"fmt"

	"github.com/tallystick/tallystick/gateway-app/risk/protected"
)

// UnmarkedError is the refusal of a field whose name says that it is protected, while the schema does not.
type UnmarkedError struct {
	Field string
	Word  string // in its name
}

// Error names the field and the remedy.
func (e UnmarkedError) Error() string {
	return fmt.Sprintf(`field %s is named after what is protected (%s) and not marked: write "protected": true beside it, `+
		`or "kind": "ignored"; a feature is protected by what it is made of`, e.Field, e.Word)
}

// unmarked refuses a field that a model could read and that is named after what is protected.
func (c *Column) unmarked() error {
	if c.Protected || c.Kind != Number && c.Kind != Category {
		return nil
	}
	if word := protected.Word(c.Name); word != "" {
		return UnmarkedError{Field: c.Name, Word: word}
	}
	return nil
}

// checkMarks refuses the first field that lacks its mark.
func (s *Schema) checkMarks() error {
	for _, f := range s.Fields() {
		if err := f.unmarked(); err != nil {
			return err
		}
	}
	return nil
}
