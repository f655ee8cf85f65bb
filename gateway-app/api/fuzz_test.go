package api_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/api"
)

// requestsEach is how many requests the walk over the document makes of every operation.
const requestsEach = 48

// A walk over the OpenAPI document: parameters and bodies that fit their schemas, and then broken in every
// way that the fuzzer knows. It is seeded, so a failure comes again.
func TestNothingThatIsSentMakesTheServerFail(t *testing.T) {
	s := newScene(t, func(p *api.Parts) { p.Limits = api.Limits{BodyBytes: 64 << 10} })
	f := s.walk(nil)
	f.document.operations(func(_, _ string, op describedItem) {
		if f.answered[op.OperationID] == 0 && op.OperationID != "command.read" { // whose ids nobody can guess
			t.Errorf("%s: nothing of what was sent was right", op.OperationID)
		}
	})
	t.Logf("%d requests", f.total)
}

// The same behind the real gate, with the operations that only it has: the caller signs in anew whenever
// something of what was sent has ended the session.
func TestNothingThatAnAdministratorSendsMakesTheServerFail(t *testing.T) {
	s, first := guarded(t)
	var headers []string
	s.walk(func(signedOut bool) []string {
		if headers == nil || signedOut && s.get("/v1/session", headers...).Code != http.StatusOK {
			s.unlock()
			headers = s.signedIn(first.Name, first.Password)
		}
		return headers
	})
}

// unlock forgives everybody's failed sign-ins: what a walk sends as a former password is a guess.
func (s *scene) unlock() {
	s.t.Helper()
	users, err := s.parts.Users.Users(s.t.Context(), "", 1000)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, u := range users {
		if _, err := s.parts.Users.Unlock(s.t.Context(), u.ID); err != nil {
			s.t.Fatal(err)
		}
	}
}

// walk makes requests of every operation that the scene's server has.
func (s *scene) walk(caller func(signedOut bool) []string) *fuzzer {
	f := s.fuzzer(caller, &harvest{closed: true})
	f.document.operations(func(method, path string, op describedItem) {
		for range requestsEach {
			f.try(method, path, op)
			f.total++
		}
	})
	return f
}

func (s *scene) fuzzer(caller func(signedOut bool) []string, pool *harvest) *fuzzer {
	return &fuzzer{
		scene: s, document: s.document(), random: rand.New(rand.NewPCG(1, 2)), answered: map[string]int{}, caller: caller, pool: pool,
	}
}

const (
	tries        = 10 // requests of an operation by one who may call it
	hopelessness = 2  // refusals in a row that say that they may not
)

// walkAs makes requests of every operation as somebody of one role, and few of those that are not theirs.
func (s *scene) walkAs(caller func(signedOut bool) []string, pool *harvest) *fuzzer {
	f := s.fuzzer(caller, pool)
	f.document.operations(func(method, path string, op describedItem) {
		for refused := 0; f.made[op.OperationID] < tries && refused < hopelessness; {
			if f.try(method, path, op) == http.StatusForbidden {
				refused++
			} else {
				refused = 0
			}
			f.count(op.OperationID)
		}
	})
	return f
}

func (f *fuzzer) count(id string) {
	if f.made == nil {
		f.made = map[string]int{}
	}
	f.made[id]++
	f.total++
}

// harvest keeps ids that answers had, so that later requests name things that exist.
type harvest struct {
	ids    map[string][]string // by what stands before them in a path
	closed bool                // takes nothing: one administrator alone would reset themselves
}

var anID = regexp.MustCompile(`"(?:id|handle|party|person|hold|document|fingerprint|name)":"([0-9a-f]{32,64}|staff-[0-9a-f]{16})"`)

// mostIDs bounds what is kept of a kind.
const mostIDs = 40

// take keeps what an answer of a path named.
func (h *harvest) take(path, answer string) {
	if h.closed {
		return
	}
	if h.ids == nil {
		h.ids = map[string][]string{}
	}
	kind := ""
	for step := range strings.SplitSeq(path, "/") {
		if !strings.HasPrefix(step, "{") {
			kind = step
		}
	}
	for _, found := range anID.FindAllStringSubmatch(answer, 8) {
		if len(h.ids[kind]) < mostIDs {
			h.ids[kind] = append(h.ids[kind], found[1])
		}
	}
}

// of is what was kept for a parameter of a path.
func (h *harvest) of(path, parameter string) []string {
	before, _, _ := strings.Cut(path, "/{"+parameter+"}")
	return h.ids[before[strings.LastIndexByte(before, '/')+1:]]
}

// fuzzer makes requests.
type fuzzer struct {
	scene    *scene
	document described
	random   *rand.Rand
	answered map[string]int // operations that something was right for
	total    int
	made     map[string]int // requests of an operation
	pool     *harvest
	// caller answers the headers of who calls, where it is not the operator; they sign in again when what was
	// sent has ended their session.
	caller    func(signedOut bool) []string
	signedOut bool
}

func (f *fuzzer) chance(one int) bool { return f.random.IntN(one) == 0 }

func pick[T any](f *fuzzer, list ...T) T { return list[f.random.IntN(len(list))] }

// try makes one request, looks at the answer and gives its status.
func (f *fuzzer) try(method, path string, op describedItem) int {
	t := f.scene.t
	broken := !f.chance(3)
	target, headers := f.parameters(path, op, broken)
	body := ""
	if op.RequestBody != nil {
		body = f.body(op, broken)
		for form := range op.RequestBody.Content {
			if form != "application/json" {
				headers = append([]string{"Content-Type", form}, headers...)
			}
		}
	}
	if f.caller != nil {
		headers = append(headers, f.caller(f.signedOut)...)
	}
	r := f.scene.request(method, "/", body, headers...)
	r.URL, r.RequestURI = target, target.RequestURI()
	w := f.serve(op, r)
	f.signedOut = w.Code == http.StatusUnauthorized
	if w.Code < 300 {
		f.answered[op.OperationID]++
		f.pool.take(path, w.Body.String())
	}
	what := fmt.Sprintf("%s: %s %s %v %.300q", op.OperationID, method, target, headers, body)
	if _, declared := op.Responses[strconv.Itoa(w.Code)]; !declared {
		t.Errorf("%s: the document declares no %d: %s", what, w.Code, w.Body)
	}
	if w.Code >= 500 {
		t.Errorf("%s: %d %s", what, w.Code, w.Body)
	}
	if w.Code >= 400 {
		f.checkProblem(what, w)
	}
	return w.Code
}

// checkProblem wants a refusal to be a problem that names a field or at least says what to do.
func (f *fuzzer) checkProblem(what string, w *httptest.ResponseRecorder) {
	t := f.scene.t
	var p api.Problem
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || w.Header().Get("Content-Type") != "application/problem+json" {
		t.Errorf("%s: %d is no problem: %s", what, w.Code, w.Body)
		return
	}
	if p.Code == "" || p.Detail == "" || p.Status != w.Code || p.RequestID == "" {
		t.Errorf("%s: %+v", what, p)
	}
	if w.Code == http.StatusBadRequest && p.Field == "" {
		t.Errorf("%s: the field is not named: %+v", what, p)
	}
}

// serve serves a request; a stream of events is left when it has said something.
func (f *fuzzer) serve(op describedItem, r *http.Request) *httptest.ResponseRecorder {
	if !strings.HasSuffix(op.OperationID, ".stream") {
		return f.scene.do(r)
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	w := leaver{httptest.NewRecorder(), cancel}
	f.scene.server.ServeHTTP(w, r.WithContext(ctx))
	f.scene.keepsItsWord(r, w.ResponseRecorder)
	return w.ResponseRecorder
}

// leaver leaves at the first flush.
type leaver struct {
	*httptest.ResponseRecorder
	leave context.CancelFunc
}

// Flush flushes and leaves.
func (w leaver) Flush() {
	w.ResponseRecorder.Flush()
	w.leave()
}

// hostileTexts are too long, of the wrong type, negative, huge, in other scripts and directions, and no dates.
var hostileTexts = []string{
	"", "-1", "99999999999999999999", "é\x00", strings.Repeat("x", 3000), "'; DROP TABLE loan", "../..", "%", "1e9", "null", "NaN",
	"\u202e\u0645\u0631\u062d\u0628\u0627", "\U0001f4b8\U0001f468\u200d\U0001f469", "\ufeff", "张三\u3000", "[[[[]]]]", "true", "0x10", "-0",
	"2026-02-30", "0000-00-00", "9999-99-99", "2026-13-45T25:61:61Z", "9999-12-31", "\ufffd\u0000", strings.Repeat("[", 2000),
}

// parameters fills in path, query and headers.
func (f *fuzzer) parameters(path string, op describedItem, broken bool) (*url.URL, []string) {
	query, raw := url.Values{}, path
	var headers []string
	for _, p := range op.Parameters {
		value := f.text(f.document.resolve(f.scene.t, p.Schema), p.Name)
		if kept := f.pool.of(path, p.Name); p.In == "path" && len(kept) > 0 && !f.chance(4) {
			value = pick(f, kept...)
		}
		if broken && f.chance(4) {
			value = pick(f, hostileTexts...)
		}
		switch p.In {
		case "path":
			raw = strings.Replace(raw, "{"+p.Name+"}", url.PathEscape(value), 1)
		case "query":
			if p.Required || f.chance(3) {
				query.Add(p.Name, value)
			}
		case "header":
			if p.Name != "Idempotency-Key" && f.chance(3) {
				headers = append(headers, p.Name, strings.Map(printable, value))
			}
		}
	}
	if broken && f.chance(6) {
		query.Add(pick(f, "colour", "limit", "cursor", "limit[]", "\x00"), pick(f, "", "1", "*", "bm9uZQ"))
	}
	if broken && op.RequestBody != nil {
		headers = append(headers, f.strangeHeader()...)
	}
	if broken && f.chance(5) {
		headers = append(headers, "Accept", pick(f, "application/x-ndjson", "text/html", "*/*;q=0", ";;", "application/x-ndjson, application/json"))
	}
	target := &url.URL{Path: raw, RawQuery: query.Encode()}
	if unescaped, err := url.PathUnescape(raw); err == nil {
		target.Path, target.RawPath = unescaped, raw
	}
	if broken && f.chance(10) {
		target.RawQuery += pick(f, "&%zz=1", "&;", "&limit=%", "&=")
	}
	return target, headers
}

func (f *fuzzer) strangeHeader() []string {
	switch f.random.IntN(12) {
	case 0:
		return []string{"Content-Type", pick(f, "", "text/plain", "application/xml", ";", "application/json; charset=utf-8", "multipart/form-data")}
	case 1:
		return []string{"Idempotency-Key", pick(f, "", "x", "with space in it", strings.Repeat("k", 200), "the-very-same-key")}
	case 2:
		return []string{"If-None-Match", pick(f, "*", `"x"`, ",,,")}
	}
	return nil
}

func printable(r rune) rune {
	if r < ' ' || r > '~' {
		return '?'
	}
	return r
}

// text is a value that fits a parameter.
func (f *fuzzer) text(s *schema, name string) string {
	switch v := f.value(s, name, 0).(type) {
	case string:
		return v
	case []any:
		return fmt.Sprint(v...)
	default:
		return fmt.Sprint(v)
	}
}

// value is a value that fits a schema, mostly.
func (f *fuzzer) value(s *schema, name string, depth int) any {
	s = f.document.resolve(f.scene.t, s)
	if len(s.Enum) > 0 {
		return pick(f, s.Enum...)
	}
	switch kind(s) {
	case "string":
		return f.fitting(s, name)
	case "integer", "number":
		return pick[any](f, 1, 2, 12, 1000, 120_000)
	case "boolean":
		return f.chance(2)
	case "array":
		list := []any{}
		for range max(s.MinItems, f.random.IntN(3)) {
			if depth < 8 {
				list = append(list, f.value(s.Items, name, depth+1))
			}
		}
		return list
	case "object":
		object := map[string]any{}
		for _, property := range slices.Sorted(maps.Keys(s.Properties)) {
			if slices.Contains(s.Required, property) || property == "collection" || f.chance(3) {
				object[property] = f.value(s.Properties[property], property, depth+1)
			}
		}
		return object
	}
	return map[string]any{}
}

func kind(s *schema) string {
	switch k := s.Type.(type) {
	case string:
		return k
	case []any:
		return fmt.Sprint(k[0])
	}
	return ""
}

// familiar are values that mean something under their names.
var familiar = map[string][]string{
	"identity_number": {"11010519491231002X", "110105199003074518"}, "phone": {"13812345678", "+86 139 0000 1111"},
	"bank_account": {"6222020200112233"}, "email": {"san@example.org"}, "address": {"上海市"}, "password": {"a password of the walk"},
	"url": {"https://books.example/hook", "http://127.0.0.1:9/"}, "roles": {"borrower", "finance", "auditor", "administrator"},
	"operations": {"loan.list", "event.list"}, "expires_at": {time.Now().Add(time.Hour).Format(time.RFC3339)}, "types": {"loan", "loan.active"},
	"Prefer": {"wait=0", "wait=1", "respond-async"}, "keeper": {"harbor"}, "reference": {"A-1"}, "requested_at": {"2026-03-02T08:00:00.000000Z"}, "reason": {"other_person"},
	"custodian": {"meridian"}, "subject": {"sub-1"}, "label": {"books"}, "affiliate": {""},
}

// fitting is a text that fits form and name.
func (f *fuzzer) fitting(s *schema, name string) string {
	if known := familiar[name]; known != nil && !f.chance(8) {
		return pick(f, known...)
	}
	switch {
	case s.Format == "date":
		return pick(f, "2026-03-02", "2026-12-31", "1900-01-01", "9999-12-31")
	case s.Encoding == "base64":
		return base64.StdEncoding.EncodeToString([]byte("signature"))
	case strings.Contains(s.Pattern, "{64}"):
		return strings.Repeat("a", 64)
	case strings.Contains(s.Pattern, "{32}"), name == "handle":
		return handle(pick(f, 1, 2, 21, 31, 9999))
	case name == "collection":
		return "harbor-meridian"
	case name == "custodian":
		return "meridian"
	case name == "id":
		return pick(f, "cn-2026", handle(1))
	case name == "member":
		return "harbor"
	case name == "Last-Event-ID":
		return "1"
	case name == "cursor":
		return ""
	}
	return pick(f, "harbor", loanID(1), "A-1", "CNY", "")
}

// body is a body that fits its schema, or a broken one.
func (f *fuzzer) body(op describedItem, broken bool) string {
	for form, content := range op.RequestBody.Content {
		if form != "application/json" {
			return pick(f, "%PDF-1.7 a paper", "\x89PNG\r\n\x1a\n", "number,name\n1,張三豐\n", "number,name\n\xff,\x00\n", "", "<html>", strings.Repeat("x", 70<<10))
		}
		value := f.value(content.Schema, "", 0)
		if object, ok := value.(map[string]any); ok && !broken && publicCommand(op.Function) {
			delete(object, "collection")
		}
		if !broken {
			return f.written(value)
		}
		for range 1 + f.random.IntN(2) {
			value = f.spoil(value)
		}
		return f.mangle(f.written(value))
	}
	return ""
}

func (f *fuzzer) written(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		f.scene.t.Fatal(err)
	}
	return string(text)
}

// spoil breaks one value somewhere inside.
func (f *fuzzer) spoil(value any) any {
	wrong := []any{
		nil, "", -1, 1.5, true, "x",
		[]any{},
		map[string]any{},
		json.Number("1e400"), json.Number("92233720368547758080"),
		json.Number("-9223372036854775809"), strings.Repeat("z", 5000), "\u0000", "2026-13-45", "0000-00-00", "9999-12-31",
		"\u202e\u0645\u0631\u062d", "\U0001f4b8", "张三\ufeff", math.MaxInt64, math.MinInt64, 0, nested(200),
		[]any{nil},
		map[string]any{"a": map[string]any{}},
	}
	switch v := value.(type) {
	case map[string]any:
		names := slices.Sorted(maps.Keys(v))
		if len(names) == 0 || f.chance(6) {
			v[pick(f, "colour", "Items", "mode ", "", "items.0", "__proto__")] = pick(f, wrong...)
			return v
		}
		name := pick(f, names...)
		if f.chance(6) {
			delete(v, name)
			return v
		}
		v[name] = f.spoil(v[name])
		return v
	case []any:
		if len(v) > 0 && !f.chance(5) {
			at := f.random.IntN(len(v))
			v[at] = f.spoil(v[at])
			return v
		}
	}
	return pick(f, wrong...)
}

// nested is a value so deep.
func nested(depth int) any {
	var value any = "deep"
	for range depth {
		value = map[string]any{"items": []any{value}}
	}
	return value
}

// mangle breaks the text itself, sometimes.
func (f *fuzzer) mangle(text string) string {
	switch f.random.IntN(14) {
	case 0:
		return text[:f.random.IntN(len(text)+1)]
	case 1:
		return text + pick(f, "{}", "x", "\x00", "]")
	case 2:
		return strings.Replace(text, `"items":`, `"items":[],"items":`, 1)
	case 3:
		return strings.Replace(text, `"`, "\"\xff", 1)
	case 4:
		return strings.Repeat("[", 20_000)
	case 5:
		return twice.ReplaceAllString(text, `$1,$1`)
	case 6:
		return pick(f, "", "null", "[]", "1", `"text"`, "{", strings.Repeat(" ", 70<<10), `{"items":`+strings.Repeat("[", 5000))
	}
	return text
}

// twice finds a field with a plain value.
var twice = regexp.MustCompile(`("\w+":(?:"[^"]*"|\d+|true|false))`)

// publicCommand reports whether a function of the chaincode takes no collection.
func publicCommand(function string) bool {
	f, known := wire.Lookup(function)
	return known && !f.Private
}
