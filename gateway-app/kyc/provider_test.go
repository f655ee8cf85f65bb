package kyc_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/gateway-app/kyc"
)

var someone = kyc.Subject{Kind: party.Natural, Name: "张三", IdentityNumber: "11010519491231002X", Phone: "+86 138 1234 5678"}

func TestTheLocalProvider(t *testing.T) {
	local := kyc.Local{Today: func() calendar.Date { return day("2026-01-05") }}
	for what, c := range map[string]struct {
		change func(*kyc.Subject)
		want   []string
	}{
		"whole":             {func(*kyc.Subject) {}, nil},
		"no name":           {func(s *kyc.Subject) { s.Name = "" }, []string{"name_missing"}},
		"a slip":            {func(s *kyc.Subject) { s.IdentityNumber = "11010519491231012X" }, []string{"number_check_digit"}},
		"too short":         {func(s *kyc.Subject) { s.IdentityNumber = "1" }, []string{"number_form"}},
		"too old":           {func(s *kyc.Subject) { s.IdentityNumber = "440524188001010014" }, []string{"number_birth_date"}},
		"the first of 1970": {func(s *kyc.Subject) { s.IdentityNumber = "11010519700101002X" }, nil},
		"an organisation":   {func(s *kyc.Subject) { s.Kind, s.IdentityNumber = party.Legal, "91350100M000100Y43" }, nil},
		"a code's slip":     {func(s *kyc.Subject) { s.Kind, s.IdentityNumber = party.Legal, "91350100M000100Y44" }, []string{"number_check_digit"}},
		"a code of nobody":  {func(s *kyc.Subject) { s.IdentityNumber = "91350100M000100Y43" }, []string{"number_form"}},
		"a short phone":     {func(s *kyc.Subject) { s.Phone = "12345" }, []string{"phone_form"}},
	} {
		who := someone
		c.change(&who)
		report, err := local.Check(t.Context(), "r1", who)
		wanted := kyc.Match
		if c.want != nil {
			wanted = kyc.Mismatch
		}
		if err != nil || report.Outcome != wanted || !slices.Equal(report.Reasons, c.want) || report.Reference != "r1" {
			t.Errorf("%s: %+v, %v", what, report, err)
		}
	}
}

func TestTheHTTPProviderAsks(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var got kyc.Subject
		if err := json.NewDecoder(r.Body).Decode(&got); err != nil || got != someone {
			t.Errorf("was asked about %+v, %v", got, err)
		}
		if r.Header.Get("Authorization") != "Bearer secret" || r.Header.Get("Idempotency-Key") != "case-1" || r.Method != http.MethodPost {
			t.Errorf("asked with %v", r.Header)
		}
		_, _ = io.WriteString(w, `{"provider":"somebody else","reference":"R7","outcome":"mismatch","reasons":["name_differs"]}`)
	}))
	defer server.Close()
	report, err := kyc.NewHTTP("police", server.URL, "secret", 0).Check(t.Context(), "case-1", someone)
	if err != nil || report.Provider != "police" || report.Reference != "R7" || report.Outcome != kyc.Mismatch || report.Reasons[0] != "name_differs" {
		t.Errorf("reported %+v, %v", report, err)
	}
}

// Whatever goes wrong is said to be worth another try, and no message names the person.
func TestTheHTTPProviderFails(t *testing.T) {
	answer := func(status int, text string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(status)
			_, _ = io.WriteString(w, text)
		}
	}
	const patience = 100 * time.Millisecond
	for what, handler := range map[string]http.HandlerFunc{
		"slow": func(w http.ResponseWriter, r *http.Request) {
			select {
			case <-time.After(5 * time.Second):
			case <-r.Context().Done():
			}
		},
		"an error": answer(500, `{"outcome":"match"}`),
		"a redirection": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusFound)
		},
		"not JSON":         answer(200, "张三 11010519491231002X"),
		"no outcome":       answer(200, `{}`),
		"another outcome":  answer(200, `{"outcome":"maybe"}`),
		"the number":       answer(200, `{"reference":"police-11010519491231002x","outcome":"match"}`),
		"the name":         answer(200, `{"reference":"张三","outcome":"match"}`),
		"a talking reason": answer(200, `{"outcome":"mismatch","reasons":["张三 is another"]}`),
		"endless":          answer(200, `{"reference":"`+strings.Repeat("x", 1<<20)+`","outcome":"match"}`),
	} {
		server := httptest.NewServer(handler)
		began := time.Now()
		_, err := kyc.NewHTTP("police", server.URL, "", patience).Check(t.Context(), "case-1", someone)
		if !errors.Is(err, fault.New(fault.Unavailable)) {
			t.Errorf("%s: %v", what, err)
		}
		if err != nil && (strings.Contains(err.Error(), "张三") || strings.Contains(err.Error(), "1949")) {
			t.Errorf("%s: the message names the person: %v", what, err)
		}
		if took := time.Since(began); took > 3*time.Second {
			t.Errorf("%s: waited for %v", what, took)
		}
		server.CloseClientConnections()
		server.Close()
	}
	if _, err := kyc.NewHTTP("police", "http://127.0.0.1:1/", "", patience).Check(t.Context(), "c", someone); !errors.Is(err, fault.New(fault.Unavailable)) {
		t.Errorf("nobody there: %v", err)
	}
}
