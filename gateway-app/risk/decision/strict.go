package decision

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	strict "github.com/go-json-experiment/json"
)

// readStrictly reads one JSON value. Go's own decoder takes the last of two equal names, and a name in any case;
// two readers could then see two decisions in one text, so the second decoder refuses both.
func readStrictly[T any](text []byte, into *T) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("there is more than one JSON value; keep the first")
	}
	var again T
	if err := strict.Unmarshal(text, &again, strict.RejectUnknownMembers(true)); err != nil {
		return fmt.Errorf("write every name once, in its own spelling: %w", err)
	}
	return nil
}

// checkSpellings refuses two fields, or two signals, whose names differ by case alone.
func (in Inputs) checkSpellings() error {
	for _, object := range []map[string]json.RawMessage{in.Fields, in.Signals} {
		seen := map[string]string{}
		for _, name := range slices.Sorted(maps.Keys(object)) {
			folded := strings.ToLower(name)
			if other, twice := seen[folded]; twice {
				return fmt.Errorf("%s and %s differ by case alone; keep one", other, name)
			}
			seen[folded] = name
		}
	}
	return nil
}
