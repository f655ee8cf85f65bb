package expression

import "errors"

// Met reports whether a rule that somebody must act on is met: what is not known meets none, and is no failure.
func (p *Program) Met(values map[string]any) (bool, error) {
	met, err := p.Bool(values)
	if errors.Is(err, ErrUnknown) {
		return false, nil
	}
	return met && err == nil, err
}
