package api

import (
	stdjson "encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/tallystick/tallystick/core/fault"
)

// strictPrefix begins the text of a decoding error, which then holds a code and a path: it is the only
// way through huma, which keeps of an error its text alone.
const strictPrefix = "strict: "

// strictJSON reads bodies as the chaincode does: names in their exact spelling, each once, UTF-8, and
// nothing behind the value. It writes them as encoding/json does.
var strictJSON = huma.Format{
	Marshal: func(w io.Writer, v any) error {
		encoder := stdjson.NewEncoder(w)
		encoder.SetEscapeHTML(false)
		return encoder.Encode(v)
	},
	Unmarshal: func(data []byte, v any) error {
		if err := json.Unmarshal(data, v, json.RejectUnknownMembers(true)); err != nil {
			return strictError(err)
		}
		if at, plain := plainText(data); !plain {
			return errors.New(strictPrefix + string(fault.InvalidField) + " " + pathOf(at))
		}
		return nil
	},
}

// strictError names code and path of a decoding error and none of its words, which quote the input.
func strictError(err error) error {
	var semantic *json.SemanticError
	if errors.As(err, &semantic) {
		if errors.Is(err, json.ErrUnknownName) { // named by what it stands in: its own name is the caller's invention
			return errors.New(strictPrefix + string(fault.MalformedRequest) + " " + pathOf(semantic.JSONPointer.Parent()))
		}
		code := fault.InvalidField
		return errors.New(strictPrefix + string(code) + " " + pathOf(semantic.JSONPointer))
	}
	var syntactic *jsontext.SyntacticError
	if errors.As(err, &syntactic) {
		return errors.New(strictPrefix + string(fault.MalformedRequest) + " " + pathOf(syntactic.JSONPointer))
	}
	return errors.New(strictPrefix + string(fault.MalformedRequest) + " body")
}

// pathOf writes a JSON pointer as the rest of the project writes paths: items[2].amount_minor.
func pathOf(pointer jsontext.Pointer) string {
	var path strings.Builder
	for token := range pointer.Tokens() {
		if _, err := strconv.ParseUint(token, 10, 31); err == nil && path.Len() > 0 {
			path.WriteString("[" + token + "]")
			continue
		}
		if path.Len() > 0 {
			path.WriteByte('.')
		}
		path.WriteString(token)
	}
	if path.Len() == 0 {
		return "body"
	}
	return path.String()
}
