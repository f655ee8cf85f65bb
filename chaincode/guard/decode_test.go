package guard_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/chaincode/guard"
	"github.com/tallystick/tallystick/core/fault"
)

// day is a type that reads itself, as calendar dates do.
type day struct{ number int }

func (d *day) UnmarshalText(text []byte) error {
	n, err := strconv.Atoi(string(text))
	if err != nil {
		return fmt.Errorf("no day: %q", text)
	}
	d.number = n
	return nil
}

type base struct {
	Version int `json:"version"`
}

type item struct {
	Reference   string `json:"reference"`
	AmountMinor int64  `json:"amount_minor"`
	Day         day    `json:"day"`
	Note        string `json:"note,omitempty"`
}

type request struct {
	base
	RequestID string            `json:"request_id"`
	Items     []item            `json:"items"`
	Total     int64             `json:"total,string,omitempty"`
	Salt      []byte            `json:"salt,omitempty"`
	Digest    [2]int            `json:"digest,omitzero"`
	Labels    map[string]string `json:"labels,omitempty"`
	Limit     *int64            `json:"limit,omitempty"`
	Free      json.RawMessage   `json:"free,omitempty"`
	Any       any               `json:"any,omitempty"`
	Hidden    string            `json:"-"`
	private   string
}

const goodItem = `{"reference":"r1","amount_minor":5,"day":"7"}`

// body is a good request whose text can be changed in one place.
func body(from, to string) string {
	good := `{"version":1,"request_id":"q","items":[` + goodItem + `]}`
	return strings.Replace(good, from, to, 1)
}

func more(member string) string { return body(`{"version":1,`, `{"version":1,`+member+`,`) }

func TestAGoodRequestIsRead(t *testing.T) {
	raw := more(`"total":"12","salt":"AQI=","digest":[1,2],"labels":{"a":"b"},"limit":3,"free":{"x":[1,{"y":2}]},"any":[true]`)
	got, err := guard.Decode[request]([]byte(" " + raw + "\n"))
	if err != nil {
		t.Fatal(err)
	}
	three := int64(3)
	want := request{
		base: base{1}, RequestID: "q", Items: []item{{Reference: "r1", AmountMinor: 5, Day: day{7}}},
		Total: 12, Salt: []byte{1, 2}, Digest: [2]int{1, 2}, Labels: map[string]string{"a": "b"},
		Limit: &three, Free: json.RawMessage(`{"x":[1,{"y":2}]}`), Any: []any{true},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("read %+v, want %+v", got, want)
	}
	if got.private != "" {
		t.Error("a private field was set")
	}
}

// tooDeep is one bracket deeper than a value inside a request may be.
var tooDeep = strings.Repeat("[", guard.MaxDepth) + strings.Repeat("]", guard.MaxDepth)

var looseRequests = map[string]struct {
	raw, field string
	code       fault.Code
}{
	"empty":                  {"", "", fault.MalformedRequest},
	"not JSON":               {"{", "", fault.MalformedRequest},
	"an open string":         {`"`, "", fault.MalformedRequest},
	"a lone backslash":       {`"\`, "", fault.MalformedRequest},
	"a list":                 {"[]", "", fault.InvalidField},
	"null":                   {"null", "", fault.InvalidField},
	"text behind":            {body("", "") + "{}", "", fault.MalformedRequest},
	"invalid UTF-8":          {body("r1", "r\xff"), "", fault.MalformedRequest},
	"a lone high surrogate":  {body("r1", `\ud800`), "", fault.MalformedRequest},
	"a lone low surrogate":   {body("r1", `\udc00x`), "", fault.MalformedRequest},
	"half a pair":            {body("r1", `\ud800\u0041`), "", fault.MalformedRequest},
	"too deep":               {more(`"any":` + tooDeep), "", fault.MalformedRequest},
	"unknown name":           {more(`"` + secret + `":1`), "?", fault.MalformedRequest},
	"unknown name in item":   {body(`"day"`, `"`+secret+`":1,"day"`), "items[0].?", fault.MalformedRequest},
	"name in capitals":       {body(`"request_id"`, `"Request_ID"`), "?", fault.MalformedRequest},
	"name twice":             {more(`"version":1`), "?", fault.MalformedRequest},
	"name twice, escaped":    {more(`"\u0076ersion":1`), "?", fault.MalformedRequest},
	"name twice in item":     {body(`"day"`, `"reference":"z","day"`), "items[0].?", fault.MalformedRequest},
	"name twice in a map":    {more(`"labels":{"a":"b","a":"c"}`), "labels.?", fault.MalformedRequest},
	"name twice in free":     {more(`"free":[{"a":1,"a":2}]`), "free[0].?", fault.MalformedRequest},
	"name twice in any":      {more(`"any":{"a":{"b":1,"b":2}}`), "any.?.?", fault.MalformedRequest},
	"null in any":            {more(`"any":{"a":null}`), "any.?", fault.InvalidField},
	"required field absent":  {body(`"request_id":"q",`, ""), "request_id", fault.MissingField},
	"required in an item":    {body(`"amount_minor":5,`, ""), "items[0].amount_minor", fault.MissingField},
	"required is null":       {body(`"q"`, "null"), "request_id", fault.MissingField},
	"required list is null":  {body("["+goodItem+"]", "null"), "items", fault.MissingField},
	"item is null":           {body(goodItem, "null"), "items[0]", fault.InvalidField},
	"optional is null":       {more(`"limit":null`), "limit", fault.InvalidField},
	"hidden field":           {more(`"Hidden":"x"`), "?", fault.MalformedRequest},
	"private field":          {more(`"private":"x"`), "?", fault.MalformedRequest},
	"a fraction":             {body(":5", ":5.5"), "items[0].amount_minor", fault.InvalidField},
	"an exponent":            {body(":5", ":5e1"), "items[0].amount_minor", fault.InvalidField},
	"beyond 64 bits":         {body(":5", ":9223372036854775808"), "items[0].amount_minor", fault.InvalidField},
	"a number as text":       {body(":5", `:"5"`), "items[0].amount_minor", fault.InvalidField},
	"text as a number":       {body(`"r1"`, "1"), "items[0].reference", fault.InvalidField},
	"a day that is none":     {body(`"7"`, `"`+secret+`"`), "items[0].day", fault.InvalidField},
	"quoted without quotes":  {more(`"total":12`), "total", fault.InvalidField},
	"quoted with space":      {more(`"total":" 12"`), "total", fault.InvalidField},
	"quoted leading zero":    {more(`"total":"012"`), "total", fault.InvalidField},
	"quoted null":            {more(`"total":"null"`), "total", fault.InvalidField},
	"base64 broken":          {more(`"salt":"AQ"`), "salt", fault.InvalidField},
	"base64 with a newline":  {more(`"salt":"AQ\nI="`), "salt", fault.InvalidField},
	"base64 with loose bits": {more(`"salt":"AR=="`), "salt", fault.InvalidField},
	"array too short":        {more(`"digest":[1]`), "digest", fault.InvalidField},
	"array too long":         {more(`"digest":[1,2,3]`), "digest", fault.InvalidField},
	"map of another kind":    {more(`"labels":{"a":1}`), "labels.?", fault.InvalidField},
	"object for a list":      {body("["+goodItem+"]", "{}"), "items", fault.InvalidField},
	"list for an object":     {more(`"labels":[]`), "labels", fault.InvalidField},
	"too large":              {strings.Repeat(" ", guard.MaxBytes+1), "", fault.BatchTooLarge},
}

func TestWhatIsNotStrictIsRefused(t *testing.T) {
	for name, c := range looseRequests {
		t.Run(name, func(t *testing.T) {
			got, err := guard.Decode[request]([]byte(c.raw))
			var f *fault.Fault
			if !errors.As(err, &f) {
				t.Fatalf("answers %v, want a fault", err)
			}
			if f.Code != c.code || f.Field != c.field {
				t.Errorf("refused with %s (%s), want %s (%s)", f.Code, f.Field, c.code, c.field)
			}
			if strings.Contains(f.Encode(), secret) {
				t.Errorf("the refusal quotes the input: %s", f.Encode())
			}
			if !reflect.DeepEqual(got, request{}) {
				t.Errorf("a refused request left %+v behind", got)
			}
		})
	}
}

func TestLimitsAreInclusive(t *testing.T) {
	deep := strings.Repeat("[", guard.MaxDepth-1) + strings.Repeat("]", guard.MaxDepth-1)
	if _, err := guard.Decode[request]([]byte(more(`"any":` + deep))); err != nil {
		t.Errorf("at the deepest: %v", err)
	}
	good := body("", "")
	if _, err := guard.Decode[request]([]byte(good + strings.Repeat(" ", guard.MaxBytes-len(good)))); err != nil {
		t.Errorf("at the largest: %v", err)
	}
	if got, err := guard.Decode[item]([]byte(strings.Replace(goodItem, "r1", `\uD83D\uDE00 {[\\\"`, 1))); err != nil || got.Reference != `😀 {[\"` {
		t.Errorf("escapes: %q, %v", got.Reference, err)
	}
}

func TestATypeThatCannotBeReadIsNobodysFault(t *testing.T) {
	type twice struct {
		base
		Version int `json:"version"`
	}
	_, first := guard.Decode[twice]([]byte(`{"version":1}`))
	_, second := guard.Decode[map[int]string]([]byte(`{"1":"a"}`))
	_, third := guard.Decode[struct {
		C chan int `json:"c"`
	}]([]byte(`{"c":1}`))
	for i, err := range []error{first, second, third} {
		var f *fault.Fault
		if err == nil || errors.As(err, &f) {
			t.Errorf("type %d answers %v, want an error that is no fault", i, err)
		}
	}
}

// FuzzDecode holds the decoder to three promises: it never panics, what it accepts Go's own decoder
// reads to the same value (being only stricter), and a refusal quotes nothing of the input.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(body("", "")))
	f.Add([]byte(more(`"total":"12","salt":"AQI=","digest":[1,2],"labels":{"a":"b"},"limit":3,"free":{},"any":[true]`)))
	f.Add([]byte(`{"version":1,"VERSION":2}`))
	f.Add([]byte(`{"labels":{"\ud83d\ude00":"\ud800"}}`))
	f.Add([]byte(`{"items":[{},null]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		got, err := guard.Decode[request](raw)
		if err != nil {
			checkRefusal(t, err)
			return
		}
		decoder := json.NewDecoder(bytes.NewReader(raw))
		decoder.DisallowUnknownFields()
		var plain request
		if err := decoder.Decode(&plain); err != nil {
			t.Fatalf("accepted what the standard decoder refuses: %v", err)
		}
		if decoder.More() {
			t.Fatal("accepted trailing text")
		}
		got.Free, plain.Free = bytes.TrimSpace(got.Free), bytes.TrimSpace(plain.Free)
		if len(got.Free) == 0 {
			got.Free, plain.Free = nil, nil
		}
		if !reflect.DeepEqual(got, plain) {
			t.Fatalf("read %+v, the standard decoder %+v", got, plain)
		}
	})
}

// checkRefusal matches the path against the few that the type can have.
func checkRefusal(t *testing.T, err error) {
	t.Helper()
	var f *fault.Fault
	if !errors.As(err, &f) || !f.Code.Known() {
		t.Fatalf("answers %v, want a fault of the closed list", err)
	}
	for _, part := range strings.FieldsFunc(f.Field, func(r rune) bool { return strings.ContainsRune(".[]", r) }) {
		if _, err := strconv.Atoi(part); err != nil && !strings.Contains(
			" ? version request_id items total salt digest labels limit free any reference amount_minor day note ", " "+part+" ") {
			t.Fatalf("the path %q quotes the input", f.Field)
		}
	}
}

// BenchmarkDecode reads a batch as large as a repayment batch.
func BenchmarkDecode(b *testing.B) {
	const items = 500
	list := strings.Repeat(goodItem+",", items-1) + goodItem
	raw := []byte(body(goodItem, list))
	b.SetBytes(int64(len(raw)))
	for b.Loop() {
		if _, err := guard.Decode[request](raw); err != nil {
			b.Fatal(err)
		}
	}
}
