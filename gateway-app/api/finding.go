package api

import (
	"cmp"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/access"
)

// mostFindings bounds how many faults of an input are listed.
const mostFindings = 32

// inputProblem is what was found wrong with an input before its handler saw it. Messages of the
// validator quote values, so only their kind and the field's path go out, as far as the path is one of ours.
func inputProblem(status int, details []error, known names, body []byte) *Problem {
	switch status {
	case http.StatusNotAcceptable:
		return doorProblem(CodeNotAcceptable, "Accept")
	case http.StatusRequestEntityTooLarge:
		return doorProblem(CodeBodyTooLarge, "body")
	case http.StatusUnsupportedMediaType:
		return doorProblem(CodeMediaType, "Content-Type")
	case http.StatusInternalServerError:
		return faultProblem(fault.New(fault.Internal))
	}
	findings := findingsOf(details, known, body)
	if len(findings) == 0 { // a body was asked for, and none came
		return faultProblem(fault.In(fault.MissingField, "body"))
	}
	first := findings[0]
	p := faultProblem(&fault.Fault{Code: fault.Code(first.Code), Field: first.Field, Item: first.Item})
	p.Detail = first.Detail
	p.Errors = findings[:min(len(findings), mostFindings)]
	return p
}

func findingsOf(details []error, known names, body []byte) []Finding {
	findings := make([]Finding, 0, len(details))
	for _, err := range details {
		if detailer, ok := err.(huma.ErrorDetailer); ok { // huma gives these themselves, never wrapped
			findings = append(findings, findingOf(detailer.ErrorDetail(), known, body))
		}
	}
	slices.SortStableFunc(findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Item, b.Item), cmp.Compare(a.Field, b.Field))
	})
	return slices.CompactFunc(findings, func(a, b Finding) bool { return a.Field == b.Field && a.Code == b.Code })
}

var (
	missingProperty = regexp.MustCompile(`^expected required property (.+) to be present$`)
	itemPosition    = regexp.MustCompile(`^items\[(\d+)\]`)
)

// findingOf names code and field of one message of the validator.
func findingOf(detail *huma.ErrorDetail, known names, body []byte) Finding {
	place, path, _ := strings.Cut(detail.Location, ".")
	code, text := fault.InvalidField, detail.Message
	switch {
	case strings.HasPrefix(text, strictPrefix): // the decoder's own words: it knows the path
		parts := strings.SplitN(strings.TrimPrefix(text, strictPrefix), " ", 2)
		code, path = fault.Code(parts[0]), parts[1]
	case text == "unexpected property", text == "unknown query parameter":
		code = fault.MalformedRequest
	case strings.HasPrefix(text, "required ") && strings.HasSuffix(text, " parameter is missing"):
		code = fault.MissingField
	default:
		if found := missingProperty.FindStringSubmatch(text); found != nil {
			code, path = fault.MissingField, joinPath(path, found[1])
		}
	}
	field := known.known(path, place)
	remedy := code.Remedy()
	if text == "unexpected property" {
		name := strings.TrimPrefix(strings.TrimPrefix(path, field), ".")
		remedy += unknown("field", memberPosition(body, field, name), name, known.sorted())
	}
	if field == "password" && strings.HasPrefix(text, "expected length") {
		remedy = "choose a password of " + access.PasswordRule
	}
	return Finding{Code: string(code), Field: field, Item: itemOf(field), Detail: remedy}
}

func itemOf(path string) int {
	found := itemPosition.FindStringSubmatch(path)
	if found == nil {
		return 0
	}
	position, err := strconv.Atoi(found[1])
	if err != nil {
		return 0 // longer than any batch
	}
	return position + 1
}

func joinPath(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// inWords is a code as a title.
func inWords(code string) string {
	text := strings.ReplaceAll(code, "_", " ")
	return strings.ToUpper(text[:1]) + text[1:]
}
