package rules

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
)

// Parse reads a rule file strictly and checks all of it but the expressions, which Compile does.
func parse(file []byte) (File, error) {
	decoder := json.NewDecoder(bytes.NewReader(file))
	decoder.DisallowUnknownFields()
	var f File
	if err := decoder.Decode(&f); err != nil {
		return File{}, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return File{}, errors.New("something follows the set in its file; keep one JSON value")
	}
	return f, f.check()
}

func (f *File) check() error {
	switch {
	case f.Version != fileVersion:
		return fmt.Errorf("version is %d, this program reads version %d", f.Version, fileVersion)
	case f.Name == "" || f.EffectiveFrom.IsZero():
		return errors.New("a name and effective_from are needed")
	case f.Measure != Points && f.Measure != Probability:
		return fmt.Errorf("measure %q is neither %s nor %s", f.Measure, Points, Probability)
	case f.RateCapPPM <= 0 || f.RateCapPPM > 1_000_000:
		return fmt.Errorf("rate_cap_ppm %d is not above 0 and up to 1000000", f.RateCapPPM)
	case f.Measure.worse(f.Operating.ReferBeyond, f.Operating.RefuseBeyond):
		return errors.New("operating: what is referred must not be worse than what is refused")
	}
	for _, step := range []func() error{f.checkReasons, f.checkThinFile, f.checkGrades, f.checkVariables, f.checkIncome} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func (f *File) checkThinFile() error {
	if t := f.ThinFile; t.LeastKnownPPM < 0 || t.LeastKnownPPM > 1_000_000 || t.MarginPPM < 0 || t.MarginPPM > 10_000_000 {
		return errors.New("thin_file: least_known_ppm is a share of up to 1000000, margin_ppm at most 10000000")
	}
	return nil
}

func (f *File) checkReasons() error {
	named := map[string]Reason{"operating": f.Operating.Reason, "thin_file": f.ThinFile.Reason}
	for _, name := range []string{"operating", "thin_file"} {
		if err := named[name].check(); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	seen := map[string]bool{}
	for i, r := range f.Rules {
		if !identifier.MatchString(r.ID) || seen[r.ID] {
			return fmt.Errorf("rule %d: the id %q is no lower-case name, or is used twice", i+1, r.ID)
		}
		seen[r.ID] = true
		if gravity[r.Then] == 0 {
			return fmt.Errorf("rule %s: then is %q, and must be approve, refer or refuse", r.ID, r.Then)
		}
		if err := r.Reason.check(); err != nil {
			return fmt.Errorf("rule %s: %w", r.ID, err)
		}
	}
	return nil
}

func (r Reason) check() error {
	if !identifier.MatchString(r.Code) || strings.TrimSpace(r.ZH) == "" || strings.TrimSpace(r.EN) == "" {
		return errors.New("the reason needs a lower-case code, and words in zh and en: a borrower has a right to them")
	}
	return nil
}

// leastGrades: fewer classes could not tell investors of different classes what they may fund.
const leastGrades = 2

func (f *File) checkGrades() error {
	if len(f.Grades) < leastGrades {
		return fmt.Errorf("there are %d grades, at least %d are needed", len(f.Grades), leastGrades)
	}
	seen := map[string]bool{}
	for i, g := range f.Grades {
		switch {
		case g.Grade == "" || seen[g.Grade]:
			return fmt.Errorf("grade %d: the name %q is empty or used twice", i+1, g.Grade)
		case !slices.Contains([]RiskLevel{Low, Medium, High}, g.RiskLevel):
			return fmt.Errorf("grade %s: risk_level %q is none of low, medium, high", g.Grade, g.RiskLevel)
		case g.ProductRisk < 1 || g.ProductRisk > 5:
			return fmt.Errorf("grade %s: product_risk %d is not from 1 to 5", g.Grade, g.ProductRisk)
		case g.RateFromPPM < 0 || g.RateToPPM < g.RateFromPPM || g.RateToPPM > f.RateCapPPM:
			return fmt.Errorf("grade %s: the price band %d to %d ppm does not rise within the cap of %d ppm",
				g.Grade, g.RateFromPPM, g.RateToPPM, f.RateCapPPM)
		case g.LimitMinor < 0 || g.IncomePPM < 0:
			return fmt.Errorf("grade %s: limits are not negative", g.Grade)
		}
		seen[g.Grade] = true
		if i == 0 {
			continue
		}
		if before := f.Grades[i-1]; !f.Measure.worse(g.Bound, before.Bound) || g.ProductRisk < before.ProductRisk ||
			g.LimitMinor > before.LimitMinor || g.IncomePPM > before.IncomePPM {
			return fmt.Errorf("grade %s must be worse than %s in its bound, not lower in product risk and not higher in limits",
				g.Grade, before.Grade)
		}
	}
	return nil
}

var identifier = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

func (f *File) checkVariables() error {
	seen := map[string]bool{}
	for _, v := range f.Variables {
		if !fieldName.MatchString(v.Name) || seen[v.Name] {
			return fmt.Errorf("variable %q: the name is no name of letters, digits and underscores, or is used twice", v.Name)
		}
		seen[v.Name] = true
		if err := v.check(); err != nil {
			return fmt.Errorf("variable %s: %w", v.Name, err)
		}
	}
	return nil
}

var fieldName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*$`)

// given are the variables that the engine and the request hold.
var given = map[Source]map[string]Type{
	FromDecision: {
		"points": IntegerType, "probability_ppm": IntegerType, "challenger_ppm": IntegerType, "known_ppm": IntegerType,
		"thin_file": BooleanType, "grade": TextType, "product_risk": IntegerType, "limit_minor": IntegerType,
	},
	FromRequest: {"amount_minor": IntegerType, "term_months": IntegerType},
}

func (v Variable) check() error {
	if word := ProtectedWord(v.Name); word != "" {
		return fmt.Errorf("no rule may look at %s: remove the variable", word)
	}
	if v.Type != NumberType && v.Type != IntegerType && v.Type != BooleanType && v.Type != TextType {
		return fmt.Errorf("type %q is none of number, integer, boolean, text", v.Type)
	}
	switch v.From {
	case FromDecision, FromRequest:
		if given[v.From][v.Name] != v.Type {
			return fmt.Errorf("%s has no %s of this name", v.From, v.Type)
		}
		if len(v.Default) > 0 {
			return errors.New("it is always known: leave out the default")
		}
		return nil
	case FromApplicant:
		if v.Type != NumberType && v.Type != TextType {
			return errors.New("an applicant's field is a number, or text where the schema has a category")
		}
	case FromSignal:
	default:
		return fmt.Errorf("from %q is none of decision, request, applicant, signal", v.From)
	}
	if _, err := v.read(v.Default); err != nil {
		return fmt.Errorf("default: %w: say what stands in where nothing is known", err)
	}
	return nil
}

func (f *File) checkIncome() error {
	at := slices.IndexFunc(f.Variables, func(v Variable) bool { return v.Name == f.Income.Variable })
	if at < 0 || f.Variables[at].From != FromApplicant || f.Variables[at].Type != NumberType {
		return fmt.Errorf("income: %q is no number of the applicant among the variables", f.Income.Variable)
	}
	if f.Income.MinorPerUnit < 1 || f.Income.UnknownLimitMinor < 0 {
		return errors.New("income: minor_per_unit is at least 1, unknown_limit_minor not negative")
	}
	return nil
}
